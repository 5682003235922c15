#define _POSIX_C_SOURCE 200809L

#include "attempts.h"

#include "clock.h"
#include "progress.h"
#include "proxy.h"
#include "random.h"
#include "sentence.h"
#include "tcp.h"
#include "terminal.h"
#include "tls.h"

/* A step that moved bytes is followed by the next at once; after so many of them signals, which
 * are let in only while waiting, get their chance. */
#define STEPS_BETWEEN_SIGNALS 64

volatile sig_atomic_t attempts_cancelled;

static migtask_call call;
static migtask_posix_tcp tcp;
static migtask_proxy proxy; /* if there is one */
static migtask_tls tls;
static migtask_stream stream; /* TLS over TCP, or over the proxy over TCP */
#if MIGTASK_TLS_RESUME
static migtask_tls_resumption resumption;
#endif
static bool are_several;
static bool may_reuse;

static bool clock_now(void *ctx, int64_t *epoch_s)
{
    *epoch_s = migtask_posix_epoch_s(ctx);
    return *epoch_s != MIGTASK_NO_DATE;
}

static void show_progress(uint32_t now_ms)
{
    if (migtask_call_phase(&call) == MIGTASK_PHASE_SENDING) {
        progress_show("sending", NULL, now_ms);
    } else if (migtask_call_phase(&call) == MIGTASK_PHASE_WAITING) {
        progress_show("waiting for the answer", NULL, now_ms);
    } else if (migtask_call_phase(&call) == MIGTASK_PHASE_RECEIVING) {
        progress_show("receiving the answer", NULL, now_ms);
    } else if (migtask_tls_get_phase(&tls) == MIGTASK_TLS_SECURING) {
        progress_show("securing the connection", NULL, now_ms);
    } else if (migtask_posix_tcp_phase_of(&tcp) == MIGTASK_POSIX_TCP_RESOLVING) {
        progress_show("resolving the name", NULL, now_ms);
    } else if (migtask_proxy_phase_of(&proxy) == MIGTASK_PROXY_ASKING) {
        progress_show("waiting for the proxy", migtask_posix_tcp_peer(&tcp), now_ms);
    } else {
        progress_show("connecting to", migtask_posix_tcp_peer(&tcp), now_ms);
    }
}

/* One wait of the stream, or of the pause between two attempts. */
static void wait_for(uint32_t max_ms)
{
    migtask_posix_tcp_wait(&tcp, progress_wait(max_ms));
}

static void describe_connection(const struct options *options, bool is_new)
{
    terminal_put(&terminal_err, is_new ? "connected " : "still connected ");
    terminal_put(&terminal_err, options->proxy.used ? "through the proxy " : "to ");
    terminal_put(&terminal_err, migtask_posix_tcp_peer(&tcp));
    terminal_put(&terminal_err, ", ");
    terminal_put(&terminal_err, migtask_tls_version(&tls));
    terminal_put(&terminal_err, ", ");
    terminal_put(&terminal_err, migtask_tls_suite(&tls));
    terminal_put(&terminal_err, "\n");
    (void)terminal_flush(&terminal_err);
}

/* A kept connection ended or fell silent without a byte of answer: a server, or something on the
 * way, that drops connections without saying so would do that to every further task. */
static void judge_reuse(bool is_new, migtask_phase phase)
{
    if (!is_new && phase < MIGTASK_PHASE_RECEIVING &&
        (migtask_call_reason(&call) == MIGTASK_CONNECTION_LOST ||
         migtask_call_reason(&call) == MIGTASK_TLS_FAILED ||
         migtask_call_reason(&call) == MIGTASK_TIMEOUT)) {
        may_reuse = false;
    }
}

/* One attempt; returns how far it had come. */
static migtask_phase run_call(const struct options *options)
{
    migtask_phase phase = MIGTASK_PHASE_CONNECTING;
    bool is_new = migtask_tls_get_phase(&tls) != MIGTASK_TLS_OPEN;
    for (unsigned steps = 0;; steps++) {
        uint32_t now = migtask_posix_now_ms(NULL);
        if (attempts_cancelled) {
            migtask_call_cancel(&call);
        }
        migtask_step step = migtask_call_step(&call, now);
        if (step == MIGTASK_STEP_DONE) {
            judge_reuse(is_new, phase);
            return phase;
        }
        if (options->amount == OUTPUT_VERBOSE && phase == MIGTASK_PHASE_CONNECTING &&
            migtask_call_phase(&call) != phase) {
            progress_make_room();
            describe_connection(options, is_new);
        }
        phase = migtask_call_phase(&call);
        is_new |= phase == MIGTASK_PHASE_CONNECTING; /* one that is open takes no second step */
        if (step == MIGTASK_STEP_WAITING) {
            show_progress(now);
            wait_for(migtask_call_time_left(&call, now));
        } else if (steps % STEPS_BETWEEN_SIGNALS == STEPS_BETWEEN_SIGNALS - 1) {
            migtask_posix_tcp_wait(&tcp, 0);
        }
    }
}

static void announce_repeat(const struct options *options, const struct finding *finding,
                            const migtask_retry *retry, uint32_t pause_ms)
{
    if (options->amount == OUTPUT_QUIET) {
        return;
    }
    progress_make_room();
    if (are_several) {
        terminal_put(&terminal_err, options->task_id);
        terminal_put(&terminal_err, ": ");
    }
    terminal_put(&terminal_err, "attempt ");
    terminal_put_number(&terminal_err, retry->attempts - 1u);
    terminal_put(&terminal_err, ": ");
    terminal_put(&terminal_err, migtask_outcome_name(finding->outcome));
    terminal_put(&terminal_err, ", ");
    terminal_put_view(&terminal_err, sentence_of(options, finding));
    terminal_put(&terminal_err, "; trying again in ");
    terminal_put_seconds(&terminal_err, pause_ms);
    terminal_put(&terminal_err, " s\n");
    (void)terminal_flush(&terminal_err);
}

/* Waits before the next attempt; false if a signal ended it. */
static bool pause_for(uint32_t pause_ms)
{
    uint32_t start = migtask_posix_now_ms(NULL);
    uint32_t elapsed = 0;
    while (elapsed < pause_ms && !attempts_cancelled) {
        progress_show("pausing before the next attempt", NULL, start + elapsed);
        wait_for(pause_ms - elapsed);
        elapsed = migtask_posix_now_ms(NULL) - start;
    }
    progress_erase();
    return !attempts_cancelled;
}

static uint32_t random_bits(void)
{
    uint32_t bits = UINT32_MAX; /* without randomness: the longest pause */
    (void)migtask_posix_random(NULL, &bits, sizeof bits);
    return bits;
}

/* After an attempt that failed. */
static enum trouble trouble_of(const struct options *options, const struct finding *finding)
{
    bool connecting = finding->phase == MIGTASK_PHASE_CONNECTING;
    if (finding->reason == MIGTASK_CLOCK_UNSET ||
        (finding->reason == MIGTASK_CERTIFICATE_REJECTED && migtask_tls_misdated(&tls))) {
        return TROUBLE_CLOCK;
    }
    bool too_late = finding->reason == MIGTASK_TIMEOUT && connecting;
    migtask_posix_tcp_phase tcp_phase = migtask_posix_tcp_phase_of(&tcp);
    if (too_late && tcp_phase == MIGTASK_POSIX_TCP_CONNECTING) {
        return TROUBLE_TCP_SILENT;
    }
    if (options->proxy.used) {
        bool asking = migtask_proxy_phase_of(&proxy) == MIGTASK_PROXY_ASKING;
        return connecting && asking ? TROUBLE_PROXY : TROUBLE_NONE;
    }
    if (finding->reason == MIGTASK_RESOLVE_FAILED ||
        (too_late && tcp_phase == MIGTASK_POSIX_TCP_RESOLVING)) {
        return TROUBLE_NAME;
    }
    return too_late && tcp_phase == MIGTASK_POSIX_TCP_CONNECTED ? TROUBLE_TLS_SILENT : TROUBLE_NONE;
}

/* What became of the attempt that is over. */
static void judge(const struct options *options, struct finding *finding)
{
    finding->outcome = migtask_call_outcome(&call);
    finding->reason = migtask_call_reason(&call);
    finding->trouble = trouble_of(options, finding);
    finding->peer = migtask_posix_tcp_peer(&tcp);
    finding->denied = options->proxy.used && migtask_proxy_denied(&proxy);
    finding->reply = migtask_call_reply(&call);
    finding->sentence = migtask_call_sentence(&call);
}

void attempts_open(const struct options *options, const migtask_trust *trust,
                   const sigset_t *wait_mask, bool several)
{
    const migtask_endpoint *endpoint = &options->request.endpoint;
    const migtask_endpoint *target = options->has_connect_to ? &options->connect_to : endpoint;
    are_several = several;
    may_reuse = options->reuse;
    migtask_posix_tcp_init(&tcp, options->proxy.used ? &options->proxy.where : target);
    migtask_posix_tcp_wait_mask(&tcp, wait_mask);
    migtask_stream lower = migtask_posix_tcp_stream(&tcp);
    if (options->proxy.used) {
        migtask_proxy_config way = {.lower = lower,
                                    .proxy = options->proxy.where,
                                    .target = *target,
                                    .credentials = options->proxy.credentials};
        (void)migtask_proxy_init(&proxy, &way); /* if it failed, the stream says so */
        lower = migtask_proxy_stream(&proxy);
    }
    migtask_tls_config config = {
        .lower = lower, .endpoint = *endpoint, .trust = *trust, .clock = clock_now};
#if MIGTASK_TLS_RESUME
    config.resumption = several ? &resumption : NULL;
#endif
    (void)migtask_tls_init(&tls, &config); /* if it failed, the stream says so */
    stream = migtask_tls_stream(&tls);
}

void attempts_close_connection(void)
{
    stream.ops->close(stream.ctx);
}

void attempts_close(void)
{
    attempts_close_connection();
#if MIGTASK_TLS_RESUME
    migtask_tls_forget(&resumption);
#endif
}

void attempts_run(const struct options *options, uint32_t start_ms, bool more_follow,
                  struct finding *finding)
{
    migtask_request request = options->request;
    request.keep_open = more_follow && may_reuse;
    migtask_retry retry;
    if (are_several) {
        migtask_posix_tcp_wait(&tcp, 0); /* a signal that came since then begins no further one */
    }
    migtask_retry_init(&retry, options->retries, request.timeout_ms, start_ms);
    for (;;) {
        uint32_t now = migtask_posix_now_ms(NULL);
        uint32_t left = migtask_retry_time_left(&retry, now);
        request.timeout_ms = left > 0 ? left : 1;
        migtask_call_begin(&call, &stream, &request, now);
        finding->phase = run_call(options);

        uint32_t pause_ms;
        now = migtask_posix_now_ms(NULL);
        if (attempts_cancelled ||
            !migtask_retry_next(&retry, &call, now, migtask_posix_epoch_s(NULL), random_bits(),
                                &pause_ms)) {
            break;
        }
        attempts_close_connection(); /* nobody looks at it during the pause */
        judge(options, finding);
        announce_repeat(options, finding, &retry, pause_ms);
        if (!pause_for(pause_ms)) {
            retry.attempts--; /* the one that was not begun */
            break;
        }
    }
    progress_erase();
    judge(options, finding);
    finding->attempts = retry.attempts;
}
