/*
 * parse_in_place.h - to be included before mbedTLS's ssl_tls.c and ssl_tls13_generic.c (gcc
 * -include; sources.mk does).
 *
 * With TLS 1.3 mbedTLS insists on keeping the server's certificates, and copies each of them out of
 * the message. Nothing here asks for them after they are verified, which is while the message is
 * still in its buffer, and their public keys are kept apart; so they are parsed where they are.
 * That is 3 to 5 KB less memory at the peak. (The other callers of this function in these files
 * copy, save and load sessions: resume.c does that without certificates.)
 */
#ifndef MIGTASK_PARSE_IN_PLACE_H
#define MIGTASK_PARSE_IN_PLACE_H

#include "common.h"

#if defined(MBEDTLS_X509_CRT_PARSE_C)
#include "mbedtls/x509_crt.h"

#define mbedtls_x509_crt_parse_der mbedtls_x509_crt_parse_der_nocopy
#endif

#endif
