/*
 * parse_in_place.h - for mbedTLS's ssl_tls.c and ssl_tls13_generic.c.
 *
 * With TLS 1.3 mbedTLS insists on keeping the server's certificates, and copies each of them out of
 * the message. Nothing here asks for them after they are verified, which is while the message is
 * still in its buffer, and their public keys are kept apart; so they are parsed where they are.
 * That is 3 to 5 KB less memory at the peak. (The other callers of this function in these files
 * copy, save and load sessions: resume.c does that without certificates.)
 *
 * In a version that keeps these texts longer this would go wrong without a word, so it is only done
 * in the one that was read for it.
 */
#ifndef MIGTASK_PARSE_IN_PLACE_H
#define MIGTASK_PARSE_IN_PLACE_H

#include "read_for.h"

#if defined(MBEDTLS_X509_CRT_PARSE_C) && MIGTASK_MBEDTLS_READ
#include "mbedtls/x509_crt.h"

#define mbedtls_x509_crt_parse_der mbedtls_x509_crt_parse_der_nocopy
#endif

#endif
