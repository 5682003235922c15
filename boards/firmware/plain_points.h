/*
 * plain_points.h - to be included before mbedTLS's ecp.c (gcc -include; firmware.mk does).
 *
 * mbedTLS can read points of elliptic curves in compressed form, which no certificate in use has
 * and TLS forbids, and needs modular exponentiation for that. In a profile without RSA that is all
 * it is needed for: without it such a certificate is rejected, and 1 KB of code is gone.
 */
#ifndef FIRMWARE_PLAIN_POINTS_H
#define FIRMWARE_PLAIN_POINTS_H

#include "tls_config.h"

#if !MIGTASK_TLS_RSA
#include "common.h" /* mbedTLS's own files begin with it */

#include "mbedtls/bignum.h"
#include "mbedtls/ecp.h"
#define mbedtls_mpi_exp_mod(...) MBEDTLS_ERR_ECP_FEATURE_UNAVAILABLE
#endif

#endif
