# need.sh - to be sourced by scripts that look for tools before they are used: which of Debian's
# packages are missing. Nothing is installed here.
# shellcheck shell=sh
#
#   need PACKAGE PATH-OR-COMMAND   puts PACKAGE on the list $packages if the latter is not there
#   need_group GROUP               does so for a group of tools; false if there is no such group:
#     build     the compiler                    deps    what port/deps.sh needs
#     static    the compilers of `make static`; static-NAME that of one machine
#     config    Kconfig                         python  what makes tables of trusted roots
#     demo      what the simulator of the service needs, and making its certificates
#     firmware  the compiler for ARM, and its C library's headers
#     rescue    what makes the rescue image     deb     what `make deb` needs
#   name_missing                   says what is on the list and how to get it; false if it has any
#
# The caller sets top, the folder of this tree. NO_SETUP=1: nothing is looked for.
PATH=$PATH:/usr/sbin:${top:?}/build/tools/usr/sbin
CC=${CC:-gcc}
PYTHON=${PYTHON:-python3}
KCONFIG_PYTHON=${KCONFIG_PYTHON:-/usr/bin/python3}
packages=

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

# The compiler, and its C library wherever that is; with flags, or for another machine, the latter
# is the caller's business.
need_compiler() {
    need gcc "${CC%% *}"
    case $CC in
    *' '*) return ;;
    esac
    case $("$CC" -dumpmachine 2>/dev/null || uname -m) in
    "$(uname -m)"*)
        echo '#include <stdio.h>' | "$CC" -E - >/dev/null 2>&1 ||
            need libc6-dev /usr/include/stdio.h
        ;;
    esac
}

need_group() {
    case $1 in
    build) need_compiler ;;
    deps) need dpkg-dev dpkg-source ;;
    static) need_cross ;;
    static-*) need_cross "${1#static-}" ;;
    config)
        [ "$KCONFIG_PYTHON" != /usr/bin/python3 ] ||
            need python3-kconfiglib /usr/lib/python3/dist-packages/kconfiglib.py
        ;;
    python) need python3 "$PYTHON" ;;
    demo)
        need python3 "$PYTHON"
        need openssl openssl
        ;;
    firmware)
        need gcc-arm-none-eabi "${ARM_CROSS:-arm-none-eabi-}gcc"
        need libnewlib-dev /usr/include/newlib/stdlib.h
        ;;
    rescue)
        need ca-certificates /etc/ssl/certs/ca-certificates.crt
        need cpio cpio
        need kmod modprobe
        ;;
    deb)
        need build-essential /usr/share/doc/build-essential
        need debhelper dh
        ;;
    *) return 1 ;;
    esac
}

name_missing() {
    [ -n "$packages" ] || return 0
    echo "Some tools are missing; these are Debian's packages that have them:$packages" >&2
    ! command -v apt-get >/dev/null ||
        echo "As root: apt-get install --no-install-recommends$packages" >&2
    [ ! -e "$top/tests/setup.sh" ] ||
        echo "Or, with all that the tests need (as root or with sudo): make setup" >&2
    echo "To try without: NO_SETUP=1" >&2
    return 1
}
