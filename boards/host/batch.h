/* batch.h - what has become of the tasks of a run so far. */
#ifndef MIGTASK_HOST_BATCH_H
#define MIGTASK_HOST_BATCH_H

#include "attempts.h"

/* After so many tasks in a row that the network did not let through no further one is begun: each
 * would take all of its time. A network that is down for a moment is over by then. */
#define BATCH_UNREACHABLE 3

struct batch {
    struct options *options;
    const sigset_t *wait_mask;
    size_t next;                              /* the first task that nobody has begun */
    size_t told;                              /* tasks whose outcome is out */
    uint32_t outcomes[MIGTASK_OUTCOME_COUNT]; /* how often each */
    uint32_t unreachable; /* tasks in a row that the network did not let through */
    bool lost;            /* an outcome could not be written to standard output */
    migtask_reason stop;  /* why no further task is begun; MIGTASK_OK: they are */
};

/* Makes task i the one that options and result are about. */
void batch_select(struct batch *batch, size_t i);

/* Counts an outcome; status: what result_print() returned for it. */
void batch_count(struct batch *batch, const struct finding *finding, int status);

/* Why no further task should be begun after this one (or after a signal), or MIGTASK_OK. */
migtask_reason batch_stop_reason(const struct finding *finding);

#endif
