/*
 * mbedtls_firmware.h - what firmware changes of mbedtls_profile.h; the MBEDTLS_USER_CONFIG_FILE,
 * read after it.
 */
#ifndef FIRMWARE_MBEDTLS_FIRMWARE_H
#define FIRMWARE_MBEDTLS_FIRMWARE_H

/* AES makes its tables at the first use: 1 KB less flash, 1.3 KB more RAM, of which more is left.
 */
#undef MBEDTLS_AES_ROM_TABLES

/* No compressed points: see port/mbedtls/changed/plain_points.h. 1 KB less flash. */
#define MIGTASK_PLAIN_POINTS

/* Hardware that takes over from mbedTLS's own code, e.g. MBEDTLS_SHA256_ALT; see boards/README.md.
 */
#ifdef BOARD_CRYPTO
#include BOARD_CRYPTO
#endif

#endif
