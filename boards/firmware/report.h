/* report.h - what a call came to, on the console: a line for people, and the same JSON as the
 * command's. */
#ifndef FIRMWARE_REPORT_H
#define FIRMWARE_REPORT_H

#include "migtask.h"

struct finding {
    migtask_outcome outcome;
    migtask_reason reason;
    const char *sentence;       /* or NULL */
    const migtask_reply *reply; /* NULL if no call was begun */
    uint32_t attempts;
};

/* operation and task_id as they were given. */
void report_result(const struct finding *finding, migtask_view operation, migtask_view task_id);

/* What the largest and the slowest part of it was. */
struct effort {
    uint32_t handshake_ms; /* the processor's work until the connection was secure */
    uint32_t longest_ms;   /* without a board_busy() */
};

void report_memory(const struct effort *effort);

#endif
