#!/bin/bash
#
# bare.sh COMMAND... - runs each COMMAND (a line for sh) in a fresh clone of this tree's HEAD, on a
# Debian that has nothing: a minimal root of this machine's own release below build/bare, made anew
# for the run, with the hosts file, the PATH and the Python of a plain Debian, and the clone in a
# home directory that nobody else may enter. Ends with the status of the last COMMAND that failed.
#
# It needs root. Processes and mounts have namespaces of their own, so all of them end with the run;
# the network is the machine's. Kept between runs are the root as debootstrap made it and the
# packages that were fetched; the root that was used is removed, but with KEEP=1. What the stages
# wrote is then in build/bare/logs.
#
# The mirror, and what is needed to reach it, is what this machine's apt uses: port/apt.sh.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
bare=$top/build/bare
root=$bare/root
pristine=$bare/pristine
home=/root
clone=$home/migtask

# shellcheck source=port/apt.sh
. "$top/port/apt.sh"

fail() {
    echo "bare: $*" >&2
    exit 1
}

say() {
    echo "bare: $*"
}

# quietly COMMAND...: its output is shown when it failed.
quietly() {
    "$@" >"$bare/log" 2>&1 </dev/null || {
        tail -n 40 "$bare/log" >&2
        fail "this failed: $*"
    }
}

need() { # PACKAGE COMMAND
    ! command -v "$2" >/dev/null || return 0
    say "installs $1"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q -y install --no-install-recommends "$1" >"$bare/log" 2>&1 </dev/null ||
        quietly apt-get -q update
    quietly apt-get -q -y install --no-install-recommends "$1"
}

# What of apt's settings says how a mirror is reached: proxies, certificates, patience.
way_to_mirror() {
    apt-config dump | grep -E '^Acquire::(http|https|Retries|Check-Valid-Until|Check-Date)(::| )' |
        grep -v ' "";$' || true
    for scheme in http https; do
        proxy=${scheme}_proxy
        [ -z "${!proxy:-}" ] || echo "Acquire::$scheme::Proxy \"${!proxy}\";"
    done
}

# The same for debootstrap, which fetches by wget.
wgetrc() {
    way_to_mirror | sed -n \
        -e 's/^Acquire::\(https*\)::[Pp]roxy "\(.*\)";/\1_proxy = \2/p' \
        -e 's/^Acquire::https::CA[Ii]nfo "\(.*\)";/ca_certificate = \1/p'
    echo 'tries = 3'
    echo 'timeout = 60'
}

# A Debian with nothing in it, as debootstrap makes it.
make_pristine() {
    release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    mirror=${DEBIAN_MIRROR:-$(find_mirror)}
    made_of="$release $(dpkg --print-architecture) $mirror $(way_to_mirror | cksum)"
    [ "$(cat "$bare/made_of" 2>/dev/null)" != "$made_of" ] || return 0
    say "makes a root of $release (about a minute)"
    rm -rf "$pristine" "$bare/made_of"
    wgetrc >"$bare/wgetrc"
    more=
    case $mirror in
    https:*) more=--include=ca-certificates ;;
    esac
    WGETRC=$bare/wgetrc quietly debootstrap --variant=minbase $more "$release" "$pristine" "$mirror"
    way_to_mirror >"$pristine/etc/apt/apt.conf.d/10mirror"
    sed -n 's/^Acquire::.*::CA[Ii]nfo "\(.*\)";/\1/p' "$pristine/etc/apt/apt.conf.d/10mirror" |
        while read -r file; do
            install -D -m 644 "$file" "$pristine$file"
        done
    rm -rf "$pristine"/var/lib/apt/lists/* "$pristine"/var/cache/apt/archives/*.deb
    echo debian >"$pristine/etc/hostname"
    # As Debian's installer writes it.
    cat >"$pristine/etc/hosts" <<END
127.0.0.1	localhost
127.0.1.1	debian

# The following lines are desirable for IPv6 capable hosts
::1     localhost ip6-localhost ip6-loopback
ff02::1 ip6-allnodes
ff02::2 ip6-allrouters
END
    echo "$made_of" >"$bare/made_of"
}

# What a kernel and an init give a machine.
mount_all() {
    mount --make-rprivate /
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount -t sysfs sysfs "$root/sys"
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"
    while read -r name major minor; do
        mknod -m 666 "$root/dev/$name" c "$major" "$minor"
    done <<END
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
END
    mkdir "$root/dev/pts" "$root/dev/shm"
    mount -t devpts -o newinstance,mode=620,gid=5,ptmxmode=666 devpts "$root/dev/pts"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    for name in stdin stdout stderr; do
        ln -s "fd/$((number++))" "$root/dev/$name"
    done
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
    mount -t tmpfs -o mode=755 tmpfs "$root/run"
    mkdir -m 1777 "$root/run/lock"
    mount --bind "$bare/archives" "$root/var/cache/apt/archives"
    hostname debian # in a namespace of its own
    # Not chroot: who is in one may not make namespaces of users, nor of mounts.
    cd "$root"
    pivot_root . mnt
    cd /
    hash -r
    umount -l /mnt
}

# MB that installed packages take, by their own word.
installed() {
    # shellcheck disable=SC2016 # dpkg-query expands it
    dpkg-query -W -f '${Installed-Size}\n' | awk '{ s += $1 } END { print int(s / 1024) }'
}

# In the namespaces.
inside() {
    local number=0 status=0 command begin before ended
    mount_all
    for command; do
        say "begins: $command"
        begin=$SECONDS before=$(installed) ended=0
        env -i HOME="$home" USER=root LOGNAME=root SHELL=/bin/bash \
            PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
            /bin/sh -c "cd $clone && $command" </dev/null || ended=$?
        say "ended with status $ended after $((SECONDS - begin)) s," \
            "$(($(installed) - before)) MB installed: $command"
        [ $ended = 0 ] || status=$ended
    done
    exit "$status"
}

# shellcheck disable=SC2317 # by trap
keep_logs() {
    [ -z "$child" ] || kill -KILL "$child" 2>/dev/null || true # and with it all that is in there
    rm -rf "$bare/logs"
    [ ! -d "$root$clone/build/check" ] || cp -r "$root$clone/build/check" "$bare/logs"
    [ -n "${KEEP:-}" ] || rm -rf --one-file-system "$root"
}

if [ "${1:-}" = --inside ]; then
    shift
    inside "$@"
fi

[ $# -gt 0 ] || fail 'no command'
[ "$(id -u)" = 0 ] || fail 'this needs root'
mkdir -p "$bare/archives/partial"
exec 9>"$bare/lock"
flock -n 9 || fail 'another run is under way'
need debootstrap debootstrap
need git git
make_pristine
rm -rf --one-file-system "$root"
cp -a --reflink=auto "$pristine" "$root"
cp /etc/resolv.conf "$root/etc/resolv.conf"
chmod 700 "$root$home"
quietly git -c safe.directory='*' clone -q --no-hardlinks "$top" "$root$clone"
chown -R 0:0 "$root$clone"
child=
trap keep_logs EXIT
trap 'exit 1' HUP INT TERM
status=0
unshare --mount --uts --ipc --pid --fork --kill-child -- "$0" --inside "$@" 9>&- &
child=$!
wait $child || status=$?
exit "$status"
