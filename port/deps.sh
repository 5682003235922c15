#!/bin/sh
#
# deps.sh [NAME...] - puts the sources of mbedtls, lwip and jsmn (or of those named) into
# build/deps/NAME.
#
# They are Debian's source packages of the suite below, from the mirror that this machine's apt
# uses, fetched with an apt root of our own under build/deps/apt: the machine's own sources and
# lists stay as they are, nothing is installed, and root is not needed. apt checks the signatures.
#
# What is there already is not fetched again. A tree of your own is used (and only looked at) when
# MBEDTLS_DIR, LWIP_DIR or JSMN_DIR names it. DEBIAN_MIRROR overrides the mirror.
set -eu

suite=trixie
top=$(cd "$(dirname "$0")/.." && pwd)
deps=$top/build/deps
apt=$deps/apt

fail() {
    echo "deps: $*" >&2
    exit 1
}

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
        "name one by DEBIAN_MIRROR=, or your own trees by MBEDTLS_DIR=, LWIP_DIR=, JSMN_DIR="
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

make_apt_root() {
    command -v apt-get >/dev/null || fail "no apt-get here: name your own trees by" \
        "MBEDTLS_DIR=, LWIP_DIR=, JSMN_DIR="
    mirror=${DEBIAN_MIRROR:-$(find_mirror)}
    keyring=
    for file in /usr/share/keyrings/debian-archive-keyring.*; do
        [ -f "$file" ] && keyring=$file
    done
    [ -n "$keyring" ] || fail "Debian's keys are missing: install debian-archive-keyring"
    mkdir -p "$apt/state" "$apt/lists/partial" "$apt/cache/archives/partial"
    : >"$apt/status"
    echo "deb-src [signed-by=$keyring] $mirror $suite main" >"$apt/sources.list"
    private_apt update >"$apt/log" 2>&1 || {
        cat "$apt/log" >&2
        fail "cannot read the lists of $suite from $mirror"
    }
}

# version NAME DIR: of the sources in DIR.
version() {
    case $1 in
    mbedtls)
        sed -n 's/^#define MBEDTLS_VERSION_STRING *"\(.*\)"/\1/p' \
            "$2/include/mbedtls/build_info.h"
        ;;
    lwip)
        awk '$1 == "#define" && $2 ~ /^LWIP_VERSION_(MAJOR|MINOR|REVISION)$/ {
                 printf "%s%s", dot, $3; dot = "." }' "$2/src/include/lwip/init.h"
        ;;
    jsmn)
        grep -q jsmn_parse "$2/jsmn.h" && echo 1 # it does not name its version
        ;;
    esac
}

# check NAME DIR: is it a release that we are made for?
check() {
    found=$(version "$1" "$2" 2>/dev/null) || true
    case $1/$found in
    mbedtls/3.6.* | lwip/2.2.* | jsmn/1) ;;
    mbedtls/*) fail "$2: mbedTLS 3.6.x is needed, found \"$found\"" ;;
    lwip/*) fail "$2: lwIP 2.2.x is needed, found \"$found\"" ;;
    *) fail "$2: jsmn.h is needed" ;;
    esac
}

# fetch NAME: into a folder beside, moved into place when all is well.
fetch() {
    if [ -z "$temp" ]; then # the first one
        "$top/tests/setup.sh" deps
        make_apt_root
    fi
    temp=$deps/.$1.$$
    rm -rf "$temp"
    mkdir "$temp"
    (
        cd "$temp" || exit 1
        if [ "$1" = jsmn ]; then # Debian adds nothing to the upstream archive but packaging
            private_apt source --only-source --tar-only --download-only "$1" &&
                tar -xf ./*.orig.tar.*
        else
            private_apt source --only-source "$1"
        fi
    ) >"$apt/log" 2>&1 || {
        cat "$apt/log" >&2
        fail "cannot fetch the source package $1 from $mirror"
    }
    record=$(cd "$temp" && echo */ | sed 's,-\([^-]*\)/$, \1,')
    dsc=$(find "$temp" -name '*.dsc')
    [ -z "$dsc" ] || record="$1 $(sed -n 's/^Version: //p' "$dsc")"
    mv "$temp"/*/ "$temp/tree"
    check "$1" "$temp/tree"
    mv "$temp/tree" "$deps/$1"
    rm -rf "$temp"
    touch "$deps/VERSIONS"
    sed "/^$1 /d" "$deps/VERSIONS" >"$apt/versions"
    echo "$record" >>"$apt/versions"
    mv "$apt/versions" "$deps/VERSIONS"
    echo "  DEPS    $record"
}

clean_up() { # apt's log stays after a failure
    [ -z "$temp" ] || rm -rf "$temp"
}

[ $# -gt 0 ] || set -- mbedtls lwip jsmn
missing=
for name; do
    case $name in
    mbedtls) own=${MBEDTLS_DIR:-} ;;
    lwip) own=${LWIP_DIR:-} ;;
    jsmn) own=${JSMN_DIR:-} ;;
    *) fail "unknown: $name" ;;
    esac
    if [ -n "$own" ] && [ "$own" != "$deps/$name" ] && [ "$own" != "build/deps/$name" ]; then
        check "$name" "$own"
    elif [ ! -d "$deps/$name" ]; then
        missing="$missing $name"
    fi
done
[ -n "$missing" ] || exit 0

mkdir -p "$apt"
temp=
trap clean_up EXIT
trap 'exit 1' HUP INT TERM
exec 9>"$deps/.lock"
flock 9 # two builds at once: the second waits, and finds all there
for name in $missing; do
    [ -d "$deps/$name" ] || fetch "$name"
done
rm -rf "$apt"
