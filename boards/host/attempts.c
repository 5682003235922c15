#define _POSIX_C_SOURCE 200809L

#include "attempts.h"

#include "callers.h"
#include "migtask_posix.h"
#include "progress.h"
#include "sentence.h"
#include "tasks.h"
#include "terminal.h"

/* A step that moved bytes is followed by the next at once; after so many of them the other calls
 * get their chance, and signals, which are let in only while waiting. */
#define MOST_STEPS 64

volatile sig_atomic_t attempts_cancelled;

/* Of all calls. */
static const struct options *options;
static migtask_trust trust;
static bool are_several;
static bool may_reuse;
#if MIGTASK_TLS_RESUME
static migtask_tls_resumption latest; /* the session that calls begin with */
#endif

static bool clock_now(void *ctx, int64_t *epoch_s)
{
    *epoch_s = migtask_posix_epoch_s(ctx);
    return *epoch_s != MIGTASK_NO_DATE;
}

/* A kept connection ended or fell silent without a byte of answer: a server, or something on the
 * way, that drops connections without saying so would do that to every further task. */
static void judge_reuse(const struct attempts *a)
{
    migtask_reason reason = migtask_call_reason(&a->call);
    if (!a->is_new && a->finding.phase < MIGTASK_PHASE_RECEIVING &&
        (reason == MIGTASK_CONNECTION_LOST || reason == MIGTASK_TLS_FAILED ||
         reason == MIGTASK_TIMEOUT)) {
        may_reuse = false;
    }
}

/* ---------------------------------------------------------------------------------------------
 * TLS sessions. Several calls may begin with the same: a ticket used several times lets a listener
 * see that the connections belong together (RFC 8446 appendix C.4), which comes from one address at
 * one time anyway. The latest one is replaced by what a connection leaves, and forgotten where a
 * server was heard and left none.
 */

static void take_session(struct attempts *a)
{
#if MIGTASK_TLS_RESUME
    if (are_several && a->resumption.len == 0) {
        a->resumption = latest;
    }
#else
    (void)a;
#endif
}

static void keep_session(struct attempts *a)
{
#if MIGTASK_TLS_RESUME
    if (!are_several) {
        return;
    }
    if (a->resumption.len > 0) {
        latest = a->resumption;
    } else if (migtask_posix_tcp_phase_of(&a->tcp) == MIGTASK_POSIX_TCP_HEARD) {
        migtask_tls_forget(&latest);
    }
    migtask_tls_forget(&a->resumption);
#else
    (void)a;
#endif
}

/* ---------------------------------------------------------------------------------------------
 * After an attempt.
 */

static uint32_t random_bits(void)
{
    uint32_t bits = UINT32_MAX; /* without randomness: the longest pause */
    (void)migtask_posix_random(NULL, &bits, sizeof bits);
    return bits;
}

/* After an attempt that failed. */
static enum trouble trouble_of(const struct attempts *a)
{
    const struct finding *finding = &a->finding;
    bool connecting = finding->phase == MIGTASK_PHASE_CONNECTING;
    if (finding->reason == MIGTASK_CLOCK_UNSET ||
        (finding->reason == MIGTASK_CERTIFICATE_REJECTED && migtask_tls_misdated(&a->tls))) {
        return TROUBLE_CLOCK;
    }
    bool too_late = finding->reason == MIGTASK_TIMEOUT && connecting;
    migtask_posix_tcp_phase tcp_phase = migtask_posix_tcp_phase_of(&a->tcp);
    if (too_late && tcp_phase == MIGTASK_POSIX_TCP_CONNECTING) {
        return TROUBLE_TCP_SILENT;
    }
    if (options->proxy.used) {
        bool asking = migtask_proxy_phase_of(&a->proxy) == MIGTASK_PROXY_ASKING;
        bool open = migtask_proxy_phase_of(&a->proxy) == MIGTASK_PROXY_OPEN;
        return connecting && asking ? TROUBLE_PROXY
               : too_late && open   ? TROUBLE_TLS_SILENT
                                    : TROUBLE_NONE;
    }
    if (finding->reason == MIGTASK_RESOLVE_FAILED ||
        (too_late && tcp_phase == MIGTASK_POSIX_TCP_RESOLVING)) {
        return TROUBLE_NAME;
    }
    return too_late && tcp_phase == MIGTASK_POSIX_TCP_CONNECTED ? TROUBLE_TLS_SILENT : TROUBLE_NONE;
}

/* What became of it. */
static void judge(struct attempts *a)
{
    struct finding *finding = &a->finding;
    finding->outcome = migtask_call_outcome(&a->call);
    finding->reason = migtask_call_reason(&a->call);
    finding->trouble = trouble_of(a);
    finding->peer = migtask_posix_tcp_peer(&a->tcp);
    finding->denied = options->proxy.used && migtask_proxy_denied(&a->proxy);
    finding->reply = migtask_call_reply(&a->call);
    finding->sentence = migtask_call_sentence(&a->call);
}

/* An attempt has ended: is there another? */
static void end_call(struct attempts *a, uint32_t now)
{
    judge_reuse(a);
    keep_session(a);
    judge(a);
    a->state = ATTEMPTS_DONE;
    if (!attempts_cancelled && !callers_refused(a->finding.reply->error_code) &&
        migtask_retry_next(&a->retry, &a->call, now, migtask_posix_epoch_s(NULL), random_bits(),
                           &a->pause_ms)) {
        a->stream.ops->close(a->stream.ctx); /* nobody looks at it during the pause */
        a->pause_since = now;
        a->announced = false;
        a->state = ATTEMPTS_PAUSING;
    }
    a->finding.attempts = a->retry.attempts;
}

/* ---------------------------------------------------------------------------------------------
 * Steps.
 */

static void begin_call(struct attempts *a, uint32_t now)
{
    uint32_t left = migtask_retry_time_left(&a->retry, now);
    a->request.timeout_ms = left > 0 ? left : 1;
    take_session(a);
    migtask_call_begin(&a->call, &a->stream, &a->request, now);
    a->is_new = migtask_tls_get_phase(&a->tls) != MIGTASK_TLS_OPEN;
    a->described = false;
    a->finding.phase = MIGTASK_PHASE_CONNECTING;
    a->state = ATTEMPTS_CALLING;
}

/* What is left of the pause. */
static uint32_t pause_left(const struct attempts *a, uint32_t now)
{
    uint32_t elapsed = now - a->pause_since;
    return elapsed < a->pause_ms ? a->pause_ms - elapsed : 0;
}

/* Whether -v has something to say of a connection, which it can only while that is open. */
static bool is_to_be_described(const struct attempts *a)
{
    return options->amount == OUTPUT_VERBOSE && !a->described &&
           migtask_tls_get_phase(&a->tls) == MIGTASK_TLS_OPEN &&
           a->finding.phase != MIGTASK_PHASE_CONNECTING;
}

void attempts_step(struct attempts *a)
{
    uint32_t now = migtask_posix_now_ms(NULL);
    if (a->state == ATTEMPTS_PAUSING && attempts_cancelled) {
        a->finding.attempts = a->retry.attempts - 1u; /* without the one that is not begun */
        a->state = ATTEMPTS_DONE;
    }
    if (a->state == ATTEMPTS_PAUSING && a->announced && pause_left(a, now) == 0) {
        begin_call(a, now);
    }
    a->ready = false;
    for (unsigned steps = 0; a->state == ATTEMPTS_CALLING; steps++) {
        if (steps == MOST_STEPS || (steps > 0 && is_to_be_described(a))) {
            a->ready = true;
            return;
        }
        if (attempts_cancelled) {
            migtask_call_cancel(&a->call);
        }
        now = migtask_posix_now_ms(NULL);
        migtask_step step = migtask_call_step(&a->call, now);
        if (step == MIGTASK_STEP_DONE) {
            end_call(a, now);
            return;
        }
        a->finding.phase = migtask_call_phase(&a->call);
        a->is_new |= a->finding.phase == MIGTASK_PHASE_CONNECTING; /* an open one takes no second */
        if (step == MIGTASK_STEP_WAITING) {
            return;
        }
    }
}

unsigned attempts_watch(struct attempts *a, struct pollfd *set, uint32_t *max_ms)
{
    uint32_t now = migtask_posix_now_ms(NULL);
    uint32_t left = UINT32_MAX;
    unsigned count = 0;
    if (a->ready) {
        left = 0;
    } else if (a->state == ATTEMPTS_PAUSING && a->announced) {
        left = pause_left(a, now);
    } else if (a->state == ATTEMPTS_CALLING) {
        left = migtask_call_time_left(&a->call, now);
        count = migtask_posix_tcp_watch(&a->tcp, set, &left);
    }
    *max_ms = left < *max_ms ? left : *max_ms;
    return count;
}

/* ---------------------------------------------------------------------------------------------
 * Words.
 */

static void describe_connection(const struct attempts *a)
{
    struct terminal *t = &terminal_err;
    progress_erase();
    terminal_put(t, a->is_new ? "connected " : "still connected ");
    terminal_put(t, options->proxy.used ? "through the proxy " : "to ");
    terminal_put(t, migtask_posix_tcp_peer(&a->tcp));
    terminal_put(t, ", ");
    terminal_put(t, migtask_tls_version(&a->tls));
    terminal_put(t, ", ");
    terminal_put(t, migtask_tls_suite(&a->tls));
    terminal_put(t, "\n");
    (void)terminal_flush(t);
}

static void announce_repeat(const struct attempts *a)
{
    struct terminal *t = &terminal_err;
    if (options->amount == OUTPUT_QUIET) {
        return;
    }
    progress_erase();
    if (are_several) {
        terminal_put(t, tasks_id(a->task));
        terminal_put(t, ": ");
    }
    terminal_put(t, "attempt ");
    terminal_put_number(t, a->retry.attempts - 1u);
    terminal_put(t, ": ");
    terminal_put(t, migtask_outcome_name(a->finding.outcome));
    terminal_put(t, ", ");
    terminal_put_view(t, sentence_of(options, &a->finding));
    terminal_put(t, "; trying again in ");
    terminal_put_seconds(t, a->pause_ms);
    terminal_put(t, " s\n");
    (void)terminal_flush(t);
}

void attempts_say(struct attempts *a)
{
    if (is_to_be_described(a)) {
        a->described = true;
        describe_connection(a);
    }
    if (a->state == ATTEMPTS_PAUSING && !a->announced) {
        announce_repeat(a);
        a->announced = true;
    }
}

void attempts_show(const struct attempts *a)
{
    uint32_t now_ms = migtask_posix_now_ms(NULL);
    const char *peer = migtask_posix_tcp_peer(&a->tcp);
    if (a->state == ATTEMPTS_PAUSING) {
        progress_show("pausing before the next attempt", NULL, now_ms);
    } else if (migtask_call_phase(&a->call) == MIGTASK_PHASE_SENDING) {
        progress_show("sending", NULL, now_ms);
    } else if (migtask_call_phase(&a->call) == MIGTASK_PHASE_WAITING) {
        progress_show("waiting for the answer", NULL, now_ms);
    } else if (migtask_call_phase(&a->call) == MIGTASK_PHASE_RECEIVING) {
        progress_show("receiving the answer", NULL, now_ms);
    } else if (migtask_tls_get_phase(&a->tls) == MIGTASK_TLS_SECURING) {
        progress_show("securing the connection", NULL, now_ms);
    } else if (migtask_posix_tcp_phase_of(&a->tcp) == MIGTASK_POSIX_TCP_RESOLVING) {
        progress_show("resolving the name", NULL, now_ms);
    } else if (migtask_proxy_phase_of(&a->proxy) == MIGTASK_PROXY_ASKING) {
        progress_show("waiting for the proxy", peer, now_ms);
    } else {
        progress_show("connecting to", peer, now_ms);
    }
}

/* ---------------------------------------------------------------------------------------------
 * Beginning and end.
 */

void attempts_open(const struct options *given, const migtask_trust *roots, bool several)
{
    options = given;
    trust = *roots;
    are_several = several;
    may_reuse = given->reuse;
}

void attempts_init(struct attempts *a)
{
    const migtask_endpoint *endpoint = &options->request.endpoint;
    const migtask_endpoint *target = options->has_connect_to ? &options->connect_to : endpoint;
    migtask_posix_tcp_init(&a->tcp, options->proxy.used ? &options->proxy.where : target);
    migtask_stream lower = migtask_posix_tcp_stream(&a->tcp);
    if (options->proxy.used) {
        migtask_proxy_config way = {.lower = lower,
                                    .proxy = options->proxy.where,
                                    .target = *target,
                                    .credentials = options->proxy.credentials};
        (void)migtask_proxy_init(&a->proxy, &way); /* if it failed, the stream says so */
        lower = migtask_proxy_stream(&a->proxy);
    }
    migtask_tls_config config = {
        .lower = lower, .endpoint = *endpoint, .trust = trust, .clock = clock_now};
#if MIGTASK_TLS_RESUME
    config.resumption = are_several ? &a->resumption : NULL;
#endif
    (void)migtask_tls_init(&a->tls, &config); /* if it failed, the stream says so */
    a->stream = migtask_tls_stream(&a->tls);
}

void attempts_begin(struct attempts *a, size_t task, uint32_t start_ms, bool more_follow)
{
    a->task = task;
    a->finding = (struct finding){.outcome = MIGTASK_NOT_SENT};
    a->request = options->request;
    a->request.action.task_id = migtask_text(tasks_id(task));
    a->request.keep_open = more_follow && may_reuse;
    migtask_retry_init(&a->retry, options->retries, a->request.timeout_ms, start_ms);
    begin_call(a, migtask_posix_now_ms(NULL));
}

void attempts_release(struct attempts *a, bool keep)
{
    a->state = ATTEMPTS_IDLE;
    if (!keep) {
        a->stream.ops->close(a->stream.ctx);
    }
}

void attempts_close(void)
{
#if MIGTASK_TLS_RESUME
    migtask_tls_forget(&latest);
#endif
}
