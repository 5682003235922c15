/* attempts.h - the call over TCP and TLS, repeated where that is safe. */
#ifndef MIGTASK_HOST_ATTEMPTS_H
#define MIGTASK_HOST_ATTEMPTS_H

#include <signal.h>

#include "options.h"
#include "trust.h"

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

/* How many signals came; from the first on the call under way is cancelled. */
extern volatile sig_atomic_t attempts_cancelled;

/* Once, before the first call: the streams that all calls go over. wait_mask: signals are let in
 * only while waiting; several: TLS sessions are kept from one connection to the next. */
void attempts_open(const struct options *options, const migtask_trust *trust,
                   const sigset_t *wait_mask, bool several);

/* Makes the attempts of the task that the options are about; returns when there is an outcome.
 * start_ms: since when the total deadline runs; more_follow: with --reuse the connection may stay
 * open. The finding refers to what the next call overwrites. */
void attempts_run(const struct options *options, uint32_t start_ms, bool more_follow,
                  struct finding *finding);

/* Closes a connection that stayed open; calls may follow. */
void attempts_close_connection(void);

/* Closes it and forgets all sessions. */
void attempts_close(void);

#endif
