#!/bin/sh
#
# setup.sh GROUP... - installs what is missing of a group of tools, by apt, as root or by sudo:
#   build   the compiler             deps    what port/deps.sh needs
#   demo    what `make demo` needs besides
#   static  the compilers of `make static`; static-NAME that of one machine
#   config  Kconfig
#   lint    the analysers            size    the compiler for ARM
#   firmware  the same, and its C library's headers
#   board   QEMU                     emulation  QEMU for single programs
#   coverage  a clang that measures MC/DC
#   fuzz    clang with libFuzzer     rescue   what makes the rescue image, and QEMU for it
#   packaging  what looks at an installation: shells, man
#   deb     what `make deb` needs besides
#   check   what `make check` needs besides all of these
#   bench   what the command is compared with, besides
#
# Looks first and calls apt-get only when something is missing. NO_SETUP=1 leaves the machine alone.
# nginx is not installed, since Debian's package starts a server: it is unpacked to build/tools.
set -eu

[ -z "${NO_SETUP:-}" ] || exit 0
top=$(cd "$(dirname "$0")/.." && pwd)
PATH=$PATH:/usr/sbin:$top/build/tools/usr/sbin
CC=${CC:-gcc}
KCONFIG_PYTHON=${KCONFIG_PYTHON:-/usr/bin/python3}
packages=
nginx=

# need PACKAGE PATH-OR-COMMAND: wanted if the latter is not there.
need() {
    case $2 in
    /*) [ ! -e "$2" ] || return 0 ;;
    *) ! command -v "$2" >/dev/null || return 0 ;;
    esac
    case " $packages " in
    *" $1 "*) ;;
    *) packages="$packages $1" ;;
    esac
}

fail() {
    echo "setup: $*" >&2
    exit 1
}

# root COMMAND...: as root, quietly, without questions.
root() {
    sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo env DEBIAN_FRONTEND=noninteractive timeout 1200 "$@" >"$log" 2>&1 </dev/null
}

update_lists() {
    root apt-get -q update
}

have_lists() {
    # shellcheck disable=SC2016 # apt expands it
    [ -n "$(apt-get indextargets --format '$(FILENAME)' 2>/dev/null | head -n 1)" ]
}

install() {
    # shellcheck disable=SC2086 # a list
    root apt-get -q -y -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 \
        install --no-install-recommends $packages
}

# nginx as the package has it, in build/tools.
unpack_nginx() {
    new=$top/build/tools.new
    rm -rf "$new"
    mkdir -p "$new"
    (
        cd "$new" &&
            apt-get -q -o APT::Sandbox::User="$(id -un)" -o Acquire::Retries=3 download nginx &&
            dpkg -x nginx_*.deb . &&
            ./usr/sbin/nginx -v
    ) >"$log" 2>&1 || return 1
    rm -rf "$top/build/tools"
    mv "$new" "$top/build/tools"
}

# The compiler for NAME, or for all of boards/host/static.txt, and what fetches a musl for it.
need_cross() {
    need dpkg dpkg-deb
    while read -r name _ _ prefix _; do
        case $name in
        '#'* | '') continue ;;
        esac
        [ "${1:-$name}" = "$name" ] || continue
        package=gcc-$(echo "${prefix%-}" | tr _ -)
        [ "$name" != "$(uname -m)" ] || package=gcc
        need "$package" "${prefix}gcc"
    done <"$top/boards/host/static.txt"
}

for group; do
    case $group in
    build)
        need gcc "${CC%% *}"
        need libc6-dev /usr/include/stdio.h
        ;;
    deps) need dpkg-dev dpkg-source ;;
    demo)
        need python3 "${PYTHON:-python3}"
        need openssl openssl
        ;;
    static) need_cross ;;
    static-*) need_cross "${group#static-}" ;;
    config)
        [ "$KCONFIG_PYTHON" != /usr/bin/python3 ] ||
            need python3-kconfiglib /usr/lib/python3/dist-packages/kconfiglib.py
        ;;
    lint)
        need clang-format clang-format
        need clang-tidy clang-tidy
        need cppcheck cppcheck
        need shellcheck shellcheck
        ;;
    size)
        need python3 "${PYTHON:-python3}"
        need gcc-arm-none-eabi "${ARM_CROSS:-arm-none-eabi-}gcc"
        ;;
    firmware)
        need gcc-arm-none-eabi "${ARM_CROSS:-arm-none-eabi-}gcc"
        need libnewlib-dev /usr/include/newlib/stdlib.h
        ;;
    board) need qemu-system-arm qemu-system-arm ;;
    emulation) need qemu-user qemu-mipsel ;;
    rescue)
        need ca-certificates /etc/ssl/certs/ca-certificates.crt
        need cpio cpio
        need kmod modprobe
        need qemu-system-x86 qemu-system-x86_64
        need qemu-system-arm qemu-system-aarch64
        ;;
    coverage)
        need clang-19 clang-19
        need llvm-19 llvm-cov-19
        need libclang-rt-19-dev /usr/lib/llvm-19/lib/clang/19/lib/linux
        ;;
    fuzz)
        need clang clang
        fuzzer=$(clang -print-file-name=libclang_rt.fuzzer-"$(uname -m)".a 2>/dev/null || echo /none)
        need libclang-rt-14-dev "$fuzzer"
        ;;
    packaging)
        need g++ g++
        need binutils objcopy
        need pkg-config pkg-config
        need mandoc mandoc
        need groff-base groff
        need bash-completion /usr/share/bash-completion/bash_completion
        need zsh zsh
        need fish fish
        need lintian lintian
        ;;
    deb)
        need build-essential /usr/share/doc/build-essential
        need debhelper dh
        ;;
    check)
        need clang clang
        need libslirp-dev /usr/include/slirp/libslirp.h
        need libcmocka-dev /usr/include/cmocka.h
        need python3-jsonschema /usr/lib/python3/dist-packages/jsonschema
        need valgrind valgrind
        need strace strace
        need curl curl
        need tinyproxy-bin tinyproxy # the program without the service
        need ca-certificates /etc/ssl/certs/ca-certificates.crt
        command -v nginx >/dev/null || nginx=nginx
        ;;
    bench)
        need wget wget
        need python3-requests /usr/lib/python3/dist-packages/requests/__init__.py
        ;;
    *)
        echo "setup: no group $group" >&2
        exit 2
        ;;
    esac
done

wanted=$packages${nginx:+ $nginx}
[ -n "$wanted" ] || exit 0
command -v apt-get >/dev/null ||
    fail "no apt-get here. Please install what Debian calls:$wanted (or try NO_SETUP=1)"
[ -z "$packages" ] || [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
    fail "not root, and no sudo here. Please have these installed:$packages (or try NO_SETUP=1)"

echo "  SETUP  $wanted"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Lists that are missing, or that name files which the mirror has dropped since, are fetched.
have_lists || update_lists || true
for step in ${packages:+install} ${nginx:+unpack_nginx}; do
    $step || { update_lists && $step; } || {
        tail -n 20 "$log" >&2
        fail "apt-get failed. Wanted:$wanted"
    }
done
