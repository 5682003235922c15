/* ECDH and ECDSA on P-256 by p256-m: see p256.h. SEC 1, FIPS 186-4. */
#define MIGTASK_P256_IMPLEMENTATION
#include "p256.h"

typedef int migtask_p256_not_empty;

#if MIGTASK_TLS_P256M
#include "mbedtls/ecdh.h"
#include "mbedtls/ecdsa.h"
#include "migtask.h"
#include "tls_random.h"

/* From 3rdparty/p256-m/p256-m/p256-m.h of mbedTLS. Numbers are big-endian; a point is its two
 * coordinates. All functions check what they are given. */
int p256_gen_keypair(uint8_t priv[32], uint8_t pub[64]);
int p256_ecdh_shared_secret(uint8_t secret[32], const uint8_t priv[32], const uint8_t pub[64]);
int p256_ecdsa_verify(const uint8_t sig[64], const uint8_t pub[64], const uint8_t *hash,
                      size_t hlen);
int p256_validate_pubkey(const uint8_t pub[64]);
enum { P256_SUCCESS = 0 };

enum { NUMBER = 32, POINT = 1 + 2 * NUMBER };

int32_t migtask_p256_random(uint8_t *output, size_t output_size)
{
    return migtask_random_fill(NULL, output, output_size);
}

/* A point as SEC 1 writes it: 4 and the coordinates. */
static int write_point(const mbedtls_ecp_group *grp, const mbedtls_ecp_point *q,
                       uint8_t point[POINT])
{
    size_t len;
    int ret =
        mbedtls_ecp_point_write_binary(grp, q, MBEDTLS_ECP_PF_UNCOMPRESSED, &len, point, POINT);
    return ret == 0 && len != POINT ? MBEDTLS_ERR_ECP_INVALID_KEY : ret; /* the zero point */
}

int migtask_p256_check_pubkey(const mbedtls_ecp_group *grp, const mbedtls_ecp_point *q)
{
    uint8_t point[POINT];
    int ret = write_point(grp, q, point);
    if (ret == 0 && p256_validate_pubkey(point + 1) != P256_SUCCESS) {
        ret = MBEDTLS_ERR_ECP_INVALID_KEY;
    }
    return ret;
}

int mbedtls_ecdsa_verify(mbedtls_ecp_group *grp, const unsigned char *buf, size_t blen,
                         const mbedtls_ecp_point *q, const mbedtls_mpi *r, const mbedtls_mpi *s)
{
    uint8_t point[POINT], signature[2 * NUMBER];
    int ret = write_point(grp, q, point);
    if (ret == 0) {
        ret = mbedtls_mpi_write_binary(r, signature, NUMBER);
    }
    if (ret == 0) {
        ret = mbedtls_mpi_write_binary(s, signature + NUMBER, NUMBER);
    }
    if (ret == 0 && p256_ecdsa_verify(signature, point + 1, buf, blen) != P256_SUCCESS) {
        ret = MBEDTLS_ERR_ECP_VERIFY_FAILED;
    }
    return ret;
}

int mbedtls_ecdh_gen_public(mbedtls_ecp_group *grp, mbedtls_mpi *d, mbedtls_ecp_point *q,
                            int (*f_rng)(void *, unsigned char *, size_t), void *p_rng)
{
    uint8_t priv[NUMBER], point[POINT] = {4};
    (void)f_rng; /* there is only one: see migtask_p256_random() */
    (void)p_rng;
    int ret = 0;
    if (p256_gen_keypair(priv, point + 1) != P256_SUCCESS) {
        ret = MBEDTLS_ERR_ECP_RANDOM_FAILED;
    }
    if (ret == 0) {
        ret = mbedtls_mpi_read_binary(d, priv, sizeof priv);
    }
    if (ret == 0) {
        ret = mbedtls_ecp_point_read_binary(grp, q, point, sizeof point);
    }
    migtask_wipe(priv, sizeof priv);
    return ret;
}

int mbedtls_ecdh_compute_shared(mbedtls_ecp_group *grp, mbedtls_mpi *z, const mbedtls_ecp_point *q,
                                const mbedtls_mpi *d, int (*f_rng)(void *, unsigned char *, size_t),
                                void *p_rng)
{
    uint8_t priv[NUMBER], secret[NUMBER], point[POINT];
    (void)f_rng; /* p256-m is constant time without blinding */
    (void)p_rng;
    int ret = write_point(grp, q, point);
    if (ret == 0) {
        ret = mbedtls_mpi_write_binary(d, priv, sizeof priv);
    }
    if (ret == 0 && p256_ecdh_shared_secret(secret, priv, point + 1) != P256_SUCCESS) {
        ret = MBEDTLS_ERR_ECP_BAD_INPUT_DATA;
    }
    if (ret == 0) {
        ret = mbedtls_mpi_read_binary(z, secret, sizeof secret);
    }
    migtask_wipe(priv, sizeof priv);
    migtask_wipe(secret, sizeof secret);
    return ret;
}
#endif
