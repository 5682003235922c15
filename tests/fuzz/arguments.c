/*
 * Fuzz target: the arguments of the command. Input: a byte whose lowest bit says whether
 * MIGTASK_ENDPOINT is set, then texts, each ended by NUL: that variable's, NO_PROXY's if the next
 * bit is set, the arguments.
 */
#define _GNU_SOURCE 1 /* setenv */
#include <stdlib.h>
#include <string.h>

#include "echo.h"
#include "judge.h"
#include "options.h"
#include "sentence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 40 };

/* What holds of options that are good. */
static void judge_options(const struct options *options)
{
    migtask_request request = options->request;
    request.token = migtask_text("token");
    if (options->explain) {
        CHECK(options->task_count > 0);
        return;
    }
    CHECK(options->operation_name != NULL && options->task_id != NULL);
    CHECK(migtask_request_check(&request) == MIGTASK_CHECK_OK);
    CHECK(strcmp(migtask_operation_name(request.action.operation), options->operation_name) == 0);
    CHECK(options->retries <= 100);
    if (options->has_connect_to) {
        CHECK(options->connect_to.kind != MIGTASK_HOST_NAME && options->connect_to.port != 0);
    }
    if (options->proxy.used) {
        const struct proxy_choice *proxy = &options->proxy;
        CHECK(proxy->where.port != 0 && proxy->where.host.len > 0);
        CHECK(proxy->credentials.ptr == NULL ||
              memchr(proxy->credentials.ptr, ':', proxy->credentials.len) != NULL);
    }
    /* The request can be shown, in any pieces. */
    static textbuf whole, pieces;
    char buf[512];
    size_t len;
    text_clear(&whole);
    text_clear(&pieces);
    for (size_t at = 0; (len = migtask_request_preview(&request, at, buf, sizeof buf)) > 0;
         at += len) {
        text_add(&whole, buf, len);
    }
    for (size_t at = 0; (len = migtask_request_preview(&request, at, buf, 37)) > 0; at += len) {
        text_add(&pieces, buf, len);
    }
    CHECK(same(text_view(&whole), text_view(&pieces)));
    CHECK(strstr(whole.ptr, "\r\nX-Auth-Token: ***\r\n") != NULL);
}

/* What the arguments hold is shown as it is given, but safely. */
static void judge_shown(const struct options *options, const struct complaint *complaint)
{
    static textbuf out;
    migtask_result result = {.outcome = MIGTASK_INVALID,
                             .reason = MIGTASK_INVALID_ARGUMENT,
                             .operation = migtask_text(options->operation_name),
                             .task_id = migtask_text(options->task_id)};
    if (complaint->what != NULL) {
        result.message = sentence_of_complaint(options, complaint, "; ");
        judge_safe("complaint", result.message);
        CHECK(result.message.len < 1000); /* however long the argument is */
        CHECK(complaint->value == NULL || echo_allowed_id(complaint->value) ||
              strlen(complaint->value) < 16 ||
              strstr(result.message.ptr, complaint->value) == NULL);
    }
    text_clear(&out);
    CHECK(migtask_report_json(&result, add_output, &out));
    judge_safe("report", text_view(&out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *texts[MOST + 2] = {NULL};
    char *arguments[MOST + 2]; /* options_read() moves them */
    size_t count = 0;
    if (size == 0) {
        return 0;
    }
    const char *at = (const char *)data + 1;
    const char *end = (const char *)data + size;
    while (at < end && count < MOST) {
        size_t len = strnlen(at, (size_t)(end - at));
        texts[count++] = strndup(at, len); /* of its own, so that reading on is seen */
        at += len + (at + len < end);
    }
    if (data[0] % 2 != 0 && count > 0) {
        setenv("MIGTASK_ENDPOINT", texts[0], 1);
    } else {
        unsetenv("MIGTASK_ENDPOINT");
    }
    if (data[0] % 4 > 1 && count > 1) {
        setenv("NO_PROXY", texts[1], 1);
    } else {
        unsetenv("NO_PROXY");
    }
    /* argv[0] is the first text, be it a variable's: nobody reads it. */
    struct options options;
    struct complaint complaint;
    memcpy(arguments, texts, sizeof arguments);
    bool good = options_read(&options, (int)count, arguments, &complaint);
    CHECK(good == (complaint.what == NULL));
    if (good) {
        judge_options(&options);
    }
    judge_shown(&options, &complaint);
    for (size_t i = 0; i < count; i++) {
        free(texts[i]);
    }
    end_of_cases();
    return 0;
}
