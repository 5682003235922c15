/* tasks.h - the tasks of a run: from the arguments or from a file, all checked before the first. */
#ifndef MIGTASK_HOST_TASKS_H
#define MIGTASK_HOST_TASKS_H

#include "migtask_posix.h"
#include "options.h"

#define TASKS_MAX 10000 /* in one run */

enum tasks_status {
    TASKS_OK,
    TASKS_WRONG,   /* *complaint says what */
    TASKS_TIMEOUT, /* the pipe stayed silent */
    TASKS_CANCELLED
};

/* Takes the ids of the arguments. False: *complaint says which is wrong, and options->task_id is
 * that one; else it is the first. */
bool tasks_take(struct options *options, struct complaint *complaint);

/* The same for the file that the options name, if they do: an id a line; blank lines and lines that
 * begin with # are skipped. */
enum tasks_status tasks_read(struct options *options, const migtask_posix_patience *patience,
                             struct complaint *complaint);

size_t tasks_count(void);

/* The id of a task, 0 to tasks_count() - 1. */
const char *tasks_id(size_t index);

#endif
