#define _POSIX_C_SOURCE 200809L

#include "result.h"

#include <string.h>

#include "advice.h"
#include "echo.h"
#include "hints.h"
#include "progress.h"
#include "sentence.h"
#include "tasks.h"
#include "terminal.h"

/* The exit status of the command is the outcome's number: scripts rely on it. */
_Static_assert(MIGTASK_ACCEPTED == 0 && MIGTASK_REFUSED == 1 && MIGTASK_INVALID == 2 &&
                   MIGTASK_NOT_SENT == 3 && MIGTASK_UNKNOWN == 4,
               "the outcomes are the documented exit statuses");

static void put_parameters(struct terminal *t, const migtask_reply *reply)
{
    for (size_t i = 0; i < reply->error_param_count; i++) {
        terminal_put(t, "  parameter: ");
        terminal_put_view(t, sentence_of_service(reply->error_param[i]));
        terminal_put(t, "\n");
    }
    for (size_t i = 0; i < reply->details_count; i++) {
        terminal_put(t, "  detail: ");
        terminal_put_view(t, sentence_of_service(reply->details[i].error_code));
        terminal_put(t, " ");
        terminal_put_view(t, sentence_of_service(reply->details[i].error_msg));
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
                          const struct finding *finding, size_t several)
{
    migtask_view advice = advice_for(finding->outcome, finding->reply);
    switch (finding->outcome) {
    case MIGTASK_UNKNOWN:
        terminal_put(t, "  Look at the task's state first, in the console or with\n"
                        "    GET /v3/tasks/");
        terminal_put(t, options->task_id);
        terminal_put(t, "\n  The action may have been carried out: do not simply repeat it.\n");
        break;
    case MIGTASK_NOT_SENT:
        terminal_put(t, several > 0 ? "  The action was not carried out for any of these. "
                                    : "  The action was not carried out. ");
        terminal_put(t, has_lasting_cause(finding->reason) ? "Remove the cause, then repeat it.\n"
                        : finding->reason == MIGTASK_AUTH_FAILED
                            ? "Put the token or the account right, then repeat it.\n"
                        : several > 0       ? "It is safe to repeat it, for these alone.\n"
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

/* several: how many tasks it is about, the last ones of all; 0: the one that the options are
 * about. */
static void put_for_people(struct terminal *t, const struct options *options,
                           const struct finding *finding, size_t several)
{
    bool answered = finding->reply != NULL && finding->reply->http_status != 0;
    terminal_put(t, migtask_outcome_name(finding->outcome));
    terminal_put(t, ": ");
    terminal_put(t, options->operation_name);
    if (several > 0) {
        terminal_put(t, " ");
        terminal_put_number(t, (uint32_t)several);
        terminal_put(t, " tasks");
    } else if (options->task_id != NULL) {
        terminal_put(t, " ");
        terminal_put(t, options->task_id);
    }
    terminal_put(t, ": ");
    terminal_put_view(t, sentence_of(options, finding));
    terminal_put(t, "\n");
    for (size_t i = tasks_count() - several; i < tasks_count(); i++) {
        terminal_put(t, "  ");
        terminal_put(t, tasks_id(i));
        terminal_put(t, "\n");
    }
    if (answered && finding->outcome != MIGTASK_ACCEPTED) {
        put_parameters(t, finding->reply);
    }
    if (finding->attempts > 1) {
        terminal_put(t, "  Attempts: ");
        terminal_put_number(t, finding->attempts);
        terminal_put(t, "\n");
    }
    hints_put(t, finding);
    put_next_step(t, options, finding, several);
}

/* What the caller named, be it wrong, but for what may be a secret. */
static migtask_view named(const char *text, bool allowed)
{
    return migtask_text(allowed ? text : NULL);
}

static void put_json(const struct options *options, const struct finding *finding,
                     migtask_view message)
{
    const char *operation = options->operation_name;
    const char *task_id = options->task_id;
    migtask_result result = {.outcome = finding->outcome,
                             .reason = finding->reason,
                             .operation =
                                 named(operation, operation != NULL && echo_allowed(operation)),
                             .task_id = named(task_id, task_id != NULL && echo_allowed_id(task_id)),
                             .reply = finding->reply,
                             .message = message,
                             .attempts = finding->attempts,
                             .advice = advice_for(finding->outcome, finding->reply)};
    (void)migtask_report_json(&result, terminal_write, &terminal_out);
}

/* The end of every way through the command: is the result out? If not, it stands on standard error
 * alone, and is waited for there. told: people are told there in any case. */
static int finish(const struct options *options, const struct finding *finding, size_t several,
                  bool told)
{
    bool out = terminal_flush(&terminal_out);
    if (told || !out) {
        progress_erase();
    }
    if (!out) {
        static bool is_said;
        terminal_err.drops = false;
        if (!is_said) {
            terminal_put(&terminal_err,
                         "migtask: the result could not be written to standard output\n");
            is_said = true;
        }
    }
    if (told || !out) {
        put_for_people(&terminal_err, options, finding, several);
    }
    (void)terminal_flush(&terminal_err);
    return out ? (int)finding->outcome : EXIT_OUTPUT_FAILED;
}

int result_print(const struct options *options, const struct finding *finding)
{
    bool accepted = finding->outcome == MIGTASK_ACCEPTED; /* says all by itself */
    bool quiet = options->amount == OUTPUT_QUIET;
    if (options->json) {
        put_json(options, finding,
                 accepted ? (migtask_view){NULL, 0} : sentence_of(options, finding));
    } else if (!quiet || !accepted) {
        put_for_people(&terminal_out, options, finding, 0);
    }
    return finish(options, finding, 0, options->json && !quiet && !accepted);
}

int result_print_rest(struct options *options, const struct finding *finding, size_t first)
{
    size_t count = tasks_count();
    size_t several = count - first > 1 ? count - first : 0;
    for (size_t i = first; i < count; i++) {
        options->task_id = tasks_id(i);
        if (options->json) {
            put_json(options, finding, sentence_of(options, finding));
            (void)terminal_flush(&terminal_out); /* line by line */
        }
    }
    if (!options->json) {
        put_for_people(&terminal_out, options, finding, several);
    }
    return finish(options, finding, several, options->json && options->amount != OUTPUT_QUIET);
}

#define COLUMNS 78

/* A word of a list, on a new line if the one before it is full. */
static void put_word(struct terminal *t, const char *word, size_t *column)
{
    size_t len = strlen(word) + 1;
    if (*column + len > COLUMNS) {
        terminal_put(t, "\n   ");
        *column = 3;
    }
    terminal_put(t, " ");
    terminal_put(t, word);
    *column += len;
}

/* What else helps with what is wrong. */
static void put_lists(struct terminal *t, const struct complaint *complaint)
{
    size_t column = 0;
    if (complaint->list_regions) {
        put_word(t, " known regions:", &column);
        for (const migtask_region *region = migtask_regions; region->name != NULL; region++) {
            put_word(t, region->name, &column);
        }
        terminal_put(t, "\n");
    }
    if (complaint->list_operations) {
        put_word(t, " operations:", &column);
        for (int i = 0; i < MIGTASK_OPERATION_COUNT; i++) {
            put_word(t, migtask_operation_name((migtask_operation)i), &column);
        }
        terminal_put(t, "\n  migtask --help tells more.\n");
    }
}

int result_print_complaint(const struct options *options, const struct complaint *complaint,
                           migtask_reason reason)
{
    struct finding finding = {.outcome = MIGTASK_INVALID, .reason = reason};
    struct terminal *t = &terminal_err;
    if (options->json) {
        put_json(options, &finding, sentence_of_complaint(options, complaint, "; "));
    }
    if (!options->json || options->amount != OUTPUT_QUIET) {
        terminal_put(t, "migtask: ");
        migtask_view sentence =
            sentence_of_complaint(options, complaint, options->json ? "; " : "\n  ");
        (void)terminal_write(t, sentence.ptr, sentence.len);
        terminal_put(t, "\n");
        put_lists(t, complaint);
        terminal_put(t, "  Nothing was attempted.\n");
    }
    bool out = terminal_flush(&terminal_out);
    if (!out) {
        t->drops = false; /* it is the result now */
        terminal_put(t, "migtask: the result (invalid) could not be written to standard output\n");
    }
    (void)terminal_flush(t);
    return out ? (int)finding.outcome : EXIT_OUTPUT_FAILED;
}
