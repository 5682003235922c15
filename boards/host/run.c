#define _GNU_SOURCE 1 /* MAP_ANONYMOUS */

#include "run.h"

#include <poll.h>
#include <sys/mman.h>

#include "batch.h"
#include "migtask_posix.h"
#include "progress.h"
#include "result.h"
#include "secrets.h"
#include "tasks.h"
#include "terminal.h"
#include "waiting.h"

/* The calls side by side. The first has its place here; the others get theirs when there are tasks
 * for them, since each is megabytes of addresses, of which only what is used becomes memory. */
static union {
    struct attempts in;
    char pages[SECRETS_PAGES(sizeof(struct attempts))];
} first_call __attribute__((aligned(SECRETS_PAGE)));
static struct attempts *calls[CALLS_MAX];
static size_t count;
static struct batch *current;

static bool may_begin(const struct batch *batch)
{
    return batch->next < tasks_count() && batch->stop == BATCH_GO_ON && !attempts_cancelled;
}

static bool is_under_way(const struct attempts *call)
{
    return call->state == ATTEMPTS_CALLING || call->state == ATTEMPTS_PAUSING;
}

/* How many are; *one is one of them. */
static size_t under_way(struct attempts **one)
{
    size_t number = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_under_way(calls[i])) {
            *one = calls[i];
            number++;
        }
    }
    return number;
}

/* One more; false: there is no memory for it. */
static bool add_call(void)
{
    void *memory = &first_call.in;
    if (count > 0) {
        memory = mmap(NULL, sizeof first_call, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                      -1, 0);
        if (memory == MAP_FAILED) {
            return false;
        }
    }
    if (current->options->parallel > 1) { /* one may send while another looks a name up */
        secrets_keep(memory, sizeof first_call);
    }
    attempts_init(memory);
    calls[count++] = memory;
    return true;
}

/* The first task goes alone: it shows whether the token is good before several calls use it. */
static void begin_tasks(struct batch *batch, uint32_t start_ms)
{
    size_t most = batch->told > 0 ? batch->options->parallel : 1;
    for (size_t i = 0; i < most && may_begin(batch) && (i < count || add_call()); i++) {
        if (calls[i]->state == ATTEMPTS_IDLE) {
            size_t task = batch->next++;
            batch_select(batch, task);
            attempts_begin(calls[i], task, task == 0 ? start_ms : migtask_posix_now_ms(NULL),
                           batch->next < tasks_count());
        }
    }
}

/* No further request: nothing secret is needed. */
static void wipe_if_over(const struct batch *batch)
{
    struct attempts *one;
    if (!may_begin(batch) && under_way(&one) == 0) {
        secrets_wipe();
    }
}

static void step_calls(const struct batch *batch)
{
    for (size_t i = 0; i < count; i++) {
        attempts_step(calls[i]);
    }
    wipe_if_over(batch);
}

/* Waits until one of the calls may get on, a signal comes, or *also is ready, if there is one. */
static int wait_for_calls(const struct batch *batch, struct pollfd *also, uint32_t max_ms)
{
    struct pollfd set[CALLS_MAX * MIGTASK_POSIX_WATCHED + 1];
    size_t number = 0;
    if (also != NULL) {
        set[number++] = *also;
    }
    for (size_t i = 0; i < count; i++) {
        number += attempts_watch(calls[i], set + number, &max_ms);
    }
    int ready = migtask_posix_wait(set, number, max_ms, batch->wait_mask);
    if (also == NULL || ready <= 0) {
        return ready;
    }
    also->revents = set[0].revents;
    return also->revents != 0;
}

/* A result waits for its reader: the calls under way go on meanwhile, and their outcomes are told
 * after it. */
static int wait_for_reader(struct pollfd *reader, uint32_t max_ms)
{
    step_calls(current);
    return wait_for_calls(current, reader, max_ms);
}

static void tell(struct batch *batch, struct attempts *call)
{
    progress_erase();
    batch_select(batch, call->task);
    batch_count(batch, &call->finding);
    wipe_if_over(batch);
    batch_told(batch, &call->finding, 1, result_print(batch->options, &call->finding));
    attempts_release(call, may_begin(batch));
}

static void show_progress(const struct batch *batch)
{
    struct attempts *one = NULL;
    size_t number = under_way(&one);
    progress_count(batch->told, tasks_count());
    if (number > 1) {
        progress_show("working on several at a time", NULL, migtask_posix_now_ms(NULL));
    } else if (number == 1) {
        attempts_show(one);
    }
}

static bool is_over(const struct batch *batch)
{
    for (size_t i = 0; i < count; i++) {
        if (calls[i]->state != ATTEMPTS_IDLE) {
            return false;
        }
    }
    return !may_begin(batch);
}

static void run_calls(struct batch *batch, uint32_t start_ms)
{
    for (;;) {
        bool told = false;
        if (attempts_cancelled) {
            batch_end(batch, BATCH_SIGNAL, MIGTASK_CANCELLED);
        }
        begin_tasks(batch, start_ms);
        step_calls(batch);
        for (size_t i = 0; i < count; i++) {
            attempts_say(calls[i]);
            if (calls[i]->state == ATTEMPTS_DONE) {
                tell(batch, calls[i]);
                told = true;
            }
        }
        if (is_over(batch)) {
            return;
        }
        show_progress(batch);
        /* After a result there may be another, or the next task can be begun. */
        (void)wait_for_calls(batch, NULL, told ? 0 : progress_wait(UINT32_MAX));
    }
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
        batch_count(batch, finding);
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
    current = &batch;
    attempts_open(options, trust, tasks_count() > 1);
    terminal_meanwhile(wait_for_reader);
    run_calls(&batch, start_ms);
    terminal_meanwhile(NULL);
    for (size_t i = 0; i < count; i++) {
        attempts_release(calls[i], false);
    }
    attempts_close();
    struct finding rest = {
        .outcome = MIGTASK_NOT_SENT, .reason = batch.reason, .sentence = batch_why(&batch)};
    tell_rest(&batch, &rest);
    return finish(&batch);
}
