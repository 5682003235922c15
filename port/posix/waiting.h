/*
 * waiting.h - poll() with a time limit and, where the caller wants it, a signal mask. Internal.
 */
#ifndef MIGTASK_POSIX_WAITING_H
#define MIGTASK_POSIX_WAITING_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

struct pollfd;

/* Waits until one of count descriptors is ready, a signal was handled, or max_ms milliseconds have
 * passed (any value; 0 only looks). With count 0 it sleeps. mask NULL: a plain poll(). Otherwise
 * the mask that is in force during the wait and only then, as for ppoll(): a caller that keeps its
 * signals blocked elsewhere misses none. Returns what poll() does: how many are ready, 0 none, -1
 * with errno (EINTR after a signal). */
int migtask_posix_wait(struct pollfd *watched, size_t count, uint32_t max_ms, const sigset_t *mask);

#endif
