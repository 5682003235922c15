/*
 * A connection through an HTTP proxy, as a stream over another.
 *
 * One buffer serves one thing after the other: windows of the CONNECT, the proxy's answer, the
 * bytes that came behind it, the sentence of a failure. Of the CONNECT it is wiped before the next.
 */
#include "migtask_proxy.h"

#include <string.h>

#include "connect_text.h"
#include "http_response.h"
#include "unicode.h"

/* CLOSED -> CONNECTING -> SENDING -> READING -> OPEN; BROKEN from any of the three before OPEN.
 * What breaks an open stream is the stream below. */
enum state { CLOSED, CONNECTING, SENDING, READING, OPEN, BROKEN };

_Static_assert(sizeof(struct migtask_http) <= sizeof(((migtask_proxy *)0)->http), "room for it");

/* Reads of the stream below in one operation, so that a proxy which sends for ever cannot keep us
 * in it. */
#define MOST_READS 32

static struct migtask_http *reader_of(migtask_proxy *proxy)
{
    return (struct migtask_http *)(void *)proxy->http;
}

/* ---- Failures ---- */

/* The CONNECT is over, one way or the other: no credentials stay behind. */
static void wipe_request(migtask_proxy *proxy)
{
    if (proxy->state == SENDING) {
        migtask_wipe(proxy->buffer, sizeof proxy->buffer);
    }
}

/* The stream is broken; what is put into the writer is the sentence. */
static struct migtask_writer begin_failure(migtask_proxy *proxy, migtask_reason reason)
{
    wipe_request(proxy);
    proxy->state = BROKEN;
    proxy->reason = (uint8_t)reason;
    struct migtask_writer w = {.buf = proxy->buffer, .cap = sizeof proxy->buffer - 1};
    return w;
}

static migtask_io end_failure(migtask_proxy *proxy, const struct migtask_writer *w)
{
    proxy->buffer[w->len] = '\0';
    return MIGTASK_IO_FAILED;
}

/* The stream below failed: its reason is ours, and it is the proxy that its words are about. */
static migtask_io fail_below(migtask_proxy *proxy)
{
    const migtask_stream *lower = &proxy->config.lower;
    const char *sentence = NULL;
    migtask_reason reason = lower->ops->failure(lower->ctx, &sentence);
    struct migtask_writer w = begin_failure(proxy, reason);
    migtask_put_string(&w, "the proxy");
    if (sentence == NULL) {
        migtask_put_string(&w, " ");
        migtask_put_place(&w, &proxy->config.proxy);
        sentence = migtask_reason_name(reason);
    }
    migtask_put_string(&w, ": ");
    migtask_put_string(&w, sentence);
    return end_failure(proxy, &w);
}

/* "BEFORE the proxy's place AFTER" */
static migtask_io fail_saying(migtask_proxy *proxy, migtask_reason reason, const char *before,
                              const char *after)
{
    struct migtask_writer w = begin_failure(proxy, reason);
    migtask_put_string(&w, before);
    migtask_put_place(&w, &proxy->config.proxy);
    migtask_put_string(&w, after);
    return end_failure(proxy, &w);
}

/* Whether the proxy is busy, restarting or cut off at the moment: the same CONNECT may do a little
 * later. Of the 5xx three speak of the request itself or want a person (RFC 6585 section 6). */
static bool is_passing(unsigned status)
{
    switch (status) {
    case 408:
    case 429:
        return true;
    case 501:
    case 505:
    case 511:
        return false;
    default:
        return status >= 500;
    }
}

static migtask_io fail_for_status(migtask_proxy *proxy, unsigned status)
{
    struct migtask_writer w =
        begin_failure(proxy, is_passing(status) ? MIGTASK_CONNECT_FAILED : MIGTASK_PROXY_FAILED);
    const char *scheme = proxy->scheme != NULL ? proxy->scheme
                         : proxy->other_scheme ? "another way than Basic"
                                               : NULL;
    scheme = proxy->takes_basic ? NULL : scheme;
    migtask_refusal_write(&w, &proxy->config, status, scheme);
    proxy->denied = status == 401 || status == 403 || status == 407;
    return end_failure(proxy, &w);
}

/* ---- Opening ---- */

static migtask_io open_lower(migtask_proxy *proxy)
{
    const migtask_stream *lower = &proxy->config.lower;
    migtask_io io = lower->ops->connect(lower->ctx);
    if (io == MIGTASK_IO_FAILED) {
        return fail_below(proxy);
    }
    if (io == MIGTASK_IO_OK) {
        proxy->state = SENDING;
        proxy->phase = MIGTASK_PROXY_ASKING;
    }
    return io;
}

static void begin_reading(migtask_proxy *proxy)
{
    struct migtask_http *http = reader_of(proxy);
    wipe_request(proxy);
    memset(proxy->http, 0, sizeof proxy->http);
    migtask_http_init_connect(http, "\22proxy-authenticate");
    proxy->state = READING;
}

/* Sends the rest of the CONNECT, window by window. */
static migtask_io send_request(migtask_proxy *proxy)
{
    const migtask_stream *lower = &proxy->config.lower;
    for (;;) {
        struct migtask_writer w = {
            .buf = proxy->buffer, .cap = sizeof proxy->buffer, .skip = proxy->sent};
        migtask_connect_write(&w, &proxy->config);
        if (w.len == 0) {
            begin_reading(proxy);
            return MIGTASK_IO_OK;
        }
        size_t sent = 0;
        migtask_io io = lower->ops->send(lower->ctx, proxy->buffer, w.len, &sent);
        if (io != MIGTASK_IO_OK) {
            return io == MIGTASK_IO_WOULD_BLOCK ? io : fail_below(proxy);
        }
        MIGTASK_ASSERT(sent > 0 && sent <= w.len);
        proxy->sent += sent;
    }
}

/* A word of a Proxy-Authenticate header: is it a way to sign in? RFC 9110 section 11.6.1: a name of
 * a scheme stands at the front, or after the comma that ends the challenge before it. */
static void take_scheme(migtask_proxy *proxy, migtask_view word)
{
    /* By their names here: whatever else a proxy says might be a password that it repeats. */
    static const char *const schemes[] = {"Basic",  "NTLM",     "Negotiate",
                                          "Digest", "Kerberos", "Bearer"};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t same = 0;
        while (same < word.len && (word.ptr[same] | 0x20) == (schemes[i][same] | 0x20)) {
            same++;
        }
        if (same == word.len && schemes[i][same] == '\0') {
            proxy->takes_basic |= i == 0;
            proxy->scheme = i == 0 || proxy->scheme != NULL ? proxy->scheme : schemes[i];
            return;
        }
    }
    proxy->other_scheme = true;
}

/* A piece of such a header. */
static void take_challenge(migtask_proxy *proxy, bool last)
{
    const struct migtask_http *http = reader_of(proxy);
    const char *at = http->value;
    const char *end = at + http->value_len;
    bool begins = true;
    while (at < end) {
        const char *word = at;
        while (at < end && (proxy->in_quotes || (*at != ' ' && *at != ','))) {
            proxy->in_quotes ^= *at == '"';
            at++;
        }
        if (begins && at > word && *word != '"') {
            take_scheme(proxy, (migtask_view){word, (size_t)(at - word)});
        }
        if (at < end) {
            begins = *at == ',' || (begins && at == word);
            at++;
        }
    }
    proxy->in_quotes &= !last;
}

/* Bytes of the answer are in the buffer. OK: the connection is open; WOULD_BLOCK: go on reading. */
static migtask_io take_answer(migtask_proxy *proxy, size_t len)
{
    struct migtask_http *http = reader_of(proxy);
    const char *at = proxy->buffer;
    migtask_view body;
    enum migtask_http_event event;
    proxy->answered = true;
    while ((event = migtask_http_read(http, &at, proxy->buffer + len, &body)) <=
           MIGTASK_READ_FIELD) {
        if (event == MIGTASK_READ_MORE) {
            return MIGTASK_IO_WOULD_BLOCK;
        }
        take_challenge(proxy, event == MIGTASK_READ_FIELD);
    }
    switch (event) {
    case MIGTASK_READ_HEADER: /* of the final answer: 200 or more */
        if (http->status >= 300) {
            return fail_for_status(proxy, http->status);
        }
        proxy->at = (size_t)(at - proxy->buffer);
        proxy->end = len;
        proxy->state = OPEN;
        proxy->phase = MIGTASK_PROXY_OPEN;
        return MIGTASK_IO_OK;
    case MIGTASK_READ_TOO_LARGE:
        return fail_saying(proxy, MIGTASK_PROXY_FAILED, "the answer of the proxy ",
                           " is larger than is accepted");
    default:
        return fail_saying(proxy, MIGTASK_PROXY_FAILED, "no proper HTTP came from ",
                           ": is an HTTP proxy there, and is this its port for http://?");
    }
}

static migtask_io read_answer(migtask_proxy *proxy)
{
    const migtask_stream *lower = &proxy->config.lower;
    for (unsigned reads = 0; reads < MOST_READS; reads++) {
        size_t got = 0;
        migtask_io io = lower->ops->recv(lower->ctx, proxy->buffer, sizeof proxy->buffer, &got);
        switch (io) {
        case MIGTASK_IO_OK:
            MIGTASK_ASSERT(got > 0 && got <= sizeof proxy->buffer);
            io = take_answer(proxy, got);
            if (io != MIGTASK_IO_WOULD_BLOCK) {
                return io;
            }
            break;
        case MIGTASK_IO_WOULD_BLOCK:
            return io;
        case MIGTASK_IO_END:
            return fail_saying(proxy, MIGTASK_CONNECTION_LOST, "the proxy ",
                               proxy->answered
                                   ? " closed the connection in the middle of its answer"
                                   : " closed the connection without an answer: is it an HTTP "
                                     "proxy, and does it serve this machine?");
        default:
            return fail_below(proxy);
        }
    }
    return MIGTASK_IO_WOULD_BLOCK;
}

static migtask_io proxy_connect(void *ctx)
{
    migtask_proxy *proxy = ctx;
    migtask_io io = MIGTASK_IO_OK;
    if (proxy->state == CLOSED) {
        proxy->reason = MIGTASK_OK;
        proxy->answered = false;
        proxy->denied = proxy->takes_basic = proxy->other_scheme = proxy->in_quotes = false;
        proxy->scheme = NULL;
        proxy->sent = proxy->at = proxy->end = 0;
        if (proxy->config.lower.ops == NULL) {
            struct migtask_writer w = begin_failure(proxy, MIGTASK_INVALID_CONFIG);
            return end_failure(proxy, &w);
        }
        proxy->state = CONNECTING;
        proxy->phase = MIGTASK_PROXY_CONNECTING;
    }
    if (proxy->state == CONNECTING) {
        io = open_lower(proxy);
    }
    if (proxy->state == SENDING) {
        io = send_request(proxy);
    }
    if (proxy->state == READING) {
        io = read_answer(proxy);
    }
    return proxy->state == BROKEN ? MIGTASK_IO_FAILED : io;
}

/* ---- Open ---- */

static migtask_io proxy_send(void *ctx, const void *data, size_t len, size_t *sent)
{
    const migtask_stream *lower = &((migtask_proxy *)ctx)->config.lower;
    return lower->ops->send(lower->ctx, data, len, sent);
}

/* Servers of TLS do not speak first, so there is hardly ever anything behind the proxy's answer. */
static migtask_io proxy_recv(void *ctx, void *buf, size_t cap, size_t *got)
{
    migtask_proxy *proxy = ctx;
    const migtask_stream *lower = &proxy->config.lower;
    size_t have = proxy->end - proxy->at;
    if (have == 0) {
        return lower->ops->recv(lower->ctx, buf, cap, got);
    }
    size_t take = cap < have ? cap : have;
    memcpy(buf, proxy->buffer + proxy->at, take);
    proxy->at += take;
    *got = take;
    return MIGTASK_IO_OK;
}

static migtask_retained proxy_retained(void *ctx)
{
    const migtask_stream *lower = &((migtask_proxy *)ctx)->config.lower;
    return lower->ops->retained(lower->ctx);
}

static void proxy_close(void *ctx)
{
    migtask_proxy *proxy = ctx;
    if (proxy->state != CLOSED && proxy->config.lower.ops != NULL) {
        proxy->config.lower.ops->close(proxy->config.lower.ctx);
    }
    wipe_request(proxy);
    proxy->state = CLOSED;
}

static migtask_reason proxy_failure(void *ctx, const char **sentence)
{
    migtask_proxy *proxy = ctx;
    const migtask_stream *lower = &proxy->config.lower;
    if (proxy->reason == MIGTASK_OK) { /* it was open */
        return lower->ops->failure(lower->ctx, sentence);
    }
    *sentence = proxy->buffer[0] != '\0' ? proxy->buffer : NULL;
    return (migtask_reason)proxy->reason;
}

/* ---- The object ---- */

/* The host goes into the CONNECT: whatever filled the struct, nothing else may hide in it. */
static bool is_place(const migtask_endpoint *endpoint)
{
    const char *others = endpoint->kind == MIGTASK_HOST_IPV6 ? ":." : "-.";
    return endpoint->port != 0 && migtask_is_word(endpoint->host, MIGTASK_HOST_MAX, others);
}

bool migtask_proxy_init(migtask_proxy *proxy, const migtask_proxy_config *config)
{
    memset(proxy, 0, sizeof *proxy);
    if (config->lower.ops == NULL || !is_place(&config->proxy) || !is_place(&config->target)) {
        return false;
    }
    proxy->config = *config;
    return true;
}

migtask_stream migtask_proxy_stream(migtask_proxy *proxy)
{
    static const migtask_stream_ops ops = {proxy_connect, proxy_send,     proxy_recv,
                                           proxy_close,   proxy_retained, proxy_failure};
    migtask_stream stream = {&ops, proxy};
    return stream;
}

bool migtask_proxy_denied(const migtask_proxy *proxy)
{
    return proxy->denied;
}

migtask_proxy_phase migtask_proxy_phase_of(const migtask_proxy *proxy)
{
    return (migtask_proxy_phase)proxy->phase;
}
