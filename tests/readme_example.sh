#!/bin/sh
#
# readme_example.sh OUT - compiles and links the first C block of README.md's section "Using the
# library", as a user would: the headers of core and of the ports, and the library in OUT.
set -eu

cd "$(dirname "$0")/.."
out=$1
mkdir -p build/tests
example=build/tests/readme_example
awk '!code && /^#+ / { inside = /Using the library/ }
     inside && /^```/ { if (code) exit; code = /^```c$/; next }
     inside && code' README.md >$example.c
[ -s $example.c ] || {
    echo 'README.md has no C block in a section "Using the library"' >&2
    exit 1
}
flags='-std=c11 -Wall -Wextra -Wconversion -Wshadow -Werror -D_POSIX_C_SOURCE=200809L -Icore'
# shellcheck disable=SC2086 # a list
"${CC:-gcc}" $flags -DMIGTASK_CONFIG_HOST -Iport/posix -Iport/mbedtls \
    -isystem "${MBEDTLS_DIR:-build/deps/mbedtls}/include" \
    '-DMBEDTLS_CONFIG_FILE="mbedtls_profile.h"' $example.c "$out/libmigtask.a" -o $example
echo "$example: compiled and linked"
