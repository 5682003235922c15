#define _POSIX_C_SOURCE 200809L

#include "result.h"

#include "advice.h"
#include "hints.h"
#include "tasks.h"
#include "terminal.h"

#define SHOWN_BYTES 400 /* of one text of the service; --json has all of it */

/* The exit status of the command is the outcome's number: scripts rely on it. */
_Static_assert(MIGTASK_ACCEPTED == 0 && MIGTASK_REFUSED == 1 && MIGTASK_INVALID == 2 &&
                   MIGTASK_NOT_SENT == 3 && MIGTASK_UNKNOWN == 4,
               "the outcomes are the documented exit statuses");

/* What is said where the stream said nothing of its own. */
static const char *sentence_for(const struct finding *finding)
{
    switch (finding->reason) {
    case MIGTASK_BODY_MALFORMED:
        return "the answer's body is not valid JSON, so it is probably not the service's own: is a "
               "proxy or another server in between?";
    case MIGTASK_HTTP_MALFORMED:
        return "the answer is not proper HTTP";
    case MIGTASK_HTTP_TOO_LARGE:
        return "the answer's header section is too large";
    case MIGTASK_CONNECTION_LOST:
        return finding->outcome == MIGTASK_UNKNOWN
                   ? "the connection was lost before the answer was whole"
                   : "the connection was lost";
    case MIGTASK_CANCELLED:
        return "cancelled by a signal";
    case MIGTASK_OUT_OF_MEMORY:
        return "the memory set aside for TLS is not enough for this server's certificates";
    case MIGTASK_NO_ENTROPY:
        return "the system gives no random numbers";
    default:
        return migtask_reason_name(finding->reason);
    }
}

static void put_timeout(struct terminal *t, const struct options *options,
                        const struct finding *finding)
{
    const migtask_request *request = &options->request;
    bool connecting = finding->phase == MIGTASK_PHASE_CONNECTING;
    uint32_t limit = request->timeout_ms;
    if (connecting && request->connect_timeout_ms < limit) {
        limit = request->connect_timeout_ms;
    }
    terminal_put(t, options->task_id == NULL              ? "the list of tasks did not come"
                    : finding->reply == NULL              ? "the token did not come"
                    : finding->trouble == TROUBLE_NAME    ? "the endpoint's name was not looked up"
                    : finding->trouble == TROUBLE_PROXY   ? "the proxy opened no connection"
                    : connecting                          ? "no secure connection came about"
                    : finding->outcome == MIGTASK_UNKNOWN ? "no complete answer came"
                                                          : "the request could not be sent");
    terminal_put(t, " within ");
    terminal_put_seconds(t, limit);
    terminal_put(t, connecting && limit < request->timeout_ms ? " s (--connect-timeout)"
                                                              : " s (--timeout)");
}

/* A text of the service, or so much of it as a person will read. */
static void put_service_text(struct terminal *t, migtask_view text)
{
    if (text.len <= SHOWN_BYTES) {
        terminal_put_view(t, text);
        return;
    }
    size_t len = SHOWN_BYTES;
    while (((unsigned char)text.ptr[len] & 0xC0) == 0x80) { /* whole characters */
        len--;
    }
    terminal_put_view(t, (migtask_view){text.ptr, len});
    terminal_put(t, "... (");
    terminal_put_number(t, (uint32_t)text.len);
    terminal_put(t, " bytes, whole with --json)");
}

/* What an answer means that has neither code nor message that we understand. */
static const char *meaning_of(unsigned http_status)
{
    return http_status < 300 ? "the answer is not a clear yes "
           : http_status < 400
               ? "the server sends us elsewhere, which is never followed, since the "
                 "token would go along: is the endpoint right? "
           : http_status == 401 ? "the token was not accepted: get a new one "
           : http_status == 404 ? "there is no such service at this endpoint "
           : http_status == 494 ? "the token is too long for this server "
           : http_status < 500  ? "the server says no without giving a reason "
                                : "the server failed without giving a reason ";
}

/* Code, message, status and request id of the service's answer. */
static void put_answer(struct terminal *t, const migtask_reply *reply)
{
    if (reply->error_code.len > 0) {
        put_service_text(t, reply->error_code);
        terminal_put(t, ": ");
    }
    if (reply->error_msg.len > 0) {
        put_service_text(t, reply->error_msg);
        terminal_put(t, " ");
    }
    terminal_put(t, "(HTTP ");
    terminal_put_number(t, reply->http_status);
    if (reply->request_id.len > 0) {
        terminal_put(t, ", request id ");
        terminal_put_view(t, reply->request_id);
    }
    terminal_put(t, ")");
}

static void put_parameters(struct terminal *t, const migtask_reply *reply)
{
    for (size_t i = 0; i < reply->error_param_count; i++) {
        terminal_put(t, "  parameter: ");
        put_service_text(t, reply->error_param[i]);
        terminal_put(t, "\n");
    }
    for (size_t i = 0; i < reply->details_count; i++) {
        terminal_put(t, "  detail: ");
        put_service_text(t, reply->details[i].error_code);
        terminal_put(t, " ");
        put_service_text(t, reply->details[i].error_msg);
        terminal_put(t, "\n");
    }
}

/* Whether a repetition would meet the same failure, until somebody has done something about it. */
static bool has_lasting_cause(migtask_reason reason)
{
    switch (reason) {
    case MIGTASK_CERTIFICATE_REJECTED:
    case MIGTASK_PROXY_FAILED:
    case MIGTASK_OUT_OF_MEMORY:
    case MIGTASK_CLOCK_UNSET:
    case MIGTASK_INVALID_CONFIG:
        return true;
    default:
        return false;
    }
}

/* What to do next: the same as the advice, for the outcome that a person has before them. */
static void put_next_step(struct terminal *t, const struct options *options,
                          const struct finding *finding, migtask_view advice)
{
    switch (finding->outcome) {
    case MIGTASK_UNKNOWN:
        terminal_put(t, "  Look at the task's state first, in the console or with\n"
                        "    GET /v3/tasks/");
        terminal_put(t, options->task_id);
        terminal_put(t, "\n  The action may have been carried out: do not simply repeat it.\n");
        break;
    case MIGTASK_NOT_SENT:
        terminal_put(t, "  The action was not carried out. ");
        terminal_put(t, has_lasting_cause(finding->reason) ? "Remove the cause, then repeat it.\n"
                        : finding->reason == MIGTASK_AUTH_FAILED
                            ? "Get a new token, then repeat it.\n"
                        : tasks_count() > 1 ? "It is safe to repeat it, for this task alone.\n"
                                            : "It is safe to repeat the command.\n");
        break;
    case MIGTASK_REFUSED:
        if (advice.ptr != NULL) {
            terminal_put(t, "  Advice: ");
            terminal_put_view(t, advice);
            terminal_put(t, "\n");
        }
        break;
    default:
        break;
    }
}

static void put_for_people(struct terminal *t, const struct options *options,
                           const struct finding *finding, migtask_view advice)
{
    bool answered = finding->reply != NULL && finding->reply->http_status != 0;
    terminal_put(t, migtask_outcome_name(finding->outcome));
    terminal_put(t, ": ");
    terminal_put(t, options->operation_name);
    if (options->task_id != NULL) {
        terminal_put(t, " ");
        terminal_put(t, options->task_id);
    }
    terminal_put(t, ": ");
    if (finding->reason == MIGTASK_TIMEOUT) {
        put_timeout(t, options, finding);
    } else if (finding->outcome == MIGTASK_ACCEPTED) {
        terminal_put(t, "the service took the action ");
    } else if (finding->sentence != NULL) {
        terminal_put(t, finding->sentence);
    } else if (!answered || finding->reason != MIGTASK_HTTP_STATUS) {
        terminal_put(t, sentence_for(finding));
    } else if (finding->reply->error_code.len + finding->reply->error_msg.len == 0) {
        terminal_put(t, meaning_of(finding->reply->http_status));
    }
    if (answered) {
        if (finding->reason != MIGTASK_HTTP_STATUS && finding->reason != MIGTASK_OK) {
            terminal_put(t, " ");
        }
        put_answer(t, finding->reply);
    }
    terminal_put(t, "\n");
    if (answered && finding->outcome != MIGTASK_ACCEPTED) {
        put_parameters(t, finding->reply);
    }
    if (finding->attempts > 1) {
        terminal_put(t, "  Attempts: ");
        terminal_put_number(t, finding->attempts);
        terminal_put(t, "\n");
    }
    hints_put(t, finding);
    put_next_step(t, options, finding, advice);
}

static void put_json(const struct options *options, const struct finding *finding,
                     migtask_view advice)
{
    migtask_result result = {.outcome = finding->outcome,
                             .reason = finding->reason,
                             .operation = migtask_text(options->operation_name),
                             .task_id = migtask_text(options->task_id),
                             .reply = finding->reply,
                             .attempts = finding->attempts,
                             .advice = advice};
    (void)migtask_report_json(&result, terminal_write, &terminal_out);
}

/* The end of every way through the command: is the result out? */
static int finish(const struct options *options, const struct finding *finding, migtask_view advice)
{
    if (terminal_flush(&terminal_out)) {
        (void)terminal_flush(&terminal_err);
        return (int)finding->outcome;
    }
    /* The outcome must not be lost with the output. */
    static bool is_said;
    if (!is_said) {
        terminal_put(&terminal_err,
                     "migtask: the result could not be written to standard output\n");
        is_said = true;
    }
    put_for_people(&terminal_err, options, finding, advice);
    (void)terminal_flush(&terminal_err);
    return EXIT_OUTPUT_FAILED;
}

int result_print(const struct options *options, const struct finding *finding)
{
    migtask_view advice = advice_for(finding->outcome, finding->reply);
    if (options->json) {
        put_json(options, finding, advice);
    } else if (options->amount != OUTPUT_QUIET || finding->outcome != MIGTASK_ACCEPTED) {
        put_for_people(&terminal_out, options, finding, advice);
    }
    return finish(options, finding, advice);
}

int result_pass_on(const struct options *options, const struct finding *finding)
{
    return finish(options, finding, (migtask_view){NULL, 0});
}

int result_print_complaint(const struct options *options, const struct complaint *complaint,
                           migtask_reason reason)
{
    struct finding finding = {.outcome = MIGTASK_INVALID, .reason = reason};
    struct terminal *t = &terminal_err;
    terminal_put(t, "migtask: ");
    terminal_put(t, complaint->what);
    if (complaint->value != NULL) {
        terminal_put(t, ": ");
        terminal_put_view(t, migtask_text(complaint->value));
    }
    if (complaint->line > 0) {
        terminal_put(t, " (line ");
        terminal_put_number(t, complaint->line);
        terminal_put(t, ")");
    }
    terminal_put(t, "\n");
    if (complaint->hint != NULL) {
        terminal_put(t, "  ");
        terminal_put(t, complaint->hint);
        terminal_put(t, "\n");
    }
    if (complaint->list_regions) {
        for (const migtask_region *region = migtask_regions; region->name != NULL; region++) {
            terminal_put(t, "  ");
            terminal_put(t, region->name);
            terminal_put(t, "\n");
        }
    }
    if (complaint->list_operations) {
        terminal_put(t, "  operations:");
        for (int i = 0; i < MIGTASK_OPERATION_COUNT; i++) {
            terminal_put(t, " ");
            terminal_put(t, migtask_operation_name((migtask_operation)i));
        }
        terminal_put(t, "\n");
    }
    terminal_put(t, "  Nothing was attempted.\n");
    if (options->json) {
        put_json(options, &finding, (migtask_view){NULL, 0});
    }
    if (terminal_flush(&terminal_out)) {
        (void)terminal_flush(&terminal_err);
        return (int)finding.outcome;
    }
    terminal_put(t, "migtask: the result (invalid) could not be written to standard output\n");
    (void)terminal_flush(&terminal_err);
    return EXIT_OUTPUT_FAILED;
}
