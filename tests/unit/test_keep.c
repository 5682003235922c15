/* When a call leaves its connection open for the next one, and what it asks the server for. */
#include "support.h"

#include <string.h>

#define OK_1_1 "HTTP/1.1 200 OK\r\n"
#define EMPTY "Content-Length: 0\r\n\r\n"
/* Longer than what the reader keeps of a value at once, its end by itself a keep-alive. */
#define LONG_VALUE "x-abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-abcdefgkeep-alive"

static const struct {
    const char *response;
    int status;
    bool stays; /* where the request wants it */
} answers[] = {
    {OK_1_1 EMPTY, 200, true},
    {OK_1_1 "Connection: keep-alive\r\nContent-Length: 2\r\n\r\n{}", 200, true},
    {OK_1_1 "connection:  Keep-Alive \r\n" EMPTY, 200, true},
    {"HTTP/1.1 204 No Content\r\n\r\n", 204, true},
    {"HTTP/1.1 304 Not Modified\r\n" EMPTY, 304, true},
    {OK_1_1 "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 200, true},
    {OK_1_1 "Transfer-Encoding: chunked\r\n\r\n0\r\nConnection: close\r\n\r\n", 200, true},
    {"HTTP/1.1 403 No\r\nContent-Length: 18\r\n\r\n{\"error_code\":\"A\"}", 403, true},
    {"HTTP/1.1 500 No\r\nContent-Length: 3\r\n\r\n[0]", 500, true},

    {OK_1_1 "Connection: close\r\n" EMPTY, 200, false},
    {OK_1_1 "Connection: keep-alive, close\r\n" EMPTY, 200, false},
    {OK_1_1 "Connection: keep-alive\r\nConnection: close\r\n" EMPTY, 200, false},
    {OK_1_1 "Connection: close\r\nConnection: keep-alive\r\n" EMPTY, 200, false},
    {OK_1_1 "Connection: keep-alive, keep-alive\r\n" EMPTY, 200, false},
    {OK_1_1 "Connection: upgrade\r\n" EMPTY, 200, false},
    {OK_1_1 "Connection:\r\n" EMPTY, 200, false},
    {OK_1_1 "Connection: " LONG_VALUE "\r\n" EMPTY, 200, false},
    {"HTTP/1.0 200 OK\r\n" EMPTY, 200, false},
    /* any doubt about where the message ends */
    {"HTTP/1.1 204 No Content\r\nContent-Length: 1\r\n\r\n", 204, false},
    {"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", 204, false},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, false},
    {"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", 304, false},
    {"HTTP/1.1 100 Continue\r\n\r\n" OK_1_1 EMPTY, 200, false},
    {"HTTP/1.1 103 Hints\r\nContent-Length: 9\r\n\r\n" OK_1_1 EMPTY, 200, false},
    {"HTTP/1.1 500 No\r\nContent-Length: 3\r\n\r\n{x}", 500, false},
    {"HTTP/1.1 403 No\r\nContent-Length: 17\r\n\r\n{\"error_code\":\"A\"", 403, false},
    {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" EMPTY, 200, false},
};

/* One call; returns whether the stream was left open. */
static bool stays_after(trip *t, const stream_plan *plan)
{
    trip_run(t, plan);
    CHECK(t->stream.closes <= 1);
    return t->stream.closes == 0;
}

static void test_which_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        size_t len = strlen(answers[i].response);
        for (size_t cut = 0; cut < 2 * len; cut++) {
            trip t;
            stream_plan plan = {.response = answers[i].response, .response_len = len};
            plan.cut = cut % len;
            plan.read_max = cut == 0 ? 1 : 0;
            trip_init(&t);
            t.request.keep_open = cut < len;
            context("answer %zu, cut at %zu, keep_open %d", i, plan.cut, t.request.keep_open);
            bool stays = stays_after(&t, &plan);
            CHECK(migtask_call_reply(t.call)->http_status == answers[i].status);
            CHECK(stays == (MIGTASK_KEEP_OPEN && t.request.keep_open && answers[i].stays));
        }
    }
    end_of_cases();
}

/* What a Connection header says is read and kept nowhere: every member of the body has its place.
 */
static void test_members_stay(void **state)
{
    (void)state;
    static const char *const values[] = {"close", "keep-alive", LONG_VALUE};
    static textbuf response;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        trip t;
        text_clear(&response);
        text_format(
            &response,
            "HTTP/1.1 403 No\r\nConnection: %s\r\nX-Request-Id: abc\r\nContent-Length: 52\r\n\r\n"
            "{\"error_param\":[\"p\"],\"details\":[{\"error_code\":\"d\"}]}",
            values[i]);
        stream_plan plan = {.response = response.ptr, .response_len = response.len};
        trip_init(&t);
        t.request.keep_open = true;
        context("Connection: %s", values[i]);
        trip_run(&t, &plan);
        trip_expect(&t, MIGTASK_REFUSED, MIGTASK_HTTP_STATUS, 403);
        const migtask_reply *reply = migtask_call_reply(t.call);
        CHECK(reply->error_param_count == 1 && same(reply->error_param[0], VIEW("p")));
        CHECK(reply->details_count == 1 && same(reply->details[0].error_code, VIEW("d")));
        CHECK(same(reply->request_id, VIEW("abc")) && reply->truncated == 0);
    }
    end_of_cases();
}

/* What came behind the message would be taken for the answer to the next request. */
static void test_bytes_behind(void **state)
{
    (void)state;
    static const char response[] = OK_1_1 EMPTY "H";
    trip t;
    stream_plan plan = {.response = response, .response_len = sizeof response - 1};
    trip_init(&t);
    t.request.keep_open = true;
    context("a byte behind the message, read with it");
    CHECK(!stays_after(&t, &plan));
    trip_expect(&t, MIGTASK_ACCEPTED, MIGTASK_OK, 200);
    end_of_cases();
}

/* An answer before the request is out, one that ends with the connection, and every failure. */
static void test_closed_otherwise(void **state)
{
    (void)state;
    static const char no[] = "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n";
    static const char to_end[] = OK_1_1 "\r\n{}";
    trip t;
    trip_init(&t);
    t.request.keep_open = true;

    context("an early refusal");
    stream_plan plan = {.response = no, .response_len = sizeof no - 1, .when = STREAM_EARLY};
    plan.early_at = 20;
    plan.send_stuck = true;
    plan.stuck_at = 20;
    CHECK(!stays_after(&t, &plan));
    trip_expect(&t, MIGTASK_REFUSED, MIGTASK_HTTP_STATUS, 413);

    context("a refusal behind a failed send");
    plan = (stream_plan){.response = no, .response_len = sizeof no - 1, .when = STREAM_EARLY};
    plan.send_fails = true;
    plan.fails_at = 20;
    CHECK(!stays_after(&t, &plan));
    trip_expect(&t, MIGTASK_REFUSED, MIGTASK_HTTP_STATUS, 413);

    context("a body that ends with the connection");
    plan =
        (stream_plan){.response = to_end, .response_len = sizeof to_end - 1, .end = STREAM_CLOSED};
    CHECK(!stays_after(&t, &plan));
    trip_expect(&t, MIGTASK_ACCEPTED, MIGTASK_OK, 200);

    context("no answer");
    plan = (stream_plan){.end = STREAM_LOST};
    CHECK(!stays_after(&t, &plan));
    trip_expect(&t, MIGTASK_UNKNOWN, MIGTASK_CONNECTION_LOST, 0);

    context("no answer in time");
    plan = (stream_plan){.end = STREAM_SILENT};
    CHECK(!stays_after(&t, &plan));
    trip_expect(&t, MIGTASK_UNKNOWN, MIGTASK_TIMEOUT, 0);

    context("not HTTP");
    plan = (stream_plan){.response = "hello\r\n", .response_len = 7};
    CHECK(!stays_after(&t, &plan));
    trip_expect(&t, MIGTASK_UNKNOWN, MIGTASK_HTTP_MALFORMED, 0);
    end_of_cases();
}

/* The request says what is wanted: HTTP/1.1 stays connected unless it says close. */
static void test_request(void **state)
{
    (void)state;
    static const char response[] = OK_1_1 EMPTY;
    stream_plan plan = {.response = response, .response_len = sizeof response - 1};
    for (int keep = 0; keep < 2; keep++) {
        trip t;
        trip_init(&t);
        t.request.keep_open = keep == 1;
        context("keep_open %d", keep);
        trip_run(&t, &plan);
        bool asks = memmem(t.stream.request, t.stream.request_len, "\r\nConnection: close\r\n", 21);
        CHECK(asks == !(MIGTASK_KEEP_OPEN && keep == 1));
        trip_check_wiped(&t);
    }
    end_of_cases();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_answers), cmocka_unit_test(test_members_stay),
        cmocka_unit_test(test_bytes_behind),  cmocka_unit_test(test_closed_otherwise),
        cmocka_unit_test(test_request),
    };
    return cmocka_run_group_tests_name("keep", tests, NULL, NULL);
}
