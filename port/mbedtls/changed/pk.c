/* See read_for.h. */
#include "verify_only.h"

#include "../library/pk.c"
