#define _POSIX_C_SOURCE 200809L

#include "batch.h"

#include <string.h>

#include "tasks.h"

void batch_select(struct batch *batch, size_t i)
{
    batch->options->task_id = tasks_id(i);
    batch->options->request.action.task_id = migtask_text(tasks_id(i));
}

void batch_end(struct batch *batch, enum batch_stop stop, migtask_reason reason)
{
    if (batch->stop == BATCH_GO_ON && stop != BATCH_GO_ON) {
        batch->stop = stop;
        batch->reason = reason;
    }
}

/* The reason that tasks have which are not begun because of this one: one that can go with
 * not_sent. */
static migtask_reason reason_for_others(const struct finding *finding, enum batch_stop stop)
{
    if (stop == BATCH_LOCKING || stop == BATCH_CALLER) {
        return MIGTASK_AUTH_FAILED;
    }
    return stop == BATCH_SIGNAL || finding->reason == MIGTASK_HTTP_STATUS ||
                   finding->reason == MIGTASK_BODY_MALFORMED
               ? MIGTASK_CANCELLED
               : finding->reason;
}

void batch_told(struct batch *batch, const struct finding *finding, size_t tasks, int status)
{
    batch->told += tasks;
    if (status != (int)finding->outcome) { /* that they cannot be told is the cause which counts */
        batch->stop = BATCH_LOST;
        batch->reason = MIGTASK_CANCELLED;
    }
}

/* Codes by which the service or its gateway refuses whoever asks, whatever the task: the next one
 * would be refused as well. Those that speak of the task, its resources or the action are none of
 * them. */
static const char *const refused_callers[] = {
    "APIGW.0301", /* the token or the signature: with status 401, and with any other */
    "APIGW.0302", /* this user may not call the service */
    "APIGW.0303", /* the signature of an application */
    "APIGW.0304", /* this application may not call the service */
    "APIGW.0305", /* credentials of another kind */
    "APIGW.0306", /* the service is closed to this caller */
    "APIGW.0307", /* the token has to be renewed */
    "APIGW.0310", /* the project may not be used */
    "APIGW.0311", /* credentials for debugging */
    "APIGW.0401", /* the address that the call comes from is not known */
    "APIGW.0402", /* it is not allowed */
    "SMS.0202",   /* the access key */
    "SMS.6521",   /* the token */
    "SMS.6522",   /* no token arrived: something on the way takes the header away */
    "SMS.6523",   /* no right to use the service */
    "SMS.6524",   /* the service is open to testers alone */
    "SMS.6525",   /* the account is frozen or restricted */
    "SMS.6528",   /* its owner has not shown who he is */
    "SMS.6529",   /* it owes money */
    "SMS.6542",   /* it is frozen */
    "SMS.6560",   /* no token for the project to be had */
};

/* APIG. and APIGW. are the same family: error_codes.h. */
static bool is_code(migtask_view code, const char *listed)
{
    static const char newer[] = "APIG.";
    size_t len = sizeof newer - 1;
    if (code.len > len && memcmp(code.ptr, newer, len) == 0 && memcmp(listed, "APIGW", 5) == 0) {
        return code.len == strlen(listed) - 1 &&
               memcmp(code.ptr + len, listed + len + 1, code.len - len) == 0;
    }
    return code.len == strlen(listed) && memcmp(code.ptr, listed, code.len) == 0;
}

static bool refuses_caller(migtask_view code)
{
    for (size_t i = 0; i < sizeof refused_callers / sizeof refused_callers[0]; i++) {
        if (is_code(code, refused_callers[i])) {
            return true;
        }
    }
    return false;
}

/* Why no further task should be begun after this one (or after a signal), as far as it shows by
 * itself. */
static enum batch_stop judge(const struct finding *finding)
{
    if (finding->reply != NULL && finding->reply->http_status == 401) {
        return BATCH_LOCKING;
    }
    if (finding->reply != NULL && refuses_caller(finding->reply->error_code)) {
        return BATCH_CALLER;
    }
    switch (finding->reason) {
    case MIGTASK_CERTIFICATE_REJECTED:
    case MIGTASK_OUT_OF_MEMORY:
    case MIGTASK_NO_ENTROPY:
    case MIGTASK_CLOCK_UNSET:
    case MIGTASK_INVALID_CONFIG:
        return BATCH_SAME_CAUSE;
    case MIGTASK_PROXY_FAILED:
        return finding->denied ? BATCH_SAME_CAUSE : BATCH_GO_ON;
    default: /* after a signal in a pause the reason is that of the attempt before */
        return attempts_cancelled ? BATCH_SIGNAL : BATCH_GO_ON;
    }
}

void batch_count(struct batch *batch, const struct finding *finding)
{
    enum batch_stop stop = judge(finding);
    bool unknown = finding->outcome == MIGTASK_UNKNOWN;
    bool answered = !unknown && finding->outcome != MIGTASK_NOT_SENT;
    batch->outcomes[finding->outcome]++;
    batch->unanswered = answered ? 0 : batch->unanswered + 1;
    batch->unknown = answered ? 0 : batch->unknown + unknown;
    batch_end(batch, stop, reason_for_others(finding, stop));
    if (batch->unanswered >= BATCH_UNANSWERED) {
        stop = batch->unknown > 0 ? BATCH_UNKNOWN : BATCH_UNREACHABLE;
        batch_end(batch, stop, reason_for_others(finding, stop));
    }
}

const char *batch_why(const struct batch *batch)
{
    static const char *const sentences[] = {
        [BATCH_SIGNAL] = "not begun: cancelled by a signal",
        [BATCH_LOST] = "not begun: an outcome before could not be told",
        [BATCH_UNREACHABLE] = "not begun: the network did not let three tasks in a row through",
        [BATCH_UNKNOWN] = "not begun: three tasks in a row got no clear answer",
        [BATCH_LOCKING] = "not begun: the service did not accept the token of a task before (HTTP "
                          "401), and repeating that locks the account's key",
        [BATCH_CALLER] = "not begun: the service refused this token or account for a task before, "
                         "and would for any other",
        [BATCH_SAME_CAUSE] = "not begun: what a task before failed of would make this one fail too",
    };
    return sentences[batch->stop];
}
