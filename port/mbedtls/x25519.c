/* Multiplication on Curve25519 by the code of Project Everest. RFC 7748. */
#define MIGTASK_X25519_IMPLEMENTATION
#include "x25519.h"

typedef int migtask_x25519_not_empty;

#if MIGTASK_X25519
#include "migtask.h"

/* From 3rdparty/everest/include/everest/Hacl_Curve25519.h of mbedTLS. */
void Hacl_Curve25519_crypto_scalarmult(uint8_t *result, uint8_t *scalar, uint8_t *point);

enum { LENGTH = 32 };

/* r = m * p. The private key m and the point p are checked as mbedTLS does, which refuses points of
 * small order, so the result is never zero. */
static int multiply(mbedtls_ecp_group *grp, mbedtls_ecp_point *r, const mbedtls_mpi *m,
                    const mbedtls_ecp_point *p)
{
    uint8_t scalar[LENGTH], point[LENGTH], result[LENGTH];
    size_t len;
    int ret = mbedtls_ecp_check_privkey(grp, m);
    if (ret == 0) {
        ret = mbedtls_ecp_check_pubkey(grp, p);
    }
    if (ret == 0) {
        ret = mbedtls_mpi_write_binary_le(m, scalar, LENGTH);
    }
    if (ret == 0) {
        ret = mbedtls_ecp_point_write_binary(grp, p, MBEDTLS_ECP_PF_UNCOMPRESSED, &len, point,
                                             LENGTH);
    }
    if (ret == 0) {
        Hacl_Curve25519_crypto_scalarmult(result, scalar, point);
        ret = mbedtls_ecp_point_read_binary(grp, r, result, LENGTH);
    }
    migtask_wipe(scalar, sizeof scalar);
    migtask_wipe(result, sizeof result);
    return ret;
}

int migtask_ecp_mul_restartable(mbedtls_ecp_group *grp, mbedtls_ecp_point *r, const mbedtls_mpi *m,
                                const mbedtls_ecp_point *p,
                                int (*f_rng)(void *, unsigned char *, size_t), void *p_rng,
                                mbedtls_ecp_restart_ctx *rs_ctx)
{
    return grp->id == MBEDTLS_ECP_DP_CURVE25519
               ? multiply(grp, r, m, p)
               : mbedtls_ecp_mul_restartable(grp, r, m, p, f_rng, p_rng, rs_ctx);
}

int migtask_ecp_mul(mbedtls_ecp_group *grp, mbedtls_ecp_point *r, const mbedtls_mpi *m,
                    const mbedtls_ecp_point *p, int (*f_rng)(void *, unsigned char *, size_t),
                    void *p_rng)
{
    return migtask_ecp_mul_restartable(grp, r, m, p, f_rng, p_rng, NULL);
}
#endif
