/* See read_for.h. */
#include "parse_in_place.h"
#if !MIGTASK_MBEDTLS_READ /* said in this file alone, and so once */
#pragma message("mbedTLS is not 3.6.6: compiled without port/mbedtls/changed/parse_in_place.h")
#endif

#include "../library/ssl_tls.c"
