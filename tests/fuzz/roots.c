/*
 * Fuzz target: a text with trusted certificates, read by the trust source of port/mbedtls in any
 * pieces, with mbedTLS as the second reader of what is found, and a plain decoder of the whole text
 * as the judge of what has to be found.
 *
 * Input: flags (see below), number of pieces, a byte for each (see text_read()), and the text; or
 * (BUILT) orders of which the text is made (see build()).
 */
#define _GNU_SOURCE 1 /* memmem */
#include <string.h>

#include "der.h"
#include "judge.h"
#include "material.h"
#include "trust.h"
#include "wire.h"
#include "x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAP = 1, BUILT = 2 };
enum { MOST = 32, MOST_TEXT = 60000, BREAK = 0xff };

/* ---- The text ---- */

static textbuf text;
static struct {
    size_t at;
    migtask_view pieces;
    size_t piece;
    bool broke;
    bool stuck; /* cannot be rewound */
} reading;

static bool text_rewind(void *ctx)
{
    (void)ctx;
    reading.at = reading.piece = 0;
    reading.broke = false;
    return !reading.stuck;
}

/* So many bytes as the next piece says, in turn; 0: all that are wanted; BREAK: the text fails. */
static bool text_read(void *ctx, void *buf, size_t cap, size_t *got)
{
    (void)ctx;
    size_t most = 0;
    if (reading.pieces.len > 0) {
        most = (uint8_t)reading.pieces.ptr[reading.piece++ % reading.pieces.len];
    }
    if (most == BREAK) {
        reading.broke = true;
        *got = cap; /* which means nothing */
        return false;
    }
    size_t left = text.len - reading.at;
    *got = left < cap ? left : cap;
    *got = most > 0 && *got > most ? most : *got;
    memcpy(buf, text.ptr + reading.at, *got);
    reading.at += *got;
    return true;
}

/* The DER of something that has the form of a certificate and so many bytes in all. */
static void make_certificate(textbuf *der, size_t len)
{
    static const uint8_t body[] = {0x30, 0x1b, 2, 1,    1,   0x30, 2,   5,    0,   0x30,
                                   0,    0x30, 0, 0x30, 0xe, 0x31, 0xc, 0x30, 0xa, 6,
                                   3,    0x55, 4, 3,    0xc, 3,    'f', 'i',  't'};
    uint8_t head[4] = {0x30, 0x82, (uint8_t)((len - 4) >> 8), (uint8_t)(len - 4)};
    size_t rest = len - sizeof head - sizeof body - 4;
    uint8_t behind[4] = {4, 0x82, (uint8_t)(rest >> 8), (uint8_t)rest};
    text_clear(der);
    text_add(der, head, sizeof head);
    text_add(der, body, sizeof body);
    text_add(der, behind, sizeof behind);
    text_repeat(der, "\x2a", rest);
}

/* The text by orders: a certificate of the matrix with edits, one of a certain length (about the
 * largest that is read, above all), bytes that are taken for one, or a piece of text. */
static void build(input *in)
{
    static textbuf der;
    text_clear(&text);
    text_add(&text, "", 0); /* some memory, also for nothing */
    while (in->at < in->end && text.len < MOST_TEXT) {
        unsigned order = input_byte(in);
        unsigned number = input_pair(in);
        text_clear(&der);
        switch (order % 4) {
        case 0: {
            migtask_bytes bytes = certificates[certificate_by_key(number)].der;
            text_add(&der, bytes.ptr, bytes.len);
            for (unsigned edits = order / 4 % 4; edits > 0; edits--) {
                x509_edit(&der, in);
            }
            break;
        }
        case 1:
            make_certificate(&der, MIGTASK_TRUST_DER - 4 + number % 8 - (order & 4) * 16);
            break;
        case 2: {
            migtask_view bytes = input_text(in, number % 512);
            text_add(&der, bytes.ptr, bytes.len);
            break;
        }
        default: {
            migtask_view bytes = input_text(in, number % 256);
            text_add(&text, bytes.ptr, bytes.len);
            continue;
        }
        }
        x509_put_pem(&text, text_view(&der), 1 + (order >> 4) * 5, order >> 3);
    }
}

/* ---- The plain decoder ---- */

static size_t decode_section(migtask_view section, textbuf *der)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    unsigned count = 0;
    size_t at = 0;
    text_clear(der);
    for (; at < section.len; at++) {
        char c = section.ptr[at];
        if (c == ' ' || (c >= '\t' && c <= '\r')) {
            continue;
        }
        const char *digit = c != '\0' ? strchr(digits, c) : NULL;
        if (digit == NULL) {
            break;
        }
        bits = bits << 6 | (uint32_t)(digit - digits);
        count += 6;
        if (count >= 8) {
            uint8_t byte = (uint8_t)(bits >> (count - 8));
            text_add(der, &byte, 1);
            count -= 8;
        }
    }
    return at;
}

/* Whether it has the form of a certificate as far as its subject, and nothing behind it. */
static bool is_certificate(migtask_view der)
{
    element whole, body, part;
    migtask_view rest = der;
    if (!x509_next(&rest, &whole) || rest.len != 0 || whole.tag != 0x30 ||
        whole.whole.len - whole.content.len > 5 || !x509_next(&whole.content, &body) ||
        body.tag != 0x30) {
        return false;
    }
    for (unsigned passed = 0; x509_next(&body.content, &part);) {
        if (part.whole.len - part.content.len > 5) { /* lengths of four bytes are not read */
            return false;
        }
        if (passed == 4) {
            return part.tag == 0x30;
        }
        passed += passed > 0 || part.tag != 0xa0;
    }
    return false;
}

/* Calls `found` with each certificate of the text that has to be found, in its order. */
static void find_plainly(void (*found)(migtask_view der))
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----";
    static textbuf der;
    migtask_view rest = text_view(&text);
    const char *at;
    while (rest.len > 0 && (at = memmem(rest.ptr, rest.len, begin, sizeof begin - 1)) != NULL) {
        at += sizeof begin - 1;
        rest.len -= (size_t)(at - rest.ptr);
        rest.ptr = at;
        size_t used = decode_section(rest, &der);
        rest.ptr += used;
        rest.len -= used;
        if (der.len <= MIGTASK_TRUST_DER && is_certificate(text_view(&der))) {
            found(text_view(&der));
        }
    }
}

/* ---- What is found ---- */

static struct {
    textbuf der[MOST];
    size_t count;
} list;
static size_t compared;

/* A search; how it ended. */
static migtask_trust_step search(const migtask_trust *trust, migtask_bytes name)
{
    migtask_bytes der;
    migtask_trust_step step;
    list.count = 0;
    CHECK(trust->ops->rewind(trust->ctx));
    while ((step = trust->ops->next(trust->ctx, name, &der)) == MIGTASK_TRUST_FOUND) {
        CHECK(der.len <= MIGTASK_TRUST_DER);
        if (list.count < MOST) {
            text_clear(&list.der[list.count]);
            text_add(&list.der[list.count++], der.ptr, der.len);
        }
    }
    CHECK((step == MIGTASK_TRUST_FAILED) == reading.broke);
    return step;
}

static void compare_with_list(migtask_view der)
{
    while (compared < list.count && !same(text_view(&list.der[compared]), der)) {
        compared++; /* more than has to be found: der.c does not look at all that is_certificate()
                       does */
    }
    CHECK(compared < list.count || list.count == MOST);
    compared++;
}

/* mbedTLS sees the same subject and no name constraints that are not seen, or
 * called unreadable, here. */
static int parse(migtask_view der)
{
    static guarded area;
    static const uint8_t oid[] = {0x55, 0x1d, 0x1e};
    migtask_view copy = guarded_copy(&area, der);
    migtask_bytes bytes = {(const uint8_t *)copy.ptr, copy.len};
    migtask_bytes subject;
    mbedtls_x509_crt crt;
    mbedtls_x509_crt_init(&crt);
    int result = migtask_root_parse(&crt, bytes, der.len % 2 != 0);
    CHECK(migtask_der_subject(bytes, &subject) == 0);
    if (result == 0) {
        migtask_view content;
        CHECK(crt.subject_raw.len == subject.len &&
              memcmp(crt.subject_raw.p, subject.ptr, subject.len) == 0);
        CHECK(!x509_extension(copy, oid[2], &content) ||
              migtask_der_find_extension((migtask_bytes){crt.v3_ext.p, crt.v3_ext.len},
                                         (migtask_bytes){oid, sizeof oid}) != MIGTASK_DER_ABSENT);
    }
    mbedtls_x509_crt_free(&crt);
    return result;
}

/* Each certificate is found by its own name too, and tells what migtask_trust_check() has to say.
 */
static migtask_trust_state judge_each(const migtask_trust *trust)
{
    static textbuf all[MOST];
    migtask_trust_state state = MIGTASK_TRUST_EMPTY;
    size_t count = list.count;
    for (size_t i = 0; i < count; i++) {
        text_clear(&all[i]);
        text_add(&all[i], list.der[i].ptr, list.der[i].len);
    }
    for (size_t i = 0; i < count; i++) {
        if (state == MIGTASK_TRUST_EMPTY || i < 6) {
            int result = parse(text_view(&all[i]));
            CHECK(!migtask_is_memory_error(result));
            state = result == 0 ? MIGTASK_TRUST_USABLE : state;
        }
    }
    for (size_t i = 0; i < count && i < 4; i++) {
        migtask_bytes subject;
        bool there = false;
        CHECK(migtask_der_subject((migtask_bytes){(const uint8_t *)all[i].ptr, all[i].len},
                                  &subject) == 0);
        (void)search(trust, subject);
        for (size_t n = 0; n < list.count; n++) {
            there |= same(text_view(&list.der[n]), text_view(&all[i]));
        }
        CHECK(there);
    }
    return state;
}

static void judge_text(migtask_view pieces)
{
    static const migtask_bytes any = {NULL, 0};
    static const migtask_trust_text source = {text_rewind, text_read, NULL};
    static migtask_trust_pem pem;
    static textbuf before[MOST];
    migtask_trust trust = migtask_trust_from_pem(&pem, &source);
    reading.pieces = (migtask_view){NULL, 0};
    CHECK(search(&trust, any) == MIGTASK_TRUST_END);
    compared = 0;
    find_plainly(compare_with_list);

    size_t count = list.count;
    for (size_t i = 0; i < count; i++) {
        text_clear(&before[i]);
        text_add(&before[i], list.der[i].ptr, list.der[i].len);
    }
    migtask_trust_state state = judge_each(&trust);
    CHECK(migtask_trust_check(&trust) == state || count == MOST);

    reading.pieces = pieces;
    migtask_trust_step step = search(&trust, any);
    CHECK(list.count <= count && (list.count == count || step == MIGTASK_TRUST_FAILED));
    /* Where the text breaks in a section, what follows the certificate there is not seen. */
    for (size_t i = 0; i + (step == MIGTASK_TRUST_FAILED) < list.count; i++) {
        CHECK(same(text_view(&list.der[i]), text_view(&before[i])));
    }
    migtask_trust_state broken = migtask_trust_check(&trust);
    CHECK(broken == state || (reading.broke && broken == MIGTASK_TRUST_UNREADABLE) ||
          count == MOST);
}

/* Of a source that cannot be parsed for lack of memory, or read, it is not said that it is empty.
 */
static void judge_memory(void)
{
    static const migtask_trust_text source = {text_rewind, text_read, NULL};
    static migtask_trust_pem pem;
    migtask_trust trust = migtask_trust_from_pem(&pem, &source);
    migtask_trust_state state = migtask_trust_check(&trust);
    CHECK(state != MIGTASK_TRUST_NO_MEMORY || migtask_tls_arena().refusals > 0);
    CHECK(state != MIGTASK_TRUST_EMPTY || migtask_tls_arena().refusals == 0);
    reading.stuck = true;
    /* A text that fits the first block is not read again. One allocation fails, in one of the two.
     */
    migtask_trust_state stuck = migtask_trust_check(&trust);
    CHECK(stuck == MIGTASK_TRUST_UNREADABLE || stuck == state || state == MIGTASK_TRUST_NO_MEMORY ||
          stuck == MIGTASK_TRUST_NO_MEMORY);
    reading.stuck = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = {data, data + size};
    unsigned flags = input_byte(&in);
    migtask_view pieces = input_text(&in, input_byte(&in));
    if ((flags & BUILT) != 0) {
        build(&in);
    } else {
        migtask_view rest = input_text(&in, MOST_TEXT);
        text_clear(&text);
        text_add(&text, rest.ptr, rest.len);
    }
    process_start((flags & HEAP) != 0, 0);
    judge_text(pieces);
    process_end();
    process_start((flags & HEAP) != 0, 1 + flags / 4);
    judge_memory();
    process_end();
    end_of_cases();
    return 0;
}
