/* batch.h - all tasks of a run, one after the other or side by side. */
#ifndef MIGTASK_HOST_BATCH_H
#define MIGTASK_HOST_BATCH_H

#include "attempts.h"

/* What has become of the tasks so far. */
struct batch {
    struct options *options;
    const sigset_t *wait_mask;
    size_t next;                              /* the first task that nobody has begun */
    size_t told;                              /* tasks whose outcome is out */
    uint32_t outcomes[MIGTASK_OUTCOME_COUNT]; /* how often each */
    bool lost;           /* an outcome could not be written to standard output */
    migtask_reason stop; /* why no further task is begun; MIGTASK_OK: they are */
};

/* Makes the calls of all tasks, tells the outcome of each, and returns the exit status: the gravest
 * outcome, in the order unknown, refused, not_sent, accepted. A task is not begun, and told to be
 * not_sent, after a signal, after a failure that the next call would meet as well, after HTTP 401
 * (the service locks the account's key after five) and when outcomes cannot be told any more. */
int batch_run(struct options *options, const migtask_trust *trust, uint32_t start_ms,
              const sigset_t *wait_mask);

/* No task can be begun at all: tells the same finding of each, and returns the exit status. */
int batch_not_begun(struct options *options, const struct finding *finding);

/* Makes task i the one that options and result are about. */
void batch_select(struct batch *batch, size_t i);

/* Counts an outcome; status: what result_print() returned for it. */
void batch_count(struct batch *batch, migtask_outcome outcome, int status);

/* Why no further task should be begun after this one, or MIGTASK_OK. */
migtask_reason batch_stop_reason(const struct finding *finding);

#endif
