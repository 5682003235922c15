/* See read_for.h. */
#include "rsa_pss_fix.h"

#include "../library/ssl_tls12_client.c"
