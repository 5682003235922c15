/* See read_for.h. */
#include "verify_only.h"

#include "../library/pk_wrap.c"
