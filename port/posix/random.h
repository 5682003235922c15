/*
 * random.h - random bytes from the kernel.
 *
 * TLS asks for many small pieces, and each would be a system call. So on Linux the bytes are taken
 * from a pool, filled 512 at a time; bytes that were given out are wiped in it. The pool is the
 * only mutable state of port/posix that is not in an object of the caller's. It is safe:
 * - among threads: one uses the pool, another that comes meanwhile asks the kernel itself;
 * - after fork(): the kernel empties the pool in the child (MADV_WIPEONFORK, Linux 4.14), so
 *   parent and child never get the same bytes. Where the kernel cannot do that there is no pool.
 * Not for signal handlers that use it themselves.
 */
#ifndef MIGTASK_POSIX_RANDOM_H
#define MIGTASK_POSIX_RANDOM_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Fills buf with len bytes fit for keys; ctx is not used. 0: done; -1: the system gives none, and
 * buf is not to be used. Early after boot Linux may hold the call until it has gathered entropy
 * (about a second since 5.4); a signal then ends it with -1. Whoever has a deadline asks
 * migtask_posix_random_ready() first. */
int migtask_posix_random(void *ctx, void *buf, size_t len);

/* Whether migtask_posix_random() now returns at once, be it with -1. Once true it stays so. Costs
 * nothing: on Linux it fills the pool. */
bool migtask_posix_random_ready(void);

/* Waits until it is ready. 0: it is; -1 with errno: EINTR after a signal handler without
 * SA_RESTART, otherwise there will never be random bytes. */
int migtask_posix_random_wait(void);

#ifdef __cplusplus
}
#endif

#endif
