/* Certificates in an array as trust source, and what all sources have in common. */
#include "migtask_tls.h"

#include <string.h>

#include "arena.h"
#include "der.h"
#include "mbedtls/oid.h"
#include "mbedtls/pk.h"
#include "trust.h"
#ifdef MBEDTLS_PSA_CRYPTO_C
#include "psa/crypto.h"
#endif

static bool array_rewind(void *ctx)
{
    migtask_trust_array *array = ctx;
    array->at = 0;
    return true;
}

static migtask_trust_step array_next(void *ctx, migtask_bytes name, migtask_bytes *certificate)
{
    migtask_trust_array *array = ctx;
    while (array->at < array->count) {
        *certificate = array->certificates[array->at++];
        migtask_bytes subject;
        if (migtask_der_subject(*certificate, &subject) == 0 &&
            (name.ptr == NULL || migtask_der_similar(name, subject))) {
            return MIGTASK_TRUST_FOUND;
        }
    }
    return MIGTASK_TRUST_END;
}

migtask_trust migtask_trust_from_array(migtask_trust_array *array)
{
    static const migtask_trust_ops ops = {array_rewind, array_next, true};
    array->at = 0;
    migtask_trust trust = {&ops, array};
    return trust;
}

bool migtask_is_memory_error(int result)
{
    /* A high-level and a low-level code are added up: mbedtls/error.h. */
    int low = -result & 0x7f;
    int high = -result & 0xff80;
    return low == -MBEDTLS_ERR_ASN1_ALLOC_FAILED || low == -MBEDTLS_ERR_MPI_ALLOC_FAILED ||
           high == -MBEDTLS_ERR_X509_ALLOC_FAILED || high == -MBEDTLS_ERR_PK_ALLOC_FAILED;
}

/* mbedTLS does not know this extension. Name constraints pass here, because verify.c rejects them
 * in words; any other that is critical makes the certificate useless. */
static int unknown_extension(void *ctx, mbedtls_x509_crt const *crt, mbedtls_x509_buf const *oid,
                             int critical, const unsigned char *data, const unsigned char *end)
{
    (void)ctx;
    (void)crt;
    (void)data;
    (void)end;
    return critical && MBEDTLS_OID_CMP(MBEDTLS_OID_NAME_CONSTRAINTS, oid) != 0;
}

int migtask_root_parse(mbedtls_x509_crt *crt, migtask_bytes der, bool lasting)
{
    return mbedtls_x509_crt_parse_der_with_ext_cb(crt, der.ptr, der.len, !lasting,
                                                  unknown_extension, NULL);
}

migtask_trust_state migtask_trust_check(const migtask_trust *trust)
{
    static const migtask_bytes any = {NULL, 0};
    migtask_trust_state state = MIGTASK_TRUST_EMPTY;
#ifdef MBEDTLS_PSA_CRYPTO_C
    if (psa_crypto_init() != PSA_SUCCESS) {
        return MIGTASK_TRUST_NO_MEMORY;
    }
#endif
    if (!trust->ops->rewind(trust->ctx)) {
        return MIGTASK_TRUST_UNREADABLE;
    }
    while (state == MIGTASK_TRUST_EMPTY) {
        migtask_bytes der;
        migtask_trust_step step = trust->ops->next(trust->ctx, any, &der);
        if (step == MIGTASK_TRUST_END) {
            break;
        }
        if (step == MIGTASK_TRUST_FAILED) {
            state = MIGTASK_TRUST_UNREADABLE;
            break;
        }
        uint32_t refusals = migtask_arena_refusals();
        mbedtls_x509_crt crt;
        mbedtls_x509_crt_init(&crt);
        int result = migtask_root_parse(&crt, der, trust->ops->lasting);
        mbedtls_x509_crt_free(&crt);
        if (result == 0) {
            state = MIGTASK_TRUST_USABLE;
        } else if (migtask_arena_refusals() != refusals || migtask_is_memory_error(result)) {
            state = MIGTASK_TRUST_NO_MEMORY;
        }
    }
    return state;
}
