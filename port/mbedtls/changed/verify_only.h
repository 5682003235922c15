/*
 * verify_only.h - for mbedTLS's pk.c, pk_wrap.c and rsa.c.
 *
 * A client without a certificate of its own verifies and never signs, decrypts or holds a private
 * key, but tables and parsers of these files name the functions for all of it, so that the linker
 * cannot drop them. Here they become failures: 6 KB less on x86-64, 5 KB on Cortex-M.
 */
#ifndef MIGTASK_VERIFY_ONLY_H
#define MIGTASK_VERIFY_ONLY_H

#include "common.h"

#if defined(MBEDTLS_PK_C)
#include "mbedtls/ecdsa.h"
#include "mbedtls/rsa.h"
#include "pk_wrap.h"
#include "rsa_alt_helpers.h"
#include "rsa_internal.h"

/* An expression that uses its arguments and is an error. */
static inline int migtask_never(int unused, ...)
{
    (void)unused;
    return MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE;
}

#ifdef MIGTASK_IN_RSA_C /* which has the others itself */
#define mbedtls_rsa_deduce_primes(...) migtask_never(0, __VA_ARGS__)
#define mbedtls_rsa_deduce_private_exponent(...) migtask_never(0, __VA_ARGS__)
#else
#define mbedtls_rsa_pkcs1_sign(...) migtask_never(0, __VA_ARGS__)
#define mbedtls_rsa_rsassa_pss_sign_no_mode_check(...) migtask_never(0, __VA_ARGS__)
#define mbedtls_rsa_pkcs1_decrypt(...) migtask_never(0, __VA_ARGS__)
#define mbedtls_rsa_pkcs1_encrypt(...) migtask_never(0, __VA_ARGS__)
#define mbedtls_rsa_check_pub_priv(...) migtask_never(0, __VA_ARGS__)
#define mbedtls_ecdsa_write_signature(...) migtask_never(0, __VA_ARGS__)
#define mbedtls_ecp_check_pub_priv(...) migtask_never(0, __VA_ARGS__)
#endif
#endif

#endif
