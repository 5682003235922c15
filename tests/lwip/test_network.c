#define _GNU_SOURCE 1

#include "test_network.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <slirp/libslirp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MILLISECOND INT64_C(1000000)

/* How far the clock skips at once. A server of this machine that takes a millisecond to answer
 * seems to take this long. */
#define SKIP (20 * MILLISECOND)

#define FRAMES 1024
#define SOCKETS 256
#define TIMERS 8

typedef struct frame {
    int64_t due; /* 0: unused */
    uint64_t number;
    size_t len;
    bool inward;
    uint8_t data[NETWORK_FRAME];
} frame;

typedef struct timer {
    bool used;
    int64_t due; /* 0: not running */
    SlirpTimerCb function;
    void *ctx;
} timer;

static frame line[FRAMES];
static uint64_t frames_sent;
static timer timers[TIMERS];
static struct pollfd sockets[SOCKETS];
static nfds_t socket_count;
static Slirp *slirp;
static int64_t clock_ns = 1000 * MILLISECOND;
static int64_t real_ns;
static uint64_t random_state;
static network_faults faults;
static network_answers answers;
static bool unplugged;
static bool in_real_time;
static void (*received_here)(const uint8_t *frame, size_t len);

/* splitmix64 */
uint32_t network_random(void)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(z >> 32 ^ z);
}

static bool chance(unsigned percent)
{
    return network_random() % 100 < percent;
}

/* ---- The line ---- */

static void put_on_line(bool inward, const uint8_t *data, size_t len, int64_t after_ns)
{
    for (size_t i = 0; i < FRAMES; i++) {
        if (line[i].due == 0) {
            line[i].due = clock_ns + after_ns + 1;
            line[i].number = frames_sent++;
            line[i].len = len;
            line[i].inward = inward;
            memcpy(line[i].data, data, len);
            return;
        }
    }
    abort();
}

static int64_t some_delay(void)
{
    unsigned ms =
        faults.delay_ms + (faults.jitter_ms > 0 ? network_random() % faults.jitter_ms : 0);

    return (ms + (chance(faults.reorder) ? 1 + network_random() % 60 : 0)) * MILLISECOND;
}

static void transmit(bool inward, const uint8_t *data, size_t len)
{
    if (unplugged || len > NETWORK_FRAME || chance(faults.loss)) {
        return;
    }
    put_on_line(inward, data, len, some_delay());
    if (chance(faults.duplicate)) {
        put_on_line(inward, data, len, some_delay());
    }
}

void network_send(const uint8_t *data, size_t len)
{
    transmit(false, data, len);
}

static void deliver(frame *what)
{
    uint8_t reply[NETWORK_FRAME];
    uint32_t after_ms = 0;
    bool taken = false;
    size_t len;

    what->due = 0;
    if (what->inward) {
        received_here(what->data, what->len);
        return;
    }
    len = network_answer(&answers, what->data, what->len, reply, &after_ms, &taken);
    if (len > 0) {
        put_on_line(true, reply, len, after_ms * MILLISECOND);
    } else if (!taken) {
        slirp_input(slirp, what->data, (int)what->len);
    }
}

/* The frame that is due first, in the order of sending. */
static frame *first_frame(void)
{
    frame *first = NULL;

    for (size_t i = 0; i < FRAMES; i++) {
        frame *one = &line[i];

        if (one->due != 0 && (first == NULL || one->due < first->due ||
                              (one->due == first->due && one->number < first->number))) {
            first = one;
        }
    }
    return first;
}

bool network_is_quiet(void)
{
    return first_frame() == NULL;
}

/* ---- libslirp ---- */

static ssize_t slirp_sends(const void *data, size_t len, void *ctx)
{
    (void)ctx;
    transmit(true, data, len);
    return (ssize_t)len;
}

static void slirp_complains(const char *text, void *ctx)
{
    (void)text;
    (void)ctx;
}

static int64_t slirp_clock(void *ctx)
{
    (void)ctx;
    return clock_ns;
}

static void *slirp_timer_new(SlirpTimerCb function, void *function_ctx, void *ctx)
{
    (void)ctx;
    for (size_t i = 0; i < TIMERS; i++) {
        if (!timers[i].used) {
            timers[i] = (timer){.used = true, .function = function, .ctx = function_ctx};
            return &timers[i];
        }
    }
    abort();
}

static void slirp_timer_free(void *which, void *ctx)
{
    (void)ctx;
    ((timer *)which)->used = false;
}

static void slirp_timer_mod(void *which, int64_t due_ms, void *ctx)
{
    (void)ctx;
    ((timer *)which)->due = due_ms * MILLISECOND;
}

static void slirp_watches(int fd, void *ctx)
{
    (void)fd;
    (void)ctx;
}

static void slirp_notifies(void *ctx)
{
    (void)ctx;
}

static int add_socket(int fd, int events, void *ctx)
{
    short wanted = 0;

    (void)ctx;
    if (socket_count == SOCKETS) {
        abort();
    }
    wanted |= (events & SLIRP_POLL_IN) != 0 ? POLLIN : 0;
    wanted |= (events & SLIRP_POLL_OUT) != 0 ? POLLOUT : 0;
    wanted |= (events & SLIRP_POLL_PRI) != 0 ? POLLPRI : 0;
    sockets[socket_count] = (struct pollfd){.fd = fd, .events = wanted, .revents = 0};
    return (int)socket_count++;
}

static int events_of(int index, void *ctx)
{
    short ready = sockets[index].revents;
    int events = 0;

    (void)ctx;
    events |= (ready & POLLIN) != 0 ? SLIRP_POLL_IN : 0;
    events |= (ready & POLLOUT) != 0 ? SLIRP_POLL_OUT : 0;
    events |= (ready & POLLPRI) != 0 ? SLIRP_POLL_PRI : 0;
    events |= (ready & POLLERR) != 0 ? SLIRP_POLL_ERR : 0;
    events |= (ready & POLLHUP) != 0 ? SLIRP_POLL_HUP : 0;
    return events;
}

static int64_t real_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 * MILLISECOND + now.tv_nsec;
}

void network_start(uint64_t seed, void (*received)(const uint8_t *frame, size_t len))
{
    static const SlirpCb callbacks = {
        .send_packet = slirp_sends,
        .guest_error = slirp_complains,
        .clock_get_ns = slirp_clock,
        .timer_new = slirp_timer_new,
        .timer_free = slirp_timer_free,
        .timer_mod = slirp_timer_mod,
        .register_poll_fd = slirp_watches,
        .unregister_poll_fd = slirp_watches,
        .notify = slirp_notifies,
    };
    SlirpConfig config = {.version = 1, .in_enabled = true, .in6_enabled = true, .vprefix_len = 64};

    (void)signal(SIGPIPE, SIG_IGN); /* libslirp wants that */
    random_state = seed;
    received_here = received;
    real_ns = real_now();
    (void)inet_pton(AF_INET, "10.0.2.0", &config.vnetwork);
    (void)inet_pton(AF_INET, "255.255.255.0", &config.vnetmask);
    (void)inet_pton(AF_INET, "10.0.2.2", &config.vhost);
    (void)inet_pton(AF_INET, "10.0.2.15", &config.vdhcp_start);
    (void)inet_pton(AF_INET, "10.0.2.3", &config.vnameserver);
    (void)inet_pton(AF_INET6, "fec0::", &config.vprefix_addr6);
    (void)inet_pton(AF_INET6, "fec0::2", &config.vhost6);
    (void)inet_pton(AF_INET6, "fec0::3", &config.vnameserver6);
    slirp = slirp_new(&config, &callbacks, NULL);
    if (slirp == NULL) {
        abort();
    }
}

void network_set_faults(const network_faults *wanted)
{
    faults = *wanted;
}

void network_set_answers(const network_answers *wanted)
{
    answers = *wanted;
}

void network_real_time(void)
{
    in_real_time = true;
}

void network_plug(bool in)
{
    unplugged = !in;
}

/* ---- Time ---- */

uint32_t network_now_ms(void)
{
    return (uint32_t)(clock_ns / MILLISECOND);
}

static bool run_timers(void)
{
    bool ran = false;

    for (size_t i = 0; i < TIMERS; i++) {
        if (timers[i].used && timers[i].due != 0 && timers[i].due <= clock_ns) {
            timers[i].due = 0;
            timers[i].function(timers[i].ctx);
            ran = true;
        }
    }
    return ran;
}

/* Looks after the sockets; with wait, for up to a millisecond. */
static bool run_sockets(bool wait)
{
    uint32_t limit_ms = UINT32_MAX;
    int ready;

    socket_count = 0;
    slirp_pollfds_fill(slirp, &limit_ms, add_socket, NULL);
    ready = poll(sockets, socket_count, wait ? 1 : 0);
    slirp_pollfds_poll(slirp, ready < 0, events_of, NULL);
    return ready > 0;
}

void network_step(bool idle)
{
    bool moved = false;
    int64_t now = real_now();
    frame *next;

    clock_ns += now - real_ns;
    real_ns = now;
    while ((next = first_frame()) != NULL && next->due <= clock_ns) {
        deliver(next);
        moved = true;
    }
    moved = run_timers() || moved;
    moved = run_sockets(idle && !moved) || moved;
    if (idle && !moved && !in_real_time) {
        next = first_frame();
        clock_ns += next != NULL && next->due < clock_ns + SKIP ? next->due - clock_ns : SKIP;
    }
}
