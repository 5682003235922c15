#!/bin/sh
#
# kernel.sh ARCH [PACKAGE] - puts Debian's kernel into build/deps/linux-ARCH, with its modules.
#
# ARCH is as Debian calls it: amd64, arm64. PACKAGE is linux-image-cloud-ARCH, which is small and
# has the drivers of virtual machines; linux-image-ARCH has those of all hardware. It is unpacked
# and not installed. What is there already is not fetched again.
set -eu

suite=bookworm
arch=$1
package=${2:-linux-image-cloud-$arch}
top=$(cd "$(dirname "$0")/../.." && pwd)
deps=$top/build/deps
target=$deps/linux-$arch
apt=$deps/apt-linux-$arch
PATH=$PATH:/usr/sbin:/sbin

# shellcheck source=port/apt.sh
. "$top/port/apt.sh"

fail() {
    echo "kernel: $*; KERNEL_ROOT= names a tree of your own" >&2
    exit 1
}

clean_up() { # apt's log stays after a failure
    rm -rf "$temp"
}

[ "$package" != "$(cat "$target/package" 2>/dev/null)" ] || exit 0

mkdir -p "$apt"
temp=$target.new
exec 9>"$deps/.linux-$arch.lock"
flock 9 # two builds at once: the second waits, and finds all there
[ "$package" != "$(cat "$target/package" 2>/dev/null)" ] || exit 0
trap clean_up EXIT
trap 'exit 1' HUP INT TERM
rm -rf "$temp"
mkdir "$temp"

make_apt_root "$apt" $suite deb "$arch"
(
    cd "$temp" || exit 1
    private_apt download "$package" || exit 1
    # The package without a version in its name depends on the one that holds the kernel.
    image=$(dpkg-deb -f "$package"_*.deb Depends | grep -o 'linux-image-[^ ,]*')
    private_apt download "$image" && dpkg-deb -x "$image"_*.deb . || exit 1
    ls -- "$image"_*.deb
    rm ./*.deb
    mv boot/vmlinuz-* vmlinuz && rm -r boot usr
    depmod -b . "$(ls lib/modules)"
) >"$apt/log" 2>&1 || {
    cat "$apt/log" >&2
    fail "cannot fetch the package $package from $mirror"
}
echo "$package" >"$temp/package"
rm -rf "$target"
mv "$temp" "$target"
echo "  KERNEL  $(sed -n 's/^\(linux-image.*\)\.deb$/\1/p' "$apt/log")"
rm -rf "$apt"
