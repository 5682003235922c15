# apt.sh - to be sourced by scripts that fetch packages of another release or architecture of Debian
# than the machine's: an apt root of our own. The machine's own sources, lists and architectures stay
# as they are, nothing is installed, root is not needed, and apt checks the signatures.
# shellcheck shell=sh
#
#   make_apt_root FOLDER SUITE KIND [ARCHITECTURE]
#                     makes one; KIND is deb or deb-src. Sets apt, mirror and apt_architecture.
#   private_apt ...   apt-get in it
#
# The script has a function fail TEXT..., which tells the text and ends it. DEBIAN_MIRROR overrides
# the mirror, which is the one that this machine's apt uses.

# The mirror of this machine's release, not its updates nor its security archive.
find_mirror() {
    # shellcheck source=/dev/null
    release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    # shellcheck disable=SC2016 # apt expands these
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 2>/dev/null |
        awk -v release="$release" '$2 == release { print $1; exit }')
    if [ -z "$mirror" ]; then # no package lists yet: what apt would fetch
        mirror=$(apt-get update --print-uris 2>/dev/null |
            sed -n "s,^'\(.*/\)dists/$release/InRelease' .*,\1,p" | head -n 1)
    fi
    [ -n "$mirror" ] || fail "this machine's apt has no mirror of release \"$release\";" \
        "name one by DEBIAN_MIRROR="
    echo "$mirror"
}

# apt-get that sees our root only; its settings for proxies and the like are the machine's.
private_apt() {
    apt-get -q -o APT::Architecture="$apt_architecture" -o APT::Architectures="$apt_architecture" \
        -o Dir::State="$apt/state" -o Dir::State::lists="$apt/lists" \
        -o Dir::State::status="$apt/status" -o Dir::Cache="$apt/cache" \
        -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
        -o APT::Sandbox::User="$(id -un)" -o APT::Update::Error-Mode=any \
        -o APT::Get::List-Cleanup=false -o Acquire::Retries=3 -o Acquire::Languages=none "$@"
}

make_apt_root() {
    apt=$1
    command -v apt-get >/dev/null || fail "no apt-get here"
    mirror=${DEBIAN_MIRROR:-$(find_mirror)}
    apt_architecture=${4:-$(dpkg --print-architecture)}
    keyring=
    for file in /usr/share/keyrings/debian-archive-keyring.*; do
        [ -f "$file" ] && keyring=$file
    done
    [ -n "$keyring" ] || fail "Debian's keys are missing: install debian-archive-keyring"
    mkdir -p "$apt/state" "$apt/lists/partial" "$apt/cache/archives/partial"
    : >"$apt/status"
    echo "$3 [signed-by=$keyring] $mirror $2 main" >"$apt/sources.list"
    private_apt update >"$apt/log" 2>&1 || {
        cat "$apt/log" >&2
        fail "cannot read the lists of $2${4:+ for $4} from $mirror"
    }
}
