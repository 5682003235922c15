#!/bin/sh
#
# setup.sh [--install] GROUP... - says what is missing of a group of tools, or installs it, by apt,
# as root or by sudo. The groups are those of port/need.sh, and
#   check   what `make check` needs        verify  what `make verify` needs besides
#   soak    what `make soak` needs besides check
#   lint    the analysers                  size     the compiler for ARM
#   board   QEMU for firmware              emulation  QEMU for single programs
#   machine QEMU for the rescue image      coverage a clang that measures MC/DC
#   fuzz    clang with libFuzzer           packaging  what looks at an installation
#   bench   what the command is compared with, and what measures it
#
# apt-get is only called when something is missing. NO_SETUP=1: neither looks nor installs.
# nginx is not installed, since Debian's package starts a server: it is unpacked to build/tools.
set -eu

[ -z "${NO_SETUP:-}" ] || exit 0
top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=port/need.sh
. "$top/port/need.sh"
nginx=

fail() {
    echo "setup: $*" >&2
    exit 1
}

need_groups() {
    for group; do
        need_group "$group" || need_test_group "$group"
    done
}

need_test_group() {
    case $1 in
    check)
        need_groups build deps demo "static-$(uname -m)" config
        need libcmocka-dev /usr/include/cmocka.h
        need python3-jsonschema /usr/lib/python3/dist-packages/jsonschema
        need strace strace
        need valgrind valgrind
        need curl curl
        need tinyproxy-bin tinyproxy # the program without the service
        need ca-certificates /etc/ssl/certs/ca-certificates.crt
        command -v nginx >/dev/null || nginx=nginx
        ;;
    verify)
        need_groups check static emulation rescue machine lint firmware board coverage fuzz \
            packaging deb
        need libslirp-dev /usr/include/slirp/libslirp.h
        ;;
    soak) need_groups check coverage fuzz ;;
    lint)
        need clang-format clang-format
        need clang-tidy clang-tidy
        need cppcheck cppcheck
        need shellcheck shellcheck
        ;;
    size)
        need_groups python
        need gcc-arm-none-eabi "${ARM_CROSS:-arm-none-eabi-}gcc"
        ;;
    board) need qemu-system-arm qemu-system-arm ;;
    emulation) need qemu-user qemu-mipsel ;;
    machine)
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
    bench)
        need_groups check
        need wget wget
        need python3-requests /usr/lib/python3/dist-packages/requests/__init__.py
        ;;
    *)
        echo "setup: no group $1" >&2
        exit 2
        ;;
    esac
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

installs=
if [ "${1:-}" = --install ]; then
    installs=1
    shift
fi
need_groups "$@"
wanted=$packages${nginx:+ $nginx}
[ -n "$wanted" ] || exit 0
if [ -z "$installs" ]; then
    packages=$wanted
    name_missing
fi
command -v apt-get >/dev/null ||
    fail "no apt-get here. Please install what Debian calls:$wanted (or try NO_SETUP=1)"
[ -z "$packages" ] || [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
    fail "not root, and no sudo here. Please have these installed:$packages (or try NO_SETUP=1)"

echo "  SETUP  $wanted"
log=$(mktemp)
(
    trap 'kill $!; exit' TERM
    while :; do
        sleep 30 &
        wait
        echo '  ...     still at it'
    done
) &
trap 'kill $!; wait; rm -f "$log"' EXIT
trap 'exit 1' HUP INT TERM
# Lists that are missing, or that name files which the mirror has dropped since, are fetched.
have_lists || update_lists || true
for step in ${packages:+install} ${nginx:+unpack_nginx}; do
    $step || { update_lists && $step; } || {
        tail -n 20 "$log" >&2
        fail "apt-get failed. Wanted:$wanted"
    }
done
