/* The retry policy: which end of a call may be repeated, after what pause, and until when. */
#define _DEFAULT_SOURCE 1 /* timegm */
#include "support.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { TOTAL = 30000, START = 1000 };

/* A call that ended as this plan makes it end. */
static void end_call(trip *t, const stream_plan *plan)
{
    trip_init(t);
    t->clock = START;
    trip_run(t, plan);
}

static textbuf response;

static void end_with_answer(trip *t, const char *status, const char *headers, const char *body)
{
    answer(&response, status, headers, migtask_text(body));
    stream_plan plan = {.response = response.ptr, .response_len = response.len};
    end_call(t, &plan);
}

static void end_not_sent(trip *t, migtask_reason reason)
{
    stream_plan plan = {.connect_fails = true, .reason = reason};
    end_call(t, &plan);
    trip_expect(t, MIGTASK_NOT_SENT, reason, 0);
}

/* --- what is repeated --- */

static void check_repeats(trip *t, bool repeats)
{
    migtask_retry retry;
    uint32_t pause = 12345;
    migtask_retry_init(&retry, 2, TOTAL, START);
    bool again = migtask_retry_next(&retry, t->call, START, MIGTASK_NO_DATE, 0x80000000, &pause);
    if (again != repeats) {
        deviation(again ? "is repeated" : "is not repeated");
    }
    CHECK(retry.left == (repeats ? 1 : 2));
    CHECK(retry.attempts == (repeats ? 2 : 1));
}

static void test_which_answers(void **state)
{
    (void)state;
#define GATEWAY "{\"error_code\":\"APIGW.0308\",\"error_msg\":\"policy user over ratelimit\"}"
    static const struct {
        const char *status, *body;
        bool repeats;
    } cases[] = {
        {"200 OK", "{}", false},
        {"200 OK", GATEWAY, false},
        {"302 Found", "", false},
        {"400 Bad Request", GATEWAY, false},
        {"401 Unauthorized", GATEWAY, false},
        {"403 Forbidden", GATEWAY, false},
        {"404 Not Found", "", false},
        {"408 Timeout", "", false},
        {"413 Too Large", "", false},
        {"425 Too Early", "", false},
        {"494 Too Large", "", false},
        {"429 Too Many Requests", GATEWAY, true},
        {"429 Too Many Requests", "", true},
        {"429 Too Many Requests", "<html>", true},
        {"503 Unavailable", GATEWAY, true},
        {"503 Unavailable", "{\"error_code\":\"APIG.0308\"}", true},
        {"503 Unavailable", "{\"error_code\":\"SMS.0001\"}", false},
        {"503 Unavailable", "", false},
        {"503 Unavailable", "<html>", false},
        {"500 Oops", GATEWAY, false},
        {"502 Bad Gateway", "", false},
        {"504 Timeout", "", false},
    };
    trip t;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        context("%s %.24s", cases[i].status, cases[i].body);
        end_with_answer(&t, cases[i].status, "", cases[i].body);
        check_repeats(&t, cases[i].repeats);
        context("%s %.24s with Retry-After", cases[i].status, cases[i].body);
        end_with_answer(&t, cases[i].status, "Retry-After: 1\r\n", cases[i].body);
        check_repeats(&t, cases[i].repeats);
    }
    end_of_cases();
}

static void test_which_failures(void **state)
{
    (void)state;
    static const struct {
        migtask_reason reason;
        bool repeats;
    } cases[] = {
        {MIGTASK_CONNECTION_LOST, true},       {MIGTASK_RESOLVE_FAILED, true},
        {MIGTASK_CONNECT_FAILED, true},        {MIGTASK_TLS_FAILED, true},
        {MIGTASK_CERTIFICATE_REJECTED, false}, {MIGTASK_OUT_OF_MEMORY, false},
        {MIGTASK_NO_ENTROPY, false},           {MIGTASK_CLOCK_UNSET, false},
        {MIGTASK_INVALID_CONFIG, false},       {MIGTASK_AUTH_FAILED, false},
    };
    trip t;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        context("not_sent, %s", migtask_reason_name(cases[i].reason));
        end_not_sent(&t, cases[i].reason);
        check_repeats(&t, cases[i].repeats);
        /* The same reason after the last byte: unknown, so never. */
        stream_plan plan = {.end = STREAM_LOST, .reason = cases[i].reason};
        context("unknown, %s", migtask_reason_name(cases[i].reason));
        end_call(&t, &plan);
        CHECK(migtask_call_outcome(t.call) == MIGTASK_UNKNOWN);
        check_repeats(&t, false);
    }

    context("connect deadline");
    stream_plan plan = {.connect_stuck = true};
    end_call(&t, &plan);
    trip_expect(&t, MIGTASK_NOT_SENT, MIGTASK_TIMEOUT, 0);
    check_repeats(&t, true);

    context("total deadline, unknown");
    plan = (stream_plan){.response = NULL};
    end_call(&t, &plan);
    trip_expect(&t, MIGTASK_UNKNOWN, MIGTASK_TIMEOUT, 0);
    check_repeats(&t, false);

    context("cancelled, not_sent");
    plan = (stream_plan){.connect_stuck = true};
    trip_init(&t);
    trip_begin(&t, &plan);
    migtask_call_cancel(t.call);
    check_repeats(&t, false);

    context("invalid");
    trip_init(&t);
    t.request.token = NONE;
    trip_begin(&t, &plan);
    CHECK(migtask_call_outcome(t.call) == MIGTASK_INVALID);
    check_repeats(&t, false);

    context("half an answer, malformed answer");
    static const char *const bad[] = {"HTTP/1.1 429 Too Many\r\nContent-Length: 5\r\n\r\n",
                                      "HTTP/1.1 429 Too Many\r\nContent-Length: x\r\n\r\n"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        plan =
            (stream_plan){.response = bad[i], .response_len = strlen(bad[i]), .end = STREAM_LOST};
        end_call(&t, &plan);
        CHECK(migtask_call_outcome(t.call) == MIGTASK_UNKNOWN);
        check_repeats(&t, false);
    }
    end_of_cases();
}

/* --- Retry-After --- */

static void test_retry_after(void **state)
{
    (void)state;
#define NOW 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */
#define AT_37 "Sun, 06 Nov 1994 08:49:37 GMT\r\n"
#define AT_47 "Sun, 06 Nov 1994 08:49:47 GMT\r\n"
    static const struct {
        const char *headers;
        int64_t epoch;
        uint32_t passed; /* of the total, when it is asked */
        int64_t pause;   /* < 0: gives up; JITTER: none wished for */
    } cases[] = {
#define JITTER 1000000
        {"Retry-After: 0\r\n", MIGTASK_NO_DATE, 0, 0},
        {"Retry-After: 1\r\n", MIGTASK_NO_DATE, 0, 1000},
        {"Retry-After: 29\r\n", MIGTASK_NO_DATE, 0, 29000},
        {"Retry-After: 31\r\n", MIGTASK_NO_DATE, 0, -1},
        {"Retry-After: 10\r\n", MIGTASK_NO_DATE, 19999, 10000},
        {"Retry-After: 10\r\n", MIGTASK_NO_DATE, 20001, -1},
        {"Retry-After: 1\r\n", MIGTASK_NO_DATE, 30001, -1},
        {"Retry-After: 4294968\r\n", MIGTASK_NO_DATE, 0, -1},    /* 704 ms past 2^32 */
        {"Retry-After: 4294967295\r\n", MIGTASK_NO_DATE, 0, -1}, /* UINT32_MAX */
        {"Retry-After: 4294967297\r\n", MIGTASK_NO_DATE, 0, -1},
        {"Retry-After: 4294967300\r\n", MIGTASK_NO_DATE, 0, -1}, /* 4 s past 2^32 */
        {"Retry-After: 99999999999999999999999\r\n", MIGTASK_NO_DATE, 0, -1},
        {"Retry-After: 9999999999999999999999999999999999999999\r\n", MIGTASK_NO_DATE, 0, -1},
        {"Retry-After: 0000000000000000000000000000000000000001\r\n", NOW, 0, JITTER},
        {"Retry-After: " AT_47, NOW, 0, 10000},
        {"Retry-After: " AT_47, NOW + 3, 0, 7000},
        {"Retry-After: " AT_47, NOW + 10, 0, 0},
        {"Retry-After: " AT_47, NOW + 1000, 0, 0},
        {"Retry-After: " AT_47, NOW - 1000, 0, -1},
        {"Retry-After: " AT_47, NOW, 25000, -1},
        {"Retry-After: " AT_47 "Date: " AT_37, MIGTASK_NO_DATE, 0, 10000},
        {"Date: " AT_47 "Retry-After: " AT_37, MIGTASK_NO_DATE, 0, 0},
        {"Retry-After: " AT_47 "Date: " AT_37, NOW + 4, 0,
         10000}, /* the Date is of the same clock */
        {"Retry-After: " AT_47 "Date: " AT_37, NOW + 3600, 0, 10000},
        {"Retry-After: " AT_47 "Date: " AT_37, NOW - 3600, 0, 10000},
        {"Retry-After: " AT_47 "Date: x\r\n", NOW + 4, 0, 6000},
        {"Retry-After: " AT_47, MIGTASK_NO_DATE, 0, JITTER},
        {"Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n", NOW, 0, -1},
        {"Retry-After: later\r\n", NOW, 0, JITTER},
        {"Retry-After: -1\r\n", NOW, 0, JITTER},
        {"Retry-After: 1.5\r\n", NOW, 0, JITTER},
        {"Retry-After: 1:\r\n", NOW, 0, JITTER},
        {"Retry-After: 1/\r\n", NOW, 0, JITTER},
        {"", NOW, 0, JITTER},
    };
    static const char *const statuses[] = {"429 Too Many", "503 Unavailable"};
    trip t;
    for (size_t i = 0; i < 2 * COUNT_OF(cases); i++) {
        const int64_t wanted = cases[i / 2].pause;
        const uint32_t now = (uint32_t)START + cases[i / 2].passed;
        context("%s, %.50s", statuses[i % 2], cases[i / 2].headers);
        end_with_answer(&t, statuses[i % 2], cases[i / 2].headers,
                        "{\"error_code\":\"APIGW.0308\"}");
        for (int r = 0; r < 3; r++) {
            static const uint32_t randoms[] = {0, 0x7fffffff, UINT32_MAX};
            static const uint32_t jitter[] = {0, 250, 500};
            migtask_retry retry;
            uint32_t pause = 1;
            migtask_retry_init(&retry, 2, TOTAL, START);
            bool again =
                migtask_retry_next(&retry, t.call, now, cases[i / 2].epoch, randoms[r], &pause);
            CHECK(again == (wanted >= 0));
            if (again && wanted == JITTER) {
                CHECK(pause == jitter[r]);
            } else if (again && pause != wanted) {
                deviation("pause %lu instead of %ld", (unsigned long)pause, (long)wanted);
            }
        }
    }
    end_of_cases();
}

/* Asks with this Retry-After, 5 seconds before what it says; the pause in ms, or -1. */
static int64_t pause_for_date(trip *t, const char *date, int64_t meant)
{
    static textbuf header;
    migtask_retry retry;
    uint32_t pause = 0;
    text_clear(&header);
    text_format(&header, "Retry-After: %s\r\n", date);
    end_with_answer(t, "429 Too Many", header.ptr, "");
    migtask_retry_init(&retry, 2, TOTAL, START);
    bool again = migtask_retry_next(&retry, t->call, START, meant - 5, 0x80000000, &pause);
    return again ? (int64_t)pause : -1;
}

/* Dates: the first and the last second of every month of two centuries, then what is none. */
static void test_dates(void **state)
{
    (void)state;
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const struct {
        const char *date;
        int64_t meant;
    } bad[] = {
        {"Sun, 06 Nov 1994 24:00:00 GMT", 784166400}, {"Sun, 06 Nov 1994 08:60:00 GMT", 784112400},
        {"Sun, 06 Nov 1994 08:49:61 GMT", 784111801}, {"Sun, 00 Nov 1994 08:49:37 GMT", 783593377},
        {"Thu, 32 Nov 1994 08:49:37 GMT", 786358177}, {"Sun, 06 Foo 1994 08:49:37 GMT", 784111777},
        {"Sun, 06 nov 1994 08:49:37 GMT", 784111777}, {"Sun, 06 Nov 1994 08:49:37 CET", 784111777},
        {"Sun, 06 Nov 1994 08:49:37", 784111777},     {"Sun, 06 Nov 1994 08:49:37 GMTx", 784111777},
        {"Sun 06 Nov 1994 08:49:37 GMT", 784111777},  {"Sun, 6 Nov 1994 08:49:37 GMT", 784111777},
        {"Sun, 06 Nov 94 08:49:37 GMT", 784111777},   {"Sun, 06 Nov 1994 8:49:37 GMT", 784111777},
        {"Sun, 06 Nov 1994 08-49-37 GMT", 784111777}, {"Sun, 06 Nov 1994 +8:49:37 GMT", 784111777},
        {"06 Nov 1994 08:49:37 GMT", 784111777},      {"Wed, 31 Dec 1969 23:59:59 GMT", -1},
        {"Sun, 06 Nov 1994 08:x9:37 GMT", 784111237}, {"Sun, 06 Nov 1994 08:49:3x GMT", 784111739},
        {"Sun, 06 Nov 199x 08:49:37 GMT", 784111777}, {"Sun, x6 Nov 1994 08:49:37 GMT", 784111777},
    };
    char date[64];
    trip t;
    for (int year = 1970; year < 2170; year++) {
        for (int month = 0; month < 24; month++) {
            struct tm tm = {.tm_year = year - 1900, .tm_mon = month / 2, .tm_mday = 1};
            tm.tm_mon += month % 2;
            int64_t meant = (int64_t)timegm(&tm) - month % 2;
            time_t shown = (time_t)meant;
            gmtime_r(&shown, &tm);
            snprintf(date, sizeof(date), "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday],
                     tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
                     tm.tm_sec);
            context("%s", date);
            CHECK(pause_for_date(&t, date, meant) == 5000);
        }
    }
    context("a leap second");
    CHECK(pause_for_date(&t, "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800) == 5000);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        context("%s", bad[i].date);
        int64_t pause = pause_for_date(&t, bad[i].date, bad[i].meant);
        CHECK(pause == 250); /* the middle of the first back-off */
    }
    end_of_cases();
}

/* --- back-off, counts, deadline --- */

static void test_backoff(void **state)
{
    (void)state;
    trip t;
    context("full jitter from 0.5 s, doubling");
    end_not_sent(&t, MIGTASK_CONNECT_FAILED);
    migtask_retry low, middle, high;
    migtask_retry_init(&low, 12, MIGTASK_TIMEOUT_MAX_MS, START);
    middle = low;
    high = low;
    for (uint32_t cap = 500, n = 0; n < 10; n++, cap *= cap < 32000 ? 2 : 1) {
        uint32_t pause = 1;
        CHECK(migtask_retry_next(&low, t.call, START, MIGTASK_NO_DATE, 0, &pause));
        CHECK(pause == 0);
        CHECK(migtask_retry_next(&middle, t.call, START, MIGTASK_NO_DATE, 0x80000000u, &pause));
        CHECK(pause >= cap / 2 - 1 && pause <= cap / 2 + 1);
        CHECK(migtask_retry_next(&high, t.call, START, MIGTASK_NO_DATE, UINT32_MAX, &pause));
        CHECK(pause == cap);
    }

    context("100 retries");
    migtask_retry retry;
    migtask_retry_init(&retry, 100, MIGTASK_TIMEOUT_MAX_MS, START);
    uint32_t now = START;
    for (int i = 0; i < 100; i++) {
        uint32_t pause = 0;
        if (!migtask_retry_next(&retry, t.call, now, MIGTASK_NO_DATE, UINT32_MAX, &pause)) {
            deviation("no repeat %d", i);
            break;
        }
        CHECK(pause >= 499 && pause <= 3600000);
        now += pause;
        CHECK(retry.attempts == i + 2 && retry.left == 99 - i);
    }
    uint32_t pause;
    CHECK(!migtask_retry_next(&retry, t.call, now, MIGTASK_NO_DATE, 0, &pause));

    context("no retries");
    migtask_retry_init(&retry, 0, TOTAL, START);
    CHECK(retry.attempts == 1);
    CHECK(!migtask_retry_next(&retry, t.call, START, MIGTASK_NO_DATE, 0, &pause));
    CHECK(retry.attempts == 1);
    end_of_cases();
}

static void test_deadline(void **state)
{
    (void)state;
    trip t;
    end_not_sent(&t, MIGTASK_CONNECT_FAILED);
    static const uint32_t starts[] = {0, START, UINT32_MAX - 10, UINT32_MAX - TOTAL / 2};
    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        migtask_retry retry;
        uint32_t pause = 0;
        uint32_t start = starts[i];
        context("deadline from %lu", (unsigned long)start);
        migtask_retry_init(&retry, 9, TOTAL, start);
        CHECK(migtask_retry_time_left(&retry, start) == TOTAL);
        CHECK(migtask_retry_time_left(&retry, start + 1) == TOTAL - 1);
        CHECK(migtask_retry_time_left(&retry, start + TOTAL - 1) == 1);
        CHECK(migtask_retry_time_left(&retry, start + TOTAL) == 0);
        CHECK(migtask_retry_time_left(&retry, start + TOTAL + 1) == 0);
        CHECK(migtask_retry_time_left(&retry, start + MIGTASK_TIMEOUT_MAX_MS) == 0);
        CHECK(migtask_retry_next(&retry, t.call, start + TOTAL - 600, MIGTASK_NO_DATE, UINT32_MAX,
                                 &pause));
        /* No pause that leaves nothing of the total, and none when it has passed. */
        CHECK(!migtask_retry_next(&retry, t.call, start + TOTAL - 400, MIGTASK_NO_DATE, UINT32_MAX,
                                  &pause));
        CHECK(!migtask_retry_next(&retry, t.call, start + TOTAL, MIGTASK_NO_DATE, 0, &pause));
        CHECK(
            !migtask_retry_next(&retry, t.call, start + TOTAL + 5000, MIGTASK_NO_DATE, 0, &pause));
    }
    end_of_cases();
}

/* The whole loop as a caller writes it: the last attempt's outcome is the final one. */
static void test_loop(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "HTTP/1.1 429 Too Many\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 503 No\r\nContent-Length: 27\r\n\r\n{\"error_code\":\"APIGW.0308\"}",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    };
    trip t;
    migtask_retry retry;
    uint32_t pause = 0;
    size_t calls = 0;
    context("loop");
    trip_init(&t);
    t.clock = UINT32_MAX - 1000;
    migtask_retry_init(&retry, 5, TOTAL, t.clock);
    do {
        t.clock += pause;
        t.request.timeout_ms = migtask_retry_time_left(&retry, t.clock);
        stream_plan plan = {.response = answers[calls], .response_len = strlen(answers[calls])};
        calls++;
        trip_run(&t, &plan);
        CHECK(retry.attempts == calls);
    } while (calls < COUNT_OF(answers) &&
             migtask_retry_next(&retry, t.call, t.clock, MIGTASK_NO_DATE, 0x40000000, &pause));
    CHECK(calls == COUNT_OF(answers));
    trip_expect(&t, MIGTASK_ACCEPTED, MIGTASK_OK, 200);
    CHECK(!migtask_retry_next(&retry, t.call, t.clock, MIGTASK_NO_DATE, 0, &pause));
    end_of_cases();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_answers), cmocka_unit_test(test_which_failures),
        cmocka_unit_test(test_retry_after),   cmocka_unit_test(test_dates),
        cmocka_unit_test(test_backoff),       cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_loop),
    };
    return cmocka_run_group_tests_name("retry", tests, NULL, NULL);
}
