/* run.h - all tasks of a run, one after the other or side by side. */
#ifndef MIGTASK_HOST_RUN_H
#define MIGTASK_HOST_RUN_H

#include "attempts.h"

/* Makes the calls of all tasks, tells the outcome of each, and returns the exit status: the gravest
 * outcome, in the order unknown, refused, not_sent, accepted. A task is not begun, and told to be
 * not_sent, once there is a reason to stop: enum batch_stop. */
int run_all(struct options *options, const migtask_trust *trust, uint32_t start_ms,
            const sigset_t *wait_mask);

/* No task can be begun at all: tells the same finding of each, and returns the exit status. */
int run_none(struct options *options, const struct finding *finding);

#endif
