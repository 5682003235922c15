/*
 * A call through port/proxy: the call, the proxy's stream, and below it two stream doubles, one
 * that plays the proxy and one for what is behind it once the proxy's answer has been read.
 */
#include "migtask_proxy.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

#define OPENED "HTTP/1.1 200 Connection established\r\n\r\n"
#define ACCEPTED "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
#define CONNECT "CONNECT sms.example.test:443 HTTP/1.1\r\nHost: sms.example.test:443\r\n"
#define AGENT "User-Agent: migtask/" MIGTASK_VERSION "\r\n\r\n"

/* ---- The stream below: the proxy, then the service ---- */

typedef struct way {
    trip t; /* its request and its call; its stream is the service */
    stream_double proxy_side;
    migtask_proxy proxy;
    unsigned idle;
} way;

/* From the proxy's answer on, all goes to the service. */
static bool is_through(const way *w)
{
    return migtask_proxy_phase_of(&w->proxy) == MIGTASK_PROXY_OPEN &&
           w->proxy_side.read == w->proxy_side.plan.response_len;
}

static migtask_stream now_below(way *w)
{
    return stream_double_stream(is_through(w) ? &w->t.stream : &w->proxy_side);
}

static migtask_io below_connect(void *ctx)
{
    migtask_stream s = stream_double_stream(&((way *)ctx)->proxy_side);
    return s.ops->connect(s.ctx);
}

static migtask_io below_send(void *ctx, const void *data, size_t len, size_t *sent)
{
    migtask_stream s = now_below(ctx);
    return s.ops->send(s.ctx, data, len, sent);
}

static migtask_io below_recv(void *ctx, void *buf, size_t cap, size_t *got)
{
    migtask_stream s = now_below(ctx);
    return s.ops->recv(s.ctx, buf, cap, got);
}

static void below_close(void *ctx)
{
    way *w = ctx;
    migtask_stream s = stream_double_stream(&w->proxy_side);
    s.ops->close(s.ctx);
    w->t.stream.closed = true;
}

static migtask_retained below_retained(void *ctx)
{
    migtask_stream s = now_below(ctx);
    return s.ops->retained(s.ctx);
}

static migtask_reason below_failure(void *ctx, const char **sentence)
{
    migtask_stream s = now_below(ctx);
    return s.ops->failure(s.ctx, sentence);
}

static migtask_stream below(way *w)
{
    static const migtask_stream_ops ops = {below_connect, below_send,     below_recv,
                                           below_close,   below_retained, below_failure};
    return (migtask_stream){&ops, w};
}

/* ---- One way ---- */

static const migtask_endpoint here = {
    .host = {"192.0.2.9", 9}, .port = 3128, .kind = MIGTASK_HOST_IPV4, .address = {192, 0, 2, 9}};

static void way_init(way *w)
{
    trip_init(&w->t);
    migtask_proxy_config config = {
        .lower = below(w), .proxy = here, .target = w->t.request.endpoint};
    assert_true(migtask_proxy_init(&w->proxy, &config));
}

static stream_plan says(const char *answer)
{
    return (stream_plan){.response = answer, .response_len = strlen(answer), .end = STREAM_CLOSED};
}

static void way_begin(way *w, const stream_plan *proxy, const stream_plan *service)
{
    stream_double_init(&w->proxy_side, proxy);
    stream_double_init(&w->t.stream, service);
    w->t.stream.opened = true; /* by the proxy */
    w->idle = 0;
    migtask_stream stream = migtask_proxy_stream(&w->proxy);
    migtask_call_begin(w->t.call, &stream, &w->t.request, w->t.clock);
}

static void way_finish(way *w)
{
    size_t moved = 0;
    for (unsigned steps = 0; migtask_call_step(w->t.call, w->t.clock) != MIGTASK_STEP_DONE;
         steps++) {
        size_t now = w->proxy_side.request_len + w->proxy_side.read + w->t.stream.request_len +
                     w->t.stream.read;
        w->idle = now == moved ? w->idle + 1 : 0;
        moved = now;
        if (w->idle > 64) {
            w->t.clock += migtask_call_time_left(w->t.call, w->t.clock);
        }
        if (steps > 1000000) {
            deviation("the call does not end");
            migtask_call_cancel(w->t.call);
        }
    }
    CHECK(w->proxy_side.closes > 0);
}

static void way_run(way *w, const stream_plan *proxy, const stream_plan *service)
{
    way_begin(w, proxy, service);
    way_finish(w);
}

static bool holds(const char *text, const char *part)
{
    return text != NULL && strstr(text, part) != NULL;
}

static bool memory_holds(const void *memory, size_t len, const char *part)
{
    size_t part_len = strlen(part);
    for (size_t at = 0; at + part_len <= len; at++) {
        if (memcmp((const char *)memory + at, part, part_len) == 0) {
            return true;
        }
    }
    return false;
}

static migtask_view asked(const way *w)
{
    return (migtask_view){w->proxy_side.request, w->proxy_side.request_len};
}

/* ---- What goes out ---- */

/* The service gets the very bytes that it gets without a proxy, and the proxy nothing of them. */
static void test_what_is_said(void **state)
{
    (void)state;
    static way w, direct;
    stream_plan proxy = says(OPENED);
    stream_plan service = says(ACCEPTED);
    trip_init(&direct.t);
    trip_run(&direct.t, &service);
    way_init(&w);
    way_run(&w, &proxy, &service);
    trip_expect(&w.t, MIGTASK_ACCEPTED, MIGTASK_OK, 200);
    CHECK(same(asked(&w), VIEW(CONNECT AGENT)));
    CHECK(w.t.stream.request_len == direct.t.stream.request_len &&
          memcmp(w.t.stream.request, direct.t.stream.request, w.t.stream.request_len) == 0);
    CHECK(migtask_proxy_phase_of(&w.proxy) == MIGTASK_PROXY_OPEN);
    end_of_cases();
}

static void test_targets(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        migtask_host_kind kind;
        uint16_t port;
        const char *authority;
    } cases[] = {
        {"a.example", MIGTASK_HOST_NAME, 443, "a.example:443"},
        {"a.example", MIGTASK_HOST_NAME, 65535, "a.example:65535"},
        {"192.0.2.1", MIGTASK_HOST_IPV4, 8443, "192.0.2.1:8443"},
        {"2001:db8::1", MIGTASK_HOST_IPV6, 443, "[2001:db8::1]:443"},
    };
    static way w;
    static textbuf wanted;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        context("target %s", cases[i].authority);
        way_init(&w);
        w.proxy.config.target = (migtask_endpoint){
            .host = migtask_text(cases[i].host), .port = cases[i].port, .kind = cases[i].kind};
        stream_plan proxy = says(OPENED);
        stream_plan service = says(ACCEPTED);
        way_run(&w, &proxy, &service);
        text_clear(&wanted);
        text_format(&wanted, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n" AGENT, cases[i].authority,
                    cases[i].authority);
        CHECK(same(asked(&w), text_view(&wanted)));
    }
    end_of_cases();
}

/* RFC 4648 section 10, and what is not text. */
static void test_credentials(void **state)
{
    (void)state;
    static const struct {
        migtask_view credentials;
        const char *coded;
    } cases[] = {
        {VIEW(""), ""},
        {VIEW("f"), "Zg=="},
        {VIEW("fo"), "Zm8="},
        {VIEW("foo"), "Zm9v"},
        {VIEW("foob"), "Zm9vYg=="},
        {VIEW("fooba"), "Zm9vYmE="},
        {VIEW("foobar"), "Zm9vYmFy"},
        {VIEW("user:pass word"), "dXNlcjpwYXNzIHdvcmQ="},
        {VIEW("\xFB\xFF\xBF\0"), "+/+/AA=="},
    };
    static way w;
    static textbuf wanted;
    static guarded area;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t write_max = 0; write_max < 3; write_max++) {
            context("credentials %zu, sends of at most %zu", i, write_max);
            way_init(&w);
            w.proxy.config.credentials = guarded_copy(&area, cases[i].credentials);
            stream_plan proxy = says(OPENED);
            stream_plan service = says(ACCEPTED);
            proxy.write_max = write_max;
            way_run(&w, &proxy, &service);
            text_clear(&wanted);
            text_format(&wanted, CONNECT "Proxy-Authorization: Basic %s\r\n" AGENT, cases[i].coded);
            CHECK(same(asked(&w), text_view(&wanted)));
            trip_expect(&w.t, MIGTASK_ACCEPTED, MIGTASK_OK, 200);
        }
    }
    end_of_cases();
}

/* Several windows: every byte once, and nothing of it is left in the object afterwards. */
static void test_long_credentials(void **state)
{
    (void)state;
    static way w;
    static textbuf credentials;
    text_clear(&credentials);
    for (int i = 0; i < 1500; i++) {
        text_put(&credentials, "foo");
    }
    way_init(&w);
    w.proxy.config.credentials = text_view(&credentials);
    stream_plan proxy = says(OPENED);
    stream_plan service = says(ACCEPTED);
    proxy.blocks = 1;
    way_run(&w, &proxy, &service);
    trip_expect(&w.t, MIGTASK_ACCEPTED, MIGTASK_OK, 200);
    size_t before = strlen(CONNECT "Proxy-Authorization: Basic ");
    CHECK(w.proxy_side.request_len == before + 6000 + strlen("\r\n" AGENT));
    for (size_t i = 0; i < 6000; i += 4) {
        CHECK(memcmp(w.proxy_side.request + before + i, "Zm9v", 4) == 0);
    }
    end_of_cases();
}

/* Whatever happens while the CONNECT goes out, nothing of the credentials stays. */
static void test_wiping(void **state)
{
    (void)state;
    static way w;
    stream_plan service = says(ACCEPTED);
    for (size_t at = 0; at < 140; at++) {
        for (int way_out = 0; way_out < 4; way_out++) {
            stream_plan proxy = says(way_out == 3 ? "HTTP/1.1 407 No\r\n\r\n" : OPENED);
            context("way out %d at %zu", way_out, at);
            proxy.send_fails = way_out == 0;
            proxy.fails_at = at;
            proxy.send_stuck = way_out == 1;
            proxy.stuck_at = at;
            way_init(&w);
            w.proxy.config.credentials = VIEW("user:secret"); /* dXNlcjpzZWNyZXQ= */
            way_begin(&w, &proxy, &service);
            if (way_out == 2) {
                (void)migtask_call_step(w.t.call, w.t.clock);
                CHECK(migtask_proxy_phase_of(&w.proxy) == MIGTASK_PROXY_ASKING ||
                      migtask_proxy_phase_of(&w.proxy) == MIGTASK_PROXY_OPEN);
                migtask_call_cancel(w.t.call);
            } else {
                way_finish(&w);
            }
            CHECK(!memory_holds(&w.proxy, sizeof w.proxy, "dXNl"));
            CHECK(!memory_holds(&w.proxy, sizeof w.proxy, "ZWNyZX"));
        }
    }
    end_of_cases();
}

/* ---- What comes back ---- */

static const struct answer_case {
    const char *name;
    const char *answer;
    const char *sentence; /* a part of it; NULL: the connection opens */
    migtask_reason reason;
} answers[] = {
    {"the usual", OPENED, NULL, MIGTASK_OK},
    {"HTTP/1.0", "HTTP/1.0 200 Connection established\r\nProxy-agent: x/1\r\n\r\n", NULL,
     MIGTASK_OK},
    {"no phrase", "HTTP/1.1 200\r\n\r\n", NULL, MIGTASK_OK},
    {"any 2xx", "HTTP/1.1 299 Fine\r\n\r\n", NULL, MIGTASK_OK},
    {"204", "HTTP/1.1 204 No Content\r\n\r\n", NULL, MIGTASK_OK},
    {"a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", NULL, MIGTASK_OK},
    {"lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: x\r\n\r\n", NULL,
     MIGTASK_OK},
    {"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", NULL,
     MIGTASK_OK},
    {"another coding", "HTTP/1.0 200 OK\r\nTransfer-Encoding: gzip\r\nDate: x\r\n\r\n", NULL,
     MIGTASK_OK},
    {"interim", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Wait\r\nX: y\r\n\r\n" OPENED, NULL,
     MIGTASK_OK},
    {"407", "HTTP/1.1 407 Auth\r\nProxy-Authenticate: Basic\r\nContent-Length: 9\r\n\r\nsome text",
     "the proxy 192.0.2.9 port 3128 wants a user and a password (HTTP 407)", MIGTASK_PROXY_FAILED},
    {"NTLM", "HTTP/1.1 407 Auth\r\nproxy-authenticate: NTLM\r\n\r\n",
     "the proxy 192.0.2.9 port 3128 wants a sign-in by NTLM (HTTP 407), and Basic alone",
     MIGTASK_PROXY_FAILED},
    {"Negotiate", "HTTP/1.1 407 A\r\nProxy-Authenticate: Negotiate, NTLM\r\n\r\n",
     "a sign-in by Negotiate (HTTP 407)", MIGTASK_PROXY_FAILED},
    {"Digest, long",
     "HTTP/1.1 407 A\r\nDate: x\r\nProxy-Authenticate: Digest realm=\"a, b\", qop=\"auth\", "
     "nonce=\"0123456789abcdef0123456789abcdef\", opaque=\"0123456789\"\r\n\r\n",
     "a sign-in by Digest (HTTP 407)", MIGTASK_PROXY_FAILED},
    {"one of several",
     "HTTP/1.1 407 A\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: "
     "NTLM\r\nPROXY-AUTHENTICATE: BASIC realm=\"x\"\r\n\r\n",
     "wants a user and a password (HTTP 407)", MIGTASK_PROXY_FAILED},
    {"one of a list", "HTTP/1.1 407 A\r\nProxy-Authenticate: Negotiate, Basic realm=\"x\"\r\n\r\n",
     "wants a user and a password (HTTP 407)", MIGTASK_PROXY_FAILED},
    {"a scheme in quotation marks",
     "HTTP/1.1 407 A\r\nProxy-Authenticate: Digest realm=\"a, Basic b\", x=\", Basic\"\r\n\r\n",
     "a sign-in by Digest (HTTP 407)", MIGTASK_PROXY_FAILED},
    {"a scheme that is not known",
     "HTTP/1.1 407 A\r\nProxy-Authenticate: hunter2 realm=\"x\"\r\n\r\n",
     "a sign-in by another way than Basic (HTTP 407)", MIGTASK_PROXY_FAILED},
    {"no word", "HTTP/1.1 407 A\r\nProxy-Authenticate: \"NTLM\", ,,\r\n\r\n",
     "wants a user and a password (HTTP 407)", MIGTASK_PROXY_FAILED},
    {"in the trailer", "HTTP/1.1 407 A\r\nX: NTLM\r\n\r\nProxy-Authenticate: NTLM\r\n\r\n",
     "wants a user and a password (HTTP 407)", MIGTASK_PROXY_FAILED},
    {"403", "HTTP/1.1 403 No\r\n\r\n",
     "the proxy 192.0.2.9 port 3128 does not allow a connection to sms.example.test port 443",
     MIGTASK_PROXY_FAILED},
    {"401", "HTTP/1.1 401 No\r\n\r\n", "wants a user and a password (HTTP 401)",
     MIGTASK_PROXY_FAILED},
    {"408", "HTTP/1.1 408 Late\r\n\r\n", "(HTTP 408)", MIGTASK_CONNECT_FAILED},
    {"505", "HTTP/1.1 505 No\r\n\r\n", "(HTTP 505)", MIGTASK_PROXY_FAILED},
    {"511", "HTTP/1.1 511 Log in\r\n\r\n", "(HTTP 511)", MIGTASK_PROXY_FAILED},
    {"520", "HTTP/1.1 520 What\r\n\r\n", "(HTTP 520)", MIGTASK_CONNECT_FAILED},
    {"502", "HTTP/1.1 502 Bad\r\n\r\n", "cannot reach sms.example.test port 443 (HTTP 502)",
     MIGTASK_CONNECT_FAILED},
    {"503", "HTTP/1.1 503 Bad\r\nRetry-After: 0\r\n\r\n", "cannot reach", MIGTASK_CONNECT_FAILED},
    {"504", "HTTP/1.1 504 Bad\r\n\r\n", "cannot reach", MIGTASK_CONNECT_FAILED},
    {"400", "HTTP/1.1 400 Bad\r\n\r\n", "(HTTP 400): is it a proxy", MIGTASK_PROXY_FAILED},
    {"404", "HTTP/1.1 404 No\r\n\r\n", "(HTTP 404): is it a proxy", MIGTASK_PROXY_FAILED},
    {"405", "HTTP/1.1 405 No\r\n\r\n", "(HTTP 405): is it a proxy", MIGTASK_PROXY_FAILED},
    {"501", "HTTP/1.1 501 No\r\n\r\n", "(HTTP 501): is it a proxy", MIGTASK_PROXY_FAILED},
    {"302", "HTTP/1.1 302 There\r\nLocation: http://x/\r\n\r\n", "(HTTP 302): see its log",
     MIGTASK_PROXY_FAILED},
    {"429", "HTTP/1.1 429 Slow\r\nRetry-After: 0\r\n\r\n", "(HTTP 429): see its log",
     MIGTASK_CONNECT_FAILED},
    {"500", "HTTP/1.1 500 Bad\r\n\r\n", "(HTTP 500): see its log", MIGTASK_CONNECT_FAILED},
    {"SSH", "SSH-2.0-OpenSSH_9.2\r\n", "no proper HTTP came from 192.0.2.9 port 3128",
     MIGTASK_PROXY_FAILED},
    {"a TLS alert", "\x15\x03\x01\x01\x02\x02\x46", "no proper HTTP", MIGTASK_PROXY_FAILED},
    {"a name that breaks off", "HTTP/1.1 200 OK\r\nX\r\n\r\n", "no proper HTTP",
     MIGTASK_PROXY_FAILED},
    {"101", "HTTP/1.1 101 Switch\r\n\r\n", "no proper HTTP", MIGTASK_PROXY_FAILED},
    {"nothing", "", "closed the connection without an answer", MIGTASK_CONNECTION_LOST},
    {"half", "HTTP/1.1 200 OK\r\nX: y\r\n", "closed the connection in the middle of its answer",
     MIGTASK_CONNECTION_LOST},
    {"only interim", "HTTP/1.1 100 Continue\r\n\r\n", "in the middle of its answer",
     MIGTASK_CONNECTION_LOST},
};

static void judge(way *w, const struct answer_case *c)
{
    const char *sentence = migtask_call_sentence(w->t.call);
    if (c->sentence == NULL) {
        trip_expect(&w->t, MIGTASK_ACCEPTED, MIGTASK_OK, 200);
        return;
    }
    trip_expect(&w->t, MIGTASK_NOT_SENT, c->reason, 0);
    if (!holds(sentence, c->sentence)) {
        deviation("\"%s\" lacks \"%s\"", sentence, c->sentence);
    }
    CHECK(w->t.stream.request_len == 0);
    migtask_retry retry;
    uint32_t pause_ms;
    migtask_retry_init(&retry, 5, 30000, w->t.clock);
    CHECK(migtask_retry_next(&retry, w->t.call, w->t.clock, MIGTASK_NO_DATE, 1, &pause_ms) ==
          (c->reason != MIGTASK_PROXY_FAILED));
    bool denied =
        holds(c->answer, " 407 ") || holds(c->answer, " 403 ") || holds(c->answer, " 401 ");
    CHECK(migtask_proxy_denied(&w->proxy) == denied);
}

static void test_answers(void **state)
{
    (void)state;
    static way w;
    stream_plan service = says(ACCEPTED);
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        stream_plan proxy = says(answers[i].answer);
        for (size_t cut = 0; cut < proxy.response_len; cut++) {
            context("%s, split at %zu", answers[i].name, cut);
            proxy.cut = cut;
            way_init(&w);
            way_run(&w, &proxy, &service);
            judge(&w, &answers[i]);
        }
        proxy.cut = 0;
        for (unsigned n = 0; n < 12; n++) {
            context("%s, by %u", answers[i].name, n);
            proxy.read_max = n % 3;
            proxy.write_max = n % 3 == 2 ? 7 : 0;
            proxy.blocks = service.blocks = n / 3;
            proxy.handshake = n;
            way_init(&w);
            way_run(&w, &proxy, &service);
            judge(&w, &answers[i]);
        }
        service.blocks = 0;
    }
    end_of_cases();
}

static void test_407_with_credentials(void **state)
{
    (void)state;
    static way w;
    stream_plan proxy = says("HTTP/1.1 407 No\r\n\r\n");
    stream_plan service = says(ACCEPTED);
    way_init(&w);
    w.proxy.config.credentials = VIEW("user:secret");
    way_run(&w, &proxy, &service);
    trip_expect(&w.t, MIGTASK_NOT_SENT, MIGTASK_PROXY_FAILED, 0);
    CHECK(holds(migtask_call_sentence(w.t.call), "does not accept this user and password"));
    CHECK(!holds(migtask_call_sentence(w.t.call), "secret"));
    end_of_cases();
}

/* What comes in one piece with the end of the proxy's answer belongs to the peer behind it: no byte
 * of it is lost. An answer that begins there, before the request, is no answer to it; after its
 * header section the request is not completed, so that this service never says the rest. */
static void test_bytes_behind(void **state)
{
    (void)state;
    static way w;
    static char both[200];
    size_t opened = strlen(OPENED), accepted = strlen(ACCEPTED);
    memcpy(both, OPENED ACCEPTED, opened + accepted);
    for (size_t extra = 0; extra < accepted; extra++) {
        context("%zu bytes behind", extra);
        stream_plan proxy = {.response = both, .response_len = opened + extra};
        stream_plan service = {.response = both + opened + extra, .response_len = accepted - extra};
        way_init(&w);
        way_run(&w, &proxy, &service);
        if (extra == 0) {
            trip_expect(&w.t, MIGTASK_ACCEPTED, MIGTASK_OK, 200);
        } else if (extra < accepted - strlen("{}")) {
            trip_expect(&w.t, MIGTASK_UNKNOWN, MIGTASK_HTTP_STATUS, 200);
        } else {
            trip_expect(&w.t, MIGTASK_UNKNOWN, MIGTASK_TIMEOUT, 200); /* it said yes */
        }
    }
    end_of_cases();
}

/* However little of it is asked for at once. */
static void test_bytes_behind_in_pieces(void **state)
{
    (void)state;
    static way w;
    static const char behind[] = "abcdefghij";
    for (size_t cap = 1; cap < 12; cap++) {
        stream_plan proxy = says(OPENED "abcdefghij");
        stream_plan service = {.end = STREAM_SILENT};
        context("pieces of %zu", cap);
        way_init(&w);
        way_begin(&w, &proxy, &service);
        migtask_stream stream = migtask_proxy_stream(&w.proxy);
        CHECK(stream.ops->connect(stream.ctx) == MIGTASK_IO_OK);
        char got[16] = "";
        size_t all = 0, n = 0;
        while (all < strlen(behind) &&
               stream.ops->recv(stream.ctx, got + all, cap, &n) == MIGTASK_IO_OK) {
            CHECK(n > 0 && n <= cap);
            all += n;
        }
        CHECK(strcmp(got, behind) == 0);
        CHECK(stream.ops->recv(stream.ctx, got, cap, &n) == MIGTASK_IO_WOULD_BLOCK);
        stream.ops->close(stream.ctx);
    }
    end_of_cases();
}

/* A header section, interim answers and bytes without end. */
static void test_too_large(void **state)
{
    (void)state;
    static way w;
    static textbuf large;
    stream_plan service = says(ACCEPTED);
    for (int i = 0; i < 3; i++) {
        context("too large %d", i);
        text_clear(&large);
        text_put(&large, i == 0 ? "HTTP/1.1 200 OK\r\nX: " : i == 1 ? "HTTP/1.1 200 OK\r\n" : "");
        text_repeat(&large,
                    i == 0   ? "x"
                    : i == 1 ? "A: b\r\n"
                             : "HTTP/1.1 100 Continue\r\n\r\n",
                    MIGTASK_HEADER_MAX);
        stream_plan proxy = {.response = large.ptr, .response_len = large.len};
        way_init(&w);
        way_run(&w, &proxy, &service);
        trip_expect(&w.t, MIGTASK_NOT_SENT, MIGTASK_PROXY_FAILED, 0);
        CHECK(holds(migtask_call_sentence(w.t.call),
                    "the answer of the proxy 192.0.2.9 port 3128 is larger than is accepted"));
    }
    /* Just fits, and one connect does not read all of it. */
    text_clear(&large);
    text_put(&large, "HTTP/1.1 200 OK\r\nX: ");
    text_repeat(&large, "x", MIGTASK_HEADER_MAX - 24);
    text_put(&large, "\r\n\r\n");
    stream_plan proxy = {.response = large.ptr, .response_len = large.len, .read_max = 100};
    way_init(&w);
    way_begin(&w, &proxy, &service);
    (void)migtask_call_step(w.t.call, w.t.clock);
    CHECK(w.proxy_side.count[STREAM_RECV] > 1 && w.proxy_side.count[STREAM_RECV] <= 32);
    way_finish(&w);
    trip_expect(&w.t, MIGTASK_ACCEPTED, MIGTASK_OK, 200);
    end_of_cases();
}

/* A proxy that takes the connection and says nothing: the connect deadline ends it. */
static void test_silence(void **state)
{
    (void)state;
    static way w;
    stream_plan service = says(ACCEPTED);
    for (size_t said = 0; said < strlen(OPENED); said++) {
        stream_plan proxy = {.response = OPENED, .response_len = said};
        context("silent after %zu", said);
        way_init(&w);
        uint32_t start = w.t.clock;
        way_begin(&w, &proxy, &service);
        way_finish(&w);
        trip_expect(&w.t, MIGTASK_NOT_SENT, MIGTASK_TIMEOUT, 0);
        CHECK(w.t.clock - start == w.t.request.connect_timeout_ms);
        CHECK(migtask_proxy_phase_of(&w.proxy) == MIGTASK_PROXY_ASKING);
    }
    end_of_cases();
}

/* ---- Failures below ---- */

static void test_proxy_not_reached(void **state)
{
    (void)state;
    static way w;
    stream_plan service = says(ACCEPTED);
    static const migtask_reason reasons[] = {MIGTASK_CONNECT_FAILED, MIGTASK_RESOLVE_FAILED,
                                             MIGTASK_CONNECTION_LOST, MIGTASK_OUT_OF_MEMORY};
    for (size_t i = 0; i < COUNT_OF(reasons); i++) {
        stream_plan proxy = {.connect_fails = true,
                             .reason = reasons[i],
                             .sentence = i > 0 ? "connection refused by 192.0.2.9" : NULL};
        context("reason %s", migtask_reason_name(reasons[i]));
        way_init(&w);
        way_run(&w, &proxy, &service);
        trip_expect(&w.t, MIGTASK_NOT_SENT, reasons[i], 0);
        CHECK(holds(migtask_call_sentence(w.t.call),
                    i > 0 ? "the proxy: connection refused by 192.0.2.9"
                          : "the proxy 192.0.2.9 port 3128: connect_failed"));
        CHECK(migtask_proxy_phase_of(&w.proxy) == MIGTASK_PROXY_CONNECTING);
    }
    end_of_cases();
}

/* Each operation on the way fails once: the outcome is the truth, and before the proxy's answer is
 * whole the reason is the proxy's. */
static void test_faults(void **state)
{
    (void)state;
    static way w;
    unsigned through = 0;
    for (unsigned piece = 0; piece < 20; piece += 19) {
        for (unsigned fault = 1; fault < 400; fault++) {
            for (int side = 0; side < 2; side++) {
                stream_plan proxy = says("HTTP/1.1 100 Continue\r\n\r\n" OPENED);
                stream_plan service = says(ACCEPTED);
                proxy.read_max = proxy.write_max = service.read_max = service.write_max = piece;
                proxy.sentence = service.sentence = "it broke";
                (side == 0 ? &proxy : &service)->faults[0] = fault;
                context("side %d, fault %u, pieces of %u", side, fault, piece);
                way_init(&w);
                way_run(&w, &proxy, &service);
                migtask_outcome outcome = migtask_call_outcome(w.t.call);
                const char *sentence = migtask_call_sentence(w.t.call);
                bool sent = stream_double_complete(&w.t.stream);
                CHECK(outcome != MIGTASK_NOT_SENT || !sent);
                CHECK(outcome == MIGTASK_NOT_SENT || sent);
                if (outcome == MIGTASK_ACCEPTED) {
                    through++;
                    continue;
                }
                CHECK(migtask_call_reason(w.t.call) == MIGTASK_CONNECTION_LOST);
                CHECK(holds(sentence, "it broke"));
                CHECK(holds(sentence, "the proxy: ") == (side == 0));
                CHECK(side == 1 || w.t.stream.request_len == 0);
            }
        }
    }
    CHECK(through > 100);
    end_of_cases();
}

/* What the stream below holds back decides as without a proxy. */
static void test_retained(void **state)
{
    (void)state;
    static way w;
    stream_plan proxy = says(OPENED);
    stream_plan service = {.holds = true, .push_fails = true};
    way_init(&w);
    way_run(&w, &proxy, &service);
    trip_expect(&w.t, MIGTASK_NOT_SENT, MIGTASK_CONNECTION_LOST, 0);
    service.holds = false;
    service.faults[0] = 100;
    service.end = STREAM_LOST;
    way_run(&w, &proxy, &service);
    trip_expect(&w.t, MIGTASK_UNKNOWN, MIGTASK_CONNECTION_LOST, 0);
    end_of_cases();
}

/* ---- The object ---- */

static void test_open_again(void **state)
{
    (void)state;
    static way w;
    static const char *const first[] = {OPENED, "HTTP/1.1 407 No\r\n\r\n", "x", "",
                                        OPENED "what is behind"};
    way_init(&w);
    migtask_stream stream = migtask_proxy_stream(&w.proxy);
    CHECK(migtask_proxy_phase_of(&w.proxy) == MIGTASK_PROXY_CLOSED);
    stream.ops->close(stream.ctx);
    for (size_t i = 0; i < COUNT_OF(first); i++) {
        stream_plan proxy = says(first[i]);
        stream_plan service = says(ACCEPTED);
        context("opened again after %zu", i);
        way_begin(&w, &proxy, &service);
        migtask_io io = stream.ops->connect(stream.ctx);
        bool opens = holds(first[i], "200");
        CHECK(io == (opens ? MIGTASK_IO_OK : MIGTASK_IO_FAILED));
        unsigned operations = w.proxy_side.operations;
        CHECK(stream.ops->connect(stream.ctx) == io); /* nothing moves any more */
        CHECK(w.proxy_side.operations == operations);
        stream.ops->close(stream.ctx);
        stream.ops->close(stream.ctx);
        CHECK(w.proxy_side.closes == 1);
        proxy = says("");
        way_run(&w, &proxy, &service);
        trip_expect(&w.t, MIGTASK_NOT_SENT, MIGTASK_CONNECTION_LOST, 0);
        CHECK(holds(migtask_call_sentence(w.t.call), "without an answer"));
        proxy = says(OPENED);
        way_run(&w, &proxy, &service);
        trip_expect(&w.t, MIGTASK_ACCEPTED, MIGTASK_OK, 200);
        CHECK(same(asked(&w), VIEW(CONNECT AGENT)));
    }
    end_of_cases();
}

static void test_init(void **state)
{
    (void)state;
    static way w;
    way_init(&w);
    const migtask_proxy_config good = w.proxy.config;
    for (int i = 0; i < 6; i++) {
        migtask_proxy_config bad = good;
        const char *sentence = "?";
        context("config %d", i);
        bad.lower.ops = i == 0 ? NULL : bad.lower.ops;
        bad.proxy.host = i == 1 ? NONE : bad.proxy.host;
        bad.proxy.port = i == 2 ? 0 : bad.proxy.port;
        bad.target.host = i == 3 ? VIEW("a\r\nX-Evil: b") : i == 4 ? VIEW("a:b") : bad.target.host;
        bad.target.port = i == 5 ? 0 : bad.target.port;
        CHECK(!migtask_proxy_init(&w.proxy, &bad));
        migtask_stream stream = migtask_proxy_stream(&w.proxy);
        CHECK(stream.ops->connect(stream.ctx) == MIGTASK_IO_FAILED);
        CHECK(stream.ops->failure(stream.ctx, &sentence) == MIGTASK_INVALID_CONFIG);
        CHECK(sentence == NULL);
        stream.ops->close(stream.ctx);
    }
    end_of_cases();
}

/* The longest names: the sentence is cut, and ended. */
static void test_long_names(void **state)
{
    (void)state;
    static way w;
    static char name[253];
    memset(name, 'n', sizeof name);
    way_init(&w);
    w.proxy.config.proxy.host = w.proxy.config.target.host = (migtask_view){name, sizeof name};
    stream_plan proxy = says("HTTP/1.1 502 No\r\n\r\n");
    stream_plan service = says(ACCEPTED);
    way_run(&w, &proxy, &service);
    trip_expect(&w.t, MIGTASK_NOT_SENT, MIGTASK_CONNECT_FAILED, 0);
    size_t len = strlen(migtask_call_sentence(w.t.call));
    CHECK(len > 100 && len < MIGTASK_PROXY_BUFFER);
    end_of_cases();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_said),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_credentials),
        cmocka_unit_test(test_long_credentials),
        cmocka_unit_test(test_wiping),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_407_with_credentials),
        cmocka_unit_test(test_bytes_behind),
        cmocka_unit_test(test_bytes_behind_in_pieces),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_proxy_not_reached),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_retained),
        cmocka_unit_test(test_open_again),
        cmocka_unit_test(test_init),
        cmocka_unit_test(test_long_names),
    };
    return cmocka_run_group_tests_name("proxy", tests, NULL, NULL);
}
