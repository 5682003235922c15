/*
 * trust.h - where trusted root certificates come from.
 *
 * A trust source is searched anew for the issuer of each certificate, so that its size costs no
 * memory. Two are here: a PEM text that is streamed (host), and DER certificates in flash.
 * A root that mbedTLS cannot parse is passed over.
 */
#ifndef MIGTASK_TRUST_H
#define MIGTASK_TRUST_H

#include "migtask.h"
#include "tls_config.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct migtask_bytes {
    const uint8_t *ptr;
    size_t len;
} migtask_bytes;

typedef enum migtask_trust_step {
    MIGTASK_TRUST_FOUND,
    MIGTASK_TRUST_END,   /* no more */
    MIGTASK_TRUST_FAILED /* the source could not be read */
} migtask_trust_step;

/* The functions of a trust source; ctx is its own object. */
typedef struct migtask_trust_ops {
    /* Begins a search: back to the first certificate. False: the source cannot be read. */
    bool (*rewind)(void *ctx);
    /* Gives the next certificate, DER, whose subject could be this name (the DER of a Name; ptr
     * NULL: any). May give too many, never too few. Valid until the next call. */
    migtask_trust_step (*next)(void *ctx, migtask_bytes name, migtask_bytes *certificate);
    /* What next gives stays valid and unchanged for ever (flash): it need not be copied. */
    bool lasting;
} migtask_trust_ops;

typedef struct migtask_trust {
    const migtask_trust_ops *ops;
    void *ctx;
} migtask_trust;

/* A source of text that can be read again and again from its start, e.g. an open file. */
typedef struct migtask_trust_text {
    bool (*rewind)(void *ctx); /* to the start; false: failed */
    /* Reads 1..cap bytes, says how many; *got 0 at the end, and again there. False: failed. */
    bool (*read)(void *ctx, void *buf, size_t cap, size_t *got);
    void *ctx;
} migtask_trust_text;

/* A PEM text as trust source. Reads sections that begin with CERTIFICATE, X509 CERTIFICATE or
 * TRUSTED CERTIFICATE; of the last kind those are skipped whose settings do not trust them for
 * servers. What stands between sections, others and those that are not base64 are skipped too.
 * Lines end in LF or CRLF, of any length. Private inside; MIGTASK_TRUST_BLOCK + MIGTASK_TRUST_DER
 * bytes of buffers. */
typedef struct migtask_trust_pem {
    migtask_trust_text text;
    size_t at, end; /* what is left of block */
    size_t first;   /* bytes of block, if they are the start of the text; else 0 */
    bool rewound;   /* the text is at its start */
    size_t der_len; /* bytes of the certificate decoded so far */
    uint32_t bits;  /* base64 digits that do not fill three bytes yet */
    uint8_t digits; /* how many */
    bool text_ended;
    bool text_failed;
    bool section_ended; /* no more digits in this section */
    bool with_settings; /* trust settings may follow the certificate in it */
    uint8_t block[MIGTASK_TRUST_BLOCK];
    uint8_t der[MIGTASK_TRUST_DER];
} migtask_trust_pem;

/* *text is copied, its context must outlive the source. */
migtask_trust migtask_trust_from_pem(migtask_trust_pem *pem, const migtask_trust_text *text);

/* An array of DER certificates, e.g. in flash, as trust source. Array and certificates must
 * outlive it. */
typedef struct migtask_trust_array {
    const migtask_bytes *certificates;
    size_t count;
    size_t at; /* private */
} migtask_trust_array;

migtask_trust migtask_trust_from_array(migtask_trust_array *array);

typedef enum migtask_trust_state {
    MIGTASK_TRUST_USABLE, /* at least one certificate that can be parsed */
    MIGTASK_TRUST_EMPTY,  /* none */
    MIGTASK_TRUST_UNREADABLE,
    MIGTASK_TRUST_NO_MEMORY /* the arena is too small to parse one */
} migtask_trust_state;

/* Looks for the first usable certificate. Call after migtask_tls_start(), while no TLS stream
 * uses the source. */
migtask_trust_state migtask_trust_check(const migtask_trust *trust);

#ifdef __cplusplus
}
#endif

#endif
