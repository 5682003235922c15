#!/bin/sh
#
# cbmc.sh - prints the folder of cbmc, goto-cc and goto-instrument: the machine's own if they are
# version 6 or later, else build/cbmc.
#
# What is there is Debian's binary package of the suite below with the libraries and the loader that it
# wants, unpacked and started by that loader: nothing is installed, root is not needed, and the
# machine's own C library does not matter. The packages come from the mirror that this machine's
# apt uses, by an apt root of our own (as port/deps.sh fetches sources); apt checks the signatures.
# What is there already is not fetched again. DEBIAN_MIRROR overrides the mirror.
set -eu

suite=trixie
packages='cbmc minisat libc6 libstdc++6 libgcc-s1 zlib1g'
top=$(cd "$(dirname "$0")/../.." && pwd)
tool=$top/build/cbmc
apt=$tool/apt

fail() {
    echo "cbmc: $*" >&2
    exit 1
}

# The mirror of this machine's release, not its updates nor its security archive.
find_mirror() {
    # shellcheck source=/dev/null
    release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    # shellcheck disable=SC2016 # apt expands these
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 2>/dev/null |
        awk -v release="$release" '$2 == release { print $1; exit }')
    [ -n "$mirror" ] || fail "this machine's apt has no mirror of release \"$release\" (apt-get" \
        "update?): name one by DEBIAN_MIRROR=, or install a cbmc of version 6"
    echo "$mirror"
}

# apt-get that sees our root only; its settings for proxies and the like are the machine's.
private_apt() {
    apt-get -q -o Dir::State="$apt/state" -o Dir::State::lists="$apt/lists" \
        -o Dir::State::status="$apt/status" -o Dir::Cache="$apt/cache" \
        -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
        -o APT::Sandbox::User="$(id -un)" -o APT::Update::Error-Mode=any \
        -o APT::Get::List-Cleanup=false -o Acquire::Retries=3 -o Acquire::Languages=none "$@"
}

fetch() {
    command -v apt-get >/dev/null || fail "no apt-get here: install a cbmc of version 6"
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -f "$keyring" ] || fail "Debian's keys are missing: install debian-archive-keyring"
    mirror=${DEBIAN_MIRROR:-$(find_mirror)}
    rm -rf "$apt" "$tool/new"
    mkdir -p "$apt/state" "$apt/lists/partial" "$apt/cache/archives/partial" "$tool/new"
    : >"$apt/status"
    echo "deb [signed-by=$keyring] $mirror $suite main" >"$apt/sources.list"
    (
        cd "$apt" || exit 1
        # shellcheck disable=SC2086 # a list
        private_apt update && private_apt download $packages || exit 1
        for package in ./*.deb; do
            dpkg -x "$package" "$tool/new" || exit 1
        done
    ) >"$tool/log" 2>&1 || {
        tail -n 20 "$tool/log" >&2
        fail "cannot fetch $packages of $suite from $mirror"
    }
    rm -rf "$apt" "$tool/tree"
    mv "$tool/new" "$tool/tree"
}

# Commands that start them; the loader has another name on each kind of machine.
write_wrapper() {
    loader=$(find "$tool/tree/usr" -name 'ld-linux*.so.*' | head -n 1)
    libraries=$(find "$tool/tree/usr" -name libc.so.6 -printf '%h\n' | head -n 1)
    [ -n "$loader" ] || fail "no loader in $tool/tree"
    for name in goto-instrument goto-cc cbmc; do
        cat >"$tool/wrapper" <<END
#!/bin/sh
exec '$loader' --library-path '$libraries:$tool/tree/usr/lib' '$tool/tree/usr/bin/$name' "\$@"
END
        chmod +x "$tool/wrapper"
        "$tool/wrapper" --version >"$tool/log" 2>&1 || {
            cat "$tool/log" >&2
            fail "the fetched $name does not run here"
        }
        mv "$tool/wrapper" "$tool/$name"
    done
}

own=$(cbmc --version 2>/dev/null | cut -d . -f 1) || own=
if [ "${own:-0}" -ge 6 ]; then
    dirname "$(command -v cbmc)"
    exit
fi
if [ ! -x "$tool/cbmc" ]; then
    mkdir -p "$tool"
    exec 9>"$tool/.lock"
    flock 9 # two at once: the second waits, and finds all there
    if [ ! -x "$tool/cbmc" ]; then
        [ -d "$tool/tree" ] || fetch
        write_wrapper
    fi
fi
echo "$tool"
