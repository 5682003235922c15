/* Every operation of a stream fails once, and every pair of them: the outcome stays the truth. */
#include "support.h"

#include <string.h>

static const struct {
    const char *name;
    const char *response;
    size_t piece; /* bytes of one send and of one read; 0: no limit */
    bool early;   /* it comes before the request is complete */
    migtask_outcome outcome;
} exchanges[] = {
    {"accepted", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 0, false, MIGTASK_ACCEPTED},
    {"accepted in pieces", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 23, false,
     MIGTASK_ACCEPTED},
    {"refused in chunks",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n"
     "12\r\n{\"error_code\":\"A\"}\r\n0\r\n\r\n",
     31, false, MIGTASK_REFUSED},
    {"refused early", "HTTP/1.1 413 Too Large\r\nContent-Length: 18\r\n\r\n{\"error_code\":\"A\"}",
     29, true, MIGTASK_REFUSED},
};

static stream_plan plan_of(size_t i)
{
    stream_plan plan = {.response = exchanges[i].response,
                        .response_len = strlen(exchanges[i].response),
                        .end = STREAM_CLOSED,
                        .write_max = exchanges[i].piece,
                        .read_max = exchanges[i].piece};
    if (exchanges[i].early) {
        plan.when = STREAM_EARLY;
        plan.early_at = 50;
    }
    return plan;
}

/* What the caller may be told, by what the peer has and has said. */
static void judge(trip *t, size_t i, const stream_plan *plan)
{
    migtask_outcome outcome = migtask_call_outcome(t->call);
    bool sent = stream_double_complete(&t->stream);
    bool answered = t->stream.read == plan->response_len;
    CHECK(outcome == exchanges[i].outcome || outcome == MIGTASK_NOT_SENT ||
          outcome == MIGTASK_UNKNOWN);
    CHECK(outcome != MIGTASK_ACCEPTED || (sent && answered));
    CHECK(outcome != MIGTASK_REFUSED || answered);
    CHECK(outcome != MIGTASK_NOT_SENT || !sent);
    CHECK(outcome != MIGTASK_UNKNOWN || sent);
    CHECK(outcome == exchanges[i].outcome ||
          migtask_call_reason(t->call) == MIGTASK_CONNECTION_LOST);
    CHECK(t->stream.closes > 0);
    trip_check_reply(t);
}

/* How many operations the exchange has when nothing fails. */
static unsigned operations(size_t i)
{
    trip t;
    stream_plan plan = plan_of(i);
    context("%s", exchanges[i].name);
    trip_init(&t);
    trip_run(&t, &plan);
    CHECK(migtask_call_outcome(t.call) == exchanges[i].outcome);
    return t.stream.operations;
}

static void test_every_operation_and_pair(void **state)
{
    (void)state;
    static trip t;
    for (size_t i = 0; i < COUNT_OF(exchanges); i++) {
        unsigned count = operations(i);
        unsigned met = 0;
        assert_true(count > 2);
        for (unsigned first = 1; first <= count; first++) {
            /* Behind a failed send what has arrived is still read, by other operations. */
            for (unsigned second = first; second <= count + 2; second++) {
                stream_plan plan = plan_of(i);
                plan.faults[0] = first;
                plan.faults[1] = second;
                context("%s: operations %u and %u fail", exchanges[i].name, first, second);
                trip_init(&t);
                trip_run(&t, &plan);
                judge(&t, i, &plan);
                met += t.stream.operations >= second && second > first;
            }
        }
        context("%s", exchanges[i].name);
        CHECK(met > 0); /* some pairs were both met */
    }
    end_of_cases();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_operation_and_pair),
    };
    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
