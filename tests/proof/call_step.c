/*
 * migtask_call_step() in any state that keeps the invariant, over a stream that returns anything
 * its contract allows, at any time. The reader, the guard, the reply and the request stand here by
 * what their own proofs show of them.
 */
#include "call.c"

#include "proof.h"

static struct call call;

/* What really happened, which the call may or may not have noticed. */
static struct {
    size_t taken;  /* bytes of the request that the stream took */
    bool retained; /* and all of the latest are still held back */
    bool lingers;  /* something is known to be on this side still: of them, or TLS's own */
    bool gone;     /* the whole request has left: nothing was on this side at some time after it */
    bool said_yes; /* the status of the message under way is 2xx */
    bool header;   /* the final header section was read */
    bool begun;    /* a byte of the message under way has come */
    bool sure;     /* and before that the request was gone */
    bool complete; /* the response was read to its end */
    bool yes;      /* it has no error code, and a body that can be read */
    bool json;     /* which is JSON */
    /* In this step: */
    bool framed;   /* the response came to the end that its own framing says */
    bool behind;   /* and more had come with it */
    bool persists; /* and the reader was asked whether the connection persists: yes */
    unsigned ops;  /* stream operations */
    unsigned closes;
} real;

static bool handed_over(void)
{
    return real.taken == call.request_len && !real.retained;
}

static void look_whether_gone(void)
{
    real.gone |= handed_over() && !real.lingers;
}

/* ---- a stream ---- */

static migtask_io any_io(bool end)
{
    unsigned io = any_unsigned();
    assume(io <= MIGTASK_IO_FAILED && (end || (io != MIGTASK_IO_END && io != MIGTASK_IO_PARTIAL)));
    real.ops++;
    return (migtask_io)io;
}

static migtask_io any_connect(void *ctx)
{
    (void)ctx;
    prove(call.state == CALL_CONNECTING);
    return any_io(false);
}

static migtask_io any_send(void *ctx, const void *data, size_t len, size_t *sent)
{
    (void)ctx;
    prove(call.state == CALL_SENDING && real.taken < call.request_len);
    prove(len > 0 && __CPROVER_r_ok(data, len));
    migtask_io io = any_io(false);
    if (io == MIGTASK_IO_OK) {
        *sent = any_size();
        assume(*sent >= 1 && *sent <= len);
        real.taken += *sent;
        real.retained = any_bool();
        real.lingers = any_bool();
    }
    return io;
}

static migtask_io any_recv(void *ctx, void *data, size_t room, size_t *got)
{
    (void)ctx;
    prove(call.state != CALL_CONNECTING && call.state != CALL_DONE);
    prove(room > 0 && __CPROVER_w_ok(data, room));
    migtask_io io = any_io(true);
    look_whether_gone();
    real.retained &= any_bool(); /* it pushes out what was held back */
    real.lingers = any_bool();   /* TLS may have something of its own to send */
    look_whether_gone();
    if (io == MIGTASK_IO_OK) {
        *got = any_size();
        assume(*got >= 1 && *got <= room && *got <= EVENTS);
        real.sure = real.begun ? real.sure : real.gone;
        real.begun = true;
    }
    return io;
}

static void any_close(void *ctx)
{
    (void)ctx;
    real.closes++;
}

static migtask_retained any_retained(void *ctx)
{
    (void)ctx;
    return real.retained  ? any_bool() ? MIGTASK_RETAINED_ALL : MIGTASK_RETAINED_LATEST
           : real.lingers ? MIGTASK_RETAINED_SOME
                          : MIGTASK_RETAINED_NONE;
}

static migtask_reason any_failure(void *ctx, const char **sentence)
{
    (void)ctx;
    unsigned reason = any_unsigned();
    assume(reason >= MIGTASK_CONNECTION_LOST && reason < MIGTASK_REASON_COUNT &&
           reason != MIGTASK_TIMEOUT);
    *sentence = any_bool() ? "why" : NULL;
    return (migtask_reason)reason;
}

static const migtask_stream_ops ops = {any_connect, any_send,     any_recv,
                                       any_close,   any_retained, any_failure};

/* ---- what the other parts promise ---- */

/* response.c: events in their order, each but the last moving on in the input. */
enum migtask_http_event migtask_http_read(struct migtask_http *http, const char **at,
                                          const char *end, migtask_view *body)
{
    unsigned event = any_unsigned();
    size_t take = any_size();
    assume(event <= MIGTASK_READ_TOO_LARGE && take <= (size_t)(end - *at));
    assume(implies(event == MIGTASK_READ_MORE, *at + take == end));
    assume(implies(event > MIGTASK_READ_MORE && event<MIGTASK_READ_DONE, take> 0));
    assume(implies(event == MIGTASK_READ_VALUE || event == MIGTASK_READ_FIELD ||
                       event == MIGTASK_READ_HEADER,
                   !real.header));
    assume(implies(event == MIGTASK_READ_BODY || event == MIGTASK_READ_DONE, real.header));
    body->ptr = *at;
    body->len = take;
    *at += take;
    http->field = (uint8_t)any_upto(MIGTASK_FIELD_OTHER);
    http->value_len = any_uint16();
    http->position = (uint8_t)any_upto(UINT8_MAX);
    assume(implies(real.header || event != MIGTASK_READ_MORE, http->position != 0));
    if (http->position == 0) { /* an interim answer ended here */
        real.begun = false;
        http->status = 0;
    } else if (!real.header && any_bool()) {
        http->status = any_uint16();
        assume(http->status <= 599);
    }
    assume(http->field >= MIGTASK_FIELD_X_REQUEST_ID && http->field <= MIGTASK_FIELD_DATE &&
           http->value_len <= sizeof http->value);
    if (event == MIGTASK_READ_HEADER) {
        http->status = any_uint16();
        assume(http->status >= 200 && http->status <= 599);
        http->coded = any_bool();
        http->markup = any_bool();
        real.header = true;
    }
    real.said_yes = http->status >= 200 && http->status <= 299;
    if (event == MIGTASK_READ_DONE) {
        real.complete = real.framed = true;
        real.behind = *at != end;
    }
    return (enum migtask_http_event)event;
}

bool migtask_http_complete_at_end(const struct migtask_http *http)
{
    (void)http;
    bool complete = real.header && any_bool();
    real.complete |= complete;
    return complete;
}

#if MIGTASK_KEEP_OPEN
bool migtask_http_persists(const struct migtask_http *http)
{
    (void)http;
    prove(real.framed); /* it says nothing sooner */
    return real.persists = any_bool();
}
#endif

void migtask_http_init(struct migtask_http *http)
{
    (void)http;
}

/* guard.c: any kept text that fits. */
void migtask_guard_init(struct migtask_guard *guard, migtask_view secret, char *buf, size_t cap)
{
    (void)secret;
    prove(__CPROVER_w_ok(buf, cap));
    guard->no = guard->started = false;
}

void migtask_guard_put(struct migtask_guard *guard, unsigned place, const char *ptr, size_t len,
                       bool last)
{
    (void)last;
    (void)guard;
    prove(place >= MIGTASK_PLACE_REQUEST_ID && place <= MIGTASK_PLACE_DATE && !real.header);
    prove(__CPROVER_r_ok(ptr, len));
}

void migtask_guard_read(struct migtask_guard *guard, const char *ptr, size_t len)
{
    prove(len > 0 && __CPROVER_r_ok(ptr, len) && real.header);
    guard->no |= any_bool();
    guard->started = true;
}

enum migtask_kind migtask_guard_end(struct migtask_guard *guard)
{
    enum migtask_kind kind = (enum migtask_kind)any_upto(MIGTASK_IS_NEITHER);
    guard->text.len = any_upto(sizeof call.text);
    real.json = kind == MIGTASK_IS_JSON;
    real.yes = !guard->no && kind != MIGTASK_IS_NEITHER &&
               !(kind == MIGTASK_IS_TEXT && call.http.markup) &&
               !(call.http.coded && call.reply.http_status != 204);
    return kind;
}

void migtask_guard_drop(struct migtask_guard *guard)
{
    guard->text.len = any_upto(sizeof call.text);
}

bool migtask_reply_parse(migtask_reply *reply, char *json, size_t len,
                         uint32_t tokens[static MIGTASK_REPLY_TOKENS * 5])
{
    prove(__CPROVER_w_ok(json, len) && __CPROVER_w_ok(tokens, MIGTASK_REPLY_TOKENS * 20));
    if (any_bool() && len > 0) { /* its letter stands before it */
        reply->error_code.ptr = json + 1;
        reply->error_code.len = any_upto(len - 1);
    }
    if (any_bool() && len > 0) {
        reply->error_msg.ptr = json + 1;
        reply->error_msg.len = any_upto(len - 1);
    }
    bool good = any_bool();
    real.json &= good;
    real.yes &= good;
    return good;
}

/* request.c: a window that is not empty, of a request that has always the same length. */
void migtask_request_write(struct migtask_writer *w, const migtask_request *request,
                           migtask_view token)
{
    (void)request;
    prove(token.ptr != NULL);
    if (w->buf == NULL) {
        w->total = 1 + any_upto(SIZE_MAX / 2);
        return;
    }
    w->total = call.request_len;
    prove(w->skip < w->total && __CPROVER_w_ok(w->buf, w->cap));
    size_t left = w->total - w->skip;
    if (any_bool()) {
        w->by_ref = token;
        assume(token.len <= left);
    } else {
        w->len = 1 + any_upto((w->cap < left ? w->cap : left) - 1);
    }
}

migtask_check migtask_request_check(const migtask_request *request)
{
    unsigned check = any_unsigned();
    assume(check < MIGTASK_CHECK_COUNT);
    assume(implies(check == MIGTASK_CHECK_OK,
                   request->timeout_ms >= 1 && request->timeout_ms <= MIGTASK_TIMEOUT_MAX_MS &&
                       request->connect_timeout_ms >= 1 &&
                       request->connect_timeout_ms <= MIGTASK_TIMEOUT_MAX_MS));
    return (migtask_check)check;
}

/* ---- the proof ---- */

static bool call_ok(void)
{
    const migtask_request *request = &call.request;
    bool sent_all = call.sent == call.request_len;
    return call.state <= CALL_DONE && call.request_len > 0 && call.sent <= call.request_len &&
           request->timeout_ms >= 1 && request->timeout_ms <= MIGTASK_TIMEOUT_MAX_MS &&
           request->connect_timeout_ms >= 1 &&
           request->connect_timeout_ms <= MIGTASK_TIMEOUT_MAX_MS &&
           implies(call.state == CALL_DONE, call.outcome < MIGTASK_OUTCOME_COUNT) &&
           /* the call knows what happened */
           real.taken == call.sent && real.header == (call.reply.http_status != 0) &&
           implies(real.header, call.reply.http_status >= 200 && call.reply.http_status <= 599) &&
           implies(real.said_yes, real.begun) &&
           implies(call.state != CALL_DONE,
                   real.said_yes == (call.http.status >= 200 && call.http.status <= 299)) &&
           implies(real.header, real.said_yes == (call.reply.http_status <= 299)) &&
           implies(call.out, real.gone) && implies(real.gone, handed_over()) &&
           implies(real.header, real.begun) && implies(real.begun && !call.early, real.sure) &&
           implies(real.begun && real.sure, handed_over()) &&
           /* a response that is complete ends the call, and nothing is sent behind its header */
           implies(call.state != CALL_DONE, !real.complete && call.reply.error_code.ptr == NULL &&
                                                call.reply.error_code.len == 0 &&
                                                call.reply.error_msg.ptr == NULL && !call.keep) &&
           implies(call.state == CALL_CONNECTING, call.sent == 0 && !real.header) &&
           implies(call.state == CALL_SENDING || call.state == CALL_DRAINING, !sent_all) &&
           implies(call.state == CALL_SENDING, !real.header) &&
           implies(call.state == CALL_RECEIVING, sent_all || real.header);
}

/* What an outcome may be: design, section 2. */
static void prove_outcome(void)
{
    unsigned status = call.reply.http_status;
    bool answer = real.complete && real.header;
    switch (call.outcome) {
    case MIGTASK_ACCEPTED:
        prove(answer && status >= 200 && status <= 299 && real.yes);
        prove(real.sure && handed_over());
        prove(call.reason == MIGTASK_OK);
        break;
    case MIGTASK_REFUSED:
        prove(answer && ((status >= 300 && status <= 499) || status == 503));
        break;
    case MIGTASK_NOT_SENT:
        prove(!handed_over() && !real.said_yes);
        break;
    case MIGTASK_UNKNOWN: /* an early answer that is no refusal is unknown, too, and a yes cut */
        prove(handed_over() || answer || real.said_yes);
        break;
    default:
        prove(false);
        break;
    }
    prove(call.reason < MIGTASK_REASON_COUNT);
    prove(implies(call.outcome != MIGTASK_ACCEPTED, call.reason != MIGTASK_OK));
}

/* A stream is left open only behind a complete answer that says where it ends, with nothing behind
 * it, to a request that is out, if both sides want it; in all other ends it is closed once. */
static void prove_closed(bool keep_open)
{
    bool may_stay = MIGTASK_KEEP_OPEN && real.framed && !real.behind && real.json &&
                    handed_over() && !call.early && keep_open && real.persists;
    prove(implies(may_stay, real.sure));
    prove(real.closes == (may_stay ? 0 : 1));
    prove(implies(may_stay, call.outcome == MIGTASK_ACCEPTED || call.outcome == MIGTASK_REFUSED ||
                                call.reason == MIGTASK_HTTP_STATUS ||
                                call.reason == MIGTASK_BODY_MALFORMED));
}

static void any_call(void)
{
    static char token[1];
    __CPROVER_havoc_object(&call);
    __CPROVER_havoc_object(&real);
    call.read_next = any_bool();
    call.received = any_bool();
    call.early = any_bool();
    call.looked = any_bool();
    call.out = any_bool();
    call.guard.no = any_bool();
    call.guard.started = any_bool();
    call.http.coded = any_bool();
    call.http.markup = any_bool();
    call.keep = any_bool();
    call.request.keep_open = any_bool();
    real.retained = any_bool();
    real.lingers = any_bool();
    real.gone = any_bool();
    real.said_yes = any_bool();
    real.header = any_bool();
    real.sure = any_bool();
    real.complete = any_bool();
    real.begun = any_bool();
    real.yes = real.json = false;
    real.framed = real.behind = real.persists = false;
    real.ops = real.closes = 0;
    call.stream.ops = &ops;
    call.stream.ctx = NULL;
    call.request.token.ptr = token;
    call.request.token.len = 1;
    assume(call_ok());
    /* A failed send is the only way here, and has a reason. */
    assume(implies(call.state == CALL_DRAINING, call.reason >= MIGTASK_CONNECTION_LOST &&
                                                    call.reason < MIGTASK_REASON_COUNT &&
                                                    call.reason != MIGTASK_TIMEOUT));
}

void prove_call_begin(void)
{
    static const char token[1];
    migtask_stream stream = {&ops, NULL};
    migtask_request request;
    request.token.ptr = token;
    any_call(); /* whatever stood there before */
    memset(&real, 0, sizeof real);
    migtask_call_begin((migtask_call *)(void *)&call, &stream, &request, any_unsigned());
    prove(real.ops == 0 && real.closes == 0);
    if (call.state == CALL_DONE) {
        prove(call.outcome == MIGTASK_INVALID && call.reason == MIGTASK_INVALID_ARGUMENT);
    } else {
        prove(call_ok() && call.state == CALL_CONNECTING);
    }
}

void prove_call_step(void)
{
    any_call();
    const unsigned state = call.state;
    const unsigned outcome = call.outcome;
    const bool keep_open = call.request.keep_open;
    const uint64_t elapsed = any_upto(UINT32_MAX); /* really */
    const uint32_t now = (uint32_t)((call.start_ms + elapsed) & UINT32_MAX);
    const uint32_t limit = call.request.timeout_ms;
    const uint32_t connect_limit = call.request.connect_timeout_ms;
    bool late = elapsed >= limit || (state == CALL_CONNECTING && elapsed >= connect_limit);

    migtask_step said = migtask_call_step((migtask_call *)(void *)&call, now);

    prove(call_ok());
    prove((said == MIGTASK_STEP_DONE) == (call.state == CALL_DONE));
    prove(real.ops <= 1);
    if (state == CALL_DONE) { /* final */
        prove(real.ops == 0 && real.closes == 0 && call.outcome == outcome);
        return;
    }
    /* No deadline is missed, and none comes too early, whatever the clock does at 2^32. */
    prove(implies(late, call.state == CALL_DONE && real.ops == 0 && real.closes == 1));
    prove(implies(!late,
                  real.ops == 1 && (call.state != CALL_DONE || call.reason != MIGTASK_TIMEOUT)));
    if (call.state == CALL_DONE) {
        prove_outcome();
        prove_closed(keep_open);
        prove(call.request.token.ptr == NULL);
    } else {
        prove(real.closes == 0);
    }
}

void prove_call_cancel(void)
{
    any_call();
    const unsigned state = call.state;
    const unsigned outcome = call.outcome;
    migtask_call_cancel((migtask_call *)(void *)&call);
    prove(call_ok() && call.state == CALL_DONE && real.ops == 0);
    prove(real.closes == (state != CALL_DONE)); /* it is never left open */
    if (state != CALL_DONE) {
        prove_outcome();
        prove(call.outcome == MIGTASK_NOT_SENT || call.outcome == MIGTASK_UNKNOWN);
    } else {
        prove(call.outcome == outcome);
    }
}
