#define _GNU_SOURCE 1 /* memmem */
#include "judge.h"

#include <string.h>

#include "unicode.h"

enum { RUN = 16 }; /* so many characters of the token are an echo */

bool add_output(void *ctx, const char *data, size_t len)
{
    text_add(ctx, data, len);
    return true;
}

void judge_safe(const char *name, migtask_view text)
{
    size_t step;
    uint32_t character;
    for (size_t at = 0; at < text.len; at += step) {
        step = migtask_utf8_decode(text.ptr + at, text.len - at, &character);
        if (step == 0 || step > text.len - at) {
            deviation("%s: not UTF-8 at %zu", name, at);
            return;
        }
        if (migtask_is_unsafe(character) && !(character == '\n' && at == text.len - 1)) {
            deviation("%s: U+%04X at %zu", name, (unsigned)character, at);
        }
    }
}

/* ---- the reply ---- */

static void judge_echo(const trip *t, const char *name, migtask_view text)
{
    migtask_view token = t->request.token;
    size_t len = token.len < RUN ? token.len : RUN;
    for (size_t at = 0; at + len <= text.len; at++) {
        if (memmem(token.ptr, token.len, text.ptr + at, len) != NULL) {
            deviation("%s echoes the token", name);
            return;
        }
    }
}

/* No echo of the token, and no more than the limit (in the units of the configuration). */
static void judge_text(const trip *t, const char *name, migtask_view text, size_t limit)
{
    judge_echo(t, name, text);
    if (cut_to(text, limit).len != text.len) {
        deviation("%s is longer than %zu", name, limit);
    }
}

static void judge_reply(const trip *t)
{
    const migtask_reply *r = migtask_call_reply(t->call);
    trip_check_reply(t);
    judge_text(t, "error_code", r->error_code, MIGTASK_ERROR_CODE_MAX);
    judge_text(t, "error_msg", r->error_msg, MIGTASK_ERROR_MSG_MAX);
    judge_text(t, "encoded", r->encoded_authorization_message, MIGTASK_ENCODED_MESSAGE_MAX);
    judge_text(t, "request_id", r->request_id, MIGTASK_REQUEST_ID_MAX);
    judge_text(t, "retry_after", migtask_text(r->retry_after), MIGTASK_HEADER_TEXT - 1);
    judge_text(t, "date", migtask_text(r->date), MIGTASK_HEADER_TEXT - 1);
    for (size_t i = 0; i < r->error_param_count; i++) {
        judge_text(t, "error_param", r->error_param[i], MIGTASK_ERROR_PARAM_MAX);
    }
    for (size_t i = 0; i < r->details_count; i++) {
        judge_text(t, "details", r->details[i].error_code, MIGTASK_DETAIL_MAX);
        judge_text(t, "details", r->details[i].error_msg, MIGTASK_DETAIL_MAX);
    }
}

/* A 503 counts as refused only if the gateway said so. */
static bool is_gateways(migtask_view code)
{
    return (code.len >= 6 && memcmp(code.ptr, "APIGW.", 6) == 0) ||
           (code.len >= 5 && memcmp(code.ptr, "APIG.", 5) == 0);
}

/* Whether the call ended with a complete answer. */
static bool is_answered(const trip *t)
{
    migtask_reason reason = migtask_call_reason(t->call);
    return reason == MIGTASK_OK || reason == MIGTASK_HTTP_STATUS ||
           reason == MIGTASK_BODY_MALFORMED;
}

/* Design, section 2. */
static void judge_outcome(const trip *t)
{
    migtask_reason reason = migtask_call_reason(t->call);
    unsigned status = migtask_call_reply(t->call)->http_status;
    migtask_view code = migtask_call_reply(t->call)->error_code;
    switch (migtask_call_outcome(t->call)) {
    case MIGTASK_ACCEPTED:
        CHECK(reason == MIGTASK_OK && status >= 200 && status <= 299 && code.len == 0);
        break;
    case MIGTASK_REFUSED:
        CHECK(reason == MIGTASK_HTTP_STATUS || reason == MIGTASK_BODY_MALFORMED);
        CHECK((status >= 300 && status <= 499) || (status == 503 && is_gateways(code)));
        break;
    case MIGTASK_UNKNOWN:
        CHECK(reason != MIGTASK_OK);
        CHECK(!is_answered(t) || (status >= 200 && status <= 299) || status >= 500);
        break;
    default:
        break;
    }
}

/* What is said of it, as JSON and to people; and when it would be repeated. */
static void judge_report(const trip *t, textbuf *json)
{
    static textbuf text;
    const migtask_reply *reply = migtask_call_reply(t->call);
    migtask_result result = {.outcome = migtask_call_outcome(t->call),
                             .reason = migtask_call_reason(t->call),
                             .operation = migtask_text("start"),
                             .task_id = t->request.action.task_id,
                             .reply = reply,
                             .attempts = 1};
    text_clear(json);
    CHECK(migtask_report_json(&result, add_output, json));
    judge_safe("report", text_view(json));
    text_clear(&text);
    CHECK(migtask_report_text(reply->error_msg, add_output, &text));
    judge_safe("text", text_view(&text));

    migtask_retry retry;
    uint32_t pause_ms = 0;
    migtask_retry_init(&retry, 1, t->request.timeout_ms, t->clock);
    if (migtask_retry_next(&retry, t->call, t->clock, MIGTASK_NO_DATE, 1, &pause_ms)) {
        CHECK(migtask_call_outcome(t->call) != MIGTASK_UNKNOWN && reply->http_status != 401);
        CHECK(pause_ms < t->request.timeout_ms);
    }
}

void judge_end(const trip *t)
{
    static textbuf json;
    judge_reply(t);
    judge_outcome(t);
    judge_report(t, &json);
    trip_check_wiped(t);
}

/* ---- an answer ---- */

struct encoded {
    const trip *t;
    textbuf text;
};

static void take_encoded(void *ctx, const char *data, size_t len)
{
    text_add(&((struct encoded *)ctx)->text, data, len);
}

static void run(trip *t, const stream_plan *plan, textbuf *out)
{
    static struct encoded sunk;
    const migtask_reply *reply = migtask_call_reply(t->call);
    migtask_view kept;
    trip_begin(t, plan);
    text_clear(&sunk.text);
    migtask_call_sink(t->call, take_encoded, &sunk);
    trip_finish(t);
    trip_snapshot(t, out);
    judge_echo(t, "sink", text_view(&sunk.text)); /* it may end inside a character */
    kept = reply->encoded_authorization_message;
    CHECK(kept.len <= sunk.text.len);
    CHECK(kept.len == 0 || memcmp(kept.ptr, sunk.text.ptr, kept.len) == 0);
}

static void run_like(trip *t, const char *how, const stream_plan *plan, const textbuf *whole)
{
    static textbuf other;
    run(t, plan, &other);
    if (!same(text_view(&other), text_view(whole))) {
        deviation("%s: \"%.300s\" instead of \"%.300s\"", how, other.ptr, whole->ptr);
    }
}

/* Where the members begin in trip_snapshot(): behind the outcome and the headers, which may hold
 * any text. */
static size_t members_at(const trip *t)
{
    static textbuf head;
    const migtask_reply *r = migtask_call_reply(t->call);
    text_clear(&head);
    text_format(&head, "%s/%s/%u retry=%s date=%s truncated=%x",
                migtask_outcome_name(migtask_call_outcome(t->call)),
                migtask_reason_name(migtask_call_reason(t->call)), r->http_status, r->retry_after,
                r->date, r->truncated);
    return head.len;
}

/* The report says what the service said in the service's own words, so taken for an answer it
 * leads to the same members. */
static void judge_round_trip(trip *t)
{
    static textbuf json, bytes, before, after;
    judge_report(t, &json);
    size_t skip = members_at(t);
    trip_snapshot(t, &before);
    answer(&bytes, "403 Forbidden", "", text_view(&json));
    stream_plan plan = {.response = bytes.ptr, .response_len = bytes.len};
    run(t, &plan, &after);
    CHECK(migtask_call_reason(t->call) == MIGTASK_HTTP_STATUS);
    size_t skip_again = members_at(t);
    CHECK(before.len - skip == after.len - skip_again &&
          memcmp(before.ptr + skip, after.ptr + skip_again, before.len - skip) == 0);
}

void judge_answer(trip *t, migtask_view bytes)
{
    static textbuf whole, longer;
    static guarded area;
    static const stream_end ends[] = {STREAM_SILENT, STREAM_CLOSED, STREAM_LOST};
    migtask_view response = guarded_copy(&area, bytes);
    bool complete = false; /* by itself, whatever comes behind it */
    uint32_t sum = 2166136261u;
    for (size_t i = 0; i < bytes.len; i++) {
        sum = (sum ^ (unsigned char)bytes.ptr[i]) * 16777619u;
    }
    for (size_t e = 0; e < COUNT_OF(ends); e++) {
        stream_plan plan = {.response = response.ptr, .response_len = response.len, .end = ends[e]};
        if (complete) {
            run_like(t, "another end", &plan, &whole);
            continue;
        }
        run(t, &plan, &whole);
        judge_end(t);
        CHECK(migtask_call_outcome(t->call) != MIGTASK_NOT_SENT);
        complete = ends[e] == STREAM_SILENT && migtask_call_reason(t->call) != MIGTASK_TIMEOUT;
        CHECK(ends[e] != STREAM_LOST || !is_answered(t));
        bool answered = is_answered(t);
        plan.read_max = 1;
        run_like(t, "byte by byte", &plan, &whole);
        plan.read_max = 1 + sum % 61;
        plan.blocks = sum >> 8 & 1;
        run_like(t, "in pieces", &plan, &whole);
        if (answered) {
            judge_round_trip(t);
        }
        if (complete) {
            text_clear(&longer);
            text_add(&longer, bytes.ptr, bytes.len);
            text_put(&longer, "HTTP/1.1 500 No\r\n\r\n{");
            stream_plan more = {.response = longer.ptr, .response_len = longer.len};
            run_like(t, "more bytes", &more, &whole);
        }
    }
}
