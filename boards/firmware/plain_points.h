/*
 * plain_points.h - to be included before mbedTLS's ecp.c (gcc -include; firmware.mk does).
 *
 * mbedTLS can read points of elliptic curves in compressed form, which no certificate in use has
 * and TLS forbids, if the curve's prime is 3 modulo 4, and needs a square root for that. Here no
 * prime is: such a certificate is rejected, and 1 KB of code is gone where nothing else needs
 * modular exponentiation.
 */
#ifndef FIRMWARE_PLAIN_POINTS_H
#define FIRMWARE_PLAIN_POINTS_H

#include "common.h" /* mbedTLS's own files begin with it */

#include <string.h>

#include "mbedtls/bignum.h"
#define mbedtls_mpi_get_bit(number, bit)                                                           \
    (strcmp(#number, "&grp->P") == 0 ? 0 : mbedtls_mpi_get_bit(number, bit))

#endif
