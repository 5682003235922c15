/*
 * clock.h - the two clocks of a POSIX system, in the form that the core wants them.
 *
 * Both are one clock_gettime(), which Linux answers without a system call. ctx is not used (NULL
 * is fine); it is there so that the functions fit migtask_waiter and its like. Any thread may
 * call them, a signal handler too. Over lwIP's sockets (MIGTASK_POSIX_LWIP) the first is lwIP's
 * sys_now(), and there is no second.
 */
#ifndef MIGTASK_POSIX_CLOCK_H
#define MIGTASK_POSIX_CLOCK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Milliseconds since some moment in the past; never set back, wraps at 2^32 (49.7 days). Compare
 * two of them by their difference, (int32_t)(a - b). Time that the machine is suspended does not
 * count on Linux. */
uint32_t migtask_posix_now_ms(void *ctx);

/* Seconds since 1970-01-01 UTC as the machine believes; MIGTASK_NO_DATE only where there is no such
 * clock at all. A clock that was never set (a rescue machine in 1970) is returned as it is: who
 * checks a certificate can then name the wrong date, which tells a person what to repair. */
int64_t migtask_posix_epoch_s(void *ctx);

#ifdef __cplusplus
}
#endif

#endif
