/*
 * x25519.h - multiplication on Curve25519 by the code of Project Everest.
 *
 * To be included before mbedTLS's ecdh.c and psa_crypto_ecp.c (gcc -include; sources.mk does),
 * whose calls then come to x25519.c. mbedTLS carries Everest's code (formally verified, constant
 * time) in 3rdparty/everest, and it is 6 times faster than its own, but PSA and with it TLS 1.3
 * have no way to it. Only where the compiler has 128-bit integers; elsewhere this changes nothing.
 */
#ifndef MIGTASK_X25519_H
#define MIGTASK_X25519_H

#ifdef MIGTASK_X25519_IMPLEMENTATION
#include "mbedtls/build_info.h"
#else
#include "common.h" /* mbedTLS's own, which must come first in its files */
#endif

#if defined(MBEDTLS_ECP_DP_CURVE25519_ENABLED) && defined(__SIZEOF_INT128__)
#define MIGTASK_X25519 1
#include "mbedtls/ecp.h"

/* Like mbedtls_ecp_mul() and mbedtls_ecp_mul_restartable(), any curve. */
int migtask_ecp_mul(mbedtls_ecp_group *grp, mbedtls_ecp_point *r, const mbedtls_mpi *m,
                    const mbedtls_ecp_point *p, int (*f_rng)(void *, unsigned char *, size_t),
                    void *p_rng);
int migtask_ecp_mul_restartable(mbedtls_ecp_group *grp, mbedtls_ecp_point *r, const mbedtls_mpi *m,
                                const mbedtls_ecp_point *p,
                                int (*f_rng)(void *, unsigned char *, size_t), void *p_rng,
                                mbedtls_ecp_restart_ctx *rs_ctx);

#ifndef MIGTASK_X25519_IMPLEMENTATION
#define mbedtls_ecp_mul migtask_ecp_mul
#define mbedtls_ecp_mul_restartable migtask_ecp_mul_restartable
#endif
#else
#define MIGTASK_X25519 0
#endif

#endif
