/*
 * migtask - the command: arguments in, a call for each task, an outcome for each call.
 */
#define _POSIX_C_SOURCE 200809L

#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "attempts.h"
#include "explain.h"
#include "migtask_posix.h"
#include "migtask_tls.h"
#include "options.h"
#include "progress.h"
#include "randomness.h"
#include "result.h"
#include "roots.h"
#include "run.h"
#include "secrets.h"
#include "tasks.h"
#include "terminal.h"
#include "token.h"
#include "usage.h"

/* All memory that mbedTLS ever gets, for as many calls at a time as there may be. What is not used
 * costs nothing. */
static uint64_t arena[(CALLS_MAX * MIGTASK_TLS_ARENA + 7) / 8];

static void on_signal(int number)
{
    (void)number;
    if (attempts_cancelled < SIG_ATOMIC_MAX) {
        attempts_cancelled++;
    }
}

/* SIGINT, SIGTERM and SIGHUP cancel the call; they are let in only while waiting, so that none is
 * missed between a look and a wait. SIGPIPE and SIGXFSZ never are: a reader that is gone or a file
 * that may not grow is a failed write like any other. Returns the mask for waiting. */
static void catch_signals(sigset_t *wait_mask)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigset_t blocked;
    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGPIPE);
    (void)sigaddset(&blocked, SIGXFSZ);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct sigaction old;
        if (sigaction(numbers[i], &action, &old) == 0) {
            if (old.sa_handler == SIG_IGN) {
                (void)sigaction(numbers[i], &old, NULL); /* nohup stays */
            } else {
                (void)sigaddset(&blocked, numbers[i]);
            }
        }
    }
    (void)sigprocmask(SIG_BLOCK, &blocked, wait_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        (void)sigdelset(wait_mask, numbers[i]); /* whoever started us may have blocked them */
    }
    (void)sigaddset(wait_mask, SIGPIPE);
    (void)sigaddset(wait_mask, SIGXFSZ);
}

static int print_help(bool all)
{
    terminal_put(&terminal_out, all ? usage_all : usage_short);
    roots_put_usage(&terminal_out, all);
    return terminal_flush(&terminal_out) ? 0 : 5;
}

static int print_version(void)
{
    terminal_put(&terminal_out, "migtask " MIGTASK_VERSION "\n");
    return terminal_flush(&terminal_out) ? 0 : 5;
}

/* The request as it would go out, with line ends for people. */
static void put_request(struct terminal *t, const migtask_request *request)
{
    char piece[256];
    size_t at = 0;
    size_t len;
    while ((len = migtask_request_preview(request, at, piece, sizeof piece)) > 0) {
        at += len;
        for (char *line = piece; len > 0;) {
            char *end = memchr(line, '\n', len);
            size_t take = end == NULL ? len : (size_t)(end - line);
            size_t visible = take > 0 && line[take - 1] == '\r' ? take - 1 : take;
            terminal_put_view(t, (migtask_view){line, visible});
            if (end != NULL) {
                (void)terminal_write(t, "\n", 1);
                take++;
            }
            line += take;
            len -= take;
        }
    }
    (void)terminal_write(t, "\n", 1);
}

static void describe_proxy(const struct options *options)
{
    const migtask_endpoint *proxy = &options->proxy.where;
    if (!options->proxy.used) {
        return;
    }
    terminal_put(&terminal_err, "proxy: ");
    terminal_put_view(&terminal_err, proxy->host);
    terminal_put(&terminal_err, " port ");
    terminal_put_number(&terminal_err, proxy->port);
    terminal_put(&terminal_err, " (");
    terminal_put(&terminal_err, options->proxy.source);
    terminal_put(&terminal_err, ")\n");
}

/* The request is shown with its token masked, so the token is not needed for it. */
static int dry_run(struct options *options)
{
    secrets_wipe();
    for (size_t i = 0; i < tasks_count(); i++) {
        options->request.action.task_id = migtask_text(tasks_id(i));
        options->request.keep_open = options->reuse && i + 1 < tasks_count();
        put_request(&terminal_out, &options->request);
    }
    if (options->amount != OUTPUT_QUIET) {
        terminal_put(&terminal_err, "Dry run: nothing was sent.\n");
        describe_proxy(options);
    }
    (void)terminal_flush(&terminal_err);
    return terminal_flush(&terminal_out) ? 0 : 5;
}

static void describe_start(struct options *options)
{
    terminal_put(&terminal_err, "trusted roots: ");
    terminal_put(&terminal_err, roots_file());
    terminal_put(&terminal_err, "\n");
    describe_proxy(options);
    options->request.keep_open = options->reuse && tasks_count() > 1;
    put_request(&terminal_err, &options->request);
    (void)terminal_flush(&terminal_err);
}

/* Nothing is sent. */
static int complain(const struct options *options, const struct complaint *complaint,
                    migtask_reason reason)
{
    secrets_wipe();
    return result_print_complaint(options, complaint, reason);
}

static int run(int argc, char *argv[])
{
    struct options options;
    struct complaint complaint;
    struct finding finding = {.outcome = MIGTASK_NOT_SENT};
    sigset_t wait_mask;
    uint32_t start_ms = migtask_posix_now_ms(NULL);

    bool guarded = terminal_guard_descriptors();
    catch_signals(&wait_mask);
    terminal_let_in(&wait_mask, &attempts_cancelled);
    bool good = options_read(&options, argc, argv, &complaint);
    if (options.help || options.version || options.explain) {
        secrets_wipe();
    }
    if (options.help) {
        return print_help(options.help_all);
    }
    if (options.version) {
        return print_version();
    }
    if (!good) {
        return complain(&options, &complaint, MIGTASK_INVALID_ARGUMENT);
    }
    if (options.explain) {
        return explain_print(&options);
    }
    if (!guarded) {
        complaint.what = "standard input, output or error is closed, and nothing can be opened in "
                         "its place";
        complaint.hint = "start the command with all three open: </dev/null >/dev/null 2>&1";
        return complain(&options, &complaint, MIGTASK_INVALID_CONFIG);
    }
    progress_start(options.amount != OUTPUT_QUIET);

    migtask_posix_patience patience = {.start_ms = start_ms,
                                       .timeout_ms = options.request.timeout_ms,
                                       .wait_mask = &wait_mask,
                                       .cancelled = &attempts_cancelled};
    enum tasks_status tasks = tasks_read(&options, &patience, &complaint);
    if (tasks == TASKS_WRONG) {
        return complain(&options, &complaint, MIGTASK_INVALID_ARGUMENT);
    }
    if (tasks != TASKS_OK) {
        finding.reason = tasks == TASKS_TIMEOUT ? MIGTASK_TIMEOUT : MIGTASK_CANCELLED;
        secrets_wipe();
        return result_print(&options, &finding);
    }
    uint32_t typing_ms;
    enum token_status token =
        token_read(&options, &patience, &options.request.token, &typing_ms, &complaint);
    if (!options.has_timeout) {
        start_ms += typing_ms; /* whoever types has the time for it */
    }
    if (token == TOKEN_WRONG) {
        return complain(&options, &complaint, MIGTASK_INVALID_ARGUMENT);
    }
    if (token != TOKEN_OK) {
        finding.reason = token == TOKEN_TIMEOUT ? MIGTASK_TIMEOUT : MIGTASK_CANCELLED;
        return run_none(&options, &finding);
    }
    if (options.dry_run) {
        return dry_run(&options);
    }

    if (!randomness_wait(start_ms, options.request.timeout_ms, options.amount == OUTPUT_QUIET,
                         &wait_mask, &attempts_cancelled)) {
        finding.reason = attempts_cancelled ? MIGTASK_CANCELLED : MIGTASK_NO_ENTROPY;
        finding.sentence = attempts_cancelled ? NULL : randomness_missing;
        return run_none(&options, &finding);
    }

    migtask_trust trust;
    bool no_memory = false;
    migtask_tls_process process = {arena, sizeof arena, migtask_posix_random, NULL};
    (void)migtask_tls_start(&process); /* if it failed, the stream says so */
    if (!roots_open(options.ca_file, &trust, &complaint, &no_memory)) {
        if (!no_memory) {
            return complain(&options, &complaint, MIGTASK_INVALID_CONFIG);
        }
        finding.reason = MIGTASK_OUT_OF_MEMORY;
        return run_none(&options, &finding);
    }
    if (options.amount == OUTPUT_VERBOSE) {
        describe_start(&options);
    }
    int status = run_all(&options, &trust, start_ms, &wait_mask);
    roots_close();
    return status;
}

int main(int argc, char *argv[])
{
    secrets_guard();
    token_take();
    int status = run(argc, argv);
    secrets_wipe();
    return status;
}
