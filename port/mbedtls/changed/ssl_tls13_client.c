/* See read_for.h. */
#include "hrr_cookie_fix.h"

#include "../library/ssl_tls13_client.c"
