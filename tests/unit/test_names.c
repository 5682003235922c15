/* The stable words: operations, outcomes, reasons, members, sentences. */
#include "support.h"

#include <string.h>

static const char *operation_name(int i)
{
    return migtask_operation_name((migtask_operation)i);
}

static const char *outcome_name(int i)
{
    return migtask_outcome_name((migtask_outcome)i);
}

static const char *reason_name(int i)
{
    return migtask_reason_name((migtask_reason)i);
}

static const char *member_name(int i)
{
    return migtask_member_name((migtask_member)i);
}

static void check_names(const char *const *names, size_t count, const char *(*name)(int))
{
    for (size_t i = 0; i < count; i++) {
        const char *got = name((int)i);
        context("%s", names[i]);
        if (got == NULL || strcmp(got, names[i]) != 0) {
            deviation("is called %s", got != NULL ? got : "nothing");
        }
    }
    end_of_cases();
}

static const char *const operations[] = {
    "start",         "stop", "test",  "cutover",        "clone_test",         "restart",
    "network_check", "skip", "clear", "migration_test", "error_for_overspeed"};

static void test_operations(void **state)
{
    (void)state;
    assert_int_equal(COUNT_OF(operations), MIGTASK_OPERATION_COUNT);
    check_names(operations, COUNT_OF(operations), operation_name);
    assert_null(migtask_operation_name(MIGTASK_OPERATION_COUNT));
    assert_null(migtask_operation_name((migtask_operation)1000));
}

static void test_operation_find(void **state)
{
    (void)state;
    static guarded area;
    for (size_t i = 0; i < COUNT_OF(operations); i++) {
        migtask_operation found = MIGTASK_OPERATION_COUNT;
        context("finding %s", operations[i]);
        CHECK(migtask_operation_find(guarded_copy(&area, migtask_text(operations[i])), &found));
        CHECK((size_t)found == i);
    }
    static const migtask_view unknown[] = {
        VIEW(""),           VIEW("Start"),  VIEW("START"),
        VIEW("star"),       VIEW("starts"), VIEW("start "),
        VIEW(" stop"),      VIEW("stop\0"), VIEW("collect_log"),
        VIEW("clone-test"), VIEW("clone"),  VIEW("sync"),
        VIEW("\xff"),       NONE,
    };
    for (size_t i = 0; i < COUNT_OF(unknown); i++) {
        migtask_operation found = MIGTASK_SKIP;
        migtask_view name = unknown[i].ptr != NULL ? guarded_copy(&area, unknown[i]) : NONE;
        context("unknown %zu", i);
        CHECK(!migtask_operation_find(name, &found));
        CHECK(found == MIGTASK_SKIP);
    }
    end_of_cases();
}

static void test_outcomes(void **state)
{
    (void)state;
    static const char *const names[] = {"accepted", "refused", "invalid", "not_sent", "unknown"};
    assert_int_equal(COUNT_OF(names), MIGTASK_OUTCOME_COUNT);
    check_names(names, COUNT_OF(names), outcome_name);
    assert_non_null(migtask_outcome_name(MIGTASK_OUTCOME_COUNT));
    assert_non_null(migtask_outcome_name((migtask_outcome)1000));
}

static void test_reasons(void **state)
{
    (void)state;
    static const char *const names[] = {"ok",
                                        "http_status",
                                        "body_malformed",
                                        "http_malformed",
                                        "http_too_large",
                                        "connection_lost",
                                        "timeout",
                                        "resolve_failed",
                                        "connect_failed",
                                        "tls_failed",
                                        "certificate_rejected",
                                        "out_of_memory",
                                        "no_entropy",
                                        "clock_unset",
                                        "cancelled",
                                        "proxy_failed",
                                        "auth_failed",
                                        "invalid_argument",
                                        "invalid_config"};
    assert_int_equal(COUNT_OF(names), MIGTASK_REASON_COUNT);
    check_names(names, COUNT_OF(names), reason_name);
    assert_non_null(migtask_reason_name(MIGTASK_REASON_COUNT));
    assert_non_null(migtask_reason_name((migtask_reason)1000));
}

static void test_members(void **state)
{
    (void)state;
    static const char *const names[] = {"error_code",  "error_msg", "encoded_authorization_message",
                                        "error_param", "details",   "request_id"};
    assert_int_equal(COUNT_OF(names), MIGTASK_MEMBER_COUNT);
    check_names(names, COUNT_OF(names), member_name);
}

/* Every check has a sentence of its own, in plain words. */
static void test_check_texts(void **state)
{
    (void)state;
    for (int i = 0; i < MIGTASK_CHECK_COUNT; i++) {
        const char *text = migtask_check_text((migtask_check)i);
        assert_non_null(text);
        assert_true(strlen(text) > 10);
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(text, migtask_check_text((migtask_check)k));
        }
    }
    assert_string_equal(migtask_check_text(MIGTASK_CHECK_COUNT), "unknown");
}

static void test_text(void **state)
{
    (void)state;
    assert_null(migtask_text(NULL).ptr);
    assert_int_equal(migtask_text(NULL).len, 0);
    assert_non_null(migtask_text("").ptr);
    assert_int_equal(migtask_text("").len, 0);
    assert_true(same(migtask_text("abc"), VIEW("abc")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operations), cmocka_unit_test(test_operation_find),
        cmocka_unit_test(test_outcomes),   cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_members),    cmocka_unit_test(test_check_texts),
        cmocka_unit_test(test_text),
    };
    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
