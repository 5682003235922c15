/*
 * rsa_in_turn.h - for mbedTLS's rsa.c.
 *
 * To verify a signature mbedTLS first takes the memory for the exponentiation and then, on top of
 * it, that for a constant of the key (R^2 mod N), which it needs only until that is known. Here the
 * constant is computed before: 2.6 KB less at the peak with a key of 4096 bits, half with 2048.
 */
#ifndef MIGTASK_RSA_IN_TURN_H
#define MIGTASK_RSA_IN_TURN_H

#include "common.h"

#if defined(MBEDTLS_RSA_C)
#include "bignum_core.h"
#include "bignum_internal.h"

static inline int migtask_exp_mod(mbedtls_mpi *x, const mbedtls_mpi *a, const mbedtls_mpi *e,
                                  const mbedtls_mpi *n, mbedtls_mpi *constant)
{
    int ret =
        constant->MBEDTLS_PRIVATE(p) == NULL ? mbedtls_mpi_core_get_mont_r2_unsafe(constant, n) : 0;
    return ret == 0 ? mbedtls_mpi_exp_mod_unsafe(x, a, e, n, constant) : ret;
}
#define mbedtls_mpi_exp_mod_unsafe migtask_exp_mod
#endif

#endif
