/* attempts.h - the call over TCP and TLS, repeated where that is safe. */
#ifndef MIGTASK_HOST_ATTEMPTS_H
#define MIGTASK_HOST_ATTEMPTS_H

#include <signal.h>

#include "options.h"
#include "trust.h"

/* What became of it. */
struct finding {
    migtask_outcome outcome;
    migtask_reason reason;
    const migtask_reply *reply; /* NULL: there was no call */
    const char *sentence;       /* why, or NULL */
    uint32_t attempts;
    migtask_phase phase; /* how far the last attempt had come */
};

/* Set by a signal: the call under way is cancelled. */
extern volatile sig_atomic_t attempts_cancelled;

/* Makes the attempts; returns when there is an outcome. start_ms: since when the total deadline
 * runs; wait_mask: signals are let in only while waiting. */
void attempts_run(const struct options *options, const migtask_trust *trust, uint32_t start_ms,
                  const sigset_t *wait_mask, struct finding *finding);

#endif
