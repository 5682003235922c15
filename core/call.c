/*
 * One action on its way: connect, send, receive, done.
 */
#include <string.h>

#include "http_response.h"
#include "json_guard.h"
#include "reply.h"
#include "request.h"

enum call_state { CALL_CONNECTING, CALL_SENDING, CALL_RECEIVING, CALL_DRAINING, CALL_DONE };

struct call {
    uint8_t state;
    uint8_t outcome;
    uint8_t reason;
    bool read_next; /* while sending: the stream would block, see whether an answer is there */
    bool received;  /* a byte of the reply has come */
    bool early;     /* a byte of the message under way came before the request was out */
    bool out;       /* the whole request has left, as far as can be told from here */
    bool looked;    /* for an answer, before the last piece of the request was handed over */
    bool keep;      /* the connection is left open for the next call */
    uint32_t start_ms;
    migtask_stream stream;
    size_t sent;          /* bytes of the request that the stream took */
    size_t request_len;   /* bytes of the request */
    const char *sentence; /* the stream's */
    migtask_request request;
    migtask_reply reply;
    struct migtask_http http;
    struct migtask_guard guard;
    /* Buffers; not cleared by begin. */
    union {
        char bytes[MIGTASK_RX_BUFFER];
        uint32_t tokens[MIGTASK_RX_BUFFER / 4]; /* of the finished reply */
    } rx;
    /* Kept of the reply; before its header is complete, its end is the window of the request:
     * nothing is sent after that, and the headers kept by then do not reach so far. */
    char text[MIGTASK_REPLY_TEXT];
#if MIGTASK_MASK_INDEX
    uint8_t grams[MIGTASK_MASK_GRAMS / 8]; /* of kept_text.h */
#endif
};

_Static_assert(sizeof(struct call) <= sizeof(migtask_call), "MIGTASK_CALL_SIZE is large enough");
_Static_assert(sizeof(migtask_call) - sizeof(struct call) <= 128, "and wastes little");
_Static_assert(_Alignof(struct call) <= _Alignof(migtask_call), "any migtask_call will do");
_Static_assert(MIGTASK_TX_WINDOW + MIGTASK_REQUEST_ID_MAX + 2 * MIGTASK_HEADER_TEXT + 32 <=
                   MIGTASK_REPLY_TEXT,
               "the kept headers and the window of the request do not meet");
#ifndef MIGTASK_CONFIG_HOST
_Static_assert(sizeof(void *) > 4 || sizeof(migtask_call) <= 2048,
               "a call of the mcu configuration has at most 2 KB");
#endif

static struct call *inside(migtask_call *call)
{
    return (struct call *)(void *)call;
}

static const struct call *look_inside(const migtask_call *call)
{
    return (const struct call *)(const void *)call;
}

static bool all_sent(const struct call *call)
{
    return call->sent == call->request_len;
}

static migtask_retained retained(const struct call *call)
{
    return call->stream.ops->retained(call->stream.ctx);
}

/* What is true of a call that ends without an answer. A yes that was cut is none, but whoever says
 * it, however early, may have done something. */
static migtask_outcome without_answer(const struct call *call)
{
    bool handed_over = all_sent(call) && retained(call) < MIGTASK_RETAINED_LATEST;
    bool said_yes = call->http.status >= 200 && call->http.status < 300;
    return handed_over || said_yes ? MIGTASK_UNKNOWN : MIGTASK_NOT_SENT;
}

/* Only what is seen at the time counts: later there may be alerts of TLS that wait to go. */
static void look_whether_out(struct call *call)
{
    call->out |= all_sent(call) && retained(call) == MIGTASK_RETAINED_NONE;
}

/* Closes everything, but for a connection that is kept; the token's traces go with it. */
static void finish(struct call *call, migtask_outcome outcome, migtask_reason reason)
{
    if (call->state == CALL_DRAINING && outcome != MIGTASK_REFUSED) {
        reason = (migtask_reason)call->reason; /* the first error stays */
    }
    call->outcome = (uint8_t)outcome;
    call->reason = (uint8_t)reason;
    call->state = CALL_DONE;
    if (!call->keep) {
        call->stream.ops->close(call->stream.ctx);
    }
#if MIGTASK_MASK_INDEX
    if (call->guard.text.indexed) {
        migtask_wipe(call->grams, sizeof call->grams);
    }
#endif
    migtask_wipe(&call->http, offsetof(struct call, text) - offsetof(struct call, http));
    call->request.token.ptr = NULL;
}

/* From the kept text, which is closed, to the reply. */
static bool read_reply(struct call *call)
{
    const struct migtask_guard *guard = &call->guard;
    call->reply.truncated = guard->truncated;
    return migtask_reply_parse(&call->reply, call->text, guard->text.len, call->rx.tokens);
}

/* What the headers brought stays. */
static void fail(struct call *call, migtask_reason reason)
{
    migtask_guard_drop(&call->guard);
    (void)read_reply(call);
    finish(call, without_answer(call), reason);
}

static void fail_stream(struct call *call)
{
    const char *sentence = NULL;
    migtask_reason reason = call->stream.ops->failure(call->stream.ctx, &sentence);
    if (call->state != CALL_DRAINING) {
        call->sentence = sentence;
    }
    fail(call, reason);
}

/* Whether it was the gateway that refused, before the service saw the request: an error code of its
 * own (one further down may be of what the service asked in turn) that begins with APIGW. or APIG.
 */
static bool is_gateways(migtask_view code)
{
    return code.len >= 5 && code.ptr[-1] == 'a' + MIGTASK_PLACE_ERROR_CODE &&
           memcmp(code.ptr, "APIG", 4) == 0 &&
           (code.ptr[4] == '.' || (code.ptr[4] == 'W' && code.ptr[5] == '.'));
}

/* Whether another call may go over the connection: both sides want it, this message ended by
 * itself, as its body did, with nothing after it, and the request is out. RFC 9112 section 9.3. */
static bool may_stay_open(const struct call *call, bool clear_end)
{
#if MIGTASK_KEEP_OPEN
    return call->request.keep_open && clear_end && call->state == CALL_RECEIVING && !call->early &&
           migtask_http_persists(&call->http);
#else
    (void)call;
    (void)clear_end;
    return false;
#endif
}

/* What stands for an error where no error is, such as {"message":"OK"}, is none. */
static void drop_other(migtask_reply *reply, migtask_view *view, migtask_member member)
{
    if (view->ptr != NULL && view->ptr[-1] >= 'a' + MIGTASK_PLACE_OTHER_CODE) {
        *view = (migtask_view){NULL, 0};
        reply->truncated &= (uint8_t)(0xFFu ^ 1u << member);
    }
}

/* A complete response is there: what does it say? Design section 2. */
static void finish_answer(struct call *call, bool nothing_behind)
{
    struct migtask_guard *guard = &call->guard;
    migtask_reply *reply = &call->reply;
    enum migtask_kind body = migtask_guard_end(guard);
    if (!read_reply(call)) {
        body = MIGTASK_IS_NEITHER;
    }

    migtask_outcome outcome;
    migtask_reason reason = body == MIGTASK_IS_JSON ? MIGTASK_HTTP_STATUS : MIGTASK_BODY_MALFORMED;
    if (reply->http_status < 300) {
        bool readable = body == MIGTASK_IS_JSON || body == MIGTASK_IS_BLANK ||
                        (body == MIGTASK_IS_TEXT && !call->http.markup);
        readable &= !call->http.coded || reply->http_status == 204; /* which has no body */
        outcome = MIGTASK_UNKNOWN;
        reason = readable || guard->no ? MIGTASK_HTTP_STATUS : MIGTASK_BODY_MALFORMED;
        if (readable && !guard->no && !call->early) {
            outcome = MIGTASK_ACCEPTED;
            reason = MIGTASK_OK;
            drop_other(reply, &reply->error_code, MIGTASK_MEMBER_ERROR_CODE);
            drop_other(reply, &reply->error_msg, MIGTASK_MEMBER_ERROR_MSG);
        }
    } else if (reply->http_status < 500 ||
               (reply->http_status == 503 && !call->http.coded && is_gateways(reply->error_code))) {
        outcome = MIGTASK_REFUSED;
    } else {
        outcome = MIGTASK_UNKNOWN;
    }
    if (outcome == MIGTASK_REFUSED || !call->early) {
        call->sentence = NULL;
    }
    call->keep = may_stay_open(call, nothing_behind && body == MIGTASK_IS_JSON);
    finish(call, outcome, reason);
}

/* The headers that are kept, as places of the kept text: both stand in the same order. */
#define FIELD_TO_PLACE (MIGTASK_PLACE_REQUEST_ID - MIGTASK_FIELD_X_REQUEST_ID)
_Static_assert(MIGTASK_FIELD_RETRY_AFTER + FIELD_TO_PLACE == MIGTASK_PLACE_RETRY_AFTER &&
                   MIGTASK_FIELD_DATE + FIELD_TO_PLACE == MIGTASK_PLACE_DATE,
               "the same order");

/* Bytes of the reply have come. */
static void take(struct call *call, size_t len)
{
    const char *at = call->rx.bytes;
    const char *end = at + len;
    migtask_view body;
    call->received = true;
    call->early |= !call->out;
    while (call->state != CALL_DONE) {
        enum migtask_http_event event = migtask_http_read(&call->http, &at, end, &body);
        switch (event) {
        case MIGTASK_READ_MORE:
            if (call->http.position == 0) { /* an interim answer ended here */
                call->early = false;
            }
            return;
        case MIGTASK_READ_VALUE:
        case MIGTASK_READ_FIELD:
            migtask_guard_put(&call->guard, call->http.field + FIELD_TO_PLACE, call->http.value,
                              call->http.value_len, event == MIGTASK_READ_FIELD);
            break;
        case MIGTASK_READ_HEADER:
            call->reply.http_status = call->http.status;
            if (call->state == CALL_SENDING) { /* an answer before the question: no use to go on */
                call->state = CALL_RECEIVING;
            }
            break;
        case MIGTASK_READ_BODY:
            migtask_guard_read(&call->guard, body.ptr, body.len);
            break;
        case MIGTASK_READ_DONE:
            finish_answer(call, at == end);
            break;
        case MIGTASK_READ_MALFORMED:
            fail(call, MIGTASK_HTTP_MALFORMED);
            break;
        case MIGTASK_READ_TOO_LARGE:
            fail(call, MIGTASK_HTTP_TOO_LARGE);
            break;
        }
    }
}

static bool step_receive(struct call *call)
{
    size_t got = 0;
    look_whether_out(call);
    migtask_io io =
        call->stream.ops->recv(call->stream.ctx, call->rx.bytes, sizeof call->rx.bytes, &got);
    switch (io) {
    case MIGTASK_IO_OK:
        MIGTASK_ASSERT(got > 0 && got <= sizeof call->rx.bytes);
        look_whether_out(call); /* that it had left when the answer came is seen here as well */
        take(call, got);
        return true;
    case MIGTASK_IO_PARTIAL:
    case MIGTASK_IO_WOULD_BLOCK:
        /* What has begun to come is waited for, before the rest of the request goes. */
        call->looked &= io != MIGTASK_IO_PARTIAL;
        call->read_next = false;
        if (call->state == CALL_DRAINING) { /* all that had arrived is read, and more cannot come */
            fail(call, MIGTASK_CONNECTION_LOST);
            return true;
        }
        return false;
    case MIGTASK_IO_END:
        if (migtask_http_complete_at_end(&call->http)) {
            finish_answer(call, false);
        } else {
            fail(call, MIGTASK_CONNECTION_LOST);
        }
        return true;
    default:
        fail_stream(call);
        return true;
    }
}

static bool step_send(struct call *call)
{
    if (call->read_next) {
        return step_receive(call);
    }
    struct migtask_writer w = {.buf = call->text + sizeof call->text - MIGTASK_TX_WINDOW,
                               .cap = MIGTASK_TX_WINDOW,
                               .skip = call->sent};
    migtask_request_write(&w, &call->request, call->request.token);
    const char *piece = w.by_ref.ptr != NULL ? w.by_ref.ptr : w.buf;
    size_t len = w.by_ref.ptr != NULL ? w.by_ref.len : w.len;
    size_t sent = 0;
    if (call->sent + len == call->request_len && !call->looked &&
        retained(call) != MIGTASK_RETAINED_ALL) {
        /* Some of the request has left. An answer that has begun by now is none to it, and that can
         * be seen only before the rest goes. */
        call->looked = true;
        return step_receive(call) || call->looked;
    }
    switch (call->stream.ops->send(call->stream.ctx, piece, len, &sent)) {
    case MIGTASK_IO_OK:
        MIGTASK_ASSERT(sent > 0 && sent <= len);
        call->sent += sent;
        if (all_sent(call)) {
            call->state = CALL_RECEIVING;
        }
        return true;
    case MIGTASK_IO_WOULD_BLOCK:
        call->read_next = true;
        return true;
    default: {
        /* A server that refuses early may close while we still write: what it said before is worth
         * reading. */
        const char *sentence = NULL;
        call->reason = (uint8_t)call->stream.ops->failure(call->stream.ctx, &sentence);
        call->sentence = sentence;
        call->state = CALL_DRAINING;
        return true;
    }
    }
}

static bool step_connect(struct call *call)
{
    switch (call->stream.ops->connect(call->stream.ctx)) {
    case MIGTASK_IO_OK:
        call->state = CALL_SENDING;
        return true;
    case MIGTASK_IO_WOULD_BLOCK:
        return false;
    default:
        fail_stream(call);
        return true;
    }
}

void migtask_call_begin(migtask_call *public, const migtask_stream *stream,
                        const migtask_request *request, uint32_t now_ms)
{
    struct call *call = inside(public);
    memset(call, 0, offsetof(struct call, rx));
    call->stream = *stream;
    call->request = *request;
    call->start_ms = now_ms;
    if (migtask_request_check(request) != MIGTASK_CHECK_OK) {
        call->state = CALL_DONE;
        call->outcome = MIGTASK_INVALID;
        call->reason = MIGTASK_INVALID_ARGUMENT;
        call->request.token.ptr = NULL;
        return;
    }
    struct migtask_writer count = {0};
    migtask_request_write(&count, request, request->token);
    call->request_len = count.total;
    migtask_http_init(&call->http);
    migtask_guard_init(&call->guard, request->token, call->text, sizeof call->text);
#if MIGTASK_MASK_INDEX
    call->guard.text.grams = call->grams;
#endif
}

void migtask_call_sink(migtask_call *public, migtask_sink sink, void *ctx)
{
    struct migtask_guard *guard = &inside(public)->guard;
    guard->sink = sink;
    guard->text.sink_ctx = ctx;
}

uint32_t migtask_call_time_left(const migtask_call *public, uint32_t now_ms)
{
    const struct call *call = look_inside(public);
    const migtask_request *request = &call->request;
    uint32_t limit = request->timeout_ms;
    if (call->state == CALL_CONNECTING && request->connect_timeout_ms < limit) {
        limit = request->connect_timeout_ms;
    }
    uint32_t elapsed = now_ms - call->start_ms; /* right across a wrap */
    return elapsed < limit ? limit - elapsed : 0;
}

migtask_step migtask_call_step(migtask_call *public, uint32_t now_ms)
{
    struct call *call = inside(public);
    bool moved = true;
    if (call->state == CALL_DONE) {
        return MIGTASK_STEP_DONE;
    }
    if (migtask_call_time_left(public, now_ms) == 0) {
        fail(call, MIGTASK_TIMEOUT);
    } else if (call->state == CALL_CONNECTING) {
        moved = step_connect(call);
    } else if (call->state == CALL_SENDING) {
        moved = step_send(call);
    } else {
        moved = step_receive(call);
    }
    return call->state == CALL_DONE ? MIGTASK_STEP_DONE
           : moved                  ? MIGTASK_STEP_MOVED
                                    : MIGTASK_STEP_WAITING;
}

void migtask_call_cancel(migtask_call *public)
{
    struct call *call = inside(public);
    if (call->state != CALL_DONE) {
        fail(call, MIGTASK_CANCELLED);
    }
}

migtask_phase migtask_call_phase(const migtask_call *public)
{
    const struct call *call = look_inside(public);
    switch ((enum call_state)call->state) {
    case CALL_CONNECTING:
        return MIGTASK_PHASE_CONNECTING;
    case CALL_SENDING:
        return MIGTASK_PHASE_SENDING;
    case CALL_DONE:
        return MIGTASK_PHASE_DONE;
    default:
        return call->received ? MIGTASK_PHASE_RECEIVING : MIGTASK_PHASE_WAITING;
    }
}

migtask_outcome migtask_call_outcome(const migtask_call *public)
{
    const struct call *call = look_inside(public);
    return call->state == CALL_DONE ? (migtask_outcome)call->outcome : without_answer(call);
}

migtask_reason migtask_call_reason(const migtask_call *public)
{
    const struct call *call = look_inside(public);
    return call->state == CALL_DONE ? (migtask_reason)call->reason : MIGTASK_CANCELLED;
}

const char *migtask_call_sentence(const migtask_call *public)
{
    return look_inside(public)->sentence;
}

const migtask_reply *migtask_call_reply(const migtask_call *public)
{
    return &look_inside(public)->reply;
}
