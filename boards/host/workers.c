#define _GNU_SOURCE 1 /* ppoll() */

#include "workers.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "clock.h"
#include "progress.h"
#include "result.h"
#include "secrets.h"
#include "tasks.h"
#include "terminal.h"
#include "wait.h"

#define WORKERS_MAX 4 /* as --parallel */
#define NOBODY SIZE_MAX
#define LONGEST_WAIT_MS 3600000u

/* What a worker says when a task is done, behind the text of its outcome. */
struct verdict {
    uint16_t no_text; /* 0: where a frame of text has its length */
    uint8_t outcome;  /* migtask_outcome */
    uint8_t reason;   /* migtask_reason */
    uint8_t stop;     /* enum batch_stop: batch_judge() */
    uint8_t phase;    /* migtask_phase: how far the last attempt had come */
};

struct worker {
    pid_t process;
    int fd; /* -1: none */
    bool busy;
    size_t task; /* if it is */
};

static struct worker workers[WORKERS_MAX];
static size_t count;

/* ---------------------------------------------------------------------------------------------
 * In the worker.
 */

/* All of it, though signals interrupt; a parent that is gone ends the worker. */
static bool transfer(int fd, void *data, size_t len, bool out)
{
    char *at = data;
    while (len > 0) {
        ssize_t n = out ? write(fd, at, len) : read(fd, at, len);
        if (n > 0) {
            at += n;
            len -= (size_t)n;
        } else if (n == 0 || errno != EINTR) {
            return false;
        }
    }
    return true;
}

/* Does the tasks that come, until there are no more. */
static _Noreturn void work(struct batch *batch, int fd, pid_t parent)
{
    uint32_t task;
#ifdef __linux__
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* the call under way is then cancelled in order */
#endif
    if (getppid() != parent) { /* killed before that: nobody is left to tell */
        _exit(0);
    }
    progress_leave(); /* the parent's line is not written into */
    terminal_out.fd = fd;
    terminal_out.framed = true; /* what is told of an outcome stays whole */
    while (transfer(fd, &task, sizeof task, false)) {
        struct finding finding = {.outcome = MIGTASK_NOT_SENT};
        struct verdict verdict = {0};
        batch_select(batch, task);
        attempts_run(batch->options, migtask_posix_now_ms(NULL), true, &finding);
        verdict.outcome = (uint8_t)finding.outcome;
        verdict.reason = (uint8_t)finding.reason;
        verdict.stop = (uint8_t)batch_judge(&finding);
        verdict.phase = (uint8_t)finding.phase;
        (void)result_print(batch->options, &finding);
        if (!transfer(fd, &verdict, sizeof verdict, true)) {
            break;
        }
    }
    attempts_close();
    secrets_wipe();
    _exit(0);
}

/* ---------------------------------------------------------------------------------------------
 * In the parent.
 */

static bool start_worker(struct batch *batch)
{
    struct worker *worker = &workers[count];
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return false;
    }
    pid_t parent = getpid();
    secrets_share(true);
    worker->process = fork();
    secrets_share(false); /* in the worker too: it looks names up */
    if (worker->process == 0) {
        for (size_t i = 0; i < count; i++) {
            (void)close(workers[i].fd); /* else it would not see its end */
        }
        (void)close(ends[0]);
        work(batch, ends[1], parent);
    }
    (void)close(ends[1]);
    if (worker->process < 0) {
        (void)close(ends[0]);
        return false;
    }
    worker->fd = ends[0];
    worker->busy = false;
    count++;
    return true;
}

static void dismiss(struct worker *worker)
{
    (void)close(worker->fd);
    worker->fd = -1;
    while (waitpid(worker->process, NULL, 0) < 0 && errno == EINTR) {
    }
}

/* The worker ended in the middle of a task, killed by whom we do not know: nor do we know how far
 * its call had come. */
static void tell_death(struct batch *batch, const struct worker *worker, bool spoke)
{
    struct finding finding = {.outcome = MIGTASK_UNKNOWN,
                              .reason = MIGTASK_CONNECTION_LOST,
                              .sentence = "the process that made the call was killed",
                              .attempts = 1};
    if (spoke) {
        (void)terminal_write(&terminal_out, "\n", 1); /* behind its unfinished line */
    }
    batch_select(batch, worker->task);
    batch_count(batch, &finding, BATCH_GO_ON);
    batch_told(batch, &finding, 1, result_print(batch->options, &finding));
}

/* Hands out the next task, or lets the worker go. */
static void employ(struct batch *batch, struct worker *worker)
{
    worker->busy = false;
    if (batch->next < tasks_count() && batch->stop == BATCH_GO_ON && !attempts_cancelled) {
        uint32_t task = (uint32_t)batch->next;
        if (transfer(worker->fd, &task, sizeof task, true)) {
            worker->task = batch->next++;
            worker->busy = true;
            if (batch->next == tasks_count()) {
                secrets_wipe(); /* here: the workers have their own */
            }
            return;
        }
    }
    dismiss(worker);
}

/* Something came from a worker; returns whether more of the same outcome follows. */
static bool listen_to(struct batch *batch, struct worker *worker, bool spoke)
{
    char text[TERMINAL_BUFFER];
    struct verdict verdict = {0};
    uint16_t len;
    bool alive = transfer(worker->fd, &len, sizeof len, false) && len <= sizeof text;
    progress_erase();
    if (alive && len > 0 && transfer(worker->fd, text, len, false)) {
        (void)terminal_write(&terminal_out, text, len);
        return true;
    }
    if (alive && len == 0 &&
        transfer(worker->fd, &verdict.outcome, sizeof verdict - sizeof len, false)) {
        static const migtask_reply told_by_worker; /* there was a call */
        struct finding finding = {.outcome = (migtask_outcome)verdict.outcome,
                                  .reason = (migtask_reason)verdict.reason,
                                  .phase = (migtask_phase)verdict.phase,
                                  .reply = &told_by_worker,
                                  .attempts = 1};
        batch_select(batch, worker->task);
        batch_count(batch, &finding, (enum batch_stop)verdict.stop);
        batch_told(batch, &finding, 1, result_pass_on(batch->options, &finding));
        employ(batch, worker);
        return false;
    }
    if (worker->busy) {
        tell_death(batch, worker, spoke);
    }
    dismiss(worker);
    return false;
}

/* Waits until a worker says something: only this one, or any. */
static void wait_for_workers(const struct batch *batch, struct pollfd *watched, size_t only)
{
    for (size_t i = 0; i < count; i++) {
        watched[i].fd = only == NOBODY || only == i ? workers[i].fd : -1;
        watched[i].events = POLLIN;
        watched[i].revents = 0;
    }
    (void)migtask_posix_wait(watched, count, progress_wait(LONGEST_WAIT_MS), batch->wait_mask);
}

static bool any_left(void)
{
    for (size_t i = 0; i < count; i++) {
        if (workers[i].fd >= 0) {
            return true;
        }
    }
    return false;
}

/* Cancels the calls under way: a signal may have reached this process alone. */
static void cancel_workers(void)
{
    for (size_t i = 0; i < count; i++) {
        if (workers[i].fd >= 0) {
            (void)kill(workers[i].process, SIGTERM);
        }
    }
}

void workers_run(struct batch *batch)
{
    struct pollfd watched[WORKERS_MAX];
    size_t speaker = NOBODY; /* whose outcome is being passed on */
    bool cancelled = false;
    size_t left = tasks_count() - batch->next;
    size_t wanted = batch->options->parallel < left ? batch->options->parallel : left;
    attempts_close_connection();
    /* Each offers its copy of the session that the first task left. A ticket used several times
     * lets a listener see that the connections belong together (RFC 8446 appendix C.4): that they
     * come from one address at one time tells it anyway. */
    while (count < wanted && start_worker(batch)) {
    }
    for (size_t i = 0; i < count; i++) {
        employ(batch, &workers[i]);
    }
    while (any_left()) {
        progress_count(batch->told, tasks_count());
        progress_show("working on several at a time", NULL, migtask_posix_now_ms(NULL));
        wait_for_workers(batch, watched, speaker);
        if (attempts_cancelled && !cancelled) {
            cancelled = true;
            batch_end(batch, BATCH_SIGNAL, MIGTASK_CANCELLED);
            cancel_workers();
        }
        for (size_t i = 0; i < count; i++) {
            if (workers[i].fd >= 0 && watched[i].revents != 0 &&
                (speaker == NOBODY || speaker == i)) {
                speaker = listen_to(batch, &workers[i], speaker == i) ? i : NOBODY;
            }
        }
    }
    progress_erase();
}
