/*
 * hrr_cookie_fix.h - for mbedTLS's ssl_tls13_client.c.
 *
 * mbedTLS can send the cookie of a HelloRetryRequest back, but refuses the message before, since
 * the extension was not asked for; it is the one that need not be (RFC 8446 section 4.2; bug 9543
 * of mbedTLS). Java's servers send one. Without effect on versions that are repaired.
 */
#ifndef MIGTASK_HRR_COOKIE_FIX_H
#define MIGTASK_HRR_COOKIE_FIX_H

#include "common.h"

#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
#include "ssl_misc.h"

static inline int migtask_check_received_extension(mbedtls_ssl_context *ssl, int message,
                                                   unsigned int extension, uint32_t allowed)
{
    return message == MBEDTLS_SSL_TLS1_3_HS_HELLO_RETRY_REQUEST &&
                   extension == MBEDTLS_TLS_EXT_COOKIE
               ? 0
               : mbedtls_ssl_tls13_check_received_extension(ssl, message, extension, allowed);
}
#define mbedtls_ssl_tls13_check_received_extension migtask_check_received_extension
#endif

#endif
