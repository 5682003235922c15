/*
 * workers.h - tasks side by side, each in a process of its own.
 *
 * A call has 16 MB of address space for the largest reply, and mbedTLS one arena a process: a
 * forked process has its own of both, and what it does not touch costs nothing. The parent hands
 * out one task at a time and passes on what the workers print, one outcome after the other.
 */
#ifndef MIGTASK_HOST_WORKERS_H
#define MIGTASK_HOST_WORKERS_H

#include "batch.h"

/* Runs tasks from batch->next on until there are none or batch->stop says so. Where no process can
 * be started it returns with tasks left. The connection of this process must not be shared with the
 * workers, so it is closed. */
void workers_run(struct batch *batch);

#endif
