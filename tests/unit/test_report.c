/* The report: one JSON object to the byte, and text that cannot drive a terminal. */
#include "support.h"

#include <stdio.h>
#include <string.h>

/* --- an output that keeps what it gets, and may fail --- */

typedef struct catcher {
    textbuf got;
    unsigned calls;
    unsigned fails_at; /* 0: never */
} catcher;

static catcher caught;

static bool catch_text(void *ctx, const char *data, size_t len)
{
    catcher *c = ctx;
    c->calls++;
    CHECK(c->fails_at == 0 || c->calls <= c->fails_at);
    text_add(&c->got, data, len);
    return c->calls != c->fails_at;
}

static void reset(unsigned fails_at)
{
    text_clear(&caught.got);
    text_put(&caught.got, "");
    caught.calls = 0;
    caught.fails_at = fails_at;
}

static void expect_json(const migtask_result *result, const char *wanted)
{
    reset(0);
    CHECK(migtask_report_json(result, catch_text, &caught));
    if (!same_string(text_view(&caught.got), wanted)) {
        size_t at = 0;
        while (wanted[at] != '\0' && caught.got.ptr[at] == wanted[at]) {
            at++;
        }
        deviation("differs at byte %zu: \"%.40s\" instead of \"%.40s\"", at, caught.got.ptr + at,
                  wanted + at);
    }
    CHECK(valid_utf8(text_view(&caught.got)));
}

/* --- whole objects --- */

static void test_objects(void **state)
{
    (void)state;
    static migtask_reply reply;
    migtask_result result;
    memset(&result, 0, sizeof(result));

    context("nothing known");
    result.outcome = MIGTASK_INVALID;
    result.reason = MIGTASK_INVALID_ARGUMENT;
    expect_json(
        &result,
        "{\"outcome\":\"invalid\",\"reason\":\"invalid_argument\",\"operation\":null,"
        "\"task_id\":null,\"http_status\":null,\"error_code\":null,\"error_msg\":null,"
        "\"encoded_authorization_message\":null,\"error_param\":null,\"details\":null,"
        "\"request_id\":null,\"message\":null,\"truncated\":[],\"attempts\":0,\"advice\":null}\n");

    context("an empty reply");
    result.outcome = MIGTASK_NOT_SENT;
    result.reason = MIGTASK_TIMEOUT;
    result.operation = VIEW("start");
    result.task_id = VIEW("t1");
    result.attempts = 1;
    result.reply = &reply;
    expect_json(
        &result,
        "{\"outcome\":\"not_sent\",\"reason\":\"timeout\",\"operation\":\"start\","
        "\"task_id\":\"t1\",\"http_status\":null,\"error_code\":null,\"error_msg\":null,"
        "\"encoded_authorization_message\":null,\"error_param\":null,\"details\":null,"
        "\"request_id\":null,\"message\":null,\"truncated\":[],\"attempts\":1,\"advice\":null}\n");

    context("empty texts and arrays");
    result.outcome = MIGTASK_ACCEPTED;
    result.reason = MIGTASK_OK;
    result.operation = VIEW("");
    result.task_id = VIEW("");
    result.advice = result.message = VIEW("");
    reply.http_status = 200;
    reply.error_code = VIEW("");
    reply.error_msg = VIEW("");
    reply.encoded_authorization_message = VIEW("");
    reply.request_id = VIEW("");
    reply.has_error_param = true;
    reply.has_details = true;
    expect_json(
        &result,
        "{\"outcome\":\"accepted\",\"reason\":\"ok\",\"operation\":\"\",\"task_id\":\"\","
        "\"http_status\":200,\"error_code\":\"\",\"error_msg\":\"\","
        "\"encoded_authorization_message\":\"\",\"error_param\":[],\"details\":[],"
        "\"request_id\":\"\",\"message\":\"\",\"truncated\":[],\"attempts\":1,\"advice\":\"\"}\n");

    context("everything");
    result.outcome = MIGTASK_REFUSED;
    result.reason = MIGTASK_HTTP_STATUS;
    result.operation = VIEW("clear");
    result.task_id = VIEW("8abd");
    result.attempts = UINT32_MAX;
    result.message = VIEW("They said \"no\".");
    result.advice = VIEW("Ask \"them\".");
    reply.http_status = 403;
    reply.error_code = VIEW("SMS.9004");
    reply.error_msg = VIEW("no right");
    reply.encoded_authorization_message = VIEW("XYZ");
    reply.request_id = VIEW("0123");
    reply.error_param_count = 1;
    reply.error_param[0] = VIEW("p");
    reply.details_count = 1;
    reply.details[0].error_code = VIEW("c");
    reply.details[0].error_msg = VIEW("m");
    reply.truncated = 0x3f;
    expect_json(&result,
                "{\"outcome\":\"refused\",\"reason\":\"http_status\",\"operation\":\"clear\","
                "\"task_id\":\"8abd\",\"http_status\":403,\"error_code\":\"SMS.9004\","
                "\"error_msg\":\"no right\",\"encoded_authorization_message\":\"XYZ\","
                "\"error_param\":[\"p\"],\"details\":[{\"error_code\":\"c\",\"error_msg\":\"m\"}],"
                "\"request_id\":\"0123\",\"message\":\"They said "
                "\\\"no\\\".\",\"truncated\":[\"error_code\",\"error_msg\","
                "\"encoded_authorization_message\",\"error_param\",\"details\",\"request_id\"],"
                "\"attempts\":4294967295,\"advice\":\"Ask \\\"them\\\".\"}\n");

    context("half a detail, one truncated member");
    reply.details[0].error_msg = NONE;
    reply.truncated = 1 << MIGTASK_MEMBER_DETAILS;
    reply.error_param_count = 0;
    result.outcome = MIGTASK_UNKNOWN;
    result.reason = MIGTASK_BODY_MALFORMED;
    result.advice = result.message = NONE;
    result.attempts = 101;
    expect_json(&result,
                "{\"outcome\":\"unknown\",\"reason\":\"body_malformed\",\"operation\":\"clear\","
                "\"task_id\":\"8abd\",\"http_status\":403,\"error_code\":\"SMS.9004\","
                "\"error_msg\":\"no right\",\"encoded_authorization_message\":\"XYZ\","
                "\"error_param\":[],\"details\":[{\"error_code\":\"c\",\"error_msg\":null}],"
                "\"request_id\":\"0123\",\"message\":null,\"truncated\":[\"details\"],\"attempts\":"
                "101,\"advice\":null}\n");
    end_of_cases();
}

static void test_full_arrays(void **state)
{
    (void)state;
    static migtask_reply reply;
    static textbuf wanted;
    migtask_result result;
    memset(&result, 0, sizeof(result));
    result.reply = &reply;
    reply.has_error_param = true;
    reply.has_details = true;
    reply.error_param_count = MIGTASK_ERROR_PARAM_COUNT;
    reply.details_count = MIGTASK_DETAILS_COUNT;
    text_clear(&wanted);
    text_put(&wanted, "\"error_param\":[");
    for (size_t i = 0; i < MIGTASK_ERROR_PARAM_COUNT; i++) {
        reply.error_param[i] = VIEW("p");
        text_put(&wanted, i == 0 ? "\"p\"" : ",\"p\"");
    }
    text_put(&wanted, "],\"details\":[");
    for (size_t i = 0; i < MIGTASK_DETAILS_COUNT; i++) {
        reply.details[i] = (migtask_detail){NONE, VIEW("m")};
        text_put(&wanted, i == 0 ? "" : ",");
        text_put(&wanted, "{\"error_code\":null,\"error_msg\":\"m\"}");
    }
    text_put(&wanted, "],\"request_id\":null,\"message\":null,\"truncated\":[");
    for (int i = 0; i < MIGTASK_MEMBER_COUNT; i++) {
        text_format(&wanted, "%s\"%s\"", i == 0 ? "" : ",", migtask_member_name((migtask_member)i));
    }
    text_put(&wanted, "],");
    reply.truncated = 0xff; /* no other bit has a name */
    context("full arrays");
    reset(0);
    CHECK(migtask_report_json(&result, catch_text, &caught));
    CHECK(strstr(caught.got.ptr, wanted.ptr) != NULL);
    end_of_cases();
}

/* --- what is escaped --- */

/* In JSON a quote and a backslash are escaped too; in text for people they stand as they are. */
static const struct {
    migtask_view text;
    const char *json, *shown;
} escapes[] = {
    {VIEW("plain text, 100 %"), "plain text, 100 %", "plain text, 100 %"},
    {VIEW("\"\\/'"), "\\\"\\\\/'", "\"\\/'"},
    {VIEW("a\0b"), "a\\u0000b", "a\\u0000b"},
    {VIEW("\n\r\t\b\f\v"), "\\u000a\\u000d\\u0009\\u0008\\u000c\\u000b",
     "\\u000a\\u000d\\u0009\\u0008\\u000c\\u000b"},
    {VIEW("\x1b[31m\x07"), "\\u001b[31m\\u0007", "\\u001b[31m\\u0007"},
    {VIEW("\x01\x1f \x7e\x7f"), "\\u0001\\u001f ~\\u007f", "\\u0001\\u001f ~\\u007f"},
    {VIEW("\xc2\x80\xc2\x85\xc2\x9b\xc2\x9f\xc2\xa0"), "\\u0080\\u0085\\u009b\\u009f\xc2\xa0",
     "\\u0080\\u0085\\u009b\\u009f\xc2\xa0"},
    {VIEW("\xd8\x9b\xd8\x9c\xd8\x9d"), "\xd8\x9b\\u061c\xd8\x9d", "\xd8\x9b\\u061c\xd8\x9d"},
    {VIEW("\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\x90"),
     "\xe2\x80\x8d\\u200e\\u200f\xe2\x80\x90", "\xe2\x80\x8d\\u200e\\u200f\xe2\x80\x90"},
    {VIEW("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9"), "\xe2\x80\xa7\\u2028\\u2029",
     "\xe2\x80\xa7\\u2028\\u2029"},
    {VIEW("\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad\xe2\x80\xae\xe2\x80\xaf"),
     "\\u202a\\u202b\\u202c\\u202d\\u202e\xe2\x80\xaf",
     "\\u202a\\u202b\\u202c\\u202d\\u202e\xe2\x80\xaf"},
    {VIEW("\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9\xe2\x81\xaa"),
     "\xe2\x81\xa5\\u2066\\u2067\\u2068\\u2069\xe2\x81\xaa",
     "\xe2\x81\xa5\\u2066\\u2067\\u2068\\u2069\xe2\x81\xaa"},
    {VIEW("\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80\xef\xbf\xbd\xf4\x8f\xbf\xbf"),
     "\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80\xef\xbf\xbd\xf4\x8f\xbf\xbf",
     "\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80\xef\xbf\xbd\xf4\x8f\xbf\xbf"},
#define FFFD "\xef\xbf\xbd"
    /* An invalid byte becomes U+FFFD. */
    {VIEW("a\xff"
          "b"),
     "a" FFFD "b", "a" FFFD "b"},
    {VIEW("\x80"), FFFD, FFFD},
    {VIEW("\xc3"), FFFD, FFFD},
    {VIEW("\xc3("), FFFD "(", FFFD "("},
    {VIEW("\x9b"
          "31m"),
     FFFD "31m", FFFD "31m"},
    {VIEW("\xc3\xa9\xa9x"), "\xc3\xa9" FFFD "x", "\xc3\xa9" FFFD "x"},
    {VIEW("\xe2\x82"), FFFD FFFD, FFFD FFFD},
    {VIEW("\xf0\x9f\x98"
          "x"),
     FFFD FFFD FFFD "x", FFFD FFFD FFFD "x"},
    {VIEW("\xed\xa0\x80"), FFFD FFFD FFFD, FFFD FFFD FFFD},
    {VIEW("\xc0\x9b"), FFFD FFFD, FFFD FFFD},
    {VIEW("\xf4\x90\x80\x80"), FFFD FFFD FFFD FFFD, FFFD FFFD FFFD FFFD},
    {VIEW(""), "", ""},
};

static void test_escapes(void **state)
{
    (void)state;
    static textbuf wanted;
    static guarded area;
    static migtask_reply reply;
    migtask_result result;
    for (size_t i = 0; i < COUNT_OF(escapes); i++) {
        context("escapes %zu", i);
        migtask_view text = guarded_copy(&area, escapes[i].text);
        reset(0);
        CHECK(migtask_report_text(text, catch_text, &caught));
        if (!same_string(text_view(&caught.got), escapes[i].shown)) {
            deviation("text \"%s\" instead of \"%s\"", caught.got.ptr, escapes[i].shown);
        }

        /* The same in every member that holds a text. */
        memset(&result, 0, sizeof(result));
        memset(&reply, 0, sizeof(reply));
        result.operation = result.task_id = result.message = result.advice = text;
        result.reply = &reply;
        reply.error_code = reply.error_msg = reply.encoded_authorization_message = text;
        reply.request_id = reply.error_param[0] = text;
        reply.details[0] = (migtask_detail){text, text};
        reply.has_error_param = reply.has_details = true;
        reply.error_param_count = reply.details_count = 1;
        text_clear(&wanted);
        const char *s = escapes[i].json;
        text_format(
            &wanted,
            "{\"outcome\":\"accepted\",\"reason\":\"ok\",\"operation\":\"%s\","
            "\"task_id\":\"%s\",\"http_status\":null,\"error_code\":\"%s\",\"error_msg\":\"%s\","
            "\"encoded_authorization_message\":\"%s\",\"error_param\":[\"%s\"],",
            s, s, s, s, s, s);
        text_format(
            &wanted,
            "\"details\":[{\"error_code\":\"%s\",\"error_msg\":\"%s\"}],\"request_id\":\"%s\","
            "\"message\":\"%s\",\"truncated\":[],\"attempts\":0,\"advice\":\"%s\"}\n",
            s, s, s, s, s);
        expect_json(&result, wanted.ptr);
    }
    end_of_cases();
}

/* Every code point up to U+FFFF: only the listed ones are escaped, and JSON reads back the same. */
static void test_every_code_point(void **state)
{
    (void)state;
    static textbuf shown;
    for (uint32_t code = 0; code < 0x10000; code++) {
        if (code >= 0xd800 && code < 0xe000) {
            continue;
        }
        char utf8[4];
        size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
        uint32_t rest = code;
        for (size_t i = len; i-- > 1; rest >>= 6) {
            utf8[i] = (char)(0x80 | (rest & 0x3f));
        }
        utf8[0] = (char)(len == 1 ? rest : len == 2 ? 0xc0 | rest : 0xe0 | rest);
        bool escaped = code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x61c ||
                       code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
                       (code >= 0x2066 && code <= 0x2069);
        text_clear(&shown);
        if (escaped) {
            text_format(&shown, "\\u%04x", (unsigned)code);
        } else {
            text_add(&shown, utf8, len);
        }
        context("U+%04X", (unsigned)code);
        reset(0);
        CHECK(migtask_report_text((migtask_view){utf8, len}, catch_text, &caught));
        CHECK(same(text_view(&caught.got), text_view(&shown)));
    }
    /* Several bytes are looked at together: each is escaped or not wherever it stands. */
    for (unsigned byte = 1; byte < 128; byte++) {
        for (size_t at = 0; at < 24; at++) {
            char text[] = "xxxxxxxxxxxxxxxxxxxxxxxx";
            char wanted[40];
            text[at] = (char)byte;
            bool plain = byte >= 0x20 && byte != 0x7f;
            snprintf(wanted, sizeof wanted, plain ? "%.*s%c%s" : "%.*s\\u%04x%s", (int)at, text,
                     byte, text + at + 1);
            context("byte %02x at %zu of 24", byte, at);
            reset(0);
            CHECK(migtask_report_text(migtask_text(text), catch_text, &caught));
            CHECK(same_string(text_view(&caught.got), wanted));
        }
    }
    end_of_cases();
}

/* --- an output that fails --- */

static void test_output_fails(void **state)
{
    (void)state;
    static migtask_reply reply;
    migtask_result result;
    memset(&result, 0, sizeof(result));
    result.operation = VIEW("start");
    result.reply = &reply;
    reply.error_code = VIEW("a\x01"
                            "b\xff");
    reply.has_error_param = true;
    reply.truncated = 3;
    context("calls");
    reset(0);
    CHECK(migtask_report_json(&result, catch_text, &caught));
    unsigned calls = caught.calls;
    CHECK(calls > 0);
    for (unsigned n = 1; n <= calls; n++) {
        context("output fails at call %u of %u", n, calls);
        reset(n);
        CHECK(!migtask_report_json(&result, catch_text, &caught));
        CHECK(caught.calls == n);
    }
    context("text");
    reset(0);
    CHECK(migtask_report_text(VIEW("a\x01z"), catch_text, &caught));
    calls = caught.calls;
    CHECK(calls == 1);
    for (unsigned n = 1; n <= calls; n++) {
        reset(n);
        CHECK(!migtask_report_text(VIEW("a\x01z"), catch_text, &caught));
        CHECK(caught.calls == n);
    }
    reset(0);
    CHECK(migtask_report_text(NONE, catch_text, &caught));
    CHECK(caught.got.len == 0 && caught.calls == 0);
    end_of_cases();
}

/* A long text comes out whole. */
static void test_long_text(void **state)
{
    (void)state;
    static textbuf text, wanted;
    text_clear(&text);
    text_clear(&wanted);
    for (int i = 0; i < 20000; i++) {
        text_put(&text, "ab\n\xc3\xa9\xff");
        text_put(&wanted, "ab\\u000a\xc3\xa9" FFFD);
    }
    context("long text");
    reset(0);
    CHECK(migtask_report_text(text_view(&text), catch_text, &caught));
    CHECK(same(text_view(&caught.got), text_view(&wanted)));
    end_of_cases();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_objects),      cmocka_unit_test(test_full_arrays),
        cmocka_unit_test(test_escapes),      cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_output_fails), cmocka_unit_test(test_long_text),
    };
    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
