/* See read_for.h. */
#include "parse_in_place.h"

#include "../library/ssl_tls13_generic.c"
