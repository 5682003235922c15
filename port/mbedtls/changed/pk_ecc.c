/* See read_for.h. */
#include "p256.h"

#include "../library/pk_ecc.c"
