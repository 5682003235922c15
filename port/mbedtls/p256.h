/*
 * p256.h - arithmetic on the curve P-256 by p256-m, for profiles that need no other curve.
 *
 * mbedTLS carries p256-m (constant time, 3 KB, no heap) in 3rdparty/p256-m, for drivers of PSA
 * only. With MIGTASK_TLS_P256M mbedTLS's functions for ECDH and ECDSA are those of p256.c, by its
 * switches MBEDTLS_ECDH_..._ALT and MBEDTLS_ECDSA_VERIFY_ALT. In changed/ this comes before
 * p256-m.c, and before pk_ecc.c, which looks whether a point is on the curve.
 */
#ifndef MIGTASK_P256_H
#define MIGTASK_P256_H

#ifndef MIGTASK_P256_IMPLEMENTATION
#include "common.h" /* mbedTLS's own, which must come first in its files */
#endif
#include "migtask_tls_config.h"

#if MIGTASK_TLS_P256M
#include "mbedtls/ecp.h"

/* Like mbedtls_ecp_check_pubkey(). */
int migtask_p256_check_pubkey(const mbedtls_ecp_group *grp, const mbedtls_ecp_point *q);

/* Like psa_generate_random(), which is where p256-m wants its private keys from. */
int32_t migtask_p256_random(uint8_t *output, size_t output_size);

#ifndef MIGTASK_P256_IMPLEMENTATION
#define mbedtls_ecp_check_pubkey migtask_p256_check_pubkey
#define psa_generate_random migtask_p256_random
#define MBEDTLS_PSA_P256M_DRIVER_ENABLED
/* How it multiplies. With the DSP extension by UMAAL, in one cycle. Else in C, as if this were no
 * Cortex: its assembler of 16-bit multiplications takes an eighth more instructions. */
#if !defined(__ARM_FEATURE_DSP)
#if MIGTASK_TLS_WIDE_MULTIPLY || defined(__x86_64__) || defined(__aarch64__)
#define MUL64_IS_CONSTANT_TIME
#undef __ARM_ARCH_PROFILE
#elif defined(__thumb2__)
#undef __ARM_ARCH_PROFILE
#endif
#endif
#endif
#endif

#endif
