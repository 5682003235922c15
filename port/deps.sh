#!/bin/sh
#
# deps.sh [NAME...] - puts the sources of mbedtls, lwip and jsmn (or of those named) into
# build/deps/NAME.
#
# They are Debian's source packages of the suite below, fetched as port/apt.sh says.
#
# What is there already is not fetched again. A tree of your own is used (and only looked at) when
# MBEDTLS_DIR, LWIP_DIR or JSMN_DIR names it. DEBIAN_MIRROR overrides the mirror.
set -eu

suite=trixie
top=$(cd "$(dirname "$0")/.." && pwd)
deps=$top/build/deps
apt=$deps/apt

# shellcheck source=port/apt.sh
. "$top/port/apt.sh"

fail() {
    echo "deps: $*; MBEDTLS_DIR=, LWIP_DIR= and JSMN_DIR= name trees of your own" >&2
    exit 1
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
        "$top/port/tools.sh" deps || exit 1
        make_apt_root "$apt" $suite deb-src
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
