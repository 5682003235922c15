/*
 * The firmware: one super-loop. In each turn the network is polled, the watchdog fed, and the
 * action taken one step further. An action is a small state machine:
 *
 *   NETWORK -> TIME -> CALL -> (PAUSE -> NETWORK ...) -> done
 *
 * It waits for cable and address and then for the time, calls, and where the retry policy says so
 * calls again. A cable that is pulled during a call does not end it: TCP goes on when it is back in
 * time. All of it happens within the action's one total deadline, and nothing needs a reset.
 */
#include <string.h>

#include "board.h"
#include "cortex_m.h"
#include "firmware_config.h"
#include "flash_roots.h"
#include "log.h"
#include "migtask_lwip.h"
#include "migtask_tls.h"
#include "network.h"
#include "report.h"
#include "settings.h"

enum state { WAIT_NETWORK, WAIT_TIME, CALL, PAUSE, DONE };

static struct settings settings;
static struct finding finding;
static struct effort effort;
static migtask_retry retry;
static migtask_call call;
static migtask_lwip_tcp tcp;
static migtask_tls tls;
static uint64_t arena[MIGTASK_FIRMWARE_ARENA / 8];
static migtask_trust_array roots;
static enum state state;
static uint32_t pause_start_ms, pause_ms;
static uint32_t busy_ms; /* when board_busy() was called last */

static void busy(void *ctx)
{
    (void)ctx;
    uint32_t now = board_millis();
    if (now - busy_ms > effort.longest_ms) {
        effort.longest_ms = now - busy_ms;
    }
    busy_ms = now;
    board_busy();
}

static bool time_now(void *ctx, int64_t *epoch_s)
{
    return board_clock(epoch_s) || migtask_lwip_time(ctx, epoch_s);
}

/* ---- The states ---- */

/* The action ends without another call: the outcome is the last call's, if there was one. */
static void give_up(migtask_reason reason, const char *sentence)
{
    retry.attempts--; /* the one that was not begun */
    finding.attempts = retry.attempts;
    if (retry.attempts == 0) {
        finding.outcome = MIGTASK_NOT_SENT;
        finding.reason = reason;
        finding.sentence = sentence;
    }
    state = DONE;
}

/* Called once before there is an address, so that the answer of DHCP is looked at for a time
 * server, and whenever there is one. */
static void ask_for_time(void)
{
#if MIGTASK_LWIP_SNTP
    int64_t epoch_s;
    if (time_now(NULL, &epoch_s)) {
        return;
    }
    static char server[SETTINGS_SNTP_MAX + 1];
    for (size_t i = 0; i < settings.sntp.len; i++) {
        server[i] = settings.sntp.ptr[i];
    }
    migtask_lwip_time_start(settings.sntp.len > 0 ? server : NULL);
#endif
}

static void wait_network(uint32_t now)
{
    if (network_is_up()) {
        ask_for_time();
        state = WAIT_TIME;
    } else if (migtask_retry_time_left(&retry, now) == 0) {
        give_up(MIGTASK_TIMEOUT, network_problem());
    }
}

static void begin_call(uint32_t now)
{
    const migtask_stream stream = migtask_tls_stream(&tls);
    migtask_request request = settings.request;
    request.timeout_ms = migtask_retry_time_left(&retry, now);
    request.timeout_ms += request.timeout_ms == 0;
    migtask_call_begin(&call, &stream, &request, now);
    state = CALL;
}

static void wait_time(uint32_t now)
{
    int64_t epoch_s;
    if (time_now(NULL, &epoch_s)) {
        begin_call(now);
    } else if (migtask_retry_time_left(&retry, now) == 0) {
        give_up(MIGTASK_CLOCK_UNSET, "the time is not known, so certificates cannot be checked");
    }
}

/* A call is over: is there another one? */
static void end_call(uint32_t now)
{
    int64_t epoch_s;
    uint32_t random = UINT32_MAX; /* without randomness: the longest pause */
    if (!time_now(NULL, &epoch_s)) {
        epoch_s = MIGTASK_NO_DATE;
    }
    (void)BOARD_ENTROPY(NULL, &random, sizeof random);
    finding.outcome = migtask_call_outcome(&call);
    finding.reason = migtask_call_reason(&call);
    finding.sentence = migtask_call_sentence(&call);
    finding.reply = migtask_call_reply(&call);
    finding.attempts = retry.attempts;
    state = DONE;
    if (migtask_retry_next(&retry, &call, now, epoch_s, random, &pause_ms)) {
        log_line("trying again after: ",
                 finding.sentence != NULL ? finding.sentence : migtask_reason_name(finding.reason));
        pause_start_ms = now;
        state = PAUSE;
    }
}

/* Returns whether there is more to be done at once. */
static bool step_call(uint32_t now)
{
    bool connecting = migtask_call_phase(&call) == MIGTASK_PHASE_CONNECTING;
    migtask_step step = migtask_call_step(&call, now);
    if (connecting) {
        effort.handshake_ms += board_millis() - now;
    }
    if (step == MIGTASK_STEP_DONE) {
        end_call(now);
    }
    return step == MIGTASK_STEP_MOVED;
}

/* One step of the action; returns whether there is more to be done at once. */
static bool step_action(uint32_t now)
{
    switch (state) {
    case WAIT_NETWORK:
        wait_network(now);
        return false;
    case WAIT_TIME:
        wait_time(now);
        return false;
    case CALL:
        return step_call(now);
    case PAUSE:
        if (now - pause_start_ms >= pause_ms) {
            state = WAIT_NETWORK;
        }
        return false;
    default:
        return true;
    }
}

/* ---- The loop ---- */

static void begin_action(void)
{
    memset(&finding, 0, sizeof finding);
    memset(&effort, 0, sizeof effort);
    migtask_retry_init(&retry, settings.retries, settings.request.timeout_ms, board_millis());
    state = WAIT_NETWORK;
}

static void run_action(void)
{
    begin_action();
    busy_ms = board_millis();
    while (state != DONE) {
        network_poll();
        busy(NULL);
        if (!step_action(board_millis())) {
            board_idle();
        }
    }
    report_result(&finding, settings.operation, settings.task_id);
    if (settings.report_memory) {
        report_memory(&effort);
    }
}

static void start(void)
{
    const migtask_tls_process process = {arena, sizeof arena, BOARD_ENTROPY, NULL};
    (void)migtask_tls_start(&process); /* if it failed, the stream says so */
    roots = (migtask_trust_array){firmware_roots, firmware_roots_count, 0};
    migtask_lwip_tcp_init(&tcp, &settings.connect_to);
    const migtask_tls_config config = {.lower = migtask_lwip_tcp_stream(&tcp),
                                       .endpoint = settings.request.endpoint,
                                       .trust = migtask_trust_from_array(&roots),
                                       .clock = time_now,
                                       .busy = busy};
    (void)migtask_tls_init(&tls, &config); /* the same */
    if (settings.epoch_s != MIGTASK_NO_DATE) {
        migtask_lwip_time_set(settings.epoch_s);
    }
    if (!network_start(&settings.network)) {
        board_log(network_problem());
    }
    if (settings.sntp.len == 0) {
        ask_for_time();
    }
}

_Noreturn void firmware_main(void)
{
    board_init();
    board_log("migtask " MIGTASK_VERSION);
#ifdef MIGTASK_TEST_ONLY_ENTROPY
    board_log("FOR TESTS ONLY: its random numbers are not random");
#endif
    const char *wrong = settings_read(&settings);
    if (wrong != NULL) {
        log_line("missing or wrong: the parameter ", wrong);
        finding = (struct finding){.outcome = MIGTASK_INVALID, .reason = MIGTASK_INVALID_ARGUMENT};
        report_result(&finding, settings.operation, settings.task_id);
        board_exit(MIGTASK_INVALID);
    }
    start();
    while (settings.calls-- > 0) {
        run_action();
    }
    board_exit((int)finding.outcome);
}
