#!/bin/sh
#
# cbmc.sh - prints the folder of cbmc, goto-cc and goto-instrument: the machine's own if they are
# version 6 or later, else build/cbmc.
#
# What is there is Debian's binary package of the suite below with the libraries and the loader that
# it wants, fetched as port/apt.sh says, unpacked, and started by that loader: the machine's own C
# library does not matter. What is there already is not fetched again.
set -eu

suite=trixie
packages='cbmc minisat libc6 libstdc++6 libgcc-s1 zlib1g'
top=$(cd "$(dirname "$0")/../.." && pwd)
tool=$top/build/cbmc

# shellcheck source=port/apt.sh
. "$top/port/apt.sh"

fail() {
    echo "cbmc: $*; or install a cbmc of version 6" >&2
    exit 1
}

fetch() {
    rm -rf "$tool/apt" "$tool/new"
    mkdir -p "$tool/new"
    make_apt_root "$tool/apt" $suite deb
    (
        cd "$apt" || exit 1
        # shellcheck disable=SC2086 # a list
        private_apt download $packages || exit 1
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
