/* The reply: what is kept of an answer's body, what is cut, what is masked. */
#include "kept_text.h"
#include "support.h"
#include "unicode.h"

#include <stdio.h>
#include <string.h>

#define BIT(member) (1u << MIGTASK_MEMBER_##member)

/* --- bodies --- */

static void put_escape(textbuf *out, uint32_t code)
{
    static const char digits[] = "0123456789abcdef";
    char escape[] = {'\\',
                     'u',
                     digits[code >> 12],
                     digits[code >> 8 & 15],
                     digits[code >> 4 & 15],
                     digits[code & 15]};
    text_add(out, escape, sizeof(escape));
}

/* Adds text as a JSON string: as it is, or with \uXXXX for every character. */
static void put_string(textbuf *out, migtask_view text, bool escaped)
{
    text_put(out, "\"");
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        if (!escaped && byte != '"' && byte != '\\' && byte >= 0x20) {
            size_t plain = i + 1;
            while (plain < text.len && text.ptr[plain] != '"' && text.ptr[plain] != '\\' &&
                   (unsigned char)text.ptr[plain] >= 0x20) {
                plain++;
            }
            text_add(out, &text.ptr[i], plain - i);
            i = plain - 1;
        } else if (byte < 0x80) {
            put_escape(out, byte);
        } else {
            /* Only valid UTF-8 comes here. */
            int more = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
            uint32_t code = byte & (0x3fu >> more);
            while (more-- > 0) {
                code = (code << 6) | ((unsigned char)text.ptr[++i] & 0x3f);
            }
            if (code >= 0x10000) {
                put_escape(out, 0xd7c0 + (code >> 10));
                code = 0xdc00 | (code & 0x3ff);
            }
            put_escape(out, code);
        }
    }
    text_put(out, "\"");
}

static void put_member(textbuf *out, const char *name, migtask_view text, bool escaped)
{
    text_format(out, "\"%s\":", name);
    put_string(out, text, escaped);
}

static textbuf response;

/* Runs a call that gets this body in a 403. */
static void run_body(trip *t, migtask_view body, size_t read_max)
{
    answer(&response, "403 Forbidden", "", body);
    stream_plan plan = {
        .response = response.ptr, .response_len = response.len, .read_max = read_max};
    trip_run(t, &plan);
    trip_expect(t, MIGTASK_REFUSED, MIGTASK_HTTP_STATUS, 403);
    trip_check_reply(t);
}

static void expect_view(const char *name, migtask_view got, migtask_view wanted)
{
    if (!same(got, wanted)) {
        size_t at = 0;
        while (at < got.len && at < wanted.len && got.ptr[at] == wanted.ptr[at]) {
            at++;
        }
        deviation("%s: %zu bytes instead of %zu, different from byte %zu on: \"%.*s\" instead of "
                  "\"%.*s\"",
                  name, got.len, wanted.len, at, (int)(got.len - at < 24 ? got.len - at : 24),
                  got.ptr + at, (int)(wanted.len - at < 24 ? wanted.len - at : 24),
                  wanted.ptr + at);
    }
}

/* --- every documented maximum --- */

enum { CODE_FULL = 255, PARTS_FULL = 20, LONG_FULL = 65535, STRINGS = 3 + 3 * PARTS_FULL };

/* The strings of the largest answer, in the order of this enum: error_code, error_msg, the encoded
 * message, 20 of error_param, 20 error_code and error_msg of details. */
enum {
    CODE,
    MSG,
    ENCODED,
    PARAM,
    DETAIL_CODE = PARAM + PARTS_FULL,
    DETAIL_MSG = DETAIL_CODE + PARTS_FULL
};

static textbuf full[STRINGS];

/* Each string begins with its number, the rest is this unit (one character). */
static void fill_strings(const char *unit)
{
    for (size_t i = 0; i < STRINGS; i++) {
        text_clear(&full[i]);
        text_format(&full[i], "%02zu:", i);
        text_repeat(&full[i], unit, (i <= MSG ? CODE_FULL : LONG_FULL) - full[i].len);
    }
}

static void put_full(textbuf *out, bool errors_first)
{
    for (int half = 0; half < 2; half++) {
        text_put(out, half == 0 ? "{" : ",");
        if ((half == 0) == errors_first) {
            put_member(out, "error_code", text_view(&full[CODE]), false);
            text_put(out, ",");
            put_member(out, "error_msg", text_view(&full[MSG]), false);
            continue;
        }
        put_member(out, "encoded_authorization_message", text_view(&full[ENCODED]), false);
        for (size_t i = 0; i < PARTS_FULL; i++) {
            text_put(out, i == 0 ? ",\"error_param\":[" : ",");
            put_string(out, text_view(&full[PARAM + i]), false);
        }
        for (size_t i = 0; i < PARTS_FULL; i++) {
            text_put(out, i == 0 ? "],\"details\":[{" : ",{");
            put_member(out, "error_code", text_view(&full[DETAIL_CODE + i]), false);
            text_put(out, ",");
            put_member(out, "error_msg", text_view(&full[DETAIL_MSG + i]), false);
            text_put(out, "}");
        }
        text_put(out, "]");
    }
    text_put(out, "}");
}

/* A kept string must be the full one up to its limit; where the budget for the whole reply may run
 * out (not in the host configuration) it may be shorter, but never wrong. */
static bool kept(const char *name, migtask_view got, const textbuf *wanted, size_t limit)
{
    migtask_view cut = cut_to(text_view(wanted), limit);
    if (got.len < cut.len && !MIGTASK_COUNT_CHARACTERS) {
        CHECK(got.len == 0 || memcmp(got.ptr, cut.ptr, got.len) == 0);
    } else {
        expect_view(name, got, cut);
    }
    return got.len == wanted->len;
}

static void test_largest_reply(void **state)
{
    (void)state;
    static const char *const units[] = {"x", "\xf0\x9f\x98\x80", "\"", "\x01"};
    static textbuf body;
    trip t;
    for (size_t u = 0; u < COUNT_OF(units); u++) {
        fill_strings(units[u]);
        for (int errors_first = 0; errors_first < 2; errors_first++) {
            if (u >= 2 && errors_first != 0) {
                continue;
            }
            text_clear(&body);
            put_full(&body, errors_first != 0);
            context("largest 403, unit %zu, errors %s", u, errors_first ? "first" : "last");
            trip_init(&t);
            run_body(&t, text_view(&body), 0);
            const migtask_reply *r = migtask_call_reply(t.call);
            unsigned cut = 0;
            /* These two come whole up to their limit whatever else there is. */
            expect_view("error_code", r->error_code,
                        cut_to(text_view(&full[CODE]), MIGTASK_ERROR_CODE_MAX));
            expect_view("error_msg", r->error_msg,
                        cut_to(text_view(&full[MSG]), MIGTASK_ERROR_MSG_MAX));
            cut |= r->error_code.len < full[CODE].len ? BIT(ERROR_CODE) : 0;
            cut |= r->error_msg.len < full[MSG].len ? BIT(ERROR_MSG) : 0;
            cut |= kept("encoded", r->encoded_authorization_message, &full[ENCODED],
                        MIGTASK_ENCODED_MESSAGE_MAX)
                       ? 0
                       : BIT(ENCODED_AUTHORIZATION_MESSAGE);
            CHECK(r->has_error_param && r->has_details);
            bool whole = r->error_param_count == PARTS_FULL;
            for (size_t i = 0; i < r->error_param_count; i++) {
                whole &= kept("error_param", r->error_param[i], &full[PARAM + i],
                              MIGTASK_ERROR_PARAM_MAX);
            }
            cut |= whole ? 0 : BIT(ERROR_PARAM);
            whole = r->details_count == PARTS_FULL;
            for (size_t i = 0; i < r->details_count; i++) {
                whole &= kept("details.error_code", r->details[i].error_code,
                              &full[DETAIL_CODE + i], MIGTASK_DETAIL_MAX);
                whole &= kept("details.error_msg", r->details[i].error_msg, &full[DETAIL_MSG + i],
                              MIGTASK_DETAIL_MAX);
            }
            cut |= whole ? 0 : BIT(DETAILS);
            if (r->truncated != cut) {
                deviation("truncated %02x instead of %02x", r->truncated, cut);
            }
            if (MIGTASK_COUNT_CHARACTERS) {
                CHECK(r->truncated == 0);
            }
        }
    }
    end_of_cases();
}

/* Once error_code and error_msg have come, no room is held back for them: what follows fills its
 * configured limits, as far as the text of the whole reply has room. */
static void test_limits_are_used(void **state)
{
    (void)state;
    static textbuf body;
    trip t;
    fill_strings("x");
    text_clear(&body);
    put_full(&body, true);
    context("limits in use");
    trip_init(&t);
    run_body(&t, text_view(&body), 0);
    const migtask_reply *r = migtask_call_reply(t.call);
    expect_view("encoded", r->encoded_authorization_message,
                cut_to(text_view(&full[ENCODED]), MIGTASK_ENCODED_MESSAGE_MAX));
    CHECK(r->error_param_count == MIGTASK_ERROR_PARAM_COUNT);
    for (size_t i = 0; i < r->error_param_count; i++) {
        expect_view("error_param", r->error_param[i],
                    cut_to(text_view(&full[PARAM + i]), MIGTASK_ERROR_PARAM_MAX));
    }
    end_of_cases();
}

/* 10 MB that nobody asked for, before, between and behind what is wanted. */
static void test_unknown_members(void **state)
{
    (void)state;
    enum { BULK = 3500000 };
    static textbuf body;
    trip t;
    text_clear(&body);
    text_put(&body, "{\"items\":[");
    while (body.len < BULK) {
        text_put(&body,
                 "{\"error_code\":\"no\",\"n\":[1.5e3,true,null,\"\\u00e9\\n\"]},\"error_msg\",");
    }
    text_put(&body, "0],\"error_code\":\"SMS.9004\",\"text\":\"");
    while (body.len < 2 * BULK) {
        text_put(&body, "lorem \\\"ipsum\\\" \xe6\xbc\xa2\xe5\xad\x97 {}[],: ");
    }
    text_put(&body, "\",\"");
    text_repeat(&body, "a long key ", 20000);
    text_put(&body, "\":0,\"error_msg\":\"no right\",\"more\":{\"error_msg\":[");
    while (body.len < 3 * BULK) {
        text_put(&body, "{},[],[[[]]],\"request_id\",-0.0,");
    }
    text_put(&body, "0]},\"error_param\":[\"last\"],\"request_id\":\"abc\"}");
    trip_init(&t);
    context("10 MB of unknown members");
    run_body(&t, text_view(&body), 0);
    const migtask_reply *r = migtask_call_reply(t.call);
    CHECK(same(r->error_code, VIEW("SMS.9004")) && same(r->error_msg, VIEW("no right")));
    CHECK(same(r->request_id, VIEW("abc")) && r->truncated == 0);
    CHECK(r->error_param_count == 1 && same(r->error_param[0], VIEW("last")));
    end_of_cases();
}

/* Keys of every length, in pieces of every size: none is taken for one of ours, none does harm. */
static void test_long_keys(void **state)
{
    (void)state;
    static const char *const keys[] = {"", "error_code", "encoded_authorization_message",
                                       "request_id"};
    static textbuf body;
    trip t;
    for (size_t k = 0; k < COUNT_OF(keys); k++) {
        for (size_t more = 1; more < 300; more += more < 70 || more > 240 ? 1 : 30) {
            text_clear(&body);
            text_format(&body, "{\"error_msg\":\"B\",\"%s", keys[k]);
            text_repeat(&body, more % 7 == 0 ? "\\u0078" : "x", more);
            text_put(&body, "\":\"no\",\"error_code\":\"A\",\"details\":[{\"");
            text_repeat(&body, "x", more);
            text_put(&body, "\":\"no\",\"error_code\":\"C\"}],\"request_id\":\"D\"}");
            context("key \"%s\" and %zu more", keys[k], more);
            trip_init(&t);
            run_body(&t, text_view(&body), more % 5);
            const migtask_reply *r = migtask_call_reply(t.call);
            CHECK(same(r->error_code, VIEW("A")) && same(r->error_msg, VIEW("B")));
            CHECK(r->details_count == 1 && same(r->details[0].error_code, VIEW("C")));
            CHECK(same(r->request_id, VIEW("D")) && r->details[0].error_msg.ptr == NULL);
            CHECK(r->encoded_authorization_message.ptr == NULL && r->truncated == 0);
        }
    }
    end_of_cases();
}

/* --- limits of each text --- */

static void test_text_limits(void **state)
{
    (void)state;
    static const struct {
        const char *open, *close;
        size_t limit;
        unsigned bit;
    } members[] = {
#define AFTER "{\"error_code\":\"A\",\"error_msg\":\"B\"," /* no room held back for them */
        {"{\"error_code\":", "}", MIGTASK_ERROR_CODE_MAX, BIT(ERROR_CODE)},
        {"{\"error_msg\":", "}", MIGTASK_ERROR_MSG_MAX, BIT(ERROR_MSG)},
        {"{\"error\":{\"code\":", "}}", MIGTASK_ERROR_CODE_MAX, BIT(ERROR_CODE)},
        {"{\"error\":{\"message\":", "}}", MIGTASK_ERROR_MSG_MAX, BIT(ERROR_MSG)},
        {"{\"code\":", "}", MIGTASK_ERROR_CODE_MAX, BIT(ERROR_CODE)},
        {"{\"title\":", "}", MIGTASK_ERROR_MSG_MAX, BIT(ERROR_MSG)},
        {AFTER "\"encoded_authorization_message\":", "}", MIGTASK_ENCODED_MESSAGE_MAX,
         BIT(ENCODED_AUTHORIZATION_MESSAGE)},
        {AFTER "\"error_param\":[", "]}", MIGTASK_ERROR_PARAM_MAX, BIT(ERROR_PARAM)},
        {AFTER "\"details\":[{\"error_code\":", "}]}", MIGTASK_DETAIL_MAX, BIT(DETAILS)},
        {AFTER "\"details\":[{\"error_msg\":", "}]}", MIGTASK_DETAIL_MAX, BIT(DETAILS)},
        {AFTER "\"request_id\":", "}", MIGTASK_REQUEST_ID_MAX, BIT(REQUEST_ID)},
    };
    static const char *const units[] = {"x",    "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                                        "\x01", "\\"};
    static textbuf body, value;
    trip t;
    for (size_t m = 0; m < COUNT_OF(members); m++) {
        for (size_t u = 0; u < COUNT_OF(units); u++) {
            for (size_t n = 0; n < 14; n++) {
                if (members[m].limit > 1000 && (n < 6 || n > 10 || u == 1 || u == 2)) {
                    continue; /* long texts take time */
                }
                /* Around the limit, counted in units, and in bytes; one odd byte before. */
                size_t per = n % 2 == 0 || MIGTASK_COUNT_CHARACTERS ? 1 : strlen(units[u]);
                size_t count = members[m].limit / per + n / 2;
                count = count > 4 ? count - 4 : 0;
                text_clear(&value);
                text_put(&value, n % 4 < 2 ? "" : "o");
                text_repeat(&value, units[u], count);
                bool escaped = members[m].limit < 1000 && n % 3 == 0;
                text_clear(&body);
                text_put(&body, members[m].open);
                put_string(&body, text_view(&value), escaped);
                text_put(&body, members[m].close);
                context("member %zu, unit %zu, %zu of them, %d", m, u, count, escaped);
                trip_init(&t);
                run_body(&t, text_view(&body), 0);
                const migtask_reply *r = migtask_call_reply(t.call);
                const migtask_view got[] = {
                    r->error_code,
                    r->error_msg,
                    r->error_code,
                    r->error_msg,
                    r->error_code,
                    r->error_msg,
                    r->encoded_authorization_message,
                    r->error_param[0],
                    r->details[0].error_code,
                    r->details[0].error_msg,
                    r->request_id,
                };
                migtask_view wanted = cut_to(text_view(&value), members[m].limit);
                expect_view("text", got[m], wanted);
                CHECK(r->truncated == (wanted.len < value.len ? members[m].bit : 0));
            }
        }
    }
    end_of_cases();
}

static void test_array_limits(void **state)
{
    (void)state;
    static textbuf body;
    trip t;
    for (size_t count = 0; count <= 25; count++) {
        text_clear(&body);
        text_put(&body, "{\"error_param\":[");
        for (size_t i = 0; i < count; i++) {
            text_format(&body, "%s\"p%zu\"", i > 0 ? "," : "", i);
        }
        text_put(&body, "],\"details\":[");
        for (size_t i = 0; i < count; i++) {
            text_format(&body, "%s{\"x\":0,\"error_msg\":\"m%zu\",\"error_code\":\"c%zu\"}",
                        i > 0 ? "," : "", i, i);
        }
        text_put(&body, "],\"error_code\":\"A\"}");
        context("arrays of %zu", count);
        trip_init(&t);
        run_body(&t, text_view(&body), 0);
        const migtask_reply *r = migtask_call_reply(t.call);
        size_t params = count < MIGTASK_ERROR_PARAM_COUNT ? count : MIGTASK_ERROR_PARAM_COUNT;
        size_t details = count < MIGTASK_DETAILS_COUNT ? count : MIGTASK_DETAILS_COUNT;
        CHECK(r->has_error_param && r->has_details);
        CHECK(r->error_param_count == params && r->details_count == details);
        CHECK(r->truncated ==
              ((params < count ? BIT(ERROR_PARAM) : 0) | (details < count ? BIT(DETAILS) : 0)));
        CHECK(same(r->error_code, VIEW("A")));
        char name[8];
        for (size_t i = 0; i < params && i < r->error_param_count; i++) {
            snprintf(name, sizeof(name), "p%zu", i);
            CHECK(same_string(r->error_param[i], name));
        }
        for (size_t i = 0; i < details && i < r->details_count; i++) {
            snprintf(name, sizeof(name), "c%zu", i);
            CHECK(same_string(r->details[i].error_code, name));
            name[0] = 'm';
            CHECK(same_string(r->details[i].error_msg, name));
        }
    }
    end_of_cases();
}

/* When the room for the whole reply is used up, members that come then are dropped and flagged;
 * error_code and error_msg come whole all the same, and no byte stays unused, nor is one too much
 * used, once nothing is held back any more. */
static void test_room_used_up(void **state)
{
    (void)state;
    static textbuf body, members;
    trip t;
    fill_strings("x");
    for (int errors_first = 0; errors_first < 2; errors_first++) {
        text_clear(&members);
        put_full(&members, errors_first != 0);
        text_clear(&body);
        text_put(&body, "{\"error\":{},");
        text_put(&body, members.ptr + 1);
        text_clear(&response);
        text_put(&response, "HTTP/1.1 403 No\r\nX-Request-Id: ");
        text_repeat(&response, "i", MIGTASK_REQUEST_ID_MAX);
        text_put(&response, "\r\nRetry-After: 123456789012345678901234567890\r\n"
                            "Date: 123456789012345678901234567890\r\n");
        text_format(&response, "Content-Length: %zu\r\n\r\n", body.len);
        text_add(&response, body.ptr, body.len);
        stream_plan plan = {.response = response.ptr, .response_len = response.len};
        context("no room left, errors %s", errors_first ? "first" : "last");
        trip_init(&t);
        trip_run(&t, &plan);
        trip_expect(&t, MIGTASK_REFUSED, MIGTASK_HTTP_STATUS, 403);
        trip_check_reply(&t);
        const migtask_reply *r = migtask_call_reply(t.call);
        expect_view("error_code", r->error_code,
                    cut_to(text_view(&full[CODE]), MIGTASK_ERROR_CODE_MAX));
        expect_view("error_msg", r->error_msg,
                    cut_to(text_view(&full[MSG]), MIGTASK_ERROR_MSG_MAX));
        CHECK(r->request_id.len == MIGTASK_REQUEST_ID_MAX);
        CHECK(r->has_details && r->details_count == MIGTASK_DETAILS_COUNT);
        if (!MIGTASK_COUNT_CHARACTERS) { /* 1 KB is too little for all of it */
            migtask_view last = r->details[0].error_code;
            CHECK(r->details[0].error_msg.ptr == NULL);
            CHECK((r->truncated & BIT(DETAILS)) != 0);
            CHECK(!errors_first ||
                  last.ptr + last.len + MIGTASK_KEPT_SLACK ==
                      r->request_id.ptr - 3 + MIGTASK_REPLY_TEXT); /* ["g stands before it */
        }
    }
    end_of_cases();
}

/* The same with every length of one text, so that another ends exactly where the room ends. */
static void test_room_ends_anywhere(void **state)
{
    (void)state;
    static textbuf body;
    trip t;
    for (size_t n = 0; n <= 255 && !MIGTASK_COUNT_CHARACTERS; n++) {
        text_clear(&body);
        text_put(&body, "{\"error\":{},\"request_id\":\"");
        text_repeat(&body, "i", MIGTASK_REQUEST_ID_MAX);
        text_put(&body, "\",\"encoded_authorization_message\":\"");
        text_repeat(&body, "a", MIGTASK_ENCODED_MESSAGE_MAX);
        text_put(&body, "\",\"error_code\":\"");
        text_repeat(&body, "c", MIGTASK_ERROR_CODE_MAX);
        text_put(&body, "\",\"error_msg\":\"");
        text_repeat(&body, "m", n);
        text_put(&body, "\",\"error_param\":[\"");
        text_repeat(&body, "p", MIGTASK_ERROR_PARAM_MAX);
        text_put(&body, "\",\"");
        text_repeat(&body, "q", MIGTASK_ERROR_PARAM_MAX);
        text_put(&body, "\"],\"details\":[{\"error_code\":\"");
        text_repeat(&body, "d", MIGTASK_DETAIL_MAX);
        text_put(&body, "\",\"error_msg\":\"");
        text_repeat(&body, "e", MIGTASK_DETAIL_MAX);
        text_put(&body, "\"}]}");
        context("error_msg of %zu", n);
        trip_init(&t);
        run_body(&t, text_view(&body), 0);
        const migtask_reply *r = migtask_call_reply(t.call);
        const char *end = r->request_id.ptr + MIGTASK_REPLY_TEXT;
        const migtask_view last[] = {r->details[0].error_code, r->details[0].error_msg};
        CHECK(r->error_msg.len == n && r->error_param_count == MIGTASK_ERROR_PARAM_COUNT);
        for (size_t k = 0; k < COUNT_OF(last); k++) {
            CHECK(last[k].ptr == NULL || last[k].ptr + last[k].len + MIGTASK_KEPT_SLACK < end);
        }
        bool whole = last[0].len == MIGTASK_DETAIL_MAX && last[1].len == MIGTASK_DETAIL_MAX;
        CHECK(((r->truncated & BIT(DETAILS)) == 0) == whole);
    }
    end_of_cases();
}

/* Request id of the header: cut like any text, any byte of it valid UTF-8 in the end. */
static void test_request_id_header(void **state)
{
    (void)state;
    static textbuf head, id;
    trip t;
    for (size_t n = MIGTASK_REQUEST_ID_MAX - 4; n <= MIGTASK_REQUEST_ID_MAX + 4; n++) {
        int status = n % 2 != 0 ? 200 : 204;
        text_clear(&id);
        text_repeat(&id, "i", n);
        text_clear(&head);
        text_format(&head, "HTTP/1.1 %d N\r\nX-Request-Id: \t%s \r\n", status, id.ptr);
        text_put(&head, "Content-Length: 0\r\n\r\n");
        stream_plan plan = {.response = head.ptr, .response_len = head.len, .read_max = n % 3};
        context("X-Request-Id of %zu", n);
        trip_init(&t);
        trip_run(&t, &plan);
        trip_expect(&t, MIGTASK_ACCEPTED, MIGTASK_OK, status);
        const migtask_reply *r = migtask_call_reply(t.call);
        expect_view("request_id", r->request_id, cut_to(text_view(&id), MIGTASK_REQUEST_ID_MAX));
        CHECK(r->truncated == (n > MIGTASK_REQUEST_ID_MAX ? BIT(REQUEST_ID) : 0));
    }
    /* Values that lie across the end of a receive buffer, at every place. */
    for (size_t shift = 0; shift < 80; shift++) {
        text_clear(&head);
        text_put(&head, "HTTP/1.1 429 N\r\nX: ");
        text_repeat(&head, "x", MIGTASK_RX_BUFFER - 20 - shift);
        text_put(&head, "\r\nX-Request-Id: 0123456789abcdef0123456789abcdef\r\n"
                        "Content-Length: 0000000002\r\nRetry-After: 1234567\r\n\r\n{}");
        stream_plan plan = {.response = head.ptr, .response_len = head.len};
        context("across the buffer's end, shifted by %zu", shift);
        trip_init(&t);
        trip_run(&t, &plan);
        trip_expect(&t, MIGTASK_REFUSED, MIGTASK_HTTP_STATUS, 429);
        const migtask_reply *r = migtask_call_reply(t.call);
        expect_view("request_id", r->request_id, VIEW("0123456789abcdef0123456789abcdef"));
        CHECK(strcmp(r->retry_after, "1234567") == 0);
    }
#define FFFD "\xef\xbf\xbd"
    static const struct {
        const char *sent, *kept;
    } odd[] = {
        {"a\xff-b", "a" FFFD "-b"},
        {"\xc3\xa9", FFFD FFFD},
        {"\xc3", FFFD},
        {"\x80", FFFD},
        {"\xf0\x9f\x98", FFFD FFFD FFFD},
        {"a\tb", "a b"},
        {"a\\\"b", "a\\\"b"},
    };
    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        text_clear(&head);
        text_format(&head, "HTTP/1.1 204 N\r\nX-Request-Id: %s\r\n\r\n", odd[i].sent);
        stream_plan plan = {.response = head.ptr, .response_len = head.len};
        context("odd X-Request-Id %zu", i);
        trip_init(&t);
        trip_run(&t, &plan);
        trip_expect(&t, MIGTASK_ACCEPTED, MIGTASK_OK, 204);
        trip_check_reply(&t);
        expect_view("request_id", migtask_call_reply(t.call)->request_id,
                    migtask_text(odd[i].kept));
    }
    end_of_cases();
}

/* What a body brought that turns out to be none is dropped, and whether it was cut with it; what
 * the header brought stays. */
static void test_malformed_body(void **state)
{
    (void)state;
    static textbuf body, long_text;
    trip t;
    for (int cut = 0; cut < 2; cut++) {
        text_clear(&long_text);
        text_repeat(&long_text, "i", MIGTASK_REQUEST_ID_MAX + (cut != 0 ? 1 : 0));
        text_clear(&body);
        text_put(&body, "{\"error_code\":\"A\",\"error_param\":[\"p\"],\"error_msg\":\"");
        text_repeat(&body, "x", MIGTASK_ERROR_MSG_MAX + 1);
        text_put(&body, "\"");
        text_clear(&response);
        text_format(&response, "HTTP/1.1 429 No\r\nX-Request-Id: %s\r\nRetry-After: 7\r\n",
                    long_text.ptr);
        text_format(&response, "Date: x\r\nContent-Length: %zu\r\n\r\n%s", body.len, body.ptr);
        stream_plan plan = {.response = response.ptr, .response_len = response.len};
        context("malformed body, the header's id %s", cut != 0 ? "cut" : "whole");
        trip_init(&t);
        trip_run(&t, &plan);
        trip_expect(&t, MIGTASK_REFUSED, MIGTASK_BODY_MALFORMED, 429);
        trip_check_reply(&t);
        const migtask_reply *r = migtask_call_reply(t.call);
        expect_view("request_id", r->request_id,
                    (migtask_view){long_text.ptr, MIGTASK_REQUEST_ID_MAX});
        CHECK(strcmp(r->retry_after, "7") == 0 && strcmp(r->date, "x") == 0);
        CHECK(r->truncated == (cut != 0 ? BIT(REQUEST_ID) : 0));
        CHECK(r->error_code.ptr == NULL && r->error_msg.ptr == NULL && !r->has_error_param);
    }
    end_of_cases();
}

/* What the headers brought survives whatever becomes of the answer after that. */
static void test_headers_survive(void **state)
{
    (void)state;
#define IDS "X-Request-Id: \r\nX-Request-Id: abc\r\nRetry-After: 7\r\nDate: x\r\n"
    static const struct {
        const char *bytes;
        int status;
    } answers[] = {
        {"HTTP/1.1 403 No\r\n" IDS, 0},
        {"HTTP/1.1 403 No\r\n" IDS "X-Request-Id: d", 0},
        {"HTTP/1.1 403 No\r\n" IDS "bad line\r\n", 0},
        {"HTTP/1.1 200 OK\r\n" IDS "Content-Length: 9\r\n\r\n", 200},
        {"HTTP/1.1 503 No\r\n" IDS
         "Content-Length: 90\r\n\r\n{\"error_code\":\"A\",\"error_msg\":\"b",
         503},
        {"HTTP/1.1 403 No\r\n" IDS "Content-Length: 90\r\n\r\n{\"request_id\":\"b\"} x", 403},
        {"HTTP/1.1 403 No\r\n" IDS "Content-Length: 90\r\n\r\nnot found", 403},
        {"HTTP/1.1 403 No\r\n" IDS "Content-Length: 90\r\n\r\n{\"error_code\":12", 403},
        {"HTTP/1.1 200 OK\r\n" IDS "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\nx", 200},
        {"HTTP/1.1 200 OK\r\n" IDS "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", 200},
    };
    trip t;
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        for (stream_end end = STREAM_SILENT; end <= STREAM_LOST; end++) {
            stream_plan plan = {
                .response = answers[i].bytes, .response_len = strlen(answers[i].bytes), .end = end};
            context("answer %zu that breaks off, end %d", i, (int)end);
            trip_init(&t);
            trip_run(&t, &plan);
            CHECK(migtask_call_outcome(t.call) == MIGTASK_UNKNOWN);
            trip_check_reply(&t);
            const migtask_reply *r = migtask_call_reply(t.call);
            CHECK(r->http_status == answers[i].status && r->truncated == 0);
            expect_view("request_id", r->request_id, VIEW("abc"));
            CHECK(strcmp(r->retry_after, "7") == 0 && strcmp(r->date, "x") == 0);
            CHECK(r->error_code.ptr == NULL && r->error_msg.ptr == NULL);
        }
    }
    static const char empty[] = "HTTP/1.1 403 No\r\nX-Request-Id:\r\nContent-Length: 20\r\n\r\n"
                                "{\"request_id\":\"abc\"}";
    stream_plan plan = {.response = empty, .response_len = sizeof empty - 1};
    context("an empty X-Request-Id");
    trip_init(&t);
    trip_run(&t, &plan);
    expect_view("request_id", migtask_call_reply(t.call)->request_id, VIEW("abc"));
    end_of_cases();
}

/* Plain text is kept like an error_msg: cut, masked, told. One that was cut in vain is not told. */
static void test_plain_text(void **state)
{
    (void)state;
    static textbuf body, wire;
    trip t;
    for (size_t n = MIGTASK_ERROR_MSG_MAX - 2; n < MIGTASK_ERROR_MSG_MAX + 3; n++) {
        for (size_t read_max = 0; read_max < 3; read_max++) {
            text_clear(&body);
            text_put(&body, trip_token);
            text_put(&body, "\n");
            text_repeat(&body, "x", n - 4); /* for "*** " */
            answer(&wire, "403 No", "", text_view(&body));
            stream_plan plan = {
                .response = wire.ptr, .response_len = wire.len, .read_max = read_max};
            context("text of %zu", n);
            trip_init(&t);
            trip_run(&t, &plan);
            trip_expect(&t, MIGTASK_REFUSED, MIGTASK_BODY_MALFORMED, 403);
            trip_check_reply(&t);
            const migtask_reply *r = migtask_call_reply(t.call);
            size_t kept_len = n < MIGTASK_ERROR_MSG_MAX ? n : MIGTASK_ERROR_MSG_MAX;
            CHECK(r->error_msg.len == kept_len && memcmp(r->error_msg.ptr, "*** xx", 6) == 0);
            CHECK(r->truncated == (n > MIGTASK_ERROR_MSG_MAX ? BIT(ERROR_MSG) : 0));
        }
    }
    text_clear(&body);
    text_put(&body, "{\"message\":\"");
    text_repeat(&body, "x", 300);
    text_put(&body, "\",\"error_msg\":\"m\",\"title\":\"");
    text_repeat(&body, "x", 300);
    text_put(&body, "\"}");
    context("a message, then a better one");
    trip_init(&t);
    run_body(&t, text_view(&body), 0);
    CHECK(same(migtask_call_reply(t.call)->error_msg, VIEW("m")));
    CHECK(migtask_call_reply(t.call)->truncated == 0);
    end_of_cases();
}

/* The first character of plain text: white space of any script and what nobody sees hides what
 * comes after it, so that is no yes. At each border of what counts as such. */
static void test_beginning_of_text(void **state)
{
    (void)state;
    static const struct {
        uint32_t character;
        bool good;
    } cases[] = {{0x7E, true},    {0x7F, false},   {0x80, false},    {0xA0, false},
                 {0xA1, true},    {0x167F, true},  {0x1680, false},  {0x1681, true},
                 {0x180D, true},  {0x180E, false}, {0x180F, true},   {0x1FFF, true},
                 {0x2000, false}, {0x206F, false}, {0x2070, true},   {0x2FFF, true},
                 {0x3000, false}, {0x3001, true},  {0xFDFF, true},   {0xFE00, false},
                 {0xFE0F, false}, {0xFE10, true},  {0xFEFE, true},   {0xFEFF, false},
                 {0xFF00, true},  {0xFFEF, true},  {0xFFF0, false},  {0xFFFF, false},
                 {0x10000, true}, {0xDFFFF, true}, {0xE0000, false}, {0x10FFFF, false}};
    static textbuf body, wire;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char bytes[5] = {0};
        migtask_utf8_encode(cases[i].character, bytes);
        for (int where = 0; where < 3; where++) { /* at the beginning, after a blank, within */
            trip t;
            text_clear(&body);
            text_put(&body, where == 0 ? "" : where == 1 ? " \n" : "x");
            text_put(&body, bytes);
            text_put(&body, "{}");
            answer(&wire, "200 OK", "", text_view(&body));
            stream_plan plan = {.response = wire.ptr, .response_len = wire.len};
            context("text with U+%04X, %d", (unsigned)cases[i].character, where);
            trip_init(&t);
            trip_run(&t, &plan);
            bool good = cases[i].good || (where == 2 && cases[i].character != 0xFEFF);
            trip_expect(&t, good ? MIGTASK_ACCEPTED : MIGTASK_UNKNOWN,
                        good ? MIGTASK_OK : MIGTASK_BODY_MALFORMED, 200);
        }
    }
    end_of_cases();
}

/* --- decoding --- */

static void test_escapes(void **state)
{
    (void)state;
#define FFFD "\xef\xbf\xbd"
    static const struct {
        const char *inside;
        migtask_view text;
    } cases[] = {
        {"", VIEW("")},
        {"a\\u0000b", VIEW("a\0b")},
        {"\\u0000", VIEW("\0")},
        {"\\\"\\\\\\/\\b\\f\\n\\r\\t", VIEW("\"\\/\b\f\n\r\t")},
        {"\\u007f\\u0080\\u07ff\\u0800\\uffff",
         VIEW("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf")},
        {"\\ud83d\\ude00", VIEW("\xf0\x9f\x98\x80")},
        {"\\uD800\\uDC00\\uDBFF\\uDFFF", VIEW("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf")},
        {"\\ud800", VIEW(FFFD)},
        {"\\udc00", VIEW(FFFD)},
        {"a\\ud800b", VIEW("a" FFFD "b")},
        {"\\ud800\\n", VIEW(FFFD "\n")},
        {"\\ud800\\u0041", VIEW(FFFD "A")},
        {"\\ud800\\ud800", VIEW(FFFD FFFD)},
        {"\\ud800\\ud83d\\ude00", VIEW(FFFD "\xf0\x9f\x98\x80")},
        {"\\ude00\\ud83d", VIEW(FFFD FFFD)},
        {"\\ud800\\u00e9", VIEW(FFFD "\xc3\xa9")},
        {"\\ud800\xc3\xa9", VIEW(FFFD "\xc3\xa9")},
        {"\\\\u0041", VIEW("\\u0041")},
        {"\\u005cu0041", VIEW("\\u0041")},
        {"\\u0022,\\u0022x\\u0022:", VIEW("\",\"x\":")},
        {"\x7f\xc2\x85\xe2\x80\xae", VIEW("\x7f\xc2\x85\xe2\x80\xae")},
    };
    static textbuf body;
    trip t;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t read_max = 0; read_max < 4; read_max++) {
            text_clear(&body);
            text_format(&body,
                        "{\"error_msg\":\"%s\",\"error_code\":\"%s\",\"error_param\":[\"%s\"]}",
                        cases[i].inside, cases[i].inside, cases[i].inside);
            context("%s in reads of %zu", cases[i].inside, read_max);
            trip_init(&t);
            run_body(&t, text_view(&body), read_max);
            const migtask_reply *r = migtask_call_reply(t.call);
            expect_view("error_msg", r->error_msg, cases[i].text);
            expect_view("error_code", r->error_code, cases[i].text);
            CHECK(r->error_param_count == 1);
            expect_view("error_param", r->error_param[0], cases[i].text);
        }
    }
    end_of_cases();
}

/* A cut never leaves half a character, wherever it falls, whatever stands before. */
static void test_cut_at_a_boundary(void **state)
{
    (void)state;
    static textbuf value, body;
    trip t;
    static const char *const mixed[] = {"a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
                                        "\xf0\x9f\x98\x80z", "\xe2\x82\xac\xc3\xa9"};
    for (size_t m = 0; m < COUNT_OF(mixed); m++) {
        for (size_t shift = 0; shift < 5; shift++) {
            text_clear(&value);
            text_repeat(&value, "s", shift);
            text_repeat(&value, mixed[m], 300);
            text_clear(&body);
            text_put(&body, "{");
            put_member(&body, "error_code", text_view(&value), shift % 2 != 0);
            text_put(&body, ",");
            put_member(&body, "error_msg", text_view(&value), shift % 2 == 0);
            text_put(&body, "}");
            context("mixed %zu shifted by %zu", m, shift);
            trip_init(&t);
            run_body(&t, text_view(&body), shift);
            const migtask_reply *r = migtask_call_reply(t.call);
            expect_view("error_code", r->error_code,
                        cut_to(text_view(&value), MIGTASK_ERROR_CODE_MAX));
            expect_view("error_msg", r->error_msg,
                        cut_to(text_view(&value), MIGTASK_ERROR_MSG_MAX));
            CHECK(r->truncated == (BIT(ERROR_CODE) | BIT(ERROR_MSG)));
        }
    }
    end_of_cases();
}

/* --- the sink --- */

static textbuf poured;

static void pour(void *ctx, const char *data, size_t len)
{
    CHECK(ctx == &poured);
    text_add(&poured, data, len);
}

/* The same with a sink for the encoded message. */
static void run_with_sink(trip *t, migtask_view body, size_t read_max)
{
    answer(&response, "403 Forbidden", "", body);
    stream_plan plan = {
        .response = response.ptr, .response_len = response.len, .read_max = read_max};
    text_clear(&poured);
    trip_begin(t, &plan);
    migtask_call_sink(t->call, pour, &poured);
    trip_finish(t);
    trip_expect(t, MIGTASK_REFUSED, MIGTASK_HTTP_STATUS, 403);
    trip_check_reply(t);
}

static void test_sink(void **state)
{
    (void)state;
    static textbuf value, body;
    trip t;
    static const size_t sizes[] = {0, 1, 47, 48, 49, 500, 65535, 65536, 300000};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        for (size_t read_max = 0; read_max < 20; read_max += 7) {
            text_clear(&value);
            text_put(&value, "");
            for (size_t n = 0; n < sizes[i]; n++) {
                text_put(&value, n % 50 == 49  ? "\xe2\x82\xac"
                                 : n % 31 == 0 ? "\""
                                 : n % 7 == 0  ? "y"
                                               : "x");
            }
            text_clear(&body);
            text_put(&body, "{\"error_code\":\"A\",");
            put_member(&body, "encoded_authorization_message", text_view(&value), false);
            text_put(&body, ",\"encoded_authorization_message\":\"again\",\"error_msg\":\"B\"}");
            context("sink of %zu in reads of %zu", sizes[i], read_max);
            trip_init(&t);
            run_with_sink(&t, text_view(&body), read_max);
            expect_view("poured", text_view(&poured), text_view(&value));
            const migtask_reply *r = migtask_call_reply(t.call);
            CHECK(same(r->error_code, VIEW("A")) && same(r->error_msg, VIEW("B")));
            expect_view("kept", r->encoded_authorization_message,
                        cut_to(text_view(&value), MIGTASK_ENCODED_MESSAGE_MAX));
        }
    }
    static const char *const none[] = {"{}", "{\"encoded_authorization_message\":null}",
                                       "{\"encoded_authorization_message\":[\"x\"]}",
                                       "{\"a\":{\"encoded_authorization_message\":\"x\"}}"};
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        context("nothing for the sink %zu", i);
        trip_init(&t);
        run_with_sink(&t, migtask_text(none[i]), 0);
        CHECK(poured.len == 0);
    }
    end_of_cases();
}

/* --- masking --- */

/* The rule, word for word: every character inside a run of 16 or more characters of the token (of
 * the whole token if it is shorter) goes, and what was together becomes one "***". */
static void reference_mask(migtask_view text, migtask_view token, textbuf *out)
{
    static char gone[400000];
    size_t run = token.len < 16 ? token.len : 16;
    assert_true(text.len <= sizeof(gone));
    memset(gone, 0, text.len);
    const char *last = NULL; /* where the run before was found: look behind it first */
    const char *end = token.ptr + token.len - run + 1;
    for (size_t i = 0; i + run <= text.len; i++) {
        bool found = last != NULL && last + 1 < end && memcmp(last + 1, text.ptr + i, run) == 0;
        const char *at = token.ptr;
        last = found ? last + 1 : NULL;
        while (!found && at < end && (at = memchr(at, text.ptr[i], (size_t)(end - at))) != NULL) {
            found = memcmp(at, text.ptr + i, run) == 0;
            last = found ? at : NULL;
            at++;
        }
        if (found) {
            memset(gone + i, 1, run);
        }
    }
    text_clear(out);
    text_put(out, "");
    for (size_t i = 0; i < text.len; i++) {
        if (!gone[i]) {
            text_add(out, &text.ptr[i], 1);
        } else if (i == 0 || !gone[i - 1]) {
            text_put(out, "***");
        }
    }
}

static uint32_t seed;

static uint32_t chance(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

/* One text as error_msg and as encoded message (with the sink, which gets all of it). */
static void check_masked(trip *t, migtask_view text, size_t read_max, bool escaped)
{
    static textbuf body, masked;
    reference_mask(text, t->request.token, &masked);
    text_clear(&body);
    text_put(&body, "{\"error_code\":\"A\",");
    put_member(&body, "error_msg", text, !escaped);
    text_put(&body, ",");
    put_member(&body, "encoded_authorization_message", text, escaped);
    text_put(&body, "}");
    run_with_sink(t, text_view(&body), read_max);
    const migtask_reply *r = migtask_call_reply(t->call);
    migtask_view wanted = cut_to(text_view(&masked), MIGTASK_ERROR_MSG_MAX);
    unsigned cut = wanted.len < masked.len ? BIT(ERROR_MSG) : 0;
    expect_view("error_msg", r->error_msg, wanted);
    wanted = cut_to(text_view(&masked), MIGTASK_ENCODED_MESSAGE_MAX);
    cut |= wanted.len < masked.len ? BIT(ENCODED_AUTHORIZATION_MESSAGE) : 0;
    expect_view("kept", r->encoded_authorization_message, wanted);
    expect_view("poured", text_view(&poured), text_view(&masked));
    CHECK(r->truncated == cut);
}

/* Tokens that are hard on a search: short, periodic, all the same, long. */
static const struct {
    const char *unit;
    size_t len;
} tokens[] = {
    {NULL, 64},
    {"a", 1},
    {"ab", 2},
    {"aa", 2},
    {"aab", 3},
    {"abcdefg", 7},
    {"aaaaaaaa", 8},
    {"abababab", 15},
    {NULL, 15},
    {NULL, 16},
    {NULL, 17},
    {"a", 16},
    {"ab", 17},
    {"abc", 40},
    {"A", 300},
    {"0123456789abcdef", 64},
    {"\"\\", 20},
    {"!a~b", 40}, /* the first and the last visible character */
    {"!", 16},
    {"~", 12},
    {NULL, 1000},
    {NULL, MIGTASK_TOKEN_MAX},
    {"A", MIGTASK_TOKEN_MAX},
    {"abc", MIGTASK_TOKEN_MAX},
    {"aaaaaaaaaaaaaaab", 4000},
};

static void make_token(size_t which, textbuf *out)
{
    text_clear(out);
    if (tokens[which].unit == NULL) {
        seed = (uint32_t)which;
        for (size_t i = 0; i < tokens[which].len; i++) {
            char byte = (char)('0' + chance(75));
            text_add(out, &byte, 1);
        }
    } else {
        text_repeat(out, tokens[which].unit, tokens[which].len);
        out->len = tokens[which].len;
    }
}

static void put_piece(textbuf *out, const textbuf *token, size_t from, size_t len)
{
    from = from < token->len ? from : token->len - 1;
    len = len < token->len - from ? len : token->len - from;
    text_add(out, token->ptr + from, len);
}

static void test_masking(void **state)
{
    (void)state;
    static textbuf token, text;
    static guarded area;
    trip t;
    for (size_t which = 0; which < COUNT_OF(tokens); which++) {
        make_token(which, &token);
        size_t len = token.len;
        bool slow = len > 2000;
        trip_init(&t);
        t.request.token = guarded_copy(&area, text_view(&token));
        unsigned shapes = slow ? 17 : 60;
        seed = 12345;
        for (unsigned shape = 0; shape < shapes; shape++) {
            text_clear(&text);
            text_put(&text, "");
            switch (shape) {
            case 0:
                put_piece(&text, &token, 0, len);
                break;
            case 1:
                text_put(&text, "pre ");
                put_piece(&text, &token, 0, len);
                text_put(&text, " post");
                break;
            case 2:
                put_piece(&text, &token, 0, len);
                put_piece(&text, &token, 0, len);
                text_put(&text, "!");
                put_piece(&text, &token, 0, 15);
                break;
            case 3: /* parts of 15 stay, of 16 do not */
                put_piece(&text, &token, 0, 15);
                text_put(&text, "!");
                put_piece(&text, &token, 3, 15);
                text_put(&text, "!");
                put_piece(&text, &token, len - 15, 15);
                break;
            case 4:
                put_piece(&text, &token, 0, 16);
                text_put(&text, "!");
                put_piece(&text, &token, 5, 16);
                text_put(&text, "!");
                put_piece(&text, &token, len > 16 ? len - 16 : 0, 16);
                break;
            case 5: /* a start that fails, then the real one */
                put_piece(&text, &token, 0, 10);
                put_piece(&text, &token, 0, 17);
                break;
            case 6: /* overlapping and adjoining runs */
                put_piece(&text, &token, 0, 20);
                put_piece(&text, &token, 10, 30);
                put_piece(&text, &token, 2, 16);
                put_piece(&text, &token, 30, 9);
                break;
            case 7: /* one wrong character in every 16, in every 17 */
                for (size_t i = 0; i < 80; i += 16) {
                    put_piece(&text, &token, i, 15);
                    text_put(&text, "!");
                }
                for (size_t i = 0; i < 85; i += 17) {
                    put_piece(&text, &token, i, 16);
                    text_put(&text, "!");
                }
                break;
            case 8: /* the run reaches over the end of what is kept, and begins just before it */
                text_repeat(&text, ".", MIGTASK_ERROR_MSG_MAX - 5);
                put_piece(&text, &token, 0, 40);
                text_put(&text, ".end");
                break;
            case 9:
                text_repeat(&text, ".", MIGTASK_ERROR_MSG_MAX - 1);
                put_piece(&text, &token, 0, 40);
                break;
            case 10:
                text_repeat(&text, ".", MIGTASK_ERROR_MSG_MAX - 3);
                put_piece(&text, &token, 0, 40);
                break;
            case 11:
                text_repeat(&text, ".", MIGTASK_ERROR_MSG_MAX);
                put_piece(&text, &token, 0, 40);
                break;
            case 12:
                text_repeat(&text, ".", MIGTASK_ENCODED_MESSAGE_MAX - 2);
                put_piece(&text, &token, 0, len);
                text_put(&text, ".end");
                break;
            case 13: /* longer than the token in its own rhythm */
                put_piece(&text, &token, 0, len);
                put_piece(&text, &token, 0, 31);
                put_piece(&text, &token, 0, len);
                break;
            case 14: /* among characters of several bytes */
                text_put(&text, "\xc3\xa9");
                put_piece(&text, &token, 1, 18);
                text_put(&text, "\xf0\x9f\x98\x80");
                put_piece(&text, &token, 0, 15);
                text_put(&text, "\xe2\x82\xac");
                break;
            case 15: /* among characters that no token has */
                put_piece(&text, &token, 1, 18);
                text_put(&text, "\x7f");
                put_piece(&text, &token, 0, 17);
                text_put(&text, " \x7f");
                put_piece(&text, &token, 0, 15);
                text_put(&text, "\x7f\x7f");
                break;
            default: /* pieces by chance */
                for (uint32_t n = 2 + chance(8); n > 0; n--) {
                    if (chance(3) == 0) {
                        text_put(&text, chance(2) ? "ab" : "-");
                    }
                    size_t piece = 1 + chance(chance(2) ? 20 : 60);
                    put_piece(&text, &token, chance((uint32_t)len), piece);
                }
                break;
            }
            static const size_t reads[] = {0, 1, 3, 16, 17};
            context("token %zu, shape %u", which, shape);
            check_masked(&t, text_view(&text), slow ? 0 : reads[shape % COUNT_OF(reads)],
                         shape % 2 != 0);
            if (!slow && shape < 15) {
                check_masked(&t, text_view(&text), 1, shape % 2 == 0);
            }
        }
    }
    end_of_cases();
}

/* The token in chunks of every size, and cut by chunk lines at every place. */
static void test_masking_over_chunks(void **state)
{
    (void)state;
    static textbuf body, wire;
    trip t;
    for (size_t cut = 0; cut <= strlen(trip_token); cut++) {
        text_clear(&body);
        text_format(&body, "{\"error_code\":\"%s\",\"error_msg\":\"<%s>\"}", trip_token,
                    trip_token);
        text_clear(&wire);
        text_put(&wire, "HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n");
        size_t at = strlen("{\"error_code\":\"") + cut;
        text_format(&wire, "%zx\r\n", at);
        text_add(&wire, body.ptr, at);
        text_put(&wire, "\r\n");
        for (size_t piece; at < body.len; at += piece) {
            piece = body.len - at < 9 + cut ? body.len - at : 9 + cut;
            text_format(&wire, "%zx;a=b\r\n", piece);
            text_add(&wire, body.ptr + at, piece);
            text_put(&wire, "\r\n");
        }
        text_put(&wire, "0\r\n\r\n");
        stream_plan plan = {.response = wire.ptr, .response_len = wire.len};
        context("cut at %zu", cut);
        trip_init(&t);
        trip_run(&t, &plan);
        trip_expect(&t, MIGTASK_REFUSED, MIGTASK_HTTP_STATUS, 403);
        const migtask_reply *r = migtask_call_reply(t.call);
        expect_view("error_code", r->error_code, VIEW("***"));
        expect_view("error_msg", r->error_msg, VIEW("<***>"));
        CHECK(r->truncated == 0);
    }
    end_of_cases();
}

/* What stands beside the token in the caller's memory is no part of it. */
static void test_masking_ends_with_the_token(void **state)
{
    (void)state;
    static const char *const around[] = {"<Abcdefg0>", "<Abcdefghijklmno0>",
                                         "<Abcdefghijklmnopqrstuvw0>",
                                         "<<Abcdefghijklmnopqrstuvw0>>"};
    trip t;
    for (size_t i = 0; i < COUNT_OF(around); i++) {
        size_t edge = around[i][1] == '<' ? 2 : 1;
        context("a token inside %s", around[i]);
        trip_init(&t);
        t.request.token = (migtask_view){around[i] + edge, strlen(around[i]) - 2 * edge};
        check_masked(&t, migtask_text(around[i]), 0, false);
        CHECK(same_string(migtask_call_reply(t.call)->error_msg, edge == 2 ? "<<***>>" : "<***>"));
    }
    end_of_cases();
}

/* The token in every member and in the header. */
static void test_masking_everywhere(void **state)
{
    (void)state;
    static textbuf body, wire;
    trip t;
    for (int header = 0; header < 2; header++) {
        for (int escaped = 0; escaped < 2; escaped++) {
            migtask_view token = migtask_text(trip_token);
            text_clear(&body);
            text_put(&body, "{");
            static const char *const names[] = {"error_code", "error_msg",
                                                "encoded_authorization_message", "request_id"};
            for (size_t i = 0; i < COUNT_OF(names); i++) {
                put_member(&body, names[i], token, escaped != 0);
                text_put(&body, ",");
            }
            text_put(&body, "\"error_param\":[");
            put_string(&body, token, escaped != 0);
            text_put(&body, "],\"details\":[{");
            put_member(&body, "error_code", token, escaped != 0);
            text_put(&body, ",");
            put_member(&body, "error_msg", token, escaped != 0);
            text_put(&body, "}]}");
            text_clear(&wire);
            text_format(&wire, "HTTP/1.1 403 No\r\nX-Echo: %s\r\n", trip_token);
            if (header != 0) {
                text_format(&wire, "X-Request-Id: a%sb\r\n", trip_token);
            }
            text_format(&wire, "Content-Length: %zu\r\n\r\n", body.len);
            text_add(&wire, body.ptr, body.len);
            for (size_t read_max = 0; read_max < 3; read_max++) {
                stream_plan plan = {
                    .response = wire.ptr, .response_len = wire.len, .read_max = read_max};
                context("the token everywhere, header %d, escaped %d", header, escaped);
                trip_init(&t);
                trip_run(&t, &plan);
                trip_expect(&t, MIGTASK_REFUSED, MIGTASK_HTTP_STATUS, 403);
                const migtask_reply *r = migtask_call_reply(t.call);
                expect_view("error_code", r->error_code, VIEW("***"));
                expect_view("error_msg", r->error_msg, VIEW("***"));
                expect_view("encoded", r->encoded_authorization_message, VIEW("***"));
                expect_view("request_id", r->request_id, header ? VIEW("a***b") : VIEW("***"));
                expect_view("error_param", r->error_param[0], VIEW("***"));
                expect_view("details.error_code", r->details[0].error_code, VIEW("***"));
                expect_view("details.error_msg", r->details[0].error_msg, VIEW("***"));
                CHECK(r->error_param_count == 1 && r->details_count == 1 && r->truncated == 0);
            }
        }
    }
    end_of_cases();
}

/* The header alone: parts, short tokens, around the limit. */
static void test_masking_in_the_header(void **state)
{
    (void)state;
    static textbuf token, text, wire, masked;
    static guarded area;
    trip t;
    for (size_t which = 0; which < COUNT_OF(tokens); which++) {
        make_token(which, &token);
        trip_init(&t);
        t.request.token = guarded_copy(&area, text_view(&token));
        for (unsigned shape = 0; shape < 12; shape++) {
            text_clear(&text);
            switch (shape) {
            case 0:
                put_piece(&text, &token, 0, 2000);
                break;
            case 1:
                text_put(&text, "<");
                put_piece(&text, &token, 3, 15);
                text_put(&text, "><");
                put_piece(&text, &token, 3, 16);
                text_put(&text, ">");
                break;
            default:
                text_repeat(&text, ".", MIGTASK_REQUEST_ID_MAX + 3 - shape * 2);
                put_piece(&text, &token, shape, 1000);
                text_put(&text, ".");
                break;
            }
            reference_mask(text_view(&text), t.request.token, &masked);
            text_clear(&wire);
            text_put(&wire, "HTTP/1.1 204 N\r\nX-Request-Id: ");
            text_add(&wire, text.ptr, text.len);
            text_put(&wire, "\r\n\r\n");
            stream_plan plan = {
                .response = wire.ptr, .response_len = wire.len, .read_max = shape % 3};
            context("header, token %zu, shape %u", which, shape);
            trip_run(&t, &plan);
            trip_expect(&t, MIGTASK_ACCEPTED, MIGTASK_OK, 204);
            const migtask_reply *r = migtask_call_reply(t.call);
            migtask_view wanted = cut_to(text_view(&masked), MIGTASK_REQUEST_ID_MAX);
            expect_view("request_id", r->request_id, wanted);
            CHECK(r->truncated == (wanted.len < masked.len ? BIT(REQUEST_ID) : 0));
        }
    }
    end_of_cases();
}

/* A long text with a long token in it again and again: quick, and nothing left over. */
static void test_masking_long_text(void **state)
{
    (void)state;
    static textbuf token, text;
    static guarded area;
    trip t;
    for (size_t i = COUNT_OF(tokens) - 4; i < COUNT_OF(tokens); i++) { /* the long ones */
        make_token(i, &token);
        trip_init(&t);
        t.request.token = guarded_copy(&area, text_view(&token));
        text_clear(&text);
        while (text.len < 60000) {
            text_put(&text, "some words between, ");
            put_piece(&text, &token, text.len % token.len, 15);
            text_put(&text, ";");
            put_piece(&text, &token, text.len % token.len, 2000);
        }
        context("long text, token %zu", i);
        check_masked(&t, text_view(&text), 0, false);
    }
    end_of_cases();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_largest_reply),
        cmocka_unit_test(test_limits_are_used),
        cmocka_unit_test(test_unknown_members),
        cmocka_unit_test(test_long_keys),
        cmocka_unit_test(test_text_limits),
        cmocka_unit_test(test_array_limits),
        cmocka_unit_test(test_room_used_up),
        cmocka_unit_test(test_room_ends_anywhere),
        cmocka_unit_test(test_request_id_header),
        cmocka_unit_test(test_malformed_body),
        cmocka_unit_test(test_headers_survive),
        cmocka_unit_test(test_plain_text),
        cmocka_unit_test(test_beginning_of_text),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_cut_at_a_boundary),
        cmocka_unit_test(test_sink),
        cmocka_unit_test(test_masking),
        cmocka_unit_test(test_masking_over_chunks),
        cmocka_unit_test(test_masking_ends_with_the_token),
        cmocka_unit_test(test_masking_everywhere),
        cmocka_unit_test(test_masking_in_the_header),
        cmocka_unit_test(test_masking_long_text),
    };
    return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}
