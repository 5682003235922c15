/* What a call promises about its end: outcomes, deadlines, cancelling, faults at every byte. */
#include "support.h"

#include <string.h>

#define BODY_OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
#define BODY_NO                                                                                    \
    "HTTP/1.1 403 Forbidden\r\nX-Request-Id: abc\r\nTransfer-Encoding: chunked\r\n\r\n"            \
    "12\r\n{\"error_code\":\"A\"}\r\n0\r\n\r\n"
#define TOO_LARGE "HTTP/1.1 413 Too Large\r\nContent-Length: 18\r\n\r\n{\"error_code\":\"A\"}"
#define TOO_LARGE_2 "HTTP/1.1 494 Header Too Large\r\nContent-Length: 0\r\n\r\n"

static stream_plan plan_of(const char *response)
{
    return (stream_plan){.response = response, .response_len = strlen(response)};
}

/* The length of the default request on the wire. */
static size_t request_length(void)
{
    trip t;
    stream_plan plan = plan_of(BODY_OK);
    trip_init(&t);
    trip_run(&t, &plan);
    assert_int_equal(migtask_call_outcome(t.call), MIGTASK_ACCEPTED);
    assert_int_equal(t.stream.request_len, t.stream.request_end);
    assert_int_equal(t.stream.count[STREAM_SEND], 3); /* head, token, the rest */
    return t.stream.request_len;
}

/* --- faults at every byte --- */

/* The connection dies when the peer has n bytes of the request: seen by send, by recv, or by an
 * orderly end; with pieces of several sizes. */
static void test_request_dies(void **state)
{
    (void)state;
    static const char *const seen[] = {"send", "recv", "end"};
    size_t len = request_length();
    trip t;
    for (size_t way = 0; way < COUNT_OF(seen); way++) {
        for (size_t n = 0; n <= len; n++) {
            stream_plan plan = {.end = STREAM_LOST, .write_max = n % 3 == 0 ? 7 : 0};
            plan.send_fails = way == 0;
            plan.fails_at = n;
            if (way > 0) {
                /* Nothing of the request past byte n is taken. */
                plan.when = STREAM_EARLY;
                plan.early_at = n;
                plan.send_stuck = true;
                plan.stuck_at = n;
                plan.end = way == 1 ? STREAM_LOST : STREAM_CLOSED;
            }
            trip_init(&t);
            context("the connection dies at byte %zu of the request, seen by %s", n, seen[way]);
            trip_run(&t, &plan);
            trip_expect(&t, n < len ? MIGTASK_NOT_SENT : MIGTASK_UNKNOWN, MIGTASK_CONNECTION_LOST,
                        0);
        }
    }
    end_of_cases();
}

static void test_response_dies(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        migtask_outcome outcome;
        migtask_reason reason;
        int status;
    } answers[] = {
        {BODY_OK, MIGTASK_ACCEPTED, MIGTASK_OK, 200},
        {BODY_NO, MIGTASK_REFUSED, MIGTASK_HTTP_STATUS, 403},
        {"HTTP/1.1 100 Continue\r\n\r\n" BODY_OK, MIGTASK_ACCEPTED, MIGTASK_OK, 200},
    };
    trip t;
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        size_t len = strlen(answers[i].bytes);
        for (size_t n = 0; n <= len; n++) {
            for (stream_end end = STREAM_SILENT; end <= STREAM_LOST; end++) {
                stream_plan plan = plan_of(answers[i].bytes);
                plan.response_len = n;
                plan.end = end;
                trip_init(&t);
                context("answer %zu, end %d after byte %zu", i, (int)end, n);
                trip_run(&t, &plan);
                if (n == len) {
                    trip_expect(&t, answers[i].outcome, answers[i].reason, answers[i].status);
                } else {
                    bool headers = strstr(answers[i].bytes, "\r\n\r\n") != NULL;
                    const char *final =
                        strstr(answers[i].bytes, answers[i].status == 200 ? "200" : "403");
                    headers = n >= (size_t)(strstr(final, "\r\n\r\n") + 4 - answers[i].bytes);
                    trip_expect(&t, MIGTASK_UNKNOWN,
                                end == STREAM_SILENT ? MIGTASK_TIMEOUT : MIGTASK_CONNECTION_LOST,
                                headers ? answers[i].status : 0);
                }
            }
        }
    }
    end_of_cases();
}

/* What a send took may still be held back here: then nothing has left. */
static void test_retained(void **state)
{
    (void)state;
    trip t;
    stream_plan plan = plan_of(BODY_OK);
    trip_init(&t);

    context("held back, pushed out, answered");
    plan.holds = true;
    trip_run(&t, &plan);
    trip_expect(&t, MIGTASK_ACCEPTED, MIGTASK_OK, 200);

    context("held back, the push fails");
    plan.push_fails = true;
    trip_run(&t, &plan);
    trip_expect(&t, MIGTASK_NOT_SENT, MIGTASK_CONNECTION_LOST, 0);

    context("held back, the push hangs until the deadline");
    plan = (stream_plan){.holds = true, .push_stuck = true};
    trip_run(&t, &plan);
    trip_expect(&t, MIGTASK_NOT_SENT, MIGTASK_TIMEOUT, 0);

    context("held back, cancelled");
    trip_begin(&t, &plan);
    trip_reach(&t, MIGTASK_PHASE_WAITING);
    CHECK(migtask_call_outcome(t.call) == MIGTASK_NOT_SENT);
    migtask_call_cancel(t.call);
    trip_expect(&t, MIGTASK_NOT_SENT, MIGTASK_CANCELLED, 0);

    context("held back, pushed out, then lost");
    plan = (stream_plan){.end = STREAM_LOST, .holds = true};
    trip_run(&t, &plan);
    trip_expect(&t, MIGTASK_UNKNOWN, MIGTASK_CONNECTION_LOST, 0);

    context("held back, the peer ends the connection");
    plan = (stream_plan){
        .when = STREAM_EARLY, .end = STREAM_CLOSED, .holds = true, .push_stuck = true};
    plan.early_at = t.stream.request_len;
    trip_run(&t, &plan);
    trip_expect(&t, MIGTASK_NOT_SENT, MIGTASK_CONNECTION_LOST, 0);

    context("held back, yet there is an answer: it cannot be one to this request");
    static const struct {
        const char *bytes;
        migtask_outcome outcome;
        int status;
    } answers[] = {{BODY_OK, MIGTASK_UNKNOWN, 200}, {TOO_LARGE, MIGTASK_REFUSED, 413}};
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        size_t len = plan.early_at;
        plan = plan_of(answers[i].bytes);
        plan.when = STREAM_EARLY;
        plan.early_at = len;
        plan.holds = true;
        plan.push_stuck = true;
        trip_run(&t, &plan);
        trip_expect(&t, answers[i].outcome, migtask_call_reason(t.call), answers[i].status);
    }

    context("held back in short writes, the last push fails");
    plan = (stream_plan){.write_max = 5, .holds = true, .push_fails = true};
    trip_run(&t, &plan);
    trip_expect(&t, MIGTASK_NOT_SENT, MIGTASK_CONNECTION_LOST, 0);
    end_of_cases();
}

/* --- answers that come while the request is still on its way --- */

static void test_early_answer(void **state)
{
    (void)state;
    enum { GOES_ON, SEND_BLOCKS, SEND_FAILS, WAYS };
    static const struct {
        const char *name, *bytes;
        migtask_outcome outcome;
        int reason; /* < 0: any */
        int status;
    } answers[] = {
        {"413", TOO_LARGE, MIGTASK_REFUSED, MIGTASK_HTTP_STATUS, 413},
        {"494", TOO_LARGE_2, MIGTASK_REFUSED, MIGTASK_HTTP_STATUS, 494},
        {"401", BODY_NO, MIGTASK_REFUSED, MIGTASK_HTTP_STATUS, 403},
        {"100, then 413", "HTTP/1.1 100 Continue\r\n\r\n" TOO_LARGE, MIGTASK_REFUSED,
         MIGTASK_HTTP_STATUS, 413},
        {"200", BODY_OK, MIGTASK_UNKNOWN, -1, 200},
        {"204", "HTTP/1.1 204 No Content\r\n\r\n", MIGTASK_UNKNOWN, -1, 204},
        {"500", "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", MIGTASK_UNKNOWN, -1, 500},
        {"malformed", "HTTP/9.9 200 OK\r\n\r\n", MIGTASK_NOT_SENT, MIGTASK_HTTP_MALFORMED, 0},
    };
    size_t len = request_length();
    trip t;
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        for (size_t at = 0; at < len; at += at == len - 1 ? 1 : (len - 1 - at < 50 ? 1 : 50)) {
            for (int way = GOES_ON; way < WAYS; way++) {
                /* Where sending could go on the answer may also be met after the last byte. */
                stream_plan plan = plan_of(answers[i].bytes);
                plan.when = STREAM_EARLY;
                plan.early_at = at;
                plan.write_max = 20;
                plan.end = way == SEND_FAILS ? STREAM_LOST : STREAM_SILENT;
                plan.send_stuck = way == SEND_BLOCKS;
                plan.stuck_at = at;
                plan.send_fails = way == SEND_FAILS;
                plan.fails_at = at;
                plan.sentence = "The peer said no.";
                trip_init(&t);
                context("early %s at byte %zu, way %d", answers[i].name, at, way);
                trip_run(&t, &plan);
                migtask_outcome outcome = migtask_call_outcome(t.call);
                if (outcome == MIGTASK_ACCEPTED && t.stream.request_len < len) {
                    deviation("accepted with %zu of %zu bytes sent", t.stream.request_len, len);
                }
                if (way == GOES_ON && t.stream.request_len == len) {
                    continue; /* then it was no early answer */
                }
                migtask_reason reason = (migtask_reason)answers[i].reason;
                if (answers[i].reason < 0) {
                    reason = migtask_call_reason(t.call);
                } else if (way == SEND_FAILS && reason == MIGTASK_HTTP_MALFORMED &&
                           t.stream.send_failed) {
                    reason = MIGTASK_CONNECTION_LOST; /* the send failed first */
                }
                trip_expect(&t, answers[i].outcome, reason, answers[i].status);
                if (answers[i].outcome == MIGTASK_REFUSED) {
                    CHECK(migtask_call_sentence(t.call) == NULL);
                }
                if (i == 0) {
                    CHECK(same(migtask_call_reply(t.call)->error_code, VIEW("A")));
                }
            }
        }
    }
    end_of_cases();
}

/* Once the head of an early answer is there, nothing more is sent. */
static void test_early_answer_stops(void **state)
{
    (void)state;
    static const char *const answers[] = {TOO_LARGE, BODY_NO, BODY_OK};
    trip t;
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        stream_plan plan = plan_of(answers[i]);
        plan.when = STREAM_EARLY;
        plan.early_at = 40;
        plan.write_max = 5;
        plan.read_max = 10;
        plan.blocks = 1;
        context("early answer %zu in pieces", i);
        trip_init(&t);
        trip_begin(&t, &plan);
        while (migtask_call_reply(t.call)->http_status == 0 && trip_step(&t) != MIGTASK_STEP_DONE) {
        }
        size_t sent = t.stream.request_len;
        CHECK(!stream_double_complete(&t.stream));
        trip_finish(&t);
        CHECK(t.stream.request_len == sent);
        CHECK(migtask_call_outcome(t.call) == (i < 2 ? MIGTASK_REFUSED : MIGTASK_UNKNOWN));
    }
    end_of_cases();
}

/* While sending would block, each wait is one for an answer as well: it was looked for just before.
 */
static void test_waits_for_both(void **state)
{
    (void)state;
    stream_plan plan = {.send_stuck = true, .stuck_at = 50};
    trip t;
    context("sending hangs");
    trip_init(&t);
    trip_begin(&t, &plan);
    trip_reach(&t, MIGTASK_PHASE_SENDING);
    unsigned waits = 0;
    for (int i = 0; i < 40; i++) {
        unsigned reads = t.stream.count[STREAM_RECV];
        if (trip_step(&t) == MIGTASK_STEP_WAITING) {
            waits++;
            CHECK(t.stream.count[STREAM_RECV] == reads + 1);
        }
    }
    CHECK(waits >= 15);
    CHECK(t.stream.count[STREAM_SEND] >= 15);
    end_of_cases();
}

/* An early answer that is cut is none; but once it has said yes, nothing is known any more. */
static void test_early_answer_cut(void **state)
{
    (void)state;
    trip t;
    static const char *const answers[] = {TOO_LARGE, BODY_OK};
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        for (size_t n = 0; n < strlen(answers[i]); n++) {
            for (stream_end end = STREAM_SILENT; end <= STREAM_LOST; end++) {
                stream_plan plan = plan_of(answers[i]);
                plan.response_len = n;
                plan.when = STREAM_EARLY;
                plan.early_at = 100;
                plan.send_stuck = true;
                plan.stuck_at = 100;
                plan.end = end;
                trip_init(&t);
                context("early answer %zu cut at byte %zu, end %d", i, n, (int)end);
                trip_run(&t, &plan);
                bool yes = i == 1 && n >= strlen("HTTP/1.1 200");
                trip_expect(&t, yes ? MIGTASK_UNKNOWN : MIGTASK_NOT_SENT,
                            end == STREAM_SILENT ? MIGTASK_TIMEOUT : MIGTASK_CONNECTION_LOST, -1);
            }
        }
    }
    end_of_cases();
}

/* With a send that fails and nothing of use to read, the send's reason stands. */
static void test_send_fails_then_drained(void **state)
{
    (void)state;
    trip t;
    static const char *const answers[] = {"",
                                          "HTTP/1.1 413 Too",
                                          "HTTP/1.1 100 Continue\r\n\r\n",
                                          "rubbish\r\n\r\n",
                                          "HTTP/1.1 31 4No\r\n\r\n", /* a digit that is none */
                                          "HTTP/1.1 413 No\r\nContent-Length: 5\r\n\r\n1234"};
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        for (stream_end end = STREAM_CLOSED; end <= STREAM_LOST; end++) {
            stream_plan plan = plan_of(answers[i]);
            plan.when = STREAM_EARLY;
            plan.end = end;
            plan.send_fails = true;
            plan.fails_at = 100;
            plan.reason = MIGTASK_TLS_FAILED;
            plan.sentence = "The peer said no.";
            trip_init(&t);
            context("send fails, answer \"%.20s\", end %d", answers[i], (int)end);
            trip_run(&t, &plan);
            trip_expect(&t, MIGTASK_NOT_SENT, MIGTASK_TLS_FAILED, -1);
            CHECK(migtask_call_sentence(t.call) != NULL &&
                  strcmp(migtask_call_sentence(t.call), plan.sentence) == 0);
        }
    }
    end_of_cases();
}

/* After a send that failed nothing more can arrive: a stream that would block is not waited for. */
static void test_send_fails_nothing_there(void **state)
{
    (void)state;
    trip t;
    stream_plan plan = {.blocks = 1, .send_fails = true, .fails_at = 100};
    plan.reason = MIGTASK_TLS_FAILED;
    plan.sentence = "The peer said no.";
    context("send fails, nothing there to read");
    trip_init(&t);
    trip_run(&t, &plan);
    trip_expect(&t, MIGTASK_NOT_SENT, MIGTASK_TLS_FAILED, 0);
    CHECK(t.clock == 5000);
    CHECK(migtask_call_sentence(t.call) == plan.sentence);
    CHECK(!t.stream.failed); /* it was not asked again */
    end_of_cases();
}

/* An early interim answer does not stop the request. */
static void test_early_interim(void **state)
{
    (void)state;
    trip t;
    for (size_t at = 0; at < 300; at += 30) {
        stream_plan plan = plan_of("HTTP/1.1 100 Continue\r\n\r\n");
        plan.when = STREAM_EARLY;
        plan.early_at = at;
        plan.write_max = 10;
        trip_init(&t);
        context("100 at byte %zu", at);
        trip_begin(&t, &plan);
        for (int i = 0;
             i < 200 && !(stream_double_complete(&t.stream) && t.stream.read == plan.response_len);
             i++) {
            trip_step(&t);
        }
        CHECK(stream_double_complete(&t.stream));
        CHECK(t.stream.read == plan.response_len);
        t.stream.plan.response = BODY_OK;
        t.stream.plan.response_len = strlen(BODY_OK);
        t.stream.read = 0;
        trip_finish(&t);
        trip_expect(&t, MIGTASK_ACCEPTED, MIGTASK_OK, 200);
    }
    end_of_cases();
}

/* An answer is early by its first byte: one that began before the request was out is none to it,
 * even if it ends after that. */
static void test_early_by_first_byte(void **state)
{
    (void)state;
    static const char *const answers[] = {
        BODY_OK, "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ("HTTP/1.1 100 Continue\r\n\r\n" BODY_OK)};
    const size_t len = request_length();
    trip t;
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        for (size_t part = 1; part < strlen(answers[i]); part++) {
            for (int blocks = 0; blocks < 2; blocks++) {
                stream_plan plan = plan_of(answers[i]);
                plan.response_len = part;
                plan.when = STREAM_EARLY;
                plan.early_at = 40;
                plan.send_stuck = blocks != 0;
                plan.stuck_at = 200;
                context("answer %zu, %zu bytes of it early, blocks %d", i, part, blocks);
                trip_init(&t);
                trip_begin(&t, &plan);
                for (int n = 0; n < 50 && t.stream.read < part; n++) {
                    trip_step(&t);
                }
                /* Without a wait, too: it is looked for before the last piece goes. */
                CHECK(t.stream.read == part && t.stream.request_len < len);
                t.stream.plan.send_stuck = false;
                for (int n = 0; n < 50 && t.stream.request_len < len; n++) {
                    trip_step(&t);
                }
                bool stopped = migtask_call_reply(t.call)->http_status != 0;
                t.stream.plan.response_len = strlen(answers[i]);
                trip_finish(&t);
                CHECK(stopped || t.stream.request_len == len);
                if (i == 3 && part == strlen("HTTP/1.1 100 Continue\r\n\r\n")) {
                    trip_expect(&t, MIGTASK_ACCEPTED, MIGTASK_OK, 200); /* only that was early */
                } else {
                    trip_expect(&t, MIGTASK_UNKNOWN, MIGTASK_HTTP_STATUS, i == 1 ? 204 : 200);
                }
            }
        }
    }
    end_of_cases();
}

/* An answer that comes while a part of the request is known to be on this side still is early, too:
 * a yes is not believed, a no is. */
static void test_lingers(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        migtask_outcome outcome;
        int status;
    } rows[] = {{BODY_OK, MIGTASK_UNKNOWN, 200},
                {"HTTP/1.1 204 No Content\r\n\r\n", MIGTASK_UNKNOWN, 204},
                {TOO_LARGE, MIGTASK_REFUSED, 413}};
    trip t;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (size_t part = 1; part < strlen(rows[i].answer); part++) {
            stream_plan plan = plan_of(rows[i].answer);
            plan.response_len = part;
            plan.lingers = true;
            context("answer %zu, %zu bytes of it early", i, part);
            trip_init(&t);
            trip_begin(&t, &plan);
            while (t.stream.read < part) {
                trip_step(&t);
            }
            CHECK(migtask_call_outcome(t.call) == MIGTASK_UNKNOWN); /* if it ended now */
            t.stream.plan.lingers = false;
            t.stream.plan.response_len = strlen(rows[i].answer);
            trip_finish(&t);
            trip_expect(&t, rows[i].outcome, MIGTASK_HTTP_STATUS, rows[i].status);
        }
    }
    context("it has left, and then something else waits to go");
    stream_plan plan = plan_of(BODY_OK);
    plan.response_len = 0;
    trip_init(&t);
    trip_begin(&t, &plan);
    trip_reach(&t, MIGTASK_PHASE_WAITING);
    trip_step(&t);
    t.stream.plan.lingers = true;
    t.stream.plan.response_len = strlen(BODY_OK);
    trip_finish(&t);
    trip_expect(&t, MIGTASK_ACCEPTED, MIGTASK_OK, 200);
    end_of_cases();
}

/* Before the last piece it is looked for an answer, unless nothing has left yet: then a look would
 * only send the request in two pieces. A connection that has died is found by that. */
static void test_look_before_the_last_piece(void **state)
{
    (void)state;
    trip t;
    for (int held = 0; held < 2; held++) {
        stream_plan plan = plan_of(BODY_OK);
        plan.holds = held != 0;
        context("a good call, held back %d", held);
        trip_init(&t);
        trip_begin(&t, &plan);
        while (!stream_double_complete(&t.stream) && trip_step(&t) != MIGTASK_STEP_DONE) {
        }
        CHECK(t.stream.count[STREAM_RECV] == (held != 0 ? 0u : 1u));
        trip_finish(&t);
        trip_expect(&t, MIGTASK_ACCEPTED, MIGTASK_OK, 200);
    }
    for (stream_end end = STREAM_CLOSED; end <= STREAM_LOST; end++) {
        stream_plan plan = {.when = STREAM_EARLY, .end = end};
        context("a dead connection, end %d", (int)end);
        trip_init(&t);
        trip_run(&t, &plan);
        trip_expect(&t, MIGTASK_NOT_SENT, MIGTASK_CONNECTION_LOST, 0);
        CHECK(!stream_double_complete(&t.stream));
    }
    end_of_cases();
}

/* A part of what comes next is here before the last piece: that waits until it is known what it is.
 * A ticket says nothing, an answer is none to this request, and one that is not finished keeps the
 * request from being whole. */
static void test_part_before_the_last_piece(void **state)
{
    (void)state;
    trip t;
    for (unsigned parts = 1; parts < 4; parts++) {
        stream_plan plan = plan_of(BODY_OK);
        plan.partial = parts;
        plan.early_at = 100;
        context("a ticket in %u parts", parts);
        trip_init(&t);
        trip_run(&t, &plan);
        trip_expect(&t, MIGTASK_ACCEPTED, MIGTASK_OK, 200);

        plan.when = STREAM_EARLY;
        context("an answer in %u parts", parts);
        trip_init(&t);
        trip_run(&t, &plan);
        trip_expect(&t, MIGTASK_UNKNOWN, MIGTASK_HTTP_STATUS, 200);
        CHECK(!stream_double_complete(&t.stream));
    }
    stream_plan plan = {.partial = 1u << 30, .early_at = 100};
    context("a part that stays one");
    trip_init(&t);
    trip_run(&t, &plan);
    trip_expect(&t, MIGTASK_NOT_SENT, MIGTASK_TIMEOUT, 0);
    CHECK(!stream_double_complete(&t.stream));
    end_of_cases();
}

/* --- deadlines --- */

/* Steps idly and says at which millisecond after the beginning the call ended. */
static uint32_t ends_after(trip *t, const stream_plan *plan, uint32_t start, uint32_t step)
{
    t->clock = start;
    trip_begin(t, plan);
    for (uint32_t passed = 0; passed < 200000; passed += step) {
        t->clock = start + passed;
        for (int i = 0; i < 40; i++) {
            if (trip_step(t) == MIGTASK_STEP_DONE) {
                return passed;
            }
        }
    }
    deviation("no deadline held");
    migtask_call_cancel(t->call);
    return 0;
}

static void test_deadlines(void **state)
{
    (void)state;
    static const uint32_t starts[] = {
        0, 5000, UINT32_MAX - 3, UINT32_MAX - 1500, UINT32_MAX - 2999, UINT32_MAX / 2};
    static const struct {
        const char *name;
        uint32_t total, connect;
        stream_plan plan;
        uint32_t ends;
        migtask_outcome outcome;
    } cases[] = {
        {"connect, its own deadline", 3000, 1000, {.connect_stuck = true}, 1000, MIGTASK_NOT_SENT},
        {"connect, the total is nearer", 700, 1000, {.connect_stuck = true}, 700, MIGTASK_NOT_SENT},
        {"sending hangs at the beginning",
         3000,
         1000,
         {.send_stuck = true},
         3000,
         MIGTASK_NOT_SENT},
        {"sending hangs", 3000, 1000, {.send_stuck = true, .stuck_at = 50}, 3000, MIGTASK_NOT_SENT},
        {"no answer", 3000, 1000, {.response = NULL}, 3000, MIGTASK_UNKNOWN},
        {"half an answer",
         3000,
         1000,
         {.response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{", .response_len = 39},
         3000,
         MIGTASK_UNKNOWN},
        {"the shortest", 1, 1, {.connect_stuck = true}, 1, MIGTASK_NOT_SENT},
    };
    trip t;
    for (size_t s = 0; s < COUNT_OF(starts); s++) {
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
            trip_init(&t);
            t.request.timeout_ms = cases[i].total;
            t.request.connect_timeout_ms = cases[i].connect;
            context("%s, from %lu", cases[i].name, (unsigned long)starts[s]);
            uint32_t end = ends_after(&t, &cases[i].plan, starts[s], 1);
            if (end != cases[i].ends) {
                deviation("ended after %lu ms instead of %lu", (unsigned long)end,
                          (unsigned long)cases[i].ends);
            }
            trip_expect(&t, cases[i].outcome, MIGTASK_TIMEOUT, -1);
        }
    }
    end_of_cases();
}

/* A peer that gives a byte just inside any idle time-out still meets the total. */
static void test_dripping(void **state)
{
    (void)state;
    trip t;
    static const char drip[] =
        "HTTP/1.1 200 OK\r\nX-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    stream_plan plan = plan_of(drip);
    plan.read_max = 1;
    trip_init(&t);
    t.request.timeout_ms = 2000;
    t.tick = 0;
    context("one byte every 90 ms");
    trip_begin(&t, &plan);
    trip_reach(&t, MIGTASK_PHASE_WAITING);
    uint32_t start = t.clock;
    while (trip_step(&t) != MIGTASK_STEP_DONE && t.clock - start < 10000) {
        t.clock += 90;
    }
    CHECK(t.clock - start >= 2000 - 90 && t.clock - start <= 2000 + 90);
    trip_expect(&t, MIGTASK_UNKNOWN, MIGTASK_TIMEOUT, 0);

    context("a send that takes one byte every 90 ms");
    plan.write_max = 1;
    start = t.clock;
    trip_begin(&t, &plan);
    while (trip_step(&t) != MIGTASK_STEP_DONE && t.clock - start < 10000) {
        t.clock += 90;
    }
    CHECK(t.clock - start >= 2000 - 90 && t.clock - start <= 2000 + 90);
    trip_expect(&t, MIGTASK_NOT_SENT, MIGTASK_TIMEOUT, 0);
    end_of_cases();
}

static void test_time_left(void **state)
{
    (void)state;
    trip t;
    stream_plan plan = {.handshake = 5};
    trip_init(&t);
    t.clock = UINT32_MAX - 100;
    uint32_t start = t.clock;
    context("time_left");
    trip_begin(&t, &plan);
    CHECK(migtask_call_time_left(t.call, start) == 10000);
    CHECK(migtask_call_time_left(t.call, start + 1) == 9999);
    CHECK(migtask_call_time_left(t.call, start + 200) == 9800);
    CHECK(migtask_call_time_left(t.call, start + 9999) == 1);
    CHECK(migtask_call_time_left(t.call, start + 10000) == 0);
    CHECK(migtask_call_time_left(t.call, start + 10001) == 0);
    CHECK(migtask_call_time_left(t.call, start + 100000) == 0);
    trip_reach(&t, MIGTASK_PHASE_WAITING);
    CHECK(migtask_call_time_left(t.call, start + 200) == 29800);
    CHECK(migtask_call_time_left(t.call, start + 29999) == 1);
    CHECK(migtask_call_time_left(t.call, start + 30000) == 0);
    migtask_call_cancel(t.call);

    t.request.connect_timeout_ms = 60000;
    trip_begin(&t, &plan);
    CHECK(migtask_call_time_left(t.call, t.clock) == 30000);
    migtask_call_cancel(t.call);

    /* A day is the longest; it passes the middle of the count. */
    t.request.timeout_ms = MIGTASK_TIMEOUT_MAX_MS;
    t.request.connect_timeout_ms = MIGTASK_TIMEOUT_MAX_MS;
    trip_begin(&t, &plan);
    CHECK(migtask_call_time_left(t.call, t.clock) == MIGTASK_TIMEOUT_MAX_MS);
    CHECK(migtask_call_time_left(t.call, t.clock + MIGTASK_TIMEOUT_MAX_MS - 1) == 1);
    CHECK(migtask_call_time_left(t.call, t.clock + MIGTASK_TIMEOUT_MAX_MS) == 0);
    migtask_call_cancel(t.call);
    end_of_cases();
}

/* --- cancelling, phases, first error --- */

static void test_cancel(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        stream_plan plan;
        migtask_phase phase;
        migtask_outcome outcome;
        int status;
    } cases[] = {
        {"connecting", {.connect_stuck = true}, MIGTASK_PHASE_CONNECTING, MIGTASK_NOT_SENT, 0},
        {"sending",
         {.send_stuck = true, .stuck_at = 60},
         MIGTASK_PHASE_SENDING,
         MIGTASK_NOT_SENT,
         0},
        {"waiting", {.response = NULL}, MIGTASK_PHASE_WAITING, MIGTASK_UNKNOWN, 0},
        {"receiving",
         {.response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{", .response_len = 39},
         MIGTASK_PHASE_RECEIVING,
         MIGTASK_UNKNOWN,
         200},
    };
    trip t;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (int moved = 0; moved < 2; moved++) {
            context("cancelled while %s, %d", cases[i].name, moved);
            trip_init(&t);
            trip_begin(&t, &cases[i].plan);
            trip_reach(&t, cases[i].phase);
            for (int n = 0; moved != 0 && n < 30; n++) {
                trip_step(&t);
            }
            CHECK(migtask_call_phase(t.call) == cases[i].phase);
            CHECK(migtask_call_outcome(t.call) == cases[i].outcome);
            CHECK(migtask_call_reason(t.call) == MIGTASK_CANCELLED);
            CHECK(t.stream.closes == 0);
            migtask_call_cancel(t.call);
            trip_expect(&t, cases[i].outcome, MIGTASK_CANCELLED, moved != 0 ? cases[i].status : -1);
            CHECK(migtask_call_phase(t.call) == MIGTASK_PHASE_DONE);
            CHECK(t.stream.closes >= 1);
            CHECK(trip_step(&t) == MIGTASK_STEP_DONE);
            CHECK(migtask_call_time_left(t.call, t.clock + MIGTASK_TIMEOUT_MAX_MS) == 0);
        }
    }

    context("cancelled when done");
    stream_plan plan = plan_of(BODY_OK);
    trip_init(&t);
    trip_run(&t, &plan);
    migtask_call_cancel(t.call);
    trip_expect(&t, MIGTASK_ACCEPTED, MIGTASK_OK, 200);

    context("the first error stays");
    plan = (stream_plan){.connect_fails = true, .reason = MIGTASK_CERTIFICATE_REJECTED};
    trip_run(&t, &plan);
    migtask_call_cancel(t.call);
    t.clock += 100000;
    CHECK(trip_step(&t) == MIGTASK_STEP_DONE);
    trip_expect(&t, MIGTASK_NOT_SENT, MIGTASK_CERTIFICATE_REJECTED, 0);

    context("a timeout stays");
    plan = (stream_plan){.response = NULL};
    trip_run(&t, &plan);
    migtask_call_cancel(t.call);
    trip_expect(&t, MIGTASK_UNKNOWN, MIGTASK_TIMEOUT, 0);
    end_of_cases();
}

static void test_phases(void **state)
{
    (void)state;
    trip t;
    context("phases in order");
    stream_plan plan = plan_of(BODY_OK);
    plan.handshake = 3;
    plan.read_max = 5;
    plan.write_max = 50;
    trip_init(&t);
    trip_begin(&t, &plan);
    bool seen[MIGTASK_PHASE_DONE + 1] = {false};
    migtask_phase last = migtask_call_phase(t.call);
    seen[last] = true;
    CHECK(last == MIGTASK_PHASE_CONNECTING);
    for (int i = 0; i < 10000; i++) {
        migtask_step step = trip_step(&t);
        migtask_phase phase = migtask_call_phase(t.call);
        CHECK(phase >= last);
        seen[phase] = true;
        last = phase;
        if (step == MIGTASK_STEP_DONE) {
            break;
        }
        CHECK(migtask_call_outcome(t.call) ==
              (stream_double_complete(&t.stream) ? MIGTASK_UNKNOWN : MIGTASK_NOT_SENT));
    }
    for (size_t i = 0; i < COUNT_OF(seen); i++) {
        CHECK(seen[i]);
    }

    /* A caller that sleeps on WAITING must get it wherever nothing can move. */
    static const stream_plan stuck[] = {
        {.connect_stuck = true}, {.send_stuck = true, .stuck_at = 33}, {.response = NULL}};
    for (size_t i = 0; i < COUNT_OF(stuck); i++) {
        context("stuck %zu", i);
        trip_begin(&t, &stuck[i]);
        for (int n = 0; n < 400; n++) {
            trip_step(&t);
        }
        bool waits = false;
        for (int n = 0; n < 4; n++) {
            waits = trip_step(&t) == MIGTASK_STEP_WAITING || waits;
        }
        CHECK(waits);
        migtask_call_cancel(t.call);
    }
    end_of_cases();
}

/* --- failures of the stream --- */

static void test_reasons_pass_through(void **state)
{
    (void)state;
    static const migtask_reason reasons[] = {
        MIGTASK_CONNECTION_LOST, MIGTASK_TIMEOUT,       MIGTASK_RESOLVE_FAILED,
        MIGTASK_CONNECT_FAILED,  MIGTASK_TLS_FAILED,    MIGTASK_CERTIFICATE_REJECTED,
        MIGTASK_OUT_OF_MEMORY,   MIGTASK_NO_ENTROPY,    MIGTASK_CLOCK_UNSET,
        MIGTASK_PROXY_FAILED,    MIGTASK_INVALID_CONFIG};
    static const char *const sentences[] = {NULL, "The certificate expired on 2021-01-01."};
    trip t;
    for (size_t i = 0; i < COUNT_OF(reasons); i++) {
        for (size_t s = 0; s < COUNT_OF(sentences); s++) {
            for (int where = 0; where < 3; where++) {
                stream_plan plan = {.end = STREAM_LOST, .reason = reasons[i]};
                plan.sentence = sentences[s];
                plan.connect_fails = where == 0;
                plan.send_fails = where == 1;
                context("%s at %d", migtask_reason_name(reasons[i]), where);
                trip_init(&t);
                trip_run(&t, &plan);
                trip_expect(&t, where == 2 ? MIGTASK_UNKNOWN : MIGTASK_NOT_SENT, reasons[i], 0);
                const char *got = migtask_call_sentence(t.call);
                CHECK(sentences[s] == NULL ? got == NULL
                                           : got != NULL && strcmp(got, sentences[s]) == 0);
            }
        }
    }
    end_of_cases();
}

static void test_invalid_request(void **state)
{
    (void)state;
    trip t;
    stream_plan plan = plan_of(BODY_OK);
    for (int i = 0; i < 9; i++) {
        trip_init(&t);
        migtask_request *r = &t.request;
        static const migtask_endpoint nowhere = {.kind = MIGTASK_HOST_NAME, .port = 443};
        switch (i) {
        case 0:
            r->action.task_id = NONE;
            break;
        case 1:
            r->action.task_id = VIEW("../secret");
            break;
        case 2:
            r->action.operation = MIGTASK_OPERATION_COUNT;
            break;
        case 3:
            r->action.operation = MIGTASK_CLONE_TEST;
            break;
        case 4:
            r->action.template_id = VIEW("\xff");
            break;
        case 5:
            r->endpoint = nowhere;
            break;
        case 6:
            r->token = VIEW("a b");
            break;
        case 7:
            r->timeout_ms = 0;
            break;
        default:
            r->connect_timeout_ms = MIGTASK_TIMEOUT_MAX_MS + 1;
            break;
        }
        context("invalid request %d", i);
        CHECK(migtask_request_check(r) != MIGTASK_CHECK_OK);
        trip_begin(&t, &plan);
        CHECK(migtask_call_phase(t.call) == MIGTASK_PHASE_DONE);
        CHECK(migtask_call_step(t.call, t.clock) == MIGTASK_STEP_DONE);
        migtask_call_cancel(t.call);
        trip_expect(&t, MIGTASK_INVALID, MIGTASK_INVALID_ARGUMENT, 0);
        CHECK(migtask_call_sentence(t.call) == NULL);
        CHECK(t.stream.count[STREAM_CONNECT] == 0 && t.stream.closes == 0);
        trip_check_reply(&t);
    }
    end_of_cases();
}

/* --- the object, the blocking helper --- */

static void test_object_is_reused(void **state)
{
    (void)state;
    trip t;
    trip_init(&t);
    static textbuf full;
    answer(&full, "403 No",
           "X-Request-Id: abc\r\nRetry-After: 9\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
           VIEW("{\"error_code\":\"A\",\"error_msg\":\"B\",\"encoded_authorization_message\":\"C\","
                "\"error_param\":[\"D\"],\"details\":[{\"error_code\":\"E\"}]}"));
    stream_plan plan = plan_of(full.ptr);
    context("the first call of the object");
    trip_run(&t, &plan);
    trip_expect(&t, MIGTASK_REFUSED, MIGTASK_HTTP_STATUS, 403);
    const migtask_reply *r = migtask_call_reply(t.call);
    CHECK(same(r->error_code, VIEW("A")) && r->details_count == 1 && r->error_param_count == 1);

    context("the second, without a wiped object before");
    plan = (stream_plan){.end = STREAM_LOST};
    stream_double_init(&t.stream, &plan);
    migtask_stream stream = stream_double_stream(&t.stream);
    migtask_call_begin(t.call, &stream, &t.request, t.clock);
    r = migtask_call_reply(t.call);
    CHECK(r->http_status == 0 && r->error_code.ptr == NULL && r->request_id.ptr == NULL);
    trip_finish(&t);
    trip_expect(&t, MIGTASK_UNKNOWN, MIGTASK_CONNECTION_LOST, 0);
    r = migtask_call_reply(t.call);
    CHECK(r->error_code.ptr == NULL && r->error_msg.ptr == NULL && r->request_id.ptr == NULL);
    CHECK(r->encoded_authorization_message.ptr == NULL && !r->has_error_param && !r->has_details);
    CHECK(r->retry_after[0] == '\0' && r->date[0] == '\0' && r->truncated == 0);

    context("the third goes well");
    plan = plan_of(BODY_OK);
    stream_double_init(&t.stream, &plan);
    stream = stream_double_stream(&t.stream);
    migtask_call_begin(t.call, &stream, &t.request, t.clock);
    trip_finish(&t);
    trip_expect(&t, MIGTASK_ACCEPTED, MIGTASK_OK, 200);
    CHECK(migtask_call_sentence(t.call) == NULL);
    end_of_cases();
}

/* The stream and the request are copied: the caller's structs may go. */
static void test_begin_copies(void **state)
{
    (void)state;
    trip t;
    stream_plan plan = plan_of(BODY_OK);
    context("structs changed after begin");
    trip_init(&t);
    stream_double_init(&t.stream, &plan);
    migtask_stream stream = stream_double_stream(&t.stream);
    migtask_request request = t.request;
    migtask_call_begin(t.call, &stream, &request, t.clock);
    memset(&stream, 0, sizeof(stream));
    memset(&request, 0, sizeof(request));
    trip_finish(&t);
    trip_expect(&t, MIGTASK_ACCEPTED, MIGTASK_OK, 200);
    end_of_cases();
}

typedef struct wait_log {
    uint32_t now;
    unsigned waits;
    uint32_t longest;
} wait_log;

static uint32_t log_now(void *ctx)
{
    return ((wait_log *)ctx)->now;
}

static void log_wait(void *ctx, uint32_t max_ms)
{
    wait_log *log = ctx;
    CHECK(max_ms >= 1);
    log->waits++;
    log->longest = max_ms > log->longest ? max_ms : log->longest;
    log->now += max_ms > 50 ? 50 : max_ms;
}

static void test_run(void **state)
{
    (void)state;
    trip t;
    wait_log log = {.now = UINT32_MAX - 60};
    migtask_waiter waiter = {log_now, log_wait, &log};
    stream_plan plan = plan_of(BODY_OK);
    plan.blocks = 1;
    plan.handshake = 2;
    context("run");
    trip_init(&t);
    t.clock = log.now;
    trip_begin(&t, &plan);
    CHECK(migtask_call_run(t.call, &waiter) == MIGTASK_ACCEPTED);
    CHECK(migtask_call_phase(t.call) == MIGTASK_PHASE_DONE);
    CHECK(log.waits >= 3);
    CHECK(log.longest <= 30000);

    context("run into the deadline");
    plan = (stream_plan){.response = NULL};
    log = (wait_log){.now = 17};
    t.clock = 17;
    trip_begin(&t, &plan);
    CHECK(migtask_call_run(t.call, &waiter) == MIGTASK_UNKNOWN);
    CHECK(log.now - 17 == 30000);
    trip_expect(&t, MIGTASK_UNKNOWN, MIGTASK_TIMEOUT, 0);

    context("run of a call that is invalid");
    log.waits = 0;
    t.request.token = NONE;
    trip_begin(&t, &plan);
    CHECK(migtask_call_run(t.call, &waiter) == MIGTASK_INVALID);
    CHECK(log.waits == 0);
    end_of_cases();
}

/* --- secrets --- */

static void test_nothing_of_the_token_stays(void **state)
{
    (void)state;
    static textbuf echo;
    static guarded token;
    static const char short_token[] = "Pa55word-Key";
    trip t;
    for (int length = 0; length < 2; length++) {
        const char *secret = length == 0 ? trip_token : short_token;
        for (int i = 0; i < 8; i++) {
            trip_init(&t);
            t.request.token = guarded_copy(&token, migtask_text(secret));
            /* The answer echoes it whole, in a header that is kept, one that is not, and members
             * that are dropped. */
            static textbuf body;
            text_clear(&body);
            text_format(
                &body,
                "{\"x\":\"%s\",\"error_msg\":\"%s, %s\",\"error_code\":\"%s\",\"y\":[\"%s\"]}",
                secret, secret, secret, secret, secret);
            text_clear(&echo);
            text_format(&echo, "HTTP/1.1 403 No\r\nX-Request-Id: %s\r\nX-Echo: %s\r\n", secret,
                        secret);
            text_format(&echo, "Content-Length: %zu\r\n\r\n", body.len + (i == 1 ? 1 : 0));
            text_add(&echo, body.ptr, body.len);
            stream_plan plan = plan_of(echo.ptr);
            plan.end = STREAM_LOST;
            plan.write_max = 11;
            switch (i) {
            case 2:
                plan.send_fails = true;
                plan.fails_at = 160;
                break;
            case 3:
                plan.response_len -= 5;
                break;
            case 4:
                plan.response_len = 60;
                plan.end = STREAM_SILENT;
                break;
            case 5:
                plan.connect_fails = true;
                break;
            default:
                break;
            }
            context("secret %d, case %d", length, i);
            if (i < 6) {
                trip_run(&t, &plan);
            } else {
                /* Cancelled in the middle of the request, and of the answer. */
                plan.read_max = 60;
                trip_begin(&t, &plan);
                trip_reach(&t, i == 6 ? MIGTASK_PHASE_SENDING : MIGTASK_PHASE_RECEIVING);
                for (int n = 0; n < (i == 6 ? 25 : 1); n++) {
                    trip_step(&t);
                }
                CHECK(migtask_call_phase(t.call) ==
                      (i == 6 ? MIGTASK_PHASE_SENDING : MIGTASK_PHASE_RECEIVING));
                migtask_call_cancel(t.call);
            }
            CHECK(migtask_call_phase(t.call) == MIGTASK_PHASE_DONE);
            trip_check_wiped(&t);
        }
    }
    end_of_cases();
}

/* Nor by the headers that are kept as they came, if they hold a part of it. */
static void test_echo_in_kept_headers(void **state)
{
    (void)state;
    static textbuf head, echo;
    trip t;
    static const char *const names[] = {"Retry-After", "Date", "X-Request-Id"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        for (int len = 15; len < 30; len++) {
            text_clear(&head);
            text_format(&head, "%s: %.*s\r\n", names[i], len, trip_token + 5);
            answer(&echo, "429 Too Many", head.ptr, VIEW(""));
            stream_plan plan = plan_of(echo.ptr);
            context("%d bytes of the token in %s", len, names[i]);
            trip_init(&t);
            trip_run(&t, &plan);
            trip_expect(&t, MIGTASK_REFUSED, MIGTASK_HTTP_STATUS, 429);
            trip_check_wiped(&t);
        }
    }
    end_of_cases();
}

/* The token is sent from the caller's memory: no copy of it passes through the object's buffers,
 * so the object has no trace of it while the call is under way either. */
static void test_token_by_reference(void **state)
{
    (void)state;
    trip t;
    stream_plan plan = {.write_max = 9};
    context("by reference");
    trip_init(&t);
    trip_begin(&t, &plan);
    for (int i = 0; i < 300 && migtask_call_phase(t.call) < MIGTASK_PHASE_WAITING; i++) {
        trip_step(&t);
        if (MIGTASK_REPLY_TEXT < 100000 || i % 32 == 0) {
            trip_check_wiped(&t);
        }
    }
    CHECK(migtask_call_phase(t.call) == MIGTASK_PHASE_WAITING);
    migtask_call_cancel(t.call);
    end_of_cases();
}

/* Once it is done, a call does not know where the token lies. */
static void test_token_is_forgotten(void **state)
{
    (void)state;
    stream_plan plan = plan_of(BODY_OK);
    trip t;
    for (int valid = 0; valid < 2; valid++) {
        context("the token's address, request %s", valid ? "valid" : "invalid");
        trip_init(&t);
        const char *token = t.request.token.ptr;
        t.request.timeout_ms = valid ? 1000 : 0;
        trip_begin(&t, &plan);
        CHECK(!valid || memmem(t.call, sizeof *t.call, &token, sizeof token) != NULL);
        if (valid) {
            trip_finish(&t);
        }
        CHECK(migtask_call_outcome(t.call) == (valid ? MIGTASK_ACCEPTED : MIGTASK_INVALID));
        CHECK(memmem(t.call, sizeof *t.call, &token, sizeof token) == NULL);
    }
    end_of_cases();
}

#if MIGTASK_MASK_INDEX
/* The index of the token is the last that is in the object: 16 KiB, used for an answer with a long
 * word in it and then wiped. */
static void test_index_is_wiped(void **state)
{
    (void)state;
    static const char zeros[8192];
    static textbuf echo;
    trip t;
    context("the index of the token");
    text_clear(&echo);
    text_format(&echo, "HTTP/1.1 403 No\r\nContent-Length: 80\r\n\r\n{\"error_msg\":\"%s\"}",
                trip_token);
    stream_plan plan = plan_of(echo.ptr);
    trip_init(&t);
    char *index = (char *)(t.call + 1) - 4096 - sizeof zeros; /* trip_begin() fills what follows */
    memset(index, 0, sizeof zeros);
    trip_begin(&t, &plan);
    trip_finish(&t);
    trip_expect(&t, MIGTASK_REFUSED, MIGTASK_HTTP_STATUS, 403);
    CHECK(same(migtask_call_reply(t.call)->error_msg, VIEW("***")));
    CHECK(memcmp(index, zeros, sizeof zeros) == 0);
    end_of_cases();
}
#endif

static void test_wipe(void **state)
{
    (void)state;
    static guarded area;
    char *memory = guarded_room(&area, 100);
    memset(memory, 7, 100);
    migtask_wipe(memory + 10, 90);
    for (int i = 0; i < 100; i++) {
        CHECK(memory[i] == (i < 10 ? 7 : 0));
    }
    migtask_wipe(memory, 0);
    CHECK(memory[0] == 7);
    end_of_cases();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_dies),
        cmocka_unit_test(test_response_dies),
        cmocka_unit_test(test_retained),
        cmocka_unit_test(test_early_answer),
        cmocka_unit_test(test_early_answer_stops),
        cmocka_unit_test(test_waits_for_both),
        cmocka_unit_test(test_early_answer_cut),
        cmocka_unit_test(test_send_fails_then_drained),
        cmocka_unit_test(test_send_fails_nothing_there),
        cmocka_unit_test(test_early_interim),
        cmocka_unit_test(test_early_by_first_byte),
        cmocka_unit_test(test_lingers),
        cmocka_unit_test(test_look_before_the_last_piece),
        cmocka_unit_test(test_part_before_the_last_piece),
        cmocka_unit_test(test_deadlines),
        cmocka_unit_test(test_dripping),
        cmocka_unit_test(test_time_left),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_phases),
        cmocka_unit_test(test_reasons_pass_through),
        cmocka_unit_test(test_invalid_request),
        cmocka_unit_test(test_object_is_reused),
        cmocka_unit_test(test_begin_copies),
        cmocka_unit_test(test_run),
        cmocka_unit_test(test_nothing_of_the_token_stays),
        cmocka_unit_test(test_echo_in_kept_headers),
        cmocka_unit_test(test_token_by_reference),
        cmocka_unit_test(test_token_is_forgotten),
#if MIGTASK_MASK_INDEX
        cmocka_unit_test(test_index_is_wiped),
#endif
        cmocka_unit_test(test_wipe),
    };
    return cmocka_run_group_tests_name("call", tests, NULL, NULL);
}
