/*
 * Fuzz target: which chains of certificates are accepted. A server's hello and its certificates, as
 * TLS 1.2 sends them, go to the client, and mbedTLS and port/mbedtls/verify.c judge them as in any
 * call. They are those of the TLS matrix, changed by edits, and judged again by the simple reader
 * of x509.c and by what OpenSSL says about who signed what (tests/fuzz/material.py).
 *
 * Input: flags (see below), host, set of roots, date (see choose_time(), or where the roots break,
 * see make_trust()), two bytes with the
 * allocation that fails, length of the script and the script for the stream (see wire.c), number of
 * certificates, two bytes for each, edits (which certificate, and see x509_edit()).
 */
#include <string.h>

#include "judge.h"
#include "material.h"
#include "mbedtls/oid.h"
#include "mbedtls/x509_crt.h"
#include "wire.h"
#include "x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAP = 1, PINNED = 2, PEM = 4, MANY = 8, BROKEN = 0x30 };
enum { CHAIN = 12, ROOTS = 32, MOST_EDITS = 16, RECORD = 16384 };

/* The order is that of material.py. */
static const char *const hosts[] = {"sms.example.test",
                                    "a.b.example.test",
                                    "example.test",
                                    "localhost",
                                    "127.0.0.1",
                                    "[::1]",
                                    "abcd"};

static struct {
    unsigned flags, date;
    size_t host, set;
    migtask_endpoint endpoint;
    uint16_t members[CHAIN];
    textbuf der[CHAIN]; /* as they are sent */
    size_t count;
    bool edited;
    migtask_bytes roots[ROOTS]; /* with the server's own certificate, if that is pinned */
    size_t roots_count;
} test;

static wire server;
static migtask_tls client;

/* ---- What is tried ---- */

static migtask_view as_view(migtask_bytes bytes)
{
    return (migtask_view){(const char *)bytes.ptr, bytes.len};
}

static void choose_roots(void)
{
    const root_set *set = &root_sets[test.set];
    test.roots_count = 0;
    /* MANY: others of the same name, and more of them than are tried for one certificate. */
    for (size_t i = 0; i < set->count * ((test.flags & MANY) != 0 ? 6 : 1); i++) {
        if (test.roots_count < ROOTS - 1) {
            test.roots[test.roots_count++] = certificates[set->members[i % set->count]].der;
        }
    }
    if ((test.flags & PINNED) != 0) {
        test.roots[test.roots_count++] =
            (migtask_bytes){(const uint8_t *)test.der[0].ptr, test.der[0].len};
    }
}

/* Now, or beside a date of one of the certificates, or a time that is none. */
static void choose_time(unsigned choice)
{
    enum { NOW, BEFORE, FIRST, LAST, AFTER, UNKNOWN, NEGATIVE, TOO_LATE };
    int64_t from = 0, to = 0;
    process_time = material_time;
    process_time_known = choice % 8 != UNKNOWN;
    (void)x509_dates(text_view(&test.der[choice / 8 % test.count]), &from, &to);
    switch (choice % 8) {
    case BEFORE:
        process_time = from - 1;
        break;
    case FIRST:
        process_time = from;
        break;
    case LAST:
        process_time = to;
        break;
    case AFTER:
        process_time = to + 1;
        break;
    case NEGATIVE:
        process_time = -1;
        break;
    case TOO_LATE:
        process_time = INT64_C(253402300800);
        break;
    default:
        break;
    }
}

static void read_chain(input *in)
{
    test.count = input_byte(in) % CHAIN;
    test.count += test.count == 0;
    for (size_t i = 0; i < test.count; i++) {
        test.members[i] = certificate_by_key(input_pair(in));
        migtask_bytes der = certificates[test.members[i]].der;
        text_clear(&test.der[i]);
        text_add(&test.der[i], der.ptr, der.len);
    }
    test.edited = in->at < in->end;
    for (unsigned n = 0; in->at < in->end && n < MOST_EDITS; n++) {
        unsigned which = input_byte(in);
        x509_edit(&test.der[which % test.count], in);
    }
}

/* ---- The server ---- */

static void add_message(uint8_t type, migtask_view body)
{
    static textbuf message;
    uint8_t head[4] = {type, (uint8_t)(body.len >> 16), (uint8_t)(body.len >> 8),
                       (uint8_t)body.len};
    text_clear(&message);
    text_add(&message, head, sizeof head);
    text_add(&message, body.ptr, body.len);
    for (size_t at = 0; at < message.len; at += RECORD) {
        recorded record = {HANDSHAKE,
                           PLAIN,
                           false,
                           0x303,
                           (const uint8_t *)message.ptr + at,
                           message.len - at < RECORD ? message.len - at : RECORD,
                           false};
        CHECK(wire_add(&server, &record));
    }
}

static void add_length(textbuf *out, size_t len)
{
    uint8_t octets[3] = {(uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len};
    text_add(out, octets, sizeof octets);
}

/* TLS 1.2, ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, extended master secret, renegotiation_info. */
static void make_server(void)
{
    static textbuf body;
    static const uint8_t rest[] = {0, 0xc0, 0x2b, 0, 0, 9, 0, 0x17, 0, 0, 0xff, 1, 0, 1, 0};
    wire_clear(&server);
    text_clear(&body);
    text_put(&body, "\3\3"
                    "thirty-two bytes of no randomness");
    body.len = 34;
    text_add(&body, rest, sizeof rest);
    add_message(2, text_view(&body));
    size_t total = 0;
    for (size_t i = 0; i < test.count; i++) {
        total += 3 + test.der[i].len;
    }
    text_clear(&body);
    add_length(&body, total);
    for (size_t i = 0; i < test.count; i++) {
        add_length(&body, test.der[i].len);
        text_add(&body, test.der[i].ptr, test.der[i].len);
    }
    add_message(11, text_view(&body));
}

/* ---- The second judge ---- */

static bool same_element(const element *a, const element *b)
{
    return same(a->whole, b->whole);
}

/* Whether what was signed and the signature are those of a certificate. The head around them is
 * not signed. */
static bool is_copy(migtask_view der, size_t number)
{
    element body, signature, its_body, its_signature;
    return x509_parts(der, &body, &signature) &&
           x509_parts(as_view(certificates[number].der), &its_body, &its_signature) &&
           same_element(&body, &its_body) && same(signature.content, its_signature.content);
}

static bool is_current(migtask_view der)
{
    int64_t from, to;
    return process_time_known && x509_dates(der, &from, &to) && from <= process_time &&
           process_time <= to;
}

static bool is_signer(size_t number, const certificate *child)
{
    for (size_t i = 0; i < child->signers_count; i++) {
        if (child->signers[i] == number) {
            return true;
        }
    }
    return false;
}

/* Whether a way leads from the server's certificate to a root, each step signed, each certificate
 * of it untouched and current, each that was sent an authority. */
static bool way_exists(size_t first)
{
    const root_set *set = &root_sets[test.set];
    bool reached[CHAIN] = {false};
    reached[first] = is_copy(text_view(&test.der[first]), test.members[first]);
    for (size_t round = 0; round < test.count; round++) {
        for (size_t i = 0; i < test.count; i++) {
            const certificate *child = &certificates[test.members[i]];
            if (!reached[i] || !is_current(text_view(&test.der[i]))) {
                continue;
            }
            for (size_t n = 0; n < set->count; n++) {
                if (is_signer(set->members[n], child) &&
                    is_current(as_view(certificates[set->members[n]].der))) {
                    return true;
                }
            }
            for (size_t n = 0; n < test.count; n++) {
                migtask_view der = text_view(&test.der[n]);
                reached[n] |= is_signer(test.members[n], child) && is_copy(der, test.members[n]) &&
                              x509_is_authority(der);
            }
        }
    }
    return false;
}

static bool is_root(migtask_view der)
{
    for (size_t i = 0; i < test.roots_count; i++) {
        if (same(as_view(test.roots[i]), der)) {
            return true;
        }
    }
    return false;
}

/* mbedTLS passes over certificates whose signature is of a kind that it does not know, the first
 * one too: then it takes the next for the server's, whose key the server must have. */
static bool is_passed_over(migtask_view der)
{
    mbedtls_x509_crt crt;
    mbedtls_x509_crt_init(&crt);
    int result = mbedtls_x509_crt_parse_der(&crt, (const uint8_t *)der.ptr, der.len);
    mbedtls_x509_crt_free(&crt);
    return result == MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG + MBEDTLS_ERR_OID_NOT_FOUND;
}

static void judge_accepted(void)
{
    size_t first = 0;
    while (first + 1 < test.count && is_passed_over(text_view(&test.der[first]))) {
        first++;
    }
    migtask_view leaf = text_view(&test.der[first]);
    CHECK(x509_is_for(leaf, &test.endpoint));
    CHECK(is_current(leaf));
    CHECK(is_root(leaf) || way_exists(first));
}

/* What is said of a row of the matrix, when nothing is changed and nothing fails. */
static void judge_row(bool accepted)
{
    for (size_t i = 0; i < chain_rows_count; i++) {
        const chain_row *row = &chain_rows[i];
        if (row->host == test.host && row->root_set == test.set && row->count == test.count &&
            memcmp(row->members, test.members, row->count * sizeof *row->members) == 0) {
            context("%s", row->name);
            CHECK(accepted == row->accepted);
            return;
        }
    }
}

/* Whether mbedTLS does not get as far as the certificates: a message that is longer than a record,
 * or a certificate that is too short to be one. */
static bool is_unreadable(void)
{
    size_t total = 0;
    bool is_short = false;
    for (size_t i = 0; i < test.count; i++) {
        total += 3 + test.der[i].len;
        is_short |= test.der[i].len < 128;
    }
    return is_short || total + 7 > RECORD;
}

static void judge_refused(migtask_stream stream, bool calm)
{
    const char *sentence = NULL;
    migtask_reason reason = stream.ops->failure(stream.ctx, &sentence);
    CHECK(sentence != NULL && sentence[0] != '\0');
    judge_safe("sentence", migtask_text(sentence));
    context("%d: %s", (int)reason, sentence);
    CHECK(reason != MIGTASK_INVALID_CONFIG || (test.flags & (BROKEN | PEM)) == (BROKEN | PEM));
    CHECK(!calm || reason == MIGTASK_CERTIFICATE_REJECTED || reason == MIGTASK_INVALID_CONFIG ||
          reason == MIGTASK_CLOCK_UNSET ||
          (reason == MIGTASK_OUT_OF_MEMORY && migtask_tls_arena().refusals > 0) ||
          (reason == MIGTASK_TLS_FAILED && is_unreadable()));
    CHECK(reason != MIGTASK_CLOCK_UNSET || !process_time_known || process_time < 0 ||
          process_time > INT64_C(253402300799));
}

/* ---- Roots in a text ---- */

static textbuf pem_text;
static size_t pem_at, pem_end; /* where it breaks */
static int pem_rewinds;        /* so many more work */

static bool pem_rewind(void *ctx)
{
    (void)ctx;
    pem_at = 0;
    return pem_rewinds-- > 0;
}

static bool pem_read(void *ctx, void *buf, size_t cap, size_t *got)
{
    (void)ctx;
    if (pem_at >= pem_end) {
        return false;
    }
    size_t left = pem_text.len - pem_at;
    *got = left < cap ? left : cap;
    *got = *got < 61 ? *got : 61;
    memcpy(buf, pem_text.ptr + pem_at, *got);
    pem_at += *got;
    return true;
}

static migtask_trust make_trust(void)
{
    static migtask_trust_array array;
    static migtask_trust_pem pem;
    static const migtask_trust_text text = {pem_rewind, pem_read, NULL};
    if ((test.flags & PEM) == 0) {
        array = (migtask_trust_array){test.roots, test.roots_count, 0};
        return migtask_trust_from_array(&array);
    }
    text_clear(&pem_text);
    for (size_t i = 0; i < test.roots_count; i++) {
        x509_put_pem(&pem_text, as_view(test.roots[i]), 64, (unsigned)i);
    }
    pem_rewinds = 99;
    pem_end = SIZE_MAX;
    if ((test.flags & BROKEN) == BROKEN) {
        pem_rewinds = test.date % 4 != 0 ? test.date % 4 : 99;
        pem_end = test.date % 4 != 0 ? SIZE_MAX : (size_t)test.date * 8;
    }
    return migtask_trust_from_pem(&pem, &text);
}

/* ---- The client ---- */

static void try_chain(bool calm)
{
    migtask_stream stream = migtask_tls_stream(&client);
    migtask_io io;
    unsigned turns = 0;
    wire_begin(&server, &client);
    do {
        io = stream.ops->connect(stream.ctx);
        CHECK(io == MIGTASK_IO_WOULD_BLOCK || io == MIGTASK_IO_FAILED);
    } while (io == MIGTASK_IO_WOULD_BLOCK && ++turns < 1000 &&
             (!wire_drained(&server) || server.script.at < server.script.end || turns < 4));
    /* Accepted: it waits for what comes next. */
    bool accepted = io == MIGTASK_IO_WOULD_BLOCK && wire_drained(&server) && !server.disturbed;
    if (accepted) {
        judge_accepted();
    } else if (io == MIGTASK_IO_FAILED) {
        judge_refused(stream, calm);
    }
    if (calm && !test.edited && (test.flags & (PINNED | MANY)) == 0 &&
        (test.flags & BROKEN) != BROKEN && process_time == material_time && process_time_known &&
        migtask_tls_arena().refusals == 0) {
        judge_row(accepted);
    }
    wire_judge_sent(&server, VIEW("no secret"), false);
    stream.ops->close(stream.ctx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = {data, data + size};
    test.flags = input_byte(&in);
    test.host = input_byte(&in) % COUNT_OF(hosts);
    test.set = input_byte(&in) % root_sets_count;
    test.date = input_byte(&in);
    unsigned fault = input_pair(&in);
    migtask_view script = input_text(&in, input_byte(&in));
    context("%s", "");
    read_chain(&in);
    choose_roots();
    choose_time((test.flags & BROKEN) == BROKEN ? 0 : test.date);
    make_server();
    server.script = (input){(const uint8_t *)script.ptr, (const uint8_t *)script.ptr + script.len};

    process_start((test.flags & HEAP) != 0, fault);
    migtask_tls_config config = {
        .lower = wire_stream(&server), .trust = make_trust(), .clock = process_clock};
    CHECK(migtask_authority_parse(migtask_text(hosts[test.host]), 443, &test.endpoint));
    config.endpoint = test.endpoint;
    CHECK(migtask_tls_init(&client, &config));
    try_chain(script.len == 0 && fault == 0);
    end_of_cases();
    return 0;
}
