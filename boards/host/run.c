#define _POSIX_C_SOURCE 200809L

#include "run.h"

#include "batch.h"
#include "clock.h"
#include "progress.h"
#include "result.h"
#include "secrets.h"
#include "tasks.h"
#include "terminal.h"
#include "workers.h"

static void run_task(struct batch *batch, uint32_t start_ms)
{
    struct finding finding = {.outcome = MIGTASK_NOT_SENT};
    progress_count(batch->next, tasks_count());
    batch_select(batch, batch->next++);
    attempts_run(batch->options, start_ms, batch->next < tasks_count(), &finding);
    batch_count(batch, &finding, batch_judge(&finding));
    if (batch->next == tasks_count() || batch->stop != BATCH_GO_ON) {
        secrets_wipe(); /* no further request */
    }
    batch_told(batch, &finding, 1, result_print(batch->options, &finding));
}

/* The caller learns of every task what became of it, also of those that were not begun. */
static void tell_rest(struct batch *batch, const struct finding *finding)
{
    size_t first = batch->next;
    secrets_wipe();
    if (first == tasks_count()) {
        return;
    }
    for (; batch->next < tasks_count(); batch->next++) {
        batch_count(batch, finding, BATCH_GO_ON);
    }
    batch_told(batch, finding, tasks_count() - first,
               result_print_rest(batch->options, finding, first));
}

/* "12 tasks: 10 accepted, 2 refused", for people. */
static void sum_up(const struct batch *batch)
{
    struct terminal *t = &terminal_out;
    const char *before = " tasks: ";
    terminal_put_number(t, (uint32_t)batch->told);
    for (int i = 0; i < MIGTASK_OUTCOME_COUNT; i++) {
        if (batch->outcomes[i] > 0) {
            terminal_put(t, before);
            terminal_put_number(t, batch->outcomes[i]);
            terminal_put(t, " ");
            terminal_put(t, migtask_outcome_name((migtask_outcome)i));
            before = ", ";
        }
    }
    terminal_put(t, "\n");
    (void)terminal_flush(t);
}

static int exit_status(const struct batch *batch)
{
    static const migtask_outcome gravest_first[] = {MIGTASK_UNKNOWN, MIGTASK_REFUSED,
                                                    MIGTASK_NOT_SENT};
    if (batch->stop == BATCH_LOST) {
        return EXIT_OUTPUT_FAILED;
    }
    for (size_t i = 0; i < sizeof gravest_first / sizeof gravest_first[0]; i++) {
        if (batch->outcomes[gravest_first[i]] > 0) {
            return (int)gravest_first[i];
        }
    }
    return MIGTASK_ACCEPTED;
}

/* After the last task. */
static int finish(const struct batch *batch)
{
    const struct options *options = batch->options;
    int status = exit_status(batch); /* a summary that is lost changes nothing */
    if (tasks_count() > 1 && !options->json && options->amount != OUTPUT_QUIET) {
        sum_up(batch);
    }
    return status;
}

int run_none(struct options *options, const struct finding *finding)
{
    struct batch batch = {.options = options};
    tell_rest(&batch, finding);
    return finish(&batch);
}

int run_all(struct options *options, const migtask_trust *trust, uint32_t start_ms,
            const sigset_t *wait_mask)
{
    struct batch batch = {.options = options, .wait_mask = wait_mask};
    size_t count = tasks_count();
    attempts_open(options, trust, wait_mask, count > 1);
    /* The first alone: it shows whether the token is good before several calls use it. */
    run_task(&batch, start_ms);
    if (options->parallel > 1 && batch.next + 1 < count && batch.stop == BATCH_GO_ON) {
        workers_run(&batch);
    }
    while (batch.next < count && batch.stop == BATCH_GO_ON) {
        run_task(&batch, migtask_posix_now_ms(NULL));
    }
    attempts_close();
    struct finding rest = {
        .outcome = MIGTASK_NOT_SENT, .reason = batch.reason, .sentence = batch_why(&batch)};
    tell_rest(&batch, &rest);
    return finish(&batch);
}
