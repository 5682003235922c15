/*
 * rsa_pss_fix.h - for mbedTLS's ssl_tls12_client.c.
 *
 * mbedTLS 3.6.6 offers RSA-PSS in a ClientHello for TLS 1.2 and 1.3, and then rejects it when a
 * server that has only 1.2 signs with it, as RFC 8446 section 4.2.3 allows and OpenSSL does (bug
 * 10668 of mbedTLS, repaired after 3.6.6). All but one check is there; this adds it. Without
 * effect on versions that are repaired.
 */
#ifndef MIGTASK_RSA_PSS_FIX_H
#define MIGTASK_RSA_PSS_FIX_H

#include "common.h"

#if defined(MBEDTLS_SSL_PROTO_TLS1_2) && defined(MBEDTLS_X509_RSASSA_PSS_SUPPORT)
#include "ssl_misc.h"

static inline int migtask_signature_is_supported(const mbedtls_ssl_context *ssl, uint16_t algorithm)
{
    return mbedtls_ssl_sig_alg_is_supported(ssl, algorithm) ||
           algorithm == MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256 ||
           algorithm == MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384 ||
           algorithm == MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512;
}
#define mbedtls_ssl_sig_alg_is_supported migtask_signature_is_supported
#endif

#endif
