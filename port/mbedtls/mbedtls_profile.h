/*
 * mbedtls_profile.h - the MBEDTLS_CONFIG_FILE of migtask: a TLS client and nothing else. (Not named
 * mbedtls_config.h, because mbedTLS would find its own file of that name first.)
 *
 * Driven by migtask_tls_config.h. Forward secrecy with AEAD only, SHA-2 only, no renegotiation,
 * tickets only where asked for, no keys or certificates of our own, no files, no libc heap, no
 * printf.
 */
#ifndef MIGTASK_MBEDTLS_PROFILE_H
#define MIGTASK_MBEDTLS_PROFILE_H

#include "migtask_tls_config.h"

/* Platform: memory by migtask_tls_start(), nothing else of libc but <string.h>. */
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_PLATFORM_NO_STD_FUNCTIONS
#define MBEDTLS_PLATFORM_SNPRINTF_ALT /* never set: nothing that prints is linked */
#if MIGTASK_TLS_SPARING
#define MBEDTLS_PLATFORM_ZEROIZE_ALT
#endif
#define MBEDTLS_DEPRECATED_REMOVED
#define MBEDTLS_HAVE_ASM

/* Neither MBEDTLS_HAVE_TIME nor _TIME_DATE: verify.c compares the dates of every certificate with
 * the clock of the caller, so the port needs no clock of the process and no time.h. */

/* Hashes and ciphers. */
#define MBEDTLS_MD_C
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA256_SMALLER /* 3 to 5 KB less code for 0.5 % more instructions in a call */
#define MBEDTLS_SHA512_SMALLER
#if MIGTASK_TLS_SHA512
#define MBEDTLS_SHA384_C
#define MBEDTLS_SHA512_C
#endif
#define MBEDTLS_AES_C
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_AES_FEWER_TABLES
#if !MIGTASK_TLS_SHA512
#define MBEDTLS_AES_ONLY_128_BIT_KEY_LENGTH
#endif
#define MBEDTLS_BLOCK_CIPHER_NO_DECRYPT
#define MBEDTLS_GCM_C
#define MBEDTLS_CIPHER_C
#if MIGTASK_TLS_AES_INSTRUCTIONS && defined(__GNUC__)
#if defined(__x86_64__)
#define MBEDTLS_AESNI_C
#elif defined(__aarch64__) && defined(__linux__)
#define MBEDTLS_AESCE_C
#endif
#endif

/* Public keys. */
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_ECP_C
#define MBEDTLS_ECDH_C
#define MBEDTLS_ECDSA_C
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#if MIGTASK_TLS_P384
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED
#endif
#if MIGTASK_TLS_X25519
#define MBEDTLS_ECP_DP_CURVE25519_ENABLED
#endif
#if MIGTASK_TLS_P256M
#define MBEDTLS_ECDH_GEN_PUBLIC_ALT
#define MBEDTLS_ECDH_COMPUTE_SHARED_ALT
#define MBEDTLS_ECDSA_VERIFY_ALT
#else
#define MBEDTLS_ECP_NIST_OPTIM
#endif
#if MIGTASK_TLS_FAST
#define MBEDTLS_ECP_WINDOW_SIZE 4
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 1
#else
#define MBEDTLS_ECP_WINDOW_SIZE 2
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0
#endif
#define MBEDTLS_MPI_WINDOW_SIZE 1 /* we only verify RSA signatures: short exponents */
#if MIGTASK_TLS_RSA
#define MBEDTLS_RSA_C
#define MBEDTLS_PKCS1_V15
#define MBEDTLS_PKCS1_V21
#define MBEDTLS_RSA_NO_CRT
#define MBEDTLS_X509_RSASSA_PSS_SUPPORT
#define MBEDTLS_MPI_MAX_SIZE 512 /* bytes: RSA with 4096 bits */
#else
#define MBEDTLS_MPI_MAX_SIZE 48
#endif

/* Certificates. */
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_OID_C
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_X509_USE_C
#define MBEDTLS_X509_CRT_PARSE_C
#define MBEDTLS_X509_TRUSTED_CERTIFICATE_CALLBACK
#define MBEDTLS_X509_REMOVE_INFO
#define MBEDTLS_X509_MAX_INTERMEDIATE_CA 8

/* TLS. */
#define MBEDTLS_SSL_TLS_C
#define MBEDTLS_SSL_CLI_C
#define MBEDTLS_SSL_ALPN
#define MBEDTLS_SSL_SERVER_NAME_INDICATION
#define MBEDTLS_SSL_IN_CONTENT_LEN MIGTASK_TLS_RECORD_IN
#define MBEDTLS_SSL_OUT_CONTENT_LEN MIGTASK_TLS_RECORD_OUT
#define MBEDTLS_SSL_CID_TLS1_3_PADDING_GRANULARITY 1
#if MIGTASK_TLS_RESUME
#define MBEDTLS_SSL_SESSION_TICKETS
#endif
#if MIGTASK_TLS_FRAGMENT
#define MBEDTLS_SSL_MAX_FRAGMENT_LENGTH
#endif
#if MIGTASK_TLS_1_2
#define MBEDTLS_SSL_PROTO_TLS1_2
#define MBEDTLS_SSL_EXTENDED_MASTER_SECRET
#define MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED
#if MIGTASK_TLS_RSA
#define MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED
#endif
#endif
#if MIGTASK_TLS_1_3
#define MBEDTLS_SSL_PROTO_TLS1_3
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ENABLED
#if MIGTASK_TLS_RESUME
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL_ENABLED
#endif
#define MBEDTLS_SSL_KEEP_PEER_CERTIFICATE /* mbedTLS wants it for 1.3 */
#if MIGTASK_TLS_COMPATIBILITY
#define MBEDTLS_SSL_TLS1_3_COMPATIBILITY_MODE
#endif
#define MBEDTLS_HKDF_C
#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_CRYPTO_CONFIG
#define MBEDTLS_PSA_CRYPTO_CONFIG_FILE "psa_profile.h"
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG
#define MBEDTLS_PSA_ASSUME_EXCLUSIVE_BUFFERS
#define MBEDTLS_PSA_KEY_SLOT_COUNT 8
#endif

#endif
