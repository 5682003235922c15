/*
 * A PEM text as trust source, streamed. RFC 7468.
 *
 * A certificate is decoded only as far as it takes to compare its subject; of most roots in a
 * bundle that is a fifth, and the rest is skipped by looking for the next hyphen. mbedTLS's base64
 * decoder runs in constant time, for private keys; certificates are public, so a table will do.
 */
#include <string.h>

#include "der.h"

/* How sections with certificates begin; the lines differ from this place on, in their first letter.
 * OpenSSL has all three. Behind a trusted certificate stands what it is trusted for. */
enum { LABEL = 11 };
static const char *const begin_lines[] = {"-----BEGIN CERTIFICATE-----",
                                          "-----BEGIN X509 CERTIFICATE-----",
                                          "-----BEGIN TRUSTED CERTIFICATE-----"};

/* What base64 digits stand for; else: */
enum { SPACE = 64, OTHER = 65 };

#define X OTHER
#define S SPACE
static const uint8_t digit_value[128] = {
    X,  X,  X,  X,  X,  X,  X,  X,  X,  S,  S,  S,  S,  S,  X,  X,  /* tab, line ends */
    X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  /* */
    S,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  62, X,  X,  X,  63, /* space + / */
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, X,  X,  X,  X,  X,  X,  /* 0..9 */
    X,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, /* A..O */
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, X,  X,  X,  X,  X,  /* P..Z */
    X,  26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, /* a..o */
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, X,  X,  X,  X,  X,  /* p..z */
};
#undef X
#undef S

/* Makes sure that block holds something; false at the end of the text, or when it failed. */
static bool refill(migtask_trust_pem *pem)
{
    if (pem->at < pem->end) {
        return true;
    }
    pem->at = pem->end = 0;
    if (pem->text_ended) {
        return false;
    }
    size_t got = 0;
    if (!pem->text.read(pem->text.ctx, pem->block, sizeof pem->block, &got) ||
        got > sizeof pem->block) {
        pem->text_failed = true;
        got = 0;
    }
    if (pem->rewound || got > 0 || pem->text_failed) {
        pem->first = pem->rewound ? got : 0;
    }
    pem->rewound = false;
    pem->end = got;
    pem->text_ended = got == 0;
    return got > 0;
}

/* Goes on to what follows the next of begin_lines. */
static bool next_section(migtask_trust_pem *pem)
{
    const char *line = begin_lines[0];
    size_t matched = 0;
    while (refill(pem)) {
        if (matched == 0) {
            const uint8_t *hyphen = memchr(pem->block + pem->at, '-', pem->end - pem->at);
            if (hyphen == NULL) {
                pem->at = pem->end;
                continue;
            }
            pem->at = (size_t)(hyphen - pem->block);
        }
        uint8_t byte = pem->block[pem->at++];
        for (size_t i = 0; matched == LABEL && i < sizeof begin_lines / sizeof begin_lines[0];
             i++) {
            line = byte == (uint8_t)begin_lines[i][LABEL] ? begin_lines[i] : line;
        }
        if (byte == (uint8_t)line[matched]) {
            matched++;
        } else if (byte != '-') {
            matched = 0;
        } else if (matched != 5) { /* else: one more hyphen in a row of them */
            matched = 1;
        }
        if (line[matched] == '\0') {
            pem->der_len = 0;
            pem->bits = 0;
            pem->digits = 0;
            pem->section_ended = false;
            pem->with_settings = line == begin_lines[2];
            return true;
        }
    }
    return false;
}

/* Takes over the bytes of the last one to three digits of a section. */
static void end_section(migtask_trust_pem *pem)
{
    pem->section_ended = true;
    if (pem->digits >= 2 && pem->der_len < sizeof pem->der) {
        pem->der[pem->der_len++] = (uint8_t)(pem->bits >> (6 * pem->digits - 8));
    }
    if (pem->digits == 3 && pem->der_len < sizeof pem->der) {
        pem->der[pem->der_len++] = (uint8_t)(pem->bits >> 2);
    }
}

/* Decodes until der holds at least want bytes, want <= sizeof der; false if the section has fewer.
 */
static bool decode(migtask_trust_pem *pem, size_t want)
{
    while (pem->der_len < want && !pem->section_ended) {
        if (!refill(pem)) {
            end_section(pem);
            break;
        }
        const uint8_t *from = pem->block + pem->at;
        const uint8_t *end = pem->block + pem->end;
        uint32_t bits = pem->bits;
        uint8_t digits = pem->digits;
        while (from < end && pem->der_len < want) {
            uint8_t byte = *from++;
            uint8_t value = byte < sizeof digit_value ? digit_value[byte] : OTHER;
            if (value < SPACE) {
                bits = bits << 6 | value;
                if (++digits == 4) {
                    uint8_t three[3] = {(uint8_t)(bits >> 16), (uint8_t)(bits >> 8), (uint8_t)bits};
                    size_t room = sizeof pem->der - pem->der_len;
                    size_t len = room < 3 ? room : 3;
                    memcpy(pem->der + pem->der_len, three, len);
                    pem->der_len += len;
                    digits = 0;
                }
            } else if (value != SPACE) { /* padding, the end line, or garbage: no more of it */
                from--;
                pem->bits = bits;
                pem->digits = digits;
                end_section(pem);
                break;
            }
        }
        pem->bits = bits;
        pem->digits = digits;
        pem->at = (size_t)(from - pem->block);
    }
    return pem->der_len >= want;
}

/* Whether the section's subject could be this name; decodes as much as it takes. */
static bool section_matches(migtask_trust_pem *pem, migtask_bytes name)
{
    size_t need = 48; /* serial number and algorithm: no certificate has less */
    for (;;) {
        (void)decode(pem, need < sizeof pem->der ? need : sizeof pem->der);
        migtask_bytes start = {pem->der, pem->der_len};
        migtask_bytes subject;
        need = migtask_der_subject(start, &subject);
        if (need == 0) {
            return name.ptr == NULL || migtask_der_similar(name, subject);
        }
        if (name.ptr != NULL && subject.len > 0 && subject.len != name.len) {
            return false; /* seen from its length: most need not be decoded */
        }
        if (need > sizeof pem->der || need <= pem->der_len || pem->section_ended) {
            return false;
        }
    }
}

/* Whether no more digits follow in a section that has filled der with whole groups of them. */
static bool ends_here(migtask_trust_pem *pem)
{
    while (!pem->section_ended && refill(pem)) {
        uint8_t byte = pem->block[pem->at];
        uint8_t value = byte < sizeof digit_value ? digit_value[byte] : OTHER;
        if (value < SPACE) {
            return false;
        }
        pem->section_ended = value != SPACE;
        pem->at += value == SPACE;
    }
    return true;
}

/* Decodes the rest of the section; false if it is not one whole certificate that fits, or one whose
 * trust settings exclude servers. */
static bool section_complete(migtask_trust_pem *pem)
{
    bool full = decode(pem, sizeof pem->der);
    if (sizeof pem->der % 3 == 0 && full) {
        pem->section_ended = ends_here(pem);
    }
    migtask_bytes rest = {pem->der, pem->der_len};
    struct migtask_der certificate;
    if (!pem->section_ended || !migtask_der_next(&rest, &certificate)) {
        return false;
    }
    pem->der_len = certificate.whole.len;
    return rest.len == 0 || (pem->with_settings && migtask_der_trusts_servers(rest));
}

static bool pem_rewind(void *ctx)
{
    migtask_trust_pem *pem = ctx;
    pem->at = 0;
    pem->end = pem->first; /* of most files with roots of one's own that is all */
    pem->text_ended = false;
    pem->text_failed = false;
    if (pem->first == 0) {
        pem->rewound = pem->text.rewind(pem->text.ctx);
        return pem->rewound;
    }
    return true;
}

static migtask_trust_step pem_next(void *ctx, migtask_bytes name, migtask_bytes *certificate)
{
    migtask_trust_pem *pem = ctx;
    while (next_section(pem)) {
        if (section_matches(pem, name) && section_complete(pem)) {
            certificate->ptr = pem->der;
            certificate->len = pem->der_len;
            return MIGTASK_TRUST_FOUND;
        }
    }
    return pem->text_failed ? MIGTASK_TRUST_FAILED : MIGTASK_TRUST_END;
}

migtask_trust migtask_trust_from_pem(migtask_trust_pem *pem, const migtask_trust_text *text)
{
    static const migtask_trust_ops ops = {pem_rewind, pem_next, false};
    pem->text = *text;
    pem->at = pem->end = pem->first = pem->der_len = 0;
    pem->bits = pem->digits = 0;
    pem->text_ended = pem->text_failed = pem->section_ended = pem->rewound = false;
    pem->with_settings = false;
    migtask_trust trust = {&ops, pem};
    return trust;
}
