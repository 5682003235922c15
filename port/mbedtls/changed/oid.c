/* See read_for.h. */
#include "name_hashes.h"

#include "../library/oid.c"
