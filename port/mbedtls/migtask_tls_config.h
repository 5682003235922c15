/*
 * migtask_tls_config.h - every compile-time limit and switch of port/mbedtls.
 *
 * Set like those of core/migtask_config.h: -D, a header named by MIGTASK_CONFIG_FILE, or the
 * defaults here (*mcu*, or *host* with MIGTASK_CONFIG_HOST). The same values must be seen by our
 * files and by mbedTLS's own: mbedtls_profile.h includes this header. A switch is 1 or 0.
 */
#ifndef MIGTASK_TLS_CONFIG_H
#define MIGTASK_TLS_CONFIG_H

#include "migtask_config.h"

/* Protocol versions. At least one; 1.3 costs 20 KB of Cortex-M code, its PSA layer included. */
#ifndef MIGTASK_TLS_1_2
#define MIGTASK_TLS_1_2 1
#endif
#ifndef MIGTASK_TLS_1_3
#define MIGTASK_TLS_1_3 1
#endif
#if !MIGTASK_TLS_1_2 && !MIGTASK_TLS_1_3
#error "one of MIGTASK_TLS_1_2 and MIGTASK_TLS_1_3 must be 1"
#endif

/* Certificates with RSA keys (2048..4096 bits), PKCS #1 1.5 and PSS. ECDSA is always there. */
#ifndef MIGTASK_TLS_RSA
#define MIGTASK_TLS_RSA 1
#endif

/* SHA-384 and SHA-512 in signatures, and the AES-256 suites. Public chains need it. */
#ifndef MIGTASK_TLS_SHA512
#define MIGTASK_TLS_SHA512 1
#endif

/* The curve P-384, for certificates and for the key exchange. P-256 is always there. */
#ifndef MIGTASK_TLS_P384
#define MIGTASK_TLS_P384 1
#endif
#if MIGTASK_TLS_P384 && !MIGTASK_TLS_SHA512
#error "MIGTASK_TLS_P384 needs MIGTASK_TLS_SHA512"
#endif

/* X25519 for the key exchange, for servers that have no P-256 or ask for it: it stands second, and
 * a server that wants it costs one round trip more. */
#ifndef MIGTASK_TLS_X25519
#define MIGTASK_TLS_X25519 1
#endif

/* mbedTLS's elliptic curves for speed (larger windows, fixed-point tables of the base points)
 * instead of size: two thirds of the instructions for 6 KB of Cortex-M code. No difference where
 * p256-m is used, see below. RAM: 2 KB more of the arena. */
#ifndef MIGTASK_TLS_FAST
#define MIGTASK_TLS_FAST 1
#endif

/* Where neither another curve nor TLS 1.3 is wanted, P-256 is done by p256-m (p256.h): 6 KB less
 * Cortex-M code, 1 KB less of the arena and, where it multiplies by 32 bits, half of the
 * instructions of mbedTLS's own arithmetic. TLS 1.3 would need mbedTLS's as well. */
#define MIGTASK_TLS_P256M (!MIGTASK_TLS_1_3 && !MIGTASK_TLS_P384 && !MIGTASK_TLS_X25519)

/* Whether p256-m multiplies 32 by 32 bits in one instruction on every core (1), or only where that
 * is known to take the same time for all numbers (0): with the DSP extension (Cortex-M4 and later),
 * on x86-64 and AArch64. Elsewhere it then multiplies by 16 bits: 140 instead of 65 million
 * instructions a handshake on a Cortex-M3, whose long multiplication takes 3 to 5 cycles by the
 * numbers, and an attacker who can measure them learns of the key. */
#ifndef MIGTASK_TLS_WIDE_MULTIPLY
#define MIGTASK_TLS_WIDE_MULTIPLY 0
#endif

/* Plaintext bytes of the largest TLS record received. Servers send up to 16384 unless they were
 * asked for less and understand it (MIGTASK_TLS_FRAGMENT). RAM: 1 byte a byte, of the arena. */
#ifndef MIGTASK_TLS_RECORD_IN
#define MIGTASK_TLS_RECORD_IN 16384
#endif
#if MIGTASK_TLS_RECORD_IN < 1024 || MIGTASK_TLS_RECORD_IN > 16384
#error "MIGTASK_TLS_RECORD_IN must be 1024..16384"
#endif

/* Plaintext bytes of the largest record sent: a longer request goes in several.
 * RAM: 1 byte a byte of the arena, and MIGTASK_TLS_OUT. */
#ifndef MIGTASK_TLS_RECORD_OUT
#define MIGTASK_TLS_RECORD_OUT MIGTASK_DEFAULT(512, 4096)
#endif
#if MIGTASK_TLS_RECORD_OUT < 512 || MIGTASK_TLS_RECORD_OUT > 16384
#error "MIGTASK_TLS_RECORD_OUT must be 512..16384"
#endif

/* Bytes in which plaintext is gathered and sealed records wait: by default a full record
 * behind the last handshake flight of TLS 1.3. RAM: 1 byte a byte of each migtask_tls. */
#ifndef MIGTASK_TLS_OUT
#define MIGTASK_TLS_OUT (MIGTASK_TLS_RECORD_OUT + 128)
#endif
#if MIGTASK_TLS_OUT < 384 || MIGTASK_TLS_OUT > 32768
#error "MIGTASK_TLS_OUT must be 384..32768"
#endif

/* Bytes read ahead from the stream below: mbedTLS asks for 5 and then for the rest of a record,
 * which this makes one system call. 0: none. RAM: 1 byte a byte of each migtask_tls. */
#ifndef MIGTASK_TLS_IN
#define MIGTASK_TLS_IN MIGTASK_DEFAULT(0, 4096)
#endif
#if MIGTASK_TLS_IN != 0 && (MIGTASK_TLS_IN < 64 || MIGTASK_TLS_IN > 32768)
#error "MIGTASK_TLS_IN must be 0 or 64..32768"
#endif

/* max_fragment_length asked for (RFC 6066): 512, 1024, 2048 or 4096; 0: none. Only for servers that
 * are known to understand it, and without TLS 1.3, under which common ones do not. */
#ifndef MIGTASK_TLS_FRAGMENT
#define MIGTASK_TLS_FRAGMENT 0
#endif
#if MIGTASK_TLS_FRAGMENT != 0 && MIGTASK_TLS_FRAGMENT != 512 && MIGTASK_TLS_FRAGMENT != 1024 &&    \
    MIGTASK_TLS_FRAGMENT != 2048 && MIGTASK_TLS_FRAGMENT != 4096
#error "MIGTASK_TLS_FRAGMENT must be 0, 512, 1024, 2048 or 4096"
#endif
#if MIGTASK_TLS_FRAGMENT != 0 && MIGTASK_TLS_1_3
#error "MIGTASK_TLS_FRAGMENT needs MIGTASK_TLS_1_3 to be 0"
#endif
#if MIGTASK_TLS_FRAGMENT > MIGTASK_TLS_RECORD_IN || MIGTASK_TLS_FRAGMENT > MIGTASK_TLS_RECORD_OUT
#error "MIGTASK_TLS_FRAGMENT must not be above MIGTASK_TLS_RECORD_IN or MIGTASK_TLS_RECORD_OUT"
#endif

/* Large pieces of memory are not written where they hold zeros already (1): a page that nothing has
 * used is then no memory on a system with virtual memory. */
#ifndef MIGTASK_TLS_SPARING
#define MIGTASK_TLS_SPARING MIGTASK_DEFAULT(0, 1)
#endif

/* AES and GCM by the instructions of the processor where it has them, found out at run time: x86-64
 * and, under Linux, AArch64. A fifth of the instructions where an answer is large, and no tables
 * whose use could be timed; 1.5 KB of code. */
#ifndef MIGTASK_TLS_AES_INSTRUCTIONS
#define MIGTASK_TLS_AES_INSTRUCTIONS MIGTASK_DEFAULT(0, 1)
#endif

/* TLS 1.3 in the clothes of 1.2 (RFC 8446 appendix D.4), for middleboxes that inspect and do not
 * know 1.3: all other clients do so, and nobody can change those boxes from a rescue shell. Costs
 * 38 bytes of each call on the wire. */
#ifndef MIGTASK_TLS_COMPATIBILITY
#define MIGTASK_TLS_COMPATIBILITY 1
#endif

/* A TLS session may be kept for the next connection to the same server, which then needs no
 * public-key signature (migtask_tls_config.resumption). Costs 5 KB of code. */
#ifndef MIGTASK_TLS_RESUME
#define MIGTASK_TLS_RESUME MIGTASK_DEFAULT(0, 1)
#endif

/* Bytes of a kept session with its ticket; larger ones are not kept. nginx's have about 350.
 * RAM: 1 byte a byte of each migtask_tls_resumption. */
#ifndef MIGTASK_TLS_SESSION
#define MIGTASK_TLS_SESSION 2048
#endif
#if MIGTASK_TLS_SESSION < 128 || MIGTASK_TLS_SESSION > 65535
#error "MIGTASK_TLS_SESSION must be 128..65535"
#endif

/* Bytes of the sentence that says why TLS failed. RAM: 1 byte a byte of each migtask_tls. */
#ifndef MIGTASK_TLS_SENTENCE
#define MIGTASK_TLS_SENTENCE 320
#endif
#if MIGTASK_TLS_SENTENCE < 128 || MIGTASK_TLS_SENTENCE > 4096
#error "MIGTASK_TLS_SENTENCE must be 128..4096"
#endif

/* Bytes of a PEM text read at once, and of the largest certificate (DER) found in one; larger
 * ones are skipped. RAM: 1 byte a byte of each migtask_trust_pem. */
#ifndef MIGTASK_TRUST_BLOCK
#define MIGTASK_TRUST_BLOCK MIGTASK_DEFAULT(512, 8192)
#endif
#if MIGTASK_TRUST_BLOCK < 64 || MIGTASK_TRUST_BLOCK > 65536
#error "MIGTASK_TRUST_BLOCK must be 64..65536"
#endif
#ifndef MIGTASK_TRUST_DER
#define MIGTASK_TRUST_DER MIGTASK_DEFAULT(2048, 8192)
#endif
#if MIGTASK_TRUST_DER < 512 || MIGTASK_TRUST_DER > 65536
#error "MIGTASK_TRUST_DER must be 512..65536"
#endif

#endif
