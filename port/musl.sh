#!/bin/sh
#
# musl.sh ROW... - puts musl, a C library that can be linked statically, into build/deps/musl/NAME
# for the machine that a row of boards/host/static.txt is about (its words are the arguments).
#
# It is Debian's package musl-dev of that architecture or, where Debian has none, built from Debian's
# source package with the row's compiler and flags; fetched as port/apt.sh says, so neither this
# machine's architecture nor its release matters.
#
# Beside lib and include, gcc.specs makes a compiler for glibc one for this musl, in C and for
# static programs: CROSS-gcc -specs=build/deps/musl/NAME/gcc.specs -static, from the top folder,
# since the paths in it are relative (so they are the same in every clone).
#
# What is there already is not fetched again.
set -eu

suite=trixie
release=1.2.5 # the first whose answers of name servers may come over TCP and be of any size

name=$1 architecture=$2 kind=$3 compiler=$4
shift 6
top=$(cd "$(dirname "$0")/.." && pwd)
deps=$top/build/deps
place=build/deps/musl/$name

# shellcheck source=port/apt.sh
. "$top/port/apt.sh"

fail() {
    echo "musl: $*" >&2
    exit 1
}

is_there() {
    case $(cat "$top/$place/VERSION" 2>/dev/null) in
    "$release"*) return 0 ;;
    *) return 1 ;;
    esac
}

# Into $temp/tree: a package; or what a source package builds.
take_package() {
    private_apt download musl-dev
    dpkg-deb -x musl-dev_*.deb package
    mkdir tree
    mv package/usr/lib/*-musl* tree/lib
    mv package/usr/include/*-musl* tree/include
    mv package/usr/share/doc/musl-dev/copyright tree/copyright
    dpkg-deb -f musl-dev_*.deb Version >tree/VERSION
}

build() {
    private_apt source --only-source musl
    mv musl-*/ source
    cd source
    # Of make's variables here only this call's own count.
    unset MAKEFLAGS MFLAGS CFLAGS LDFLAGS CC
    ./configure --disable-shared --prefix=/ CROSS_COMPILE="$compiler" CC="${compiler}gcc" \
        CFLAGS="$* -ffile-prefix-map=$PWD=musl"
    make -j"$(nproc)" lib/libc.a lib/crt1.o lib/crti.o lib/crtn.o
    make DESTDIR="$temp/tree" install-headers
    mv lib "$temp/tree/lib"
    mv COPYRIGHT "$temp/tree/copyright"
    sed -n 's/^Version: //p' ../musl_*.dsc >"$temp/tree/VERSION"
}

! is_there || exit 0
mkdir -p "$deps/musl"
temp=$deps/musl/.$name.$$
apt_root=$deps/musl/.apt-$name
trap 'rm -rf "$temp"' EXIT
trap 'exit 1' HUP INT TERM
exec 9>"$deps/.lock-musl-$name"
flock 9 # two builds at once: the second waits, and finds it there
! is_there || exit 0

if [ "$kind" = source ]; then
    "$top/port/tools.sh" deps
    echo "  DEPS    musl for $architecture is built: a minute"
    make_apt_root "$apt_root" "$suite" deb-src
    step=build
else
    make_apt_root "$apt_root" "$suite" deb "$architecture"
    step=take_package
fi
mkdir "$temp"
set +e # so that it holds inside: in a condition it would not
(
    set -e
    cd "$temp"
    $step "$@"
) >"$apt_root/log" 2>&1
status=$?
set -e
[ $status -eq 0 ] || {
    cat "$apt_root/log" >&2
    fail "no musl of $suite for $architecture from $mirror"
}
is_release=$(cat "$temp/tree/VERSION")
case $is_release in
"$release"*) ;;
*) fail "musl $release is needed, $suite has $is_release" ;;
esac

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
rm -rf "${top:?}/$place"
mv "$temp/tree" "$top/$place"
rm -rf "$apt_root"
echo "  DEPS    musl $(cat "$top/$place/VERSION") for $architecture"
