/* verify.h - which certificates are accepted, and the sentences about those that are not. Internal.
 */
#ifndef MIGTASK_VERIFY_H
#define MIGTASK_VERIFY_H

#include "mbedtls/x509_crt.h"
#include "migtask_tls.h"
#include "writer.h"

/* What was found in a chain; when there are several, the gravest (the last here) is told. */
enum migtask_finding {
    MIGTASK_FINDING_NONE,
    MIGTASK_FINDING_NAME,
    MIGTASK_FINDING_USAGE,
    MIGTASK_FINDING_DATES,
    MIGTASK_FINDING_CONSTRAINTS,
    MIGTASK_FINDING_ISSUER,
    MIGTASK_FINDING_WEAK,   /* above ISSUER: what cannot be verified is not trusted either */
    MIGTASK_FINDING_CLOCK,  /* the time is not known (any more) */
    MIGTASK_FINDING_SOURCE, /* the trust source cannot be read */
    MIGTASK_FINDING_MEMORY
};

/* Algorithms and key sizes that are accepted. */
extern const mbedtls_x509_crt_profile migtask_verify_profile;

/* For mbedtls_ssl_conf_ca_cb(): gives the roots that could have issued child. ctx is a migtask_tls.
 */
int migtask_verify_roots(void *ctx, mbedtls_x509_crt const *child, mbedtls_x509_crt **roots);

/* For mbedtls_ssl_conf_verify(): called for each certificate of the chain, root first. */
int migtask_verify_certificate(void *ctx, mbedtls_x509_crt *crt, int depth, uint32_t *flags);

/* Begins a new sentence in tls->sentence; end it with migtask_sentence_end(). */
struct migtask_writer migtask_sentence(migtask_tls *tls);
void migtask_sentence_end(struct migtask_writer *writer);

#endif
