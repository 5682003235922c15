/*
 * plain_points.h - for mbedTLS's ecp.c.
 *
 * mbedTLS reads points of elliptic curves in compressed form too, which no certificate in use has
 * and TLS forbids, and needs a square root by modular exponentiation for that. Where a board says
 * MIGTASK_PLAIN_POINTS there is none: such a certificate is rejected, and 1 KB of code is gone.
 */
#ifndef MIGTASK_PLAIN_POINTS_H
#define MIGTASK_PLAIN_POINTS_H

#include "common.h"

#if defined(MBEDTLS_ECP_C) && defined(MIGTASK_PLAIN_POINTS)
#include "mbedtls/bignum.h"
#include "mbedtls/ecp.h"

static inline int migtask_no_power(mbedtls_mpi *x, const mbedtls_mpi *a, const mbedtls_mpi *e,
                                   const mbedtls_mpi *n, mbedtls_mpi *constant)
{
    (void)x;
    (void)a;
    (void)e;
    (void)n;
    (void)constant;
    return MBEDTLS_ERR_ECP_FEATURE_UNAVAILABLE;
}
#define mbedtls_mpi_exp_mod migtask_no_power
#endif

#endif
