/*
 * The whole pipe, from the request to the reply, with recorded answers: whatever the pieces are in
 * which an answer comes, the call ends the same.
 */
#include "http_cases.h"
#include "json_cases.h"

#include <stdio.h>
#include <string.h>

/* Fills the places of a case's bytes: LENGTH, PAD, ZEROS, LINES. */
static void expand(const http_case *c, textbuf *out)
{
    text_clear(out);
    text_add(out, "", 0);
    for (size_t i = 0; i < c->len; i++) {
        char byte = c->bytes[i];
        if (byte == LENGTH[0]) {
            size_t body = i;
            while (memcmp(c->bytes + body, "\r\n\r\n", 4) != 0) {
                body++;
            }
            text_format(out, "%zu", c->len - body - 4);
        } else if (byte == PAD[0] || byte == ZEROS[0]) {
            text_repeat(out, byte == PAD[0] ? "x" : "0", c->pad);
        } else if (byte == LINES[0]) {
            for (size_t left = c->pad, line; left > 0; left -= line) {
                line = left > 200 ? 100 : left;
                text_put(out, "X:");
                text_repeat(out, "l", line - 4);
                text_put(out, "\r\n");
            }
        } else {
            text_add(out, &byte, 1);
        }
    }
}

static const stream_end ends[] = {STREAM_SILENT, STREAM_CLOSED, STREAM_LOST};

static bool end_fits(case_end wanted, stream_end end)
{
    return wanted == ANY || (wanted == SILENT && end == STREAM_SILENT) ||
           (wanted == CLOSED && end == STREAM_CLOSED) || (wanted == LOST && end == STREAM_LOST);
}

static void check_text(const char *name, migtask_view got, const char *wanted)
{
    if ((wanted == NULL || strcmp(wanted, "?") != 0) && !same_string(got, wanted)) {
        deviation("%s is \"%.*s\" instead of \"%s\"", name, (int)(got.len < 90 ? got.len : 90),
                  got.ptr != NULL ? got.ptr : "(none)", wanted != NULL ? wanted : "(none)");
    }
}

static void check_number(const char *name, int64_t got, int64_t wanted)
{
    if (got != wanted) {
        deviation("%s is %lld instead of %lld", name, (long long)got, (long long)wanted);
    }
}

static void check_case(const trip *t, const http_case *c)
{
    const migtask_reply *r = migtask_call_reply(t->call);
    trip_expect(t, c->outcome, c->reason, c->status);
    trip_check_reply(t);
    if (c->reason != MIGTASK_OK && c->reason != MIGTASK_HTTP_STATUS &&
        c->reason != MIGTASK_BODY_MALFORMED) {
        return;
    }
    check_text("error_code", r->error_code, c->error_code);
    check_text("error_msg", r->error_msg, c->error_msg);
    check_text("encoded message", r->encoded_authorization_message, c->encoded);
    check_text("request_id", r->request_id, c->request_id);
    check_number("has_error_param", r->has_error_param, c->error_params != 0);
    check_number("error_param_count", r->error_param_count, c->error_params % 99);
    check_number("has_details", r->has_details, c->details != 0);
    check_number("details_count", r->details_count, c->details % 99);
    check_number("truncated", r->truncated, 0);
    check_text("retry_after", migtask_text(r->retry_after), c->retry_after ? c->retry_after : "");
    check_text("date", migtask_text(r->date), c->date ? c->date : "");
}

/* Runs a plan and compares the end with what the whole answer led to. */
static void run_like(trip *t, const stream_plan *plan, const textbuf *whole)
{
    static textbuf other;
    trip_run(t, plan);
    trip_snapshot(t, &other);
    if (!same(text_view(&other), text_view(whole))) {
        deviation("\"%.80s\" instead of \"%.80s\"", other.ptr, whole->ptr);
    }
}

/* The ways in which the bytes of an answer (and of the request) can come in pieces. Cuts before
 * `from` are left out. */
static void run_in_pieces(trip *t, stream_plan plan, const char *name, size_t from,
                          const textbuf *whole)
{
    size_t len = plan.response_len;
    size_t stride = len > 3000 ? 1 + len / 60 : 1;
    for (size_t cut = from; cut < len; cut += cut + 40 < len && cut > 40 ? stride : 1) {
        context("%s, split at %zu", name, cut);
        plan.cut = cut;
        run_like(t, &plan, whole);
    }
    plan.cut = 0;
    static const struct {
        const char *name;
        size_t read_max, write_max;
        unsigned blocks;
    } ways[] = {
        {"byte by byte", 1, 0, 0},      {"in twos", 2, 0, 0},
        {"in sevens", 7, 1, 0},         {"would-block before everything", 0, 0, 1},
        {"twice would-block", 0, 0, 2}, {"byte by byte and would-block", 1, 3, 1},
    };
    for (size_t way = 0; way < COUNT_OF(ways); way++) {
        if (len > 3000 && ways[way].blocks > 0 && ways[way].read_max > 0) {
            continue;
        }
        context("%s, %s", name, ways[way].name);
        plan.read_max = ways[way].read_max;
        plan.write_max = ways[way].write_max;
        plan.blocks = ways[way].blocks;
        run_like(t, &plan, whole);
    }
}

static void test_http_cases(void **state)
{
    (void)state;
    static textbuf bytes, whole;
    static guarded area;
    static trip t;
    assert_true(COUNT_OF(http_cases) >= 120);
    for (size_t i = 0; i < COUNT_OF(http_cases); i++) {
        const http_case *c = &http_cases[i];
        expand(c, &bytes);
        migtask_view response = guarded_copy(&area, text_view(&bytes));
        bool pieces_done = false;
        for (size_t e = 0; e < COUNT_OF(ends); e++) {
            if (!end_fits(c->end, ends[e])) {
                continue;
            }
            stream_plan plan = {
                .response = response.ptr, .response_len = response.len, .end = ends[e]};
            trip_init(&t);
            context("%s, end %d", c->name, (int)ends[e]);
            trip_run(&t, &plan);
            check_case(&t, c);
            trip_snapshot(&t, &whole);
            if (!pieces_done) {
                pieces_done = true;
                run_in_pieces(&t, plan, c->name, 1, &whole);
            }
        }
    }
    end_of_cases();
}

static void test_json_cases(void **state)
{
    (void)state;
    static textbuf bytes, whole;
    static guarded area;
    static trip t;
    assert_true(COUNT_OF(json_cases) >= 170);
    for (size_t i = 0; i < COUNT_OF(json_cases); i++) {
        const json_case *c = &json_cases[i];
        char name[80];
        size_t used = (size_t)snprintf(name, sizeof(name), "JSON %zu ", i);
        for (size_t at = 0; at < c->len && used < sizeof(name) - 5; at++) {
            bool plain = c->bytes[at] > 0x20 && c->bytes[at] < 0x7f;
            used += (size_t)snprintf(name + used, sizeof(name) - used, plain ? "%c" : "\\x%02x",
                                     (unsigned)(unsigned char)c->bytes[at]);
        }
        /* The body lies flush against the page as the body of an answer, plain and in one chunk. */
        answer(&bytes, "403 Forbidden", "", (migtask_view){c->bytes, c->len});
        migtask_view response = guarded_copy(&area, text_view(&bytes));
        stream_plan plan = {.response = response.ptr, .response_len = response.len};
        trip_init(&t);
        context("%s", name);
        trip_run(&t, &plan);
        trip_expect(&t, MIGTASK_REFUSED, c->valid ? MIGTASK_HTTP_STATUS : MIGTASK_BODY_MALFORMED,
                    403);
        trip_check_reply(&t);
        trip_snapshot(&t, &whole);
        run_in_pieces(&t, plan, name, response.len - c->len, &whole);

        /* The verdict does not depend on the framing: chunks of two bytes, and close_notify. */
        text_clear(&bytes);
        text_put(&bytes, "HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (size_t at = 0; at < c->len; at += 2) {
            size_t n = c->len - at < 2 ? 1 : 2;
            text_format(&bytes, "%zx\r\n", n);
            text_add(&bytes, c->bytes + at, n);
            text_put(&bytes, "\r\n");
        }
        text_put(&bytes, "0\r\n\r\n");
        response = guarded_copy(&area, text_view(&bytes));
        plan = (stream_plan){.response = response.ptr, .response_len = response.len};
        context("%s, in chunks", name);
        run_like(&t, &plan, &whole);
        text_clear(&bytes);
        text_put(&bytes, "HTTP/1.0 403 No\r\n\r\n");
        text_add(&bytes, c->bytes, c->len);
        response = guarded_copy(&area, text_view(&bytes));
        plan = (stream_plan){
            .response = response.ptr, .response_len = response.len, .end = STREAM_CLOSED};
        context("%s, up to close_notify", name);
        run_like(&t, &plan, &whole);
    }
    end_of_cases();
}

/* No body at all is not a malformed one, however it is framed. */
static void test_empty_body(void **state)
{
    (void)state;
    static const char *const heads[] = {
        "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 403 No\r\n\r\n",
    };
    trip t;
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        stream_plan plan = {
            .response = heads[i], .response_len = strlen(heads[i]), .end = STREAM_CLOSED};
        context("empty body %zu", i);
        trip_init(&t);
        trip_run(&t, &plan);
        trip_expect(&t, MIGTASK_REFUSED, MIGTASK_HTTP_STATUS, 403);
    }
    end_of_cases();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_cases),
        cmocka_unit_test(test_json_cases),
        cmocka_unit_test(test_empty_body),
    };
    return cmocka_run_group_tests_name("pipe", tests, NULL, NULL);
}
