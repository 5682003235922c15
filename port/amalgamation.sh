#!/bin/sh
#
# amalgamation.sh FOLDER JSMN_H - writes the library as four files that compile anywhere with
# nothing defined:
#
#   migtask.h      what a user includes     migtask.c      the core
#   migtask_tls.h  the same of port/mbedtls migtask_tls.c  that port; it needs mbedTLS's headers
#
# and jsmn.h beside them. They are made of the files as they are: an `#include` of ours is replaced
# by the file's text at its first place, and dropped at the others.
set -eu

cd "$(dirname "$0")/.."
out=$1 jsmn=$2
mkdir -p "$out"

# amalgamate PATH HEADER FILE... - the files one after the other; PATH has the folders in which
# theirs are looked for, HEADER those that are not taken in again.
amalgamate() {
    path=$1 known=$2
    shift 2
    awk -v path="$path" -v known="$known" '
        function find(name, i, file, line) {
            for (i = 1; i <= folders; i++) {
                file = folder[i] "/" name
                if ((getline line <file) >= 0) {
                    close(file)
                    return file
                }
            }
            return ""
        }
        # A file that is being read stays open, so each has a variable of its own.
        function put(file, line, name, inner) {
            if (file in seen)
                return
            seen[file] = 1
            while ((getline line <file) > 0) {
                if (line ~ /^#include <jsmn.h>/)
                    line = "#include \"jsmn.h\""
                inner = ""
                if (line ~ /^#include "/) {
                    name = line
                    gsub(/^#include "|".*$/, "", name)
                    inner = find(name)
                }
                if (inner == "")
                    print line
                else
                    put(inner)
            }
            close(file)
        }
        BEGIN {
            folders = split(path, folder, " ")
            n = split(known, one, " ")
            for (i = 1; i <= n; i++)
                seen[one[i]] = 1
            for (i = 1; i < ARGC; i++)
                put(ARGV[i])
        }' "$@"
}

in_order() { # FOLDER NAME...
    folder=$1
    shift
    for name; do
        echo "$folder/$name.c"
    done
}

core=$(in_order core unicode wipe writer names endpoint action request http_date http_response \
    kept_text json_guard reply call run retry report)
tls=$(in_order port/mbedtls arena tls_random der p256 pem trust resume verify tls)
public='core/migtask.h core/migtask_config.h'
public_tls='port/mbedtls/migtask_tls.h port/mbedtls/migtask_tls_config.h'
for folder in core port/mbedtls; do # none may be forgotten
    for file in "$folder"/*.c; do
        printf '%s\n' "$core" "$tls" | grep -qx "$file" || {
            echo "amalgamation: $file is in no list" >&2
            exit 1
        }
    done
done

# shellcheck disable=SC2086 # lists
{
    amalgamate core '' core/migtask.h >"$out/migtask.h"
    {
        echo '#include "migtask.h"'
        amalgamate core "$public" $core
    } >"$out/migtask.c"
    {
        echo '#include "migtask.h"'
        amalgamate 'port/mbedtls core' "$public" $public_tls
    } >"$out/migtask_tls.h"
    {
        echo '#include "migtask_tls.h"'
        amalgamate 'port/mbedtls core' "$public $public_tls" $tls
    } >"$out/migtask_tls.c"
}
cp "$jsmn" "$out/jsmn.h"
