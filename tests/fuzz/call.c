/*
 * Fuzz target: a call over a stream that breaks its operations into any pieces and fails at any of
 * them. Judged by what the stream knows: whether the request's last byte was handed over.
 *
 * Input: a byte that chooses the request, a byte that says how long the script is, the script (a
 * byte an operation, see obey()), the answer.
 */
#include <string.h>

#include "judge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
    trip t;
    migtask_stream lower; /* the stream double's */
    const uint8_t *at, *end;
    size_t response_len;
    bool cancel; /* is due */
    bool cancelled;
    bool broke; /* the script failed an operation or ended the stream */
} play;

/* What the script says about this operation, as a plan of the stream double. */
static void obey(int operation)
{
    stream_double *stream = &play.t.stream;
    stream_plan *plan = &stream->plan;
    unsigned order = play.at < play.end ? *play.at++ : 0;
    unsigned number = order % 16;
    plan->blocks = 0;
    plan->read_max = plan->write_max = 0;
    plan->response_len = play.response_len;
    plan->holds = stream->held;
    if (order < 0x80) { /* at most so many bytes; 0: as it comes */
        plan->read_max = plan->write_max = order;
    } else if (order < 0xa0) {
        plan->blocks = UINT32_MAX;
        play.t.clock += order < 0x90 ? 0 : 1000 * number;
    } else if (order < 0xb0) {
        play.broke = true;
        plan->connect_fails = true;
        plan->send_fails = true;
        plan->fails_at = stream->request_len;
        plan->response_len = stream->read;
        plan->when = STREAM_EARLY;
        plan->early_at = 0;
        plan->end = number % 2 != 0 ? STREAM_CLOSED : STREAM_LOST;
    } else if (order < 0xc0) { /* the answer can be read now */
        plan->when = STREAM_EARLY;
        plan->early_at = 0;
    } else if (order < 0xd0) {
        plan->holds = operation == STREAM_SEND;
        plan->push_fails = number == 1;
        plan->push_stuck = number == 2;
        play.broke |= plan->push_fails;
    } else if (order < 0xe0) {
        play.cancel = true;
    } else {
        play.t.clock += 4000 * number;
    }
}

static migtask_io play_connect(void *ctx)
{
    (void)ctx;
    obey(STREAM_CONNECT);
    return play.lower.ops->connect(play.lower.ctx);
}

static migtask_io play_send(void *ctx, const void *data, size_t len, size_t *sent)
{
    (void)ctx;
    obey(STREAM_SEND);
    return play.lower.ops->send(play.lower.ctx, data, len, sent);
}

static migtask_io play_recv(void *ctx, void *buf, size_t cap, size_t *got)
{
    (void)ctx;
    obey(STREAM_RECV);
    return play.lower.ops->recv(play.lower.ctx, buf, cap, got);
}

static void play_close(void *ctx)
{
    (void)ctx;
    play.lower.ops->close(play.lower.ctx);
}

static migtask_retained play_retained(void *ctx)
{
    (void)ctx;
    return play.lower.ops->retained(play.lower.ctx);
}

static migtask_reason play_failure(void *ctx, const char **sentence)
{
    (void)ctx;
    return play.lower.ops->failure(play.lower.ctx, sentence);
}

/* Whether a status of 2xx began somewhere in what was received, be it whole or not. */
static bool began_a_yes(const trip *t)
{
    for (size_t i = 0; i + 10 <= t->stream.plan.response_len; i++) {
        const char *at = t->stream.plan.response + i;
        if (memcmp(at, "HTTP/1.", 7) == 0 && at[8] == ' ' && at[9] == '2') {
            return true;
        }
    }
    return false;
}

/* The table of design section 2. */
static void judge_truth(uint32_t start_ms)
{
    trip *t = &play.t;
    migtask_outcome outcome = migtask_call_outcome(t->call);
    migtask_reason reason = migtask_call_reason(t->call);
    unsigned status = migtask_call_reply(t->call)->http_status;
    bool handed_over = stream_double_complete(&t->stream) && !t->stream.held;
    bool answered = status != 0 && (reason == MIGTASK_OK || reason == MIGTASK_HTTP_STATUS ||
                                    reason == MIGTASK_BODY_MALFORMED);
    CHECK(t->stream.request_end == 0 || t->stream.request_len <= t->stream.request_end);
    switch (outcome) {
    case MIGTASK_ACCEPTED:
    case MIGTASK_REFUSED:
        CHECK(answered);
        CHECK(outcome != MIGTASK_ACCEPTED || handed_over);
        break;
    case MIGTASK_NOT_SENT:
        CHECK(!handed_over && !answered);
        break;
    case MIGTASK_UNKNOWN: /* or an early answer that is no clear no */
        CHECK(handed_over || began_a_yes(t) || status >= 500);
        break;
    default:
        deviation("outcome %d", (int)outcome);
        break;
    }
    CHECK(reason != MIGTASK_TIMEOUT || t->clock - start_ms >= t->request.connect_timeout_ms);
    CHECK(reason != MIGTASK_CANCELLED || play.cancelled);
    CHECK(reason != MIGTASK_CONNECTION_LOST || play.broke || t->stream.plan.end != STREAM_SILENT);
}

/* Every byte that was sent is one of the request as it goes out undisturbed. */
static void judge_request(void)
{
    static textbuf good;
    static trip whole;
    stream_plan plan = {0};
    whole.request = play.t.request;
    whole.call = play.t.call;
    trip_run(&whole, &plan);
    CHECK(whole.stream.request_len == whole.stream.request_end);
    text_clear(&good);
    text_add(&good, whole.stream.request, whole.stream.request_len);
    CHECK(play.t.stream.request_len <= good.len &&
          memcmp(good.ptr, play.t.stream.request, play.t.stream.request_len) == 0);
}

static void choose_request(unsigned choice)
{
    static textbuf token;
    migtask_request *request = &play.t.request;
    text_clear(&token);
    for (size_t part = 0; part < 255 && choice % 4 == 3; part++) {
        text_format(&token, "%zu", part * 7919);
        text_put(&token, trip_token);
    }
    if (choice % 4 != 0) {
        static const size_t lengths[] = {0, 1, 15, 16384};
        text_put(&token, trip_token);
        request->token = (migtask_view){token.ptr, lengths[choice % 4]};
    }
    if (choice & 4) {
        request->action.template_id = VIEW("a\"\\\n\xc3\xa9\x7f\xf0\x9f\x98\x80");
        request->action.switch_hce = request->action.consistency_check = true;
    }
    play.t.tick = (choice & 8) != 0 ? 40 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const migtask_stream_ops ops = {.connect = play_connect,
                                           .send = play_send,
                                           .recv = play_recv,
                                           .close = play_close,
                                           .retained = play_retained,
                                           .failure = play_failure};
    static const stream_end ends[] = {STREAM_LOST, STREAM_CLOSED, STREAM_SILENT, STREAM_LOST};
    static guarded area;
    trip *t = &play.t;
    if (size < 2 || (size_t)data[1] + 2 > size) {
        return 0;
    }
    play.at = data + 2;
    play.end = play.at + data[1];
    migtask_view response =
        guarded_copy(&area, (migtask_view){(const char *)play.end, size - 2 - data[1]});
    play.response_len = response.len;
    play.cancel = play.cancelled = play.broke = false;
    stream_plan plan = {
        .response = response.ptr, .response_len = response.len, .end = ends[data[0] >> 4 & 3]};
    trip_init(t);
    choose_request(data[0]);
    trip_begin(t, &plan);
    play.lower = stream_double_stream(&t->stream);
    migtask_stream stream = {&ops, &play};
    uint32_t start_ms = t->clock;
    migtask_call_begin(t->call, &stream, &t->request, start_ms);
    while (play.at < play.end && trip_step(t) != MIGTASK_STEP_DONE) {
        if (play.cancel) {
            play.cancelled = true;
            migtask_call_cancel(t->call);
        }
    }
    trip_finish(t);
    judge_end(t);
    judge_truth(start_ms);
    judge_request();
    end_of_cases();
    return 0;
}
