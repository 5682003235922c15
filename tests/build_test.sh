#!/bin/sh
#
# build_test.sh - the build does what it promises. Expects build/host to be built and the sources
# to be fetched. The last line is `N passed, N failed`.
set -u

cd "$(dirname "$0")/.." || exit 1
scratch=build/tests/build
rm -rf "$scratch"
mkdir -p "$scratch"
passed=0
failed=0

# expect WHAT PATTERN COMMAND...: the command's output has a line that matches (an empty pattern:
# there is no output); $status is its exit status.
expect() {
    what=$1 pattern=$2
    shift 2
    output=$("$@" 2>&1)
    status=$?
    if if [ -z "$pattern" ]; then [ -z "$output" ]; else
        printf '%s\n' "$output" | grep -Eq -- "$pattern"
    fi; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf '%s: FAILED, exit status %s, output:\n%s\n' "$what" "$status" "$output"
    fi
}

build() {
    make OUT="$scratch" "$@" "$scratch/core/writer.o"
}

# shellcheck disable=SC2013 # words
for target in install uninstall $(sed -n 's/^\.PHONY: help //p' Makefile); do
    expect "help: $target" "^  $target " make help
done
expect 'a board that is not there' 'no board "nowhere"; there are:.* host' make BOARD=nowhere
expect 'a configuration that is not there' 'no boards/host/none.defconfig' make CONFIG=none
expect 'nor in a set that boards share' \
    'no boards/mps2-an385/none.defconfig boards/firmware/none.defconfig' make BOARD=mps2-an385 CONFIG=none

expect 'nothing to do' '^$|Nothing to be done' make all
expect 'a first build' '^  CC +core/writer.c$' build
expect 'no second build' '^$|is up to date' build
expect 'built anew with other flags' '^  CC +core/writer.c$' build CFLAGS=-g
echo 'MIGTASK_RX_BUFFER=1000' >"$scratch/.config"
expect 'built anew with a .config' '^  CC +core/writer.c$' build
expect 'the limit of a .config' '^#define MIGTASK_RX_BUFFER 1000$' cat "$scratch/migtask_kconfig.h"
rm "$scratch/.config"

# Only some targets install anything: an apt-get of ours tells whether it was called.
mkdir -p "$scratch/bin"
printf '#!/bin/sh\necho "$*" >>%s\n' "$PWD/$scratch/installed" >"$scratch/bin/apt-get"
chmod +x "$scratch/bin/apt-get"
without_cc() {
    PATH=$PWD/$scratch/bin:$PATH CC=no-such-compiler "$@"
}
expect 'says which tool is missing' '^As root: apt-get install --no-install-recommends gcc' \
    without_cc make OUT="$scratch" all
[ "$status" != 0 ] || failed=$((failed + 1))
for target in size lint bench; do
    expect "$target says so too" '^As root: apt-get install .*gcc' without_cc make OUT="$scratch/none" "$target"
done
expect 'says it of a board' '^As root: apt-get install .*gcc-arm-none-eabi' \
    env PATH="$PWD/$scratch/bin:$PATH" ARM_CROSS=none- port/tools.sh firmware
expect 'does not look with NO_SETUP' 'no-such-compiler' without_cc make OUT="$scratch" NO_SETUP=1 all
expect 'installs nothing' 'No such file' cat "$scratch/installed"
expect 'setup does' '^  SETUP   gcc' without_cc make setup
expect 'by apt' '^-q -y .*install --no-install-recommends gcc' cat "$scratch/installed"
expect 'no such group of tools' 'no group nothing' tests/setup.sh nothing

# Nothing of tests/ is needed, nor git, nor anything that is not in the PATH of a plain system.
mkdir -p "$scratch/alone"
cp -R core port boards Makefile Kconfig "$scratch/alone"
expect 'builds without tests' '^  CC +core/writer.c$' env -i PATH=/usr/bin:/bin \
    make -C "$scratch/alone" MBEDTLS_DIR="$PWD/build/deps/mbedtls" \
    JSMN_DIR="$PWD/build/deps/jsmn" OUT=out out/core/writer.o

defconfig() {
    make -n -C "$scratch/alone" BOARD=mps2-an385 CONFIG=small menuconfig
}
expect 'a board has the configurations of its set' ' cp boards/firmware/small\.defconfig ' defconfig
touch "$scratch/alone/boards/mps2-an385/small.defconfig"
expect 'but its own wins' ' cp boards/mps2-an385/small\.defconfig ' defconfig

expect 'no fetching of what is there' '' env DEBIAN_MIRROR=http://127.0.0.1:9/ \
    port/deps.sh mbedtls jsmn
mkdir -p "$scratch/old/include/mbedtls"
echo '#define MBEDTLS_VERSION_STRING         "2.28.3"' >"$scratch/old/include/mbedtls/build_info.h"
expect 'another mbedTLS' 'mbedTLS 3.6.x is needed, found "2.28.3"' \
    env MBEDTLS_DIR="$scratch/old" port/deps.sh mbedtls
expect 'no jsmn' 'jsmn.h is needed' env JSMN_DIR="$scratch/old" port/deps.sh jsmn

# variant VARIABLE OBJECT...: build/host/migtask with these objects of boards/host made anew, with
# that variable of make; as $scratch/variant/migtask.
variant() {
    variable=$1
    shift
    rm -rf "$scratch/variant"
    mkdir -p "$scratch/variant/boards/host"
    make OUT="$scratch/variant" "$variable" "$@" || return
    for object in build/host/boards/host/*.o; do
        name=boards/host/${object##*/}
        [ -e "$scratch/variant/$name" ] || cp "$object" "$scratch/variant/$name"
    done
    "${CC:-gcc}" "$scratch"/variant/boards/host/*.o build/host/libmigtask.a -Wl,--gc-sections \
        -o "$scratch/variant/migtask"
}

texts="$scratch/variant/boards/host"
expect 'without the texts of error codes' 'CC +boards/host/explain.c' variant \
    CFLAGS=-DMIGTASK_HOST_ERROR_TEXTS=0 "$texts/advice.o" "$texts/error_codes.o" "$texts/explain.o"
expect 'explain says that they are missing' 'built without the texts of error codes' \
    "$scratch/variant/migtask" explain SMS.7713
[ "$status" = 2 ] || failed=$((failed + 1))
expect 'and says it to programs' '^{"outcome":"invalid","reason":"invalid_config",' \
    "$scratch/variant/migtask" explain SMS.7713 --json
saved=$(($(wc -c <build/host/migtask) - $(wc -c <"$scratch/variant/migtask")))
expect 'the texts are left out' '^([89][0-9]{3}|1[0-9]{4})$' echo "$saved"

expect 'compiles where no TLS session is kept' 'CC +boards/host/attempts.c' \
    make OUT="$scratch/variant" CFLAGS=-DMIGTASK_TLS_RESUME=0 "$texts/attempts.o"
[ "$status" = 0 ] || failed=$((failed + 1))

expect 'installs' 'INSTALL' make install DESTDIR="$PWD/$scratch/root" PREFIX=/usr
expect 'what is installed runs' '^migtask [0-9]' "$scratch/root/usr/bin/migtask" --version

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
