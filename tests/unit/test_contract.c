/*
 * A caller or a stream that breaks its contract ends in the assert hook (as the core has it: a
 * trap), never in an outcome. What the reply is read from is not believed, though the JSON guard
 * has written it.
 */
#define _GNU_SOURCE 1
#include "reply.h"
#include "support.h"

#include <setjmp.h>
#include <signal.h>
#include <string.h>

/* --- the hook --- */

static sigjmp_buf before;

static void on_trap(int number)
{
    (void)number;
    siglongjmp(before, 1);
}

/* Whether work ends in a trap. */
static bool traps(void (*work)(void *ctx), void *ctx)
{
    struct sigaction act = {.sa_handler = on_trap};
    struct sigaction old[2];
    sigaction(SIGILL, &act, &old[0]);
    sigaction(SIGTRAP, &act, &old[1]);
    volatile bool trapped = true;
    if (sigsetjmp(before, 1) == 0) {
        work(ctx);
        trapped = false;
    }
    sigaction(SIGILL, &old[0], NULL);
    sigaction(SIGTRAP, &old[1], NULL);
    return trapped;
}

/* A stream that says OK, and that it moved no bytes, more than it was asked to, or not how many. */
enum { NOTHING, ONE, TOO_MUCH, UNSAID };

typedef struct liar {
    int sent, got; /* told */
} liar;

static migtask_io tell(int what, size_t len, size_t *count)
{
    if (what != UNSAID) {
        *count = what == TOO_MUCH ? len + 1 : what == ONE ? 1 : 0;
    }
    return MIGTASK_IO_OK;
}

static migtask_io liar_connect(void *ctx)
{
    (void)ctx;
    return MIGTASK_IO_OK;
}

static migtask_io liar_send(void *ctx, const void *data, size_t len, size_t *sent)
{
    (void)data;
    return tell(((const liar *)ctx)->sent, len, sent);
}

static migtask_io liar_recv(void *ctx, void *buf, size_t cap, size_t *got)
{
    memset(buf, 'H', cap);
    return tell(((const liar *)ctx)->got, cap, got);
}

static void liar_close(void *ctx)
{
    (void)ctx;
}

static migtask_retained liar_retained(void *ctx)
{
    (void)ctx;
    return MIGTASK_RETAINED_NONE;
}

static migtask_reason liar_failure(void *ctx, const char **sentence)
{
    (void)ctx;
    *sentence = NULL;
    return MIGTASK_CONNECTION_LOST;
}

static void run_liar(void *ctx)
{
    static const migtask_stream_ops ops = {liar_connect, liar_send,     liar_recv,
                                           liar_close,   liar_retained, liar_failure};
    migtask_stream stream = {&ops, ctx};
    trip t;
    trip_init(&t);
    migtask_call_begin(t.call, &stream, &t.request, 0);
    for (int i = 0; i < 3000 && migtask_call_step(t.call, 0) != MIGTASK_STEP_DONE; i++) {
    }
}

static void test_streams_that_lie(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        liar told;
        bool trapped;
    } cases[] = {
        {"is honest", {ONE, ONE}, false},
        {"sent nothing", {NOTHING, ONE}, true},
        {"sent more than there was", {TOO_MUCH, ONE}, true},
        {"does not say what it sent", {UNSAID, ONE}, true},
        {"got nothing", {ONE, NOTHING}, true},
        {"got more than there was room for", {ONE, TOO_MUCH}, true},
        {"does not say what it got", {ONE, UNSAID}, true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        liar told = cases[i].told;
        context("a stream that %s", cases[i].name);
        CHECK(traps(run_liar, &told) == cases[i].trapped);
    }
    end_of_cases();
}

static void preview(void *ctx)
{
    char buf[64];
    size_t skip = 0;
    for (size_t len = 1; len > 0; skip += len) {
        len = migtask_request_preview(ctx, skip, buf, sizeof buf);
    }
}

/* A template id that is no UTF-8 is not written out, and nothing behind it is read. */
static void test_unchecked_request(void **state)
{
    (void)state;
    static const struct {
        migtask_view id;
        bool trapped;
    } cases[] = {
        {VIEW("\xc3\xa9"), false},    {VIEW("\xff"), true}, {VIEW("a\xc3"), true},
        {VIEW("\xf0\x9f\x98"), true}, {VIEW("\x80"), true},
    };
    static guarded area;
    trip t;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        trip_init(&t);
        t.request.action.template_id = guarded_copy(&area, cases[i].id);
        context("unchecked template id %zu", i);
        CHECK((migtask_request_check(&t.request) != MIGTASK_CHECK_OK) == cases[i].trapped);
        CHECK(traps(preview, &t.request) == cases[i].trapped);
    }
    end_of_cases();
}

/* --- the kept text --- */

/* The letter of a string's place, as kept_text.h has it. */
#define STRING(letter, text) "\"" letter text "\","
#define CODE(text) STRING("b", text)
#define PARAM STRING("j", "p")
#define DETAIL STRING("k", "")
#define END "\"\"]"

static void test_kept_text(void **state)
{
    (void)state;
    static textbuf json;
    static uint32_t tokens[MIGTASK_REPLY_TOKENS * 5];
    static const struct {
        const char *name, *begin, *unit, *end;
        size_t times;
        bool good;
        const char *code; /* what the reply has then */
    } cases[] = {
        {"as the guard writes it", "[" CODE("A"), "", END, 0, true, "A"},
        {"an empty array", "[]", "", "", 0, true, NULL},
        {"without the empty string at its end", "[\"bA\"]", "", "", 0, true, "A"},
        {"nothing", "", "", "", 0, false, NULL},
        {"no array", "{\"bA\":1}", "", "", 0, false, NULL},
        {"a string alone", "\"bA\"", "", "", 0, false, NULL},
        {"an array that does not end", "[" CODE("A"), "", "", 0, false, NULL},
        {"a string that does not end", "[" CODE("A") "\"bB", "", "", 0, false, NULL},
        {"a number", "[" CODE("A"), "", "1,\"cB\"]", 0, false, "A"},
        {"an array inside", "[" CODE("A"), "", "[\"bB\"]]", 0, false, "A"},
        {"an unknown letter", "[" CODE("A") STRING("z", "B"), "", END, 0, true, "A"},
        {"all of error_param", "[" CODE("A"), PARAM, END, MIGTASK_ERROR_PARAM_COUNT, true, "A"},
        {"too much of error_param", "[" CODE("A"), PARAM, END, MIGTASK_ERROR_PARAM_COUNT + 1, false,
         "A"},
        {"all of details", "[" CODE("A"), DETAIL, END, MIGTASK_DETAILS_COUNT, true, "A"},
        {"too much of details", "[" CODE("A"), DETAIL, END, MIGTASK_DETAILS_COUNT + 1, false, "A"},
        {"a text of details without one", "[" CODE("A") STRING("l", "B"), "", END, 0, true, "A"},
        {"more strings than there are tokens", "[", CODE("A"), END, MIGTASK_REPLY_TOKENS, false,
         NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        migtask_reply reply;
        memset(&reply, 0, sizeof reply);
        text_clear(&json);
        text_put(&json, cases[i].begin);
        text_repeat(&json, cases[i].unit, cases[i].times);
        text_put(&json, cases[i].end);
        context("%s", cases[i].name);
        CHECK(migtask_reply_parse(&reply, json.ptr, json.len, tokens) == cases[i].good);
        CHECK(same_string(reply.error_code, cases[i].code));
        CHECK(reply.error_param_count <= MIGTASK_ERROR_PARAM_COUNT);
        CHECK(reply.details_count <= MIGTASK_DETAILS_COUNT);
        CHECK(reply.error_msg.ptr == NULL && reply.details[0].error_code.ptr == NULL);
        for (size_t k = reply.error_param_count; k < MIGTASK_ERROR_PARAM_COUNT; k++) {
            CHECK(reply.error_param[k].ptr == NULL);
        }
    }
    end_of_cases();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams_that_lie),
        cmocka_unit_test(test_unchecked_request),
        cmocka_unit_test(test_kept_text),
    };
    return cmocka_run_group_tests_name("contract", tests, NULL, NULL);
}
