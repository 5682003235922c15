/* interruptible.h - a system call that blocks, ended by signals and by the clock. */
#ifndef MIGTASK_HOST_INTERRUPTIBLE_H
#define MIGTASK_HOST_INTERRUPTIBLE_H

#include <signal.h>

/* Between the two a system call that blocks ends with EINTR, or with what it has done so far: after
 * a signal that wait_mask lets in, and again and again after a short time, so that no signal is
 * missed between a look and the call. */
void interruptible_begin(const sigset_t *wait_mask);
void interruptible_end(void);

#endif
