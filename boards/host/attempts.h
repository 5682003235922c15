/*
 * attempts.h - the call of a task over TCP and TLS, repeated where that is safe.
 *
 *     IDLE --begin--> CALLING --step--> DONE --release--> IDLE
 *                      ^   |             ^
 *                 step |   v step        | step, after a signal
 *                     PAUSING -----------+
 *
 * Nothing here waits: whoever has some of these steps all of them, waits for what attempts_watch()
 * says of each, and does so again.
 */
#ifndef MIGTASK_HOST_ATTEMPTS_H
#define MIGTASK_HOST_ATTEMPTS_H

#include <signal.h>

#include "migtask_posix.h"
#include "migtask_proxy.h"
#include "migtask_tls.h"
#include "options.h"

/* What a hint may help with: hints.h. */
enum trouble {
    TROUBLE_NONE,
    TROUBLE_NAME,
    TROUBLE_CLOCK,
    TROUBLE_PROXY,
    TROUBLE_TCP_SILENT, /* no answer to the attempt to connect */
    TROUBLE_TLS_SILENT  /* the connection was taken, and nothing came on it */
};

/* What became of it. */
struct finding {
    migtask_outcome outcome;
    migtask_reason reason;
    const migtask_reply *reply; /* NULL: there was no call */
    const char *sentence;       /* why, or NULL */
    uint32_t attempts;
    migtask_phase phase; /* how far the last attempt had come */
    enum trouble trouble;
    const char *peer; /* the address of the last attempt, "" if it had not come to one */
    bool denied;      /* by the proxy, as any other call would be */
};

/* How many signals came; from the first on the calls under way are cancelled. */
extern volatile sig_atomic_t attempts_cancelled;

enum attempts_state {
    ATTEMPTS_IDLE,    /* no task */
    ATTEMPTS_CALLING, /* an attempt is under way */
    ATTEMPTS_PAUSING, /* the next one comes after a pause */
    ATTEMPTS_DONE     /* the finding stands */
};

/* The attempts of one task at a time; of several there are several. */
struct attempts {
    enum attempts_state state;
    size_t task; /* tasks_id() */
    struct finding finding;
    bool ready;     /* the next step needs no wait */
    bool is_new;    /* the connection was opened for this attempt */
    bool described; /* for -v */
    bool announced; /* that there will be another attempt */
    uint32_t pause_since;
    uint32_t pause_ms;
    migtask_request request;
    migtask_retry retry;
    migtask_stream stream; /* TLS over TCP, or over the proxy over TCP */
    migtask_posix_tcp tcp;
    migtask_proxy proxy; /* if there is one */
#if MIGTASK_TLS_RESUME
    migtask_tls_resumption resumption; /* its copy of the latest session */
#endif
    migtask_tls tls;
    migtask_call call;
};

/* Once, before anything else: how all calls are made. several: TLS sessions are kept from one
 * connection to the next. */
void attempts_open(const struct options *options, const migtask_trust *trust, bool several);

/* Prepares one, of memory that is zero. */
void attempts_init(struct attempts *attempts);

/* Begins with a task. start_ms: since when its total deadline runs; more_follow: with --reuse the
 * connection may stay open. */
void attempts_begin(struct attempts *attempts, size_t task, uint32_t start_ms, bool more_follow);

/* Does what can be done without waiting, but for a bounded time. Writes nothing. In DONE the
 * finding stands; it refers to this object. */
void attempts_step(struct attempts *attempts);

/* After steps: tells people what came about. A pause goes on until its announcement is out. */
void attempts_say(struct attempts *attempts);

/* Writes the descriptors that the next step waits for to set, which has room for
 * MIGTASK_POSIX_WATCHED; returns how many, and lowers *max_ms to the time that it waits at most. */
unsigned attempts_watch(struct attempts *attempts, struct pollfd *set, uint32_t *max_ms);

/* Shows what is being waited for. */
void attempts_show(const struct attempts *attempts);

/* The task has been told: idle again. keep: a connection that stayed open may stay so. */
void attempts_release(struct attempts *attempts, bool keep);

/* Forgets all sessions. */
void attempts_close(void);

#endif
