#!/bin/sh
#
# tools.sh GROUP... - says which tools of these groups (see need.sh) are missing, and how to get
# them, and fails then. NO_SETUP=1: does not look.
set -eu

[ -z "${NO_SETUP:-}" ] || exit 0
top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=port/need.sh
. "$top/port/need.sh"

for group; do
    need_group "$group" || {
        echo "tools: no group $group" >&2
        exit 2
    }
done
name_missing
