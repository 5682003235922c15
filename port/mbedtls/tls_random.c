/* The randomness of mbedTLS and PSA. There is no generator here: what a board gives is used as it
 * is, and a failure of it is a failure of the handshake. */
#include "tls_random.h"

#include "mbedtls/build_info.h"
#include "mbedtls/entropy.h"
#ifdef MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG
#include "psa/crypto.h"
#endif

/* Process-wide, because PSA's hook has no context of the caller's. */
static struct {
    migtask_tls_random function;
    void *ctx;
    uint32_t droughts;
} source;

void migtask_random_start(migtask_tls_random function, void *ctx)
{
    source.function = function;
    source.ctx = ctx;
}

bool migtask_random_present(void)
{
    return source.function != NULL;
}

uint32_t migtask_random_droughts(void)
{
    return source.droughts;
}

int migtask_random_fill(void *ctx, unsigned char *buf, size_t len)
{
    (void)ctx;
    if (source.function == NULL || source.function(source.ctx, buf, len) != 0) {
        source.droughts++;
        return MBEDTLS_ERR_ENTROPY_SOURCE_FAILED;
    }
    return 0;
}

#ifdef MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG
psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context,
                                             uint8_t *output, size_t output_size,
                                             size_t *output_length)
{
    (void)context;
    *output_length = 0;
    if (migtask_random_fill(NULL, output, output_size) != 0) {
        return PSA_ERROR_INSUFFICIENT_ENTROPY;
    }
    *output_length = output_size;
    return PSA_SUCCESS;
}
#endif
