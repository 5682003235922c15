/* See read_for.h. */
#define MIGTASK_IN_RSA_C
#include "rsa_in_turn.h"
#include "verify_only.h"

#include "../library/rsa.c"
