/* batch.h - what has become of the tasks of a run so far, and whether the next one may be begun. */
#ifndef MIGTASK_HOST_BATCH_H
#define MIGTASK_HOST_BATCH_H

#include "attempts.h"

/* After so many tasks in a row without a clear answer no further one is begun: each would take all
 * of its time, or become one more of which nobody knows what became. A network that is down for a
 * moment is over by then. */
#define BATCH_UNANSWERED 3

/* Why no further task is begun. */
enum batch_stop {
    BATCH_GO_ON, /* they are */
    BATCH_SIGNAL,
    BATCH_LOST,        /* an outcome could not be told */
    BATCH_UNREACHABLE, /* BATCH_UNANSWERED tasks in a row did not get through */
    BATCH_UNKNOWN,     /* or ended as unknown, some or all of them */
    BATCH_LOCKING,     /* status 401: the service locks the account's key after five */
    BATCH_CALLER,      /* the service refuses this token or account, whatever the task */
    BATCH_SAME_CAUSE   /* the next task would fail of the same */
};

struct batch {
    struct options *options;
    const sigset_t *wait_mask;
    size_t next;                              /* the first task that nobody has begun */
    size_t told;                              /* tasks whose outcome is out */
    uint32_t outcomes[MIGTASK_OUTCOME_COUNT]; /* how often each */
    uint32_t unanswered;                      /* tasks in a row without a clear answer */
    uint32_t unknown;                         /* how many of these ended as unknown */
    enum batch_stop stop;
    migtask_reason reason; /* of the tasks that are not begun, once there is a stop */
};

/* Makes task i the one that options and result are about. */
void batch_select(struct batch *batch, size_t i);

/* Counts an outcome, before it is told: from then on it is known whether another task follows. */
void batch_count(struct batch *batch, const struct finding *finding);

/* It was told, of so many tasks; status: what result_print() returned. */
void batch_told(struct batch *batch, const struct finding *finding, size_t tasks, int status);

/* Ends the run, unless it has ended already. */
void batch_end(struct batch *batch, enum batch_stop stop, migtask_reason reason);

/* A sentence for people: why the others are not begun. */
const char *batch_why(const struct batch *batch);

#endif
