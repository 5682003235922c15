#!/bin/sh
#
# lint.sh [TOOL...] - style and static analysis: names of headers, clang-format, clang-tidy,
# cppcheck, shellcheck; all of them, or those named. `make lint` calls it. clang-tidy sees what a
# compiler sees, so it looks at the sources of one board, LINT_SOURCES, with the build's flags,
# LINT_FLAGS, for the processor of LINT_CC, and for the host at the tests too; tests/lwip.mk does the
# same for lwIP's. The last line is `N passed, N failed`, counting tools. `lint.sh --fix` formats all
# files instead.
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

# lint TOOL FUNCTION: unless other tools are wanted.
lint() {
    case " $wanted " in
    "  " | *" $1 "*) ;;
    *) return ;;
    esac
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

# The build's flags without what only gcc knows, and of another processor its own C library.
clang_flags() {
    for flag; do
        case $flag in
        -f*) ;;
        *) printf "'%s' " "$flag" ;;
        esac
    done
    machine=$($LINT_CC -dumpmachine)
    if [ "$machine" != "$(gcc -dumpmachine)" ]; then
        header=$(echo '#include <stdlib.h>' | $LINT_CC -E - | grep -o '/[^"]*/stdlib\.h' | head -n 1)
        printf '%s ' "--target=$machine" -isystem "$(dirname "$header")"
    fi
}

tidy() {
    bad=$(clang-tidy --dump-config 2>&1 >/dev/null)
    [ -z "$bad" ] || { echo "$bad" && return 1; }
    eval "set -- $LINT_FLAGS"
    eval "set -- $(clang_flags "$@")"
    # shellcheck disable=SC2086 # a list
    printf '%s\n' $LINT_SOURCES |
        xargs -P "$(nproc)" -I '{}' timeout 300 clang-tidy --quiet '{}' -- "$@" -Itests/unit \
            -D_GNU_SOURCE 2>/dev/null
}

check_c() { # not the proofs, which live on objects without a value
    files '*.c' | grep -v '^tests/proof/' |
        xargs timeout 300 cppcheck --quiet --error-exitcode=1 -j "$(nproc)" --std=c11 \
            --enable=warning,style,performance,portability --inline-suppr \
            --suppressions-list=tests/cppcheck.txt -Icore -Iport/posix -Iport/proxy -Iport/mbedtls \
            -Iport/lwip -Iboards -Iboards/drivers -Iboards/firmware -Itests/unit
}

# No header has the name of another, nor of the system's: whatever the order of -I is, it is the one
# that is meant. (tests/size/include takes the place of libc's.)
header_names() {
    names=$(files '*.h' | grep -v '^tests/size/include/' | sed 's,.*/,,'
        cd /usr/include && printf '%s\n' *.h)
    ! printf '%s\n' "$names" | sort | uniq -d | grep .
}

check_shell() {
    files '*.sh' run | xargs timeout 120 shellcheck -x
}

if [ "${1:-}" = --fix ]; then
    files '*.c' '*.h' | xargs clang-format -i
    exit
fi
wanted=$*
lint headers header_names
lint clang-format format
lint clang-tidy tidy
lint cppcheck check_c
lint shellcheck check_shell
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
