#!/bin/sh
#
# musl.sh NAME ARCHITECTURE SUITE - puts musl, a C library that can be linked statically, into
# build/deps/musl/NAME: Debian's package musl-dev of that architecture and release, fetched as
# port/apt.sh says, so neither this machine's architecture nor its release matters.
#
# Beside lib and include, gcc.specs makes a compiler for glibc one for this musl, in C and for
# static programs: CROSS-gcc -specs=build/deps/musl/NAME/gcc.specs -static, from the top folder,
# since the paths in it are relative (so they are the same in every clone).
#
# What is there already is not fetched again.
set -eu

name=$1 architecture=$2 suite=$3
top=$(cd "$(dirname "$0")/.." && pwd)
deps=$top/build/deps
place=build/deps/musl/$name

# shellcheck source=port/apt.sh
. "$top/port/apt.sh"

fail() {
    echo "musl: $*" >&2
    exit 1
}

[ ! -d "$top/$place" ] || exit 0
mkdir -p "$deps/musl"
temp=$deps/musl/.$name.$$
apt_root=$deps/musl/.apt-$name
trap 'rm -rf "$temp"' EXIT
trap 'exit 1' HUP INT TERM
exec 9>"$deps/.lock-musl-$name"
flock 9 # two builds at once: the second waits, and finds it there
[ ! -d "$top/$place" ] || exit 0

make_apt_root "$apt_root" "$suite" deb "$architecture"
mkdir "$temp"
(
    cd "$temp"
    private_apt download musl-dev
    dpkg-deb -x musl-dev_*.deb package
    mkdir tree
    mv package/usr/lib/*-musl* tree/lib
    mv package/usr/include/*-musl* tree/include
    mv package/usr/share/doc/musl-dev/copyright tree/copyright
    dpkg-deb -f musl-dev_*.deb Version >tree/VERSION
) >"$apt_root/log" 2>&1 || {
    cat "$apt_root/log" >&2
    fail "cannot fetch musl-dev of $suite for $architecture from $mirror"
}

# The start files of C++ (crtbegin.o) are not needed, nor is the other half of libgcc.
cat >"$temp/tree/gcc.specs" <<END
%rename cpp_unique_options cpp_options_without_musl

*cpp_unique_options:
-nostdinc -isystem $place/include -isystem include%s %(cpp_options_without_musl)

*startfile:
$place/lib/crt1.o $place/lib/crti.o

*endfile:
$place/lib/crtn.o

*link_libgcc:
-L$place/lib

*libgcc:
libgcc.a%s

*lib:
-lc

END
mv "$temp/tree" "$top/$place"
rm -rf "$apt_root"
echo "  DEPS    musl $(cat "$top/$place/VERSION") for $architecture"
