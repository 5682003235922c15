/*
 * TLS as a stream over another, by mbedTLS.
 *
 * Sending. There is one buffer, out. Plaintext gathers in it behind the records that wait to go
 * down; it is sealed by a single mbedtls_ssl_write() when the buffer is full or something must be
 * pushed. mbedTLS copies the plaintext before it hands the record back, so the record is put where
 * the plaintext was. There is always room for it: room_for_plaintext() leaves RECORD_OVERHEAD.
 * So the last handshake flight and the request go down in one piece, and mbedtls_ssl_write() never
 * has to be repeated. Once some of the buffer has gone, nothing is added until all of it has.
 *
 * Receiving. take_in() hands mbedTLS what is in the read-ahead buffer, or reads from below; before
 * that it pushes out what waits, but not before what had come already is read, which cannot be an
 * answer to it. When a push fails, what has arrived is still read, because it is
 * often the reason; the failure is told when nothing more is there.
 */
#include "migtask_tls.h"

#include <string.h>

#include "arena.h"
#include "mbedtls/platform.h"
#include "mbedtls/ssl.h"
#include "mbedtls/ssl_ciphersuites.h"
#include "resume.h"
#include "tls_random.h"
#include "trust.h"
#include "verify.h"
#ifdef MBEDTLS_PSA_CRYPTO_C
#include "psa/crypto.h"
#endif

#ifndef MBEDTLS_X509_TRUSTED_CERTIFICATE_CALLBACK
#error "switch MBEDTLS_X509_TRUSTED_CERTIFICATE_CALLBACK on in mbedTLS's configuration"
#endif

/* mbedTLS's objects of one connection. */
struct migtask_tls_session {
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config conf;
};

/* Bytes of a record beside its plaintext: header 5, explicit nonce 8 (TLS 1.2) or content type 1
 * (TLS 1.3), tag 16. */
#define RECORD_OVERHEAD 29u
_Static_assert(MIGTASK_TLS_OUT > 2 * RECORD_OVERHEAD, "room for plaintext");
_Static_assert(sizeof(migtask_tls) <= MIGTASK_TLS_OUT + MIGTASK_TLS_IN + MIGTASK_TLS_SENTENCE +
                                          sizeof(migtask_tls_config) + 14 * sizeof(void *) + 64,
               "the header tells what a stream takes");
_Static_assert(MIGTASK_TLS_OUT > MIGTASK_HOST_MAX, "out is the scratch memory for the host name");

/* Reads of the stream below in one operation, so that a peer which sends faster than we decrypt,
 * or nothing but warnings, cannot keep us in it. */
#define MOST_READS 32

/* Open streams of the process: with the last one PSA's memory is released too. Process-wide as
 * PSA is. */
static uint32_t open_streams;

bool migtask_tls_start(const migtask_tls_process *process)
{
    if (process->random == NULL || open_streams > 0) {
        return false;
    }
    if (process->arena != NULL && !migtask_arena_start(process->arena, process->arena_size)) {
        return false;
    }
    migtask_random_start(process->random, process->random_ctx);
    return true;
}

/* ---- Whose failure it is ---- */

/* Each operation of a stream stands between these two: arena and random source count what they
 * refused for all streams of the process, and what another one lacked meanwhile is no failure of
 * this one. */
static void enter(migtask_tls *tls)
{
    tls->refusals = migtask_arena_refusals() - tls->starved;
    tls->droughts = migtask_random_droughts() - tls->parched;
}

static migtask_io leave(migtask_tls *tls, migtask_io io)
{
    tls->starved = migtask_arena_refusals() != tls->refusals;
    tls->parched = migtask_random_droughts() != tls->droughts;
    return io;
}

/* ---- Failures ---- */

static migtask_io fail_saying(migtask_tls *tls, migtask_reason reason, const char *sentence)
{
    if (tls->reason == MIGTASK_OK) {
        tls->reason = (uint8_t)reason;
        tls->said = sentence;
    }
    tls->phase = MIGTASK_TLS_BROKEN;
    return MIGTASK_IO_FAILED;
}

/* The stream below failed: its reason and words are ours. */
static migtask_io fail_below(migtask_tls *tls)
{
    const char *sentence = NULL;
    migtask_reason reason = tls->config.lower.ops->failure(tls->config.lower.ctx, &sentence);
    return fail_saying(tls, reason, sentence);
}

static migtask_io fail_for_memory(migtask_tls *tls)
{
    if (tls->reason == MIGTASK_OK) {
        struct migtask_writer w = migtask_sentence(tls);
        migtask_put_string(&w, "memory for TLS ran out");
        if (migtask_arena_present()) {
            migtask_put_string(&w, ": the arena of ");
            migtask_put_number(&w, (uint32_t)migtask_tls_arena().size);
            migtask_put_string(&w, " bytes is too small for this server's certificates");
        }
    }
    return fail_saying(tls, MIGTASK_OUT_OF_MEMORY, tls->sentence);
}

#if MIGTASK_TLS_1_2 && MIGTASK_TLS_1_3
#define VERSIONS "TLS 1.2 or 1.3"
#elif MIGTASK_TLS_1_2
#define VERSIONS "TLS 1.2"
#else
#define VERSIONS "TLS 1.3"
#endif

/* What a server's alert means, where more can be said than its number. RFC 8446 section 6. */
static const char *alert_meaning(uint8_t alert)
{
    static const struct {
        uint8_t alert;
        const char *meaning;
    } known[] = {
        {MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE,
         "handshake_failure: no cipher or curve in common, or it wants a client certificate"},
        {MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED, "access_denied"},
        {MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION, "protocol_version: it does not speak " VERSIONS},
        {MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR, "internal_error"},
        {MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME, "unrecognized_name: it does not know this host"},
        {116, "certificate_required: it wants a certificate from its clients"},
        {MBEDTLS_SSL_ALERT_MSG_NO_APPLICATION_PROTOCOL,
         "no_application_protocol: it does not speak HTTP/1.1"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].alert == alert) {
            return known[i].meaning;
        }
    }
    return NULL;
}

static void say_what_tls_said(migtask_tls *tls, int result)
{
    static const char hex[] = "0123456789abcdef";
    struct migtask_writer w = migtask_sentence(tls);
    switch (result) {
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE: {
        if (tls->session->ssl.MBEDTLS_PRIVATE(in_msgtype) != MBEDTLS_SSL_MSG_ALERT) {
            /* TLS 1.3: an alert of ours, for an empty chain. */
            migtask_put_string(&w, "the server sent no certificate");
            break;
        }
        /* mbedTLS tells the number of the alert nowhere else. */
        uint8_t alert = tls->session->ssl.MBEDTLS_PRIVATE(in_msg)[1];
        const char *meaning = alert_meaning(alert);
        migtask_put_string(&w, "the server ended TLS with alert ");
        migtask_put_number(&w, alert);
        if (meaning != NULL) {
            migtask_put_string(&w, ", ");
            migtask_put_string(&w, meaning);
        }
        break;
    }
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
        migtask_put_string(&w, "the server ended TLS in the middle of the handshake");
        break;
    case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION:
        migtask_put_string(&w, "the server does not speak " VERSIONS);
        break;
    case MBEDTLS_ERR_SSL_INVALID_RECORD:
        migtask_put_string(&w, "what the server sends is not TLS; is this an HTTPS port?");
        break;
    default: {
        unsigned code = (unsigned)-result & 0xffffu;
        char digits[4] = {hex[code >> 12], hex[code >> 8 & 15], hex[code >> 4 & 15],
                          hex[code & 15]};
        migtask_put_string(&w, "TLS with the server failed, mbedTLS error -0x");
        migtask_put(&w, digits, sizeof digits);
        break;
    }
    }
    migtask_sentence_end(&w);
}

/* Whether this is about the inside of the certificates that the server sends: what mbedTLS's
 * parsers and arithmetic say while it reads them, e.g. of a key that is no point of its curve. */
static bool is_about_certificates(const migtask_tls *tls, int result)
{
    const int of_ssl = 0x6000; /* and above: mbedtls/error.h */
    return tls->session->ssl.MBEDTLS_PRIVATE(state) == MBEDTLS_SSL_SERVER_CERTIFICATE &&
           (-result & 0xff80) < of_ssl && !migtask_is_memory_error(result);
}

/* Whether the next message has the server's certificates; in TLS 1.3 it is also the one that
 * mbedTLS looks at to see whether the server wants some of ours. */
static bool awaits_certificates(const migtask_tls *tls)
{
    const mbedtls_ssl_context *ssl = &tls->session->ssl;
    int state = ssl->MBEDTLS_PRIVATE(state);
    return state == MBEDTLS_SSL_SERVER_CERTIFICATE ||
           (state == MBEDTLS_SSL_CERTIFICATE_REQUEST &&
            ssl->MBEDTLS_PRIVATE(tls_version) == MBEDTLS_SSL_VERSION_TLS1_3);
}

/* A certificate was rejected by verify.c, or could not even be parsed; false if it was not that. */
static bool fail_for_certificate(migtask_tls *tls, int result)
{
    int high = -result & 0xff80;
    if (tls->finding == MIGTASK_FINDING_CLOCK) {
        (void)fail_saying(tls, MIGTASK_CLOCK_UNSET,
                          "the time is not known, so certificates cannot be checked");
    } else if (tls->finding == MIGTASK_FINDING_SOURCE) {
        (void)fail_saying(tls, MIGTASK_INVALID_CONFIG,
                          "the trusted certificates cannot be read (any more)");
    } else if (tls->finding != MIGTASK_FINDING_NONE) {
        tls->misdated = tls->finding == MIGTASK_FINDING_DATES;
        (void)fail_saying(tls, MIGTASK_CERTIFICATE_REJECTED, tls->sentence);
    } else if (result == MBEDTLS_ERR_SSL_BAD_INPUT_DATA && awaits_certificates(tls)) {
        /* The one message that no record buffer holds: see mbedtls_ssl_fetch_input(). */
        struct migtask_writer w = migtask_sentence(tls);
        migtask_put_string(&w, "the server's certificates are larger than this client accepts (");
        migtask_put_number(&w, MIGTASK_TLS_RECORD_IN);
        migtask_put_string(&w, " bytes in all); does it send more of them than its chain needs?");
        migtask_sentence_end(&w);
        (void)fail_saying(tls, MIGTASK_CERTIFICATE_REJECTED, tls->sentence);
    } else if (result == MBEDTLS_ERR_X509_FATAL_ERROR) {
        (void)fail_saying(tls, MIGTASK_CERTIFICATE_REJECTED,
                          "the server sent a longer chain of certificates than is accepted");
    } else if (result == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED ||
               result == MBEDTLS_ERR_SSL_BAD_CERTIFICATE) {
        (void)fail_saying(tls, MIGTASK_CERTIFICATE_REJECTED,
                          "the server's certificate is not fit for this connection");
    } else if (high == -MBEDTLS_ERR_X509_INVALID_EXTENSIONS ||
               high == -MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE) {
        (void)fail_saying(tls, MIGTASK_CERTIFICATE_REJECTED,
                          "the server sent a certificate with an extension that this client cannot "
                          "check, such as critical name constraints");
    } else if ((high >= -MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE &&
                high <= -MBEDTLS_ERR_X509_FATAL_ERROR) ||
               (high >= -MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE &&
                high <= -MBEDTLS_ERR_PK_KEY_INVALID_FORMAT) ||
               is_about_certificates(tls, result)) {
        (void)fail_saying(tls, MIGTASK_CERTIFICATE_REJECTED,
                          "the server sent a certificate that is malformed or of a kind that is "
                          "not accepted (accepted are P-256, P-384 and RSA up to 4096 bits)");
    } else {
        return false;
    }
    return true;
}

/* TLS is broken: finds out why. The arena comes first, because a certificate that could not be
 * checked for lack of memory looks to mbedTLS like one that is not trusted. */
static migtask_io fail(migtask_tls *tls, int result)
{
    if (tls->reason != MIGTASK_OK) {
        return fail_saying(tls, MIGTASK_TLS_FAILED, NULL); /* the first failure stays */
    }
    if (migtask_arena_refusals() != tls->refusals || tls->finding == MIGTASK_FINDING_MEMORY ||
        result == MBEDTLS_ERR_SSL_ALLOC_FAILED) {
        return fail_for_memory(tls);
    }
    if (migtask_random_droughts() != tls->droughts) {
        return fail_saying(tls, MIGTASK_NO_ENTROPY, "the source of random numbers failed");
    }
    if (fail_for_certificate(tls, result)) {
        return MIGTASK_IO_FAILED;
    }
    if (tls->lower_ended) {
        return fail_saying(tls, MIGTASK_CONNECTION_LOST,
                           tls->phase == MIGTASK_TLS_OPEN
                               ? "the connection ended without TLS's closing message"
                               : "the server closed the connection during the TLS handshake");
    }
    if (migtask_is_memory_error(result)) {
        return fail_for_memory(tls);
    }
    say_what_tls_said(tls, result);
    return fail_saying(tls, MIGTASK_TLS_FAILED, tls->sentence);
}

/* ---- Down: plaintext, records, the stream below ---- */

/* Hands what waits to the stream below. A failure is kept in push_failed. */
static void push(migtask_tls *tls)
{
    const migtask_stream *lower = &tls->config.lower;
    while (tls->out_pushed < tls->out_sealed && !tls->push_failed) {
        size_t sent = 0;
        migtask_io io = lower->ops->send(lower->ctx, tls->out + tls->out_pushed,
                                         tls->out_sealed - tls->out_pushed, &sent);
        if (io == MIGTASK_IO_WOULD_BLOCK) {
            return;
        }
        if (io != MIGTASK_IO_OK) {
            tls->push_failed = true;
            return;
        }
        MIGTASK_ASSERT(sent > 0 && sent <= tls->out_sealed - tls->out_pushed);
        tls->out_pushed += sent;
        tls->some_left = true;
        if (tls->out_pushed > tls->out_latest) {
            tls->held = false;
        }
    }
    if (tls->out_pushed == tls->out_sealed && tls->out_plain == 0) {
        tls->out_pushed = tls->out_sealed = 0;
    }
}

/* mbedTLS has a record, or the rest of one. */
static int take_out(void *ctx, const unsigned char *data, size_t len)
{
    migtask_tls *tls = ctx;
    if (tls->out_sealed == sizeof tls->out) {
        push(tls);
    }
    size_t room = sizeof tls->out - tls->out_sealed;
    if (room == 0) {
        return tls->push_failed ? MBEDTLS_ERR_SSL_INTERNAL_ERROR : MBEDTLS_ERR_SSL_WANT_WRITE;
    }
    size_t take = len < room ? len : room;
    memcpy(tls->out + tls->out_sealed, data, take);
    tls->out_sealed += take;
    return (int)take;
}

/* Whether mbedTLS holds no rest of a record, after an attempt to take it over. It does when an
 * alert of its own found out full, and must lose it before anything else is written:
 * mbedtls_ssl_write() would hand on that rest, never look at its data, and return their length. */
static bool is_clear(migtask_tls *tls)
{
    mbedtls_ssl_context *ssl = &tls->session->ssl;
    if (ssl->MBEDTLS_PRIVATE(out_left) > 0) {
        push(tls);
        int result =
            tls->push_failed ? MBEDTLS_ERR_SSL_WANT_WRITE : mbedtls_ssl_write(ssl, NULL, 0);
        if (result < 0 && result != MBEDTLS_ERR_SSL_WANT_WRITE) {
            (void)fail(tls, result);
        }
    }
    return ssl->MBEDTLS_PRIVATE(out_left) == 0;
}

/* Makes a record of the plaintext, which was only taken while mbedTLS was clear. */
static bool seal(migtask_tls *tls)
{
    mbedtls_ssl_context *ssl = &tls->session->ssl;
    size_t len = tls->out_plain;
    if (len == 0) {
        return true;
    }
    tls->out_plain = 0;
    tls->out_latest = tls->out_sealed;
    int result = ssl->MBEDTLS_PRIVATE(out_left) > 0
                     ? MBEDTLS_ERR_SSL_INTERNAL_ERROR
                     : mbedtls_ssl_write(ssl, tls->out + tls->out_sealed, len);
    if (result != (int)len) {
        (void)fail(tls, result < 0 ? result : MBEDTLS_ERR_SSL_INTERNAL_ERROR);
        return false;
    }
    return true;
}

/* How much more plaintext fits the record being gathered. */
static size_t room_for_plaintext(migtask_tls *tls)
{
    if (!is_clear(tls)) {
        return 0;
    }
    size_t taken = tls->out_sealed + RECORD_OVERHEAD;
    if (tls->out_pushed > 0 || taken >= sizeof tls->out) {
        return 0;
    }
    size_t most = sizeof tls->out - taken;
    int record = mbedtls_ssl_get_max_out_record_payload(&tls->session->ssl);
    if (record > 0 && most > (size_t)record) {
        most = (size_t)record;
    }
    return most > tls->out_plain ? most - tls->out_plain : 0;
}

static migtask_io send_plaintext(migtask_tls *tls, const void *data, size_t len, size_t *sent)
{
    if (tls->phase != MIGTASK_TLS_OPEN) {
        return fail_saying(tls, MIGTASK_CONNECTION_LOST, NULL);
    }
    size_t room = room_for_plaintext(tls);
    if (room == 0) {
        if (!seal(tls)) {
            return MIGTASK_IO_FAILED;
        }
        push(tls);
        if (tls->push_failed) {
            (void)fail_below(tls);
            tls->phase = MIGTASK_TLS_OPEN; /* recv may look for what has arrived */
            return MIGTASK_IO_FAILED;
        }
        room = room_for_plaintext(tls);
        if (room == 0) {
            return tls->phase == MIGTASK_TLS_OPEN ? MIGTASK_IO_WOULD_BLOCK : MIGTASK_IO_FAILED;
        }
    }
    size_t take = len < room ? len : room;
    memcpy(tls->out + tls->out_sealed + tls->out_plain, data, take);
    tls->out_plain += take;
    tls->out_latest = tls->out_sealed;
    tls->held = true;
    *sent = take;
    return MIGTASK_IO_OK;
}

static migtask_io tls_send(void *ctx, const void *data, size_t len, size_t *sent)
{
    migtask_tls *tls = ctx;
    *sent = 0;
    enter(tls);
    return leave(tls, send_plaintext(tls, data, len, sent));
}

static migtask_retained tls_retained(void *ctx)
{
    const migtask_tls *tls = ctx;
    const migtask_stream *lower = &tls->config.lower;
    return tls->held ? tls->some_left ? MIGTASK_RETAINED_LATEST : MIGTASK_RETAINED_ALL
           : tls->phase != MIGTASK_TLS_OPEN       ? MIGTASK_RETAINED_NONE
           : tls->out_sealed + tls->out_plain > 0 ? MIGTASK_RETAINED_SOME
                                                  : lower->ops->retained(lower->ctx);
}

/* ---- Up ---- */

/* mbedTLS wants bytes. */
static int take_in(void *ctx, unsigned char *buf, size_t len)
{
    const size_t read_ahead = MIGTASK_TLS_IN;
    migtask_tls *tls = ctx;
    const migtask_stream *lower = &tls->config.lower;
    if (tls->in_at == tls->in_end) {
        if (!tls->looking) {
            push(tls);
        }
        if (tls->reads_left == 0) {
            return MBEDTLS_ERR_SSL_WANT_READ;
        }
        tls->reads_left--;
        bool ahead = len < read_ahead;
        size_t got = 0;
        migtask_io io = ahead ? lower->ops->recv(lower->ctx, tls->in, read_ahead, &got)
                              : lower->ops->recv(lower->ctx, buf, len, &got);
        if (io != MIGTASK_IO_OK && tls->push_failed) {
            (void)fail_below(tls);
            return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
        }
        switch (io) {
        case MIGTASK_IO_OK:
            break;
        case MIGTASK_IO_WOULD_BLOCK:
            tls->blocked = true;
            return MBEDTLS_ERR_SSL_WANT_READ;
        case MIGTASK_IO_END:
            tls->lower_ended = true;
            return 0;
        default:
            (void)fail_below(tls);
            return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
        }
        MIGTASK_ASSERT(got > 0 && got <= (ahead ? read_ahead : len));
        if (!ahead) {
            return (int)got;
        }
        tls->in_at = 0;
        tls->in_end = got;
    }
    size_t have = tls->in_end - tls->in_at;
    size_t take = len < have ? len : have;
    memcpy(buf, tls->in + tls->in_at, take);
    tls->in_at += take;
    return (int)take;
}

static void begin_operation(migtask_tls *tls)
{
    tls->blocked = false;
    tls->reads_left = MOST_READS;
}

/* Gives plaintext. Records without any may stand before it, and as many as there are: tickets,
 * warnings, empty ones. */
static migtask_io read_plaintext(migtask_tls *tls, void *buf, size_t cap, size_t *got)
{
    mbedtls_ssl_context *ssl = &tls->session->ssl;
    for (;;) {
        int result = mbedtls_ssl_read(ssl, buf, cap);
        if (result > 0) {
            *got = (size_t)result;
            return MIGTASK_IO_OK;
        }
        if (migtask_resume_ticket(tls, ssl)) {
            continue;
        }
        switch (result) {
        case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
            return MIGTASK_IO_END;
        case MBEDTLS_ERR_SSL_WANT_WRITE: /* an alert of ours waits: see is_clear() */
            return MIGTASK_IO_WOULD_BLOCK;
        case MBEDTLS_ERR_SSL_WANT_READ:
            break;
        default:
            if (result != 0 || tls->lower_ended) { /* 0 is an empty record as well as the end */
                return fail(tls, result);
            }
        }
        if (tls->blocked || tls->reads_left == 0) {
            return MIGTASK_IO_WOULD_BLOCK;
        }
    }
}

/* Whether a part of a record, or of a message of several, is here. */
static bool has_part(const migtask_tls *tls)
{
    const mbedtls_ssl_context *ssl = &tls->session->ssl;
    return tls->in_at < tls->in_end || ssl->MBEDTLS_PRIVATE(in_left) > 0 ||
           ssl->MBEDTLS_PRIVATE(in_hslen) > 0;
}

/* The same without pushing anything out. */
static migtask_io read_first(migtask_tls *tls, void *buf, size_t cap, size_t *got)
{
    tls->looking = true;
    migtask_io io = read_plaintext(tls, buf, cap, got);
    tls->looking = false;
    return io;
}

static migtask_io recv_plaintext(migtask_tls *tls, void *buf, size_t cap, size_t *got)
{
    if (tls->phase != MIGTASK_TLS_OPEN) {
        return fail_saying(tls, MIGTASK_CONNECTION_LOST, NULL);
    }
    begin_operation(tls);
    bool waits = tls->out_sealed + tls->out_plain > 0;
    if (!tls->push_failed && !seal(tls)) {
        return MIGTASK_IO_FAILED;
    }
    if (waits) { /* what is here by now is no answer to it, nor is what has begun */
        migtask_io io = read_first(tls, buf, cap, got);
        if (io != MIGTASK_IO_WOULD_BLOCK) {
            return io;
        }
        if (tls->blocked && has_part(tls)) {
            return MIGTASK_IO_PARTIAL;
        }
        begin_operation(tls);
    }
    if (!tls->push_failed) {
        push(tls);
        if (!is_clear(tls) && tls->phase != MIGTASK_TLS_OPEN) {
            return MIGTASK_IO_FAILED;
        }
    }
    migtask_io io = read_plaintext(tls, buf, cap, got);
    return io == MIGTASK_IO_WOULD_BLOCK && has_part(tls) ? MIGTASK_IO_PARTIAL : io;
}

static migtask_io tls_recv(void *ctx, void *buf, size_t cap, size_t *got)
{
    migtask_tls *tls = ctx;
    *got = 0;
    enter(tls);
    return leave(tls, recv_plaintext(tls, buf, cap, got));
}

/* ---- Opening and closing ---- */

/* In the order of preference. AES-128 first: it is the fastest here and strong enough. */
static const int suites[] = {
#if MIGTASK_TLS_1_3
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
#if MIGTASK_TLS_SHA512
    MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
#endif
#endif
#if MIGTASK_TLS_1_2
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
#if MIGTASK_TLS_RSA
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
#endif
#if MIGTASK_TLS_SHA512
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
#if MIGTASK_TLS_RSA
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
#endif
#endif
#endif
    0,
};

/* P-256 first, which is the one that a share is sent for: there are servers without X25519 (Java 8
 * and 11), and none without P-256. */
static const uint16_t groups[] = {
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
#if MIGTASK_TLS_X25519
    MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
#endif
#if MIGTASK_TLS_P384
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
#endif
    MBEDTLS_SSL_IANA_TLS_GROUP_NONE,
};

static const uint16_t signatures[] = {
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256,
#if MIGTASK_TLS_SHA512
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384,
#endif
#if MIGTASK_TLS_RSA
    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,
#if MIGTASK_TLS_SHA512
    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384,
    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512,
#endif
    MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,
#if MIGTASK_TLS_SHA512
    MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,
    MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,
#endif
#endif
    MBEDTLS_TLS1_3_SIG_NONE,
};

static int configure(migtask_tls *tls, mbedtls_ssl_config *conf)
{
    static const char *const protocols[] = {"http/1.1", NULL};
    mbedtls_ssl_conf_endpoint(conf, MBEDTLS_SSL_IS_CLIENT);
    mbedtls_ssl_conf_transport(conf, MBEDTLS_SSL_TRANSPORT_STREAM);
    mbedtls_ssl_conf_authmode(conf, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_min_tls_version(conf, MIGTASK_TLS_1_2 ? MBEDTLS_SSL_VERSION_TLS1_2
                                                           : MBEDTLS_SSL_VERSION_TLS1_3);
    mbedtls_ssl_conf_max_tls_version(conf, MIGTASK_TLS_1_3 ? MBEDTLS_SSL_VERSION_TLS1_3
                                                           : MBEDTLS_SSL_VERSION_TLS1_2);
#if MIGTASK_TLS_1_2
    mbedtls_ssl_conf_extended_master_secret(conf, MBEDTLS_SSL_EXTENDED_MS_ENABLED);
#endif
#if MIGTASK_TLS_1_3
    mbedtls_ssl_conf_tls13_key_exchange_modes(conf, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL);
#endif
    mbedtls_ssl_conf_ciphersuites(conf, suites);
    mbedtls_ssl_conf_groups(conf, groups);
    mbedtls_ssl_conf_sig_algs(conf, signatures);
    mbedtls_ssl_conf_cert_profile(conf, &migtask_verify_profile);
    mbedtls_ssl_conf_ca_cb(conf, migtask_verify_roots, tls);
    mbedtls_ssl_conf_verify(conf, migtask_verify_certificate, tls);
    mbedtls_ssl_conf_rng(conf, migtask_random_fill, NULL);
    migtask_resume_configure(tls, conf);
#if MIGTASK_TLS_FRAGMENT
    int result = mbedtls_ssl_conf_max_frag_len(
        conf, MIGTASK_TLS_FRAGMENT == 512    ? MBEDTLS_SSL_MAX_FRAG_LEN_512
              : MIGTASK_TLS_FRAGMENT == 1024 ? MBEDTLS_SSL_MAX_FRAG_LEN_1024
              : MIGTASK_TLS_FRAGMENT == 2048 ? MBEDTLS_SSL_MAX_FRAG_LEN_2048
                                             : MBEDTLS_SSL_MAX_FRAG_LEN_4096);
    if (result != 0) {
        return result;
    }
#endif
    /* mbedTLS only reads the list, whatever its type says. */
    return mbedtls_ssl_conf_alpn_protocols(conf, (const char **)(uintptr_t)protocols);
}

/* Sets up mbedTLS for a new connection. */
static int begin_handshake(migtask_tls *tls)
{
    struct migtask_tls_session *session = tls->session;
    const migtask_endpoint *endpoint = &tls->config.endpoint;
    int result = configure(tls, &session->conf);
    if (result == 0) {
        result = mbedtls_ssl_setup(&session->ssl, &session->conf);
    }
    if (result == 0) {
        /* An address goes out in no SNI, and is compared by verify.c. */
        char *name = NULL;
        if (endpoint->kind == MIGTASK_HOST_NAME) {
            name = (char *)tls->out;
            memcpy(name, endpoint->host.ptr, endpoint->host.len);
            name[endpoint->host.len] = '\0';
        }
        result = mbedtls_ssl_set_hostname(&session->ssl, name);
    }
    mbedtls_ssl_set_bio(&session->ssl, tls, take_out, take_in, NULL);
    if (result == 0) {
        migtask_resume_offer(tls, &session->ssl);
    }
    return result;
}

/* Takes what a connection needs: the counts to tell failures by, PSA, memory. */
static migtask_io open_session(migtask_tls *tls)
{
    int64_t epoch_s;
    if (!tls->config.clock(tls->config.clock_ctx, &epoch_s)) {
        return fail_saying(tls, MIGTASK_CLOCK_UNSET,
                           "the time is not known, so certificates cannot be checked");
    }
    tls->refusals = migtask_arena_refusals();
    tls->droughts = migtask_random_droughts();
    open_streams++;
    bool ready = true;
#ifdef MBEDTLS_PSA_CRYPTO_C
    ready = psa_crypto_init() == PSA_SUCCESS;
#endif
    tls->session = mbedtls_calloc(1, sizeof *tls->session);
    if (tls->session == NULL) {
        open_streams--;
        return fail_for_memory(tls);
    }
    mbedtls_ssl_init(&tls->session->ssl);
    mbedtls_ssl_config_init(&tls->session->conf);
    int result = ready ? begin_handshake(tls) : MBEDTLS_ERR_SSL_ALLOC_FAILED;
    if (result != 0) {
        return fail(tls, result);
    }
    tls->phase = MIGTASK_TLS_CONNECTING;
    return MIGTASK_IO_OK;
}

/* Whether a step of the handshake may begin. Some steps begin with a small allocation whose failure
 * mbedTLS 3.6.6 overlooks (TLS 1.2: the session hash of the extended master secret, and then it
 * reads past it), so there must be room for that. */
static bool has_reserve(void)
{
    enum { RESERVE = 512 };
    void *reserve = mbedtls_calloc(1, RESERVE);
    mbedtls_free(reserve);
    return reserve != NULL;
}

static migtask_io handshake(migtask_tls *tls)
{
    mbedtls_ssl_context *ssl = &tls->session->ssl;
    while (!mbedtls_ssl_is_handshake_over(ssl)) {
        if (tls->config.busy != NULL) {
            tls->config.busy(tls->config.busy_ctx);
        }
        int result = has_reserve() ? mbedtls_ssl_handshake_step(ssl) : MBEDTLS_ERR_SSL_ALLOC_FAILED;
        if (result == MBEDTLS_ERR_SSL_WANT_WRITE) {
            push(tls);
            if (!tls->push_failed && tls->out_pushed == tls->out_sealed) {
                continue;
            }
            if (!tls->push_failed) {
                return MIGTASK_IO_WOULD_BLOCK;
            }
            return fail_below(tls);
        }
        if (result == MBEDTLS_ERR_SSL_WANT_READ) {
            if (tls->blocked || tls->reads_left == 0) {
                return MIGTASK_IO_WOULD_BLOCK;
            }
        } else if (result != 0) {
            migtask_io io = fail(tls, result);
            push(tls); /* the alert, if it goes without waiting */
            return io;
        }
    }
    return MIGTASK_IO_OK;
}

/* Looks whether the peer is as silent as it must be before it is asked. OK: nothing has arrived, be
 * it the part of a record, in a buffer of ours or of mbedTLS. WOULD_BLOCK: a record has begun, and
 * only when it is whole it can be told from a ticket; or so much has come that the look goes on
 * later. Nothing is pushed out: the last flight of the handshake travels with the request. */
static migtask_io look(migtask_tls *tls)
{
    uint8_t byte;
    size_t got;
    switch (read_first(tls, &byte, sizeof byte, &got)) {
    case MIGTASK_IO_OK:
        return fail_saying(tls, MIGTASK_HTTP_MALFORMED,
                           "the server sent an answer before it was asked");
    case MIGTASK_IO_END:
        return fail_saying(tls, MIGTASK_CONNECTION_LOST,
                           "the server ended the connection before it was asked");
    case MIGTASK_IO_FAILED:
        return MIGTASK_IO_FAILED;
    default:
        tls->some_left = false; /* of what is asked from now on */
        return tls->blocked && !has_part(tls) ? MIGTASK_IO_OK : MIGTASK_IO_WOULD_BLOCK;
    }
}

/* The handshake, and then a look. */
static migtask_io secure(migtask_tls *tls)
{
    migtask_io io = handshake(tls);
    if (io == MIGTASK_IO_OK) {
        io = look(tls);
        if (io == MIGTASK_IO_WOULD_BLOCK) {
            push(tls);
        }
    }
    if (io != MIGTASK_IO_OK) {
        return io;
    }
    tls->phase = MIGTASK_TLS_OPEN;
    mbedtls_ssl_context *ssl = &tls->session->ssl;
    if (mbedtls_ssl_get_version_number(ssl) == MBEDTLS_SSL_VERSION_TLS1_2) {
        migtask_resume_keep(tls, ssl); /* in TLS 1.3 tickets come later */
    }
    return MIGTASK_IO_OK;
}

static void release_session(migtask_tls *tls)
{
    mbedtls_ssl_free(&tls->session->ssl);
    mbedtls_ssl_config_free(&tls->session->conf);
    mbedtls_free(tls->session);
    tls->session = NULL;
    open_streams--;
    if (open_streams > 0) {
        migtask_arena_wipe();
        return;
    }
    if (migtask_arena_present()) {
#ifdef MBEDTLS_PSA_CRYPTO_C
        mbedtls_psa_crypto_free();
#endif
        migtask_arena_reset();
    }
}

static void tls_close(void *ctx)
{
    migtask_tls *tls = ctx;
    /* What is held back must not go any more, and close_notify cannot overtake it. */
    if (tls->phase == MIGTASK_TLS_OPEN && !tls->push_failed && tls->out_sealed == 0 &&
        tls->out_plain == 0 && is_clear(tls) && mbedtls_ssl_close_notify(&tls->session->ssl) == 0) {
        push(tls);
    }
    if (tls->lower_open) {
        tls->config.lower.ops->close(tls->config.lower.ctx);
        tls->lower_open = false;
    }
    if (tls->session != NULL) {
        release_session(tls);
    }
    migtask_wipe(tls->out, sizeof tls->out);
    migtask_wipe(tls->in, sizeof tls->in);
    tls->out_pushed = tls->out_sealed = tls->out_plain = tls->out_latest = 0;
    tls->in_at = tls->in_end = 0;
    tls->held = tls->push_failed = tls->lower_ended = tls->blocked = tls->offered = false;
    tls->finding = MIGTASK_FINDING_NONE;
    tls->lookups = 0;
    tls->rooted = false;
    tls->pinned = NULL;
    tls->phase = MIGTASK_TLS_CLOSED;
}

/* Whether a connection that the call before left open is still good: nothing is under way in
 * either direction, and the peer has neither ended it nor sent anything that nobody asked for. When
 * in doubt it is not: a fresh one can always be had. */
static bool is_idle(migtask_tls *tls)
{
    return tls->out_sealed == 0 && tls->out_plain == 0 && is_clear(tls) &&
           look(tls) == MIGTASK_IO_OK && tls->out_sealed == 0;
}

/* Whether the handshake may have failed for the session that it offered: the server forgot it and
 * does not say so, or speaks another version of TLS by now. */
static bool is_sessions_fault(const migtask_tls *tls)
{
    return tls->offered &&
           (tls->reason == MIGTASK_TLS_FAILED || tls->reason == MIGTASK_CONNECTION_LOST);
}

/* Opens a connection as far as that goes without waiting. */
static migtask_io go_on(migtask_tls *tls)
{
    const migtask_stream *lower = &tls->config.lower;
    if (tls->phase == MIGTASK_TLS_CLOSED) {
        tls->reason = MIGTASK_OK;
        tls->said = NULL;
        tls->misdated = false;
        migtask_io io =
            lower->ops == NULL ? fail_saying(tls, MIGTASK_INVALID_CONFIG, NULL) : open_session(tls);
        if (io != MIGTASK_IO_OK) {
            return io;
        }
    }
    if (tls->phase == MIGTASK_TLS_CONNECTING) {
        tls->lower_open = true;
        migtask_io io = lower->ops->connect(lower->ctx);
        if (io != MIGTASK_IO_OK) {
            return io == MIGTASK_IO_FAILED ? fail_below(tls) : io;
        }
        tls->phase = MIGTASK_TLS_SECURING;
    }
    if (tls->phase == MIGTASK_TLS_SECURING) {
        migtask_io io = secure(tls);
        if (io == MIGTASK_IO_FAILED && is_sessions_fault(tls)) {
            tls_close(tls); /* nothing was asked yet; the session is forgotten, so this ends */
            return MIGTASK_IO_WOULD_BLOCK;
        }
        return io;
    }
    return tls->phase == MIGTASK_TLS_OPEN ? MIGTASK_IO_OK : MIGTASK_IO_FAILED;
}

static migtask_io open_connection(migtask_tls *tls)
{
    if (tls->phase == MIGTASK_TLS_OPEN) {
        begin_operation(tls);
        if (!is_idle(tls)) {
            tls_close(tls);
        }
    }
    begin_operation(tls);
    migtask_io io = go_on(tls);
    if (io == MIGTASK_IO_WOULD_BLOCK && tls->phase == MIGTASK_TLS_CLOSED) { /* once more, anew */
        begin_operation(tls);
        io = go_on(tls);
    }
    return io;
}

static migtask_io tls_connect(void *ctx)
{
    migtask_tls *tls = ctx;
    enter(tls);
    return leave(tls, open_connection(tls));
}

static migtask_reason tls_failure(void *ctx, const char **sentence)
{
    const migtask_tls *tls = ctx;
    *sentence = tls->said;
    return (migtask_reason)tls->reason;
}

bool migtask_tls_init(migtask_tls *tls, const migtask_tls_config *config)
{
    memset(tls, 0, sizeof *tls);
    const migtask_view *host = &config->endpoint.host;
    if (config->lower.ops == NULL || config->trust.ops == NULL || config->clock == NULL ||
        host->ptr == NULL || host->len == 0 || host->len > MIGTASK_HOST_MAX ||
        !migtask_random_present()) {
        return false;
    }
    tls->config = *config;
    /* The dot at the end of a name is for resolvers: no certificate has it, nor SNI. */
    migtask_view *name = &tls->config.endpoint.host;
    if (config->endpoint.kind == MIGTASK_HOST_NAME && name->len > 1 &&
        name->ptr[name->len - 1] == '.') {
        name->len--;
    }
    return true;
}

migtask_stream migtask_tls_stream(migtask_tls *tls)
{
    static const migtask_stream_ops ops = {tls_connect, tls_send,     tls_recv,
                                           tls_close,   tls_retained, tls_failure};
    migtask_stream stream = {&ops, tls};
    return stream;
}

migtask_tls_phase migtask_tls_get_phase(const migtask_tls *tls)
{
    return (migtask_tls_phase)tls->phase;
}

const char *migtask_tls_version(const migtask_tls *tls)
{
    return tls->phase == MIGTASK_TLS_OPEN ? mbedtls_ssl_get_version(&tls->session->ssl) : NULL;
}

const char *migtask_tls_suite(const migtask_tls *tls)
{
    return tls->phase == MIGTASK_TLS_OPEN ? mbedtls_ssl_get_ciphersuite(&tls->session->ssl) : NULL;
}

bool migtask_tls_misdated(const migtask_tls *tls)
{
    return tls->misdated;
}
