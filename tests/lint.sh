#!/bin/sh
#
# lint.sh - style and static analysis: clang-format, clang-tidy, cppcheck, and for the scripts
# shell's own checker. `make lint` calls it; clang-tidy and cppcheck look at the board's sources,
# LINT_SOURCES, with the build's flags, LINT_FLAGS, and at the tests.
# The last line is `N passed, N failed`, counting tools. `lint.sh --fix` formats all files instead.
set -u

cd "$(dirname "$0")/.." || exit 1
passed=0
failed=0

# files PATTERN...: all of that name.
files() {
    for pattern; do
        find core port boards tests .ci -name "$pattern" -type f
    done | sort
}

# What a compiler of this machine can compile with the build's flags.
sources() {
    # shellcheck disable=SC2086 # a list
    printf '%s\n' $LINT_SOURCES tests/unit/*.c tests/command/*.c tests/size/*.c
}

# lint TOOL FUNCTION
lint() {
    if output=$("$2" 2>&1); then
        passed=$((passed + 1))
        echo "  LINT    $1"
    else
        failed=$((failed + 1))
        printf '%s\n  LINT    %s: FAILED\n' "$output" "$1"
    fi
}

format() {
    files '*.c' '*.h' | xargs timeout 120 clang-format --dry-run -Werror
}

tidy() { # the build's flags, in the configuration that compiles most
    bad=$(clang-tidy --dump-config 2>&1 >/dev/null)
    [ -z "$bad" ] || { echo "$bad" && return 1; }
    eval "set -- $LINT_FLAGS"
    sources |
        xargs -P "$(nproc)" -I '{}' timeout 300 clang-tidy --quiet '{}' -- "$@" -Itests/unit \
            -D_GNU_SOURCE 2>/dev/null
}

check_c() {
    sources |
        xargs timeout 300 cppcheck --quiet --error-exitcode=1 -j "$(nproc)" --std=c11 \
            --enable=warning,style,performance,portability --inline-suppr \
            --suppressions-list=tests/cppcheck.txt -Icore -Iport/posix -Iport/mbedtls \
            -Itests/unit
}

check_shell() {
    files '*.sh' run | xargs timeout 120 shellcheck
}

if [ "${1:-}" = --fix ]; then
    files '*.c' '*.h' | xargs clang-format -i
    exit
fi
lint clang-format format
lint clang-tidy tidy
lint cppcheck check_c
lint shellcheck check_shell
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
