#define _GNU_SOURCE 1
/* On 32-bit machines glibc's time_t ends in 2038 unless asked; musl's does not. */
#define _FILE_OFFSET_BITS 64
#define _TIME_BITS 64

#include "migtask_posix.h"

#ifdef MIGTASK_POSIX_LWIP

#include "lwip/sys.h"

/* The time of day is the board's: give TLS its clock. */
uint32_t migtask_posix_now_ms(void *ctx)
{
    (void)ctx;
    return sys_now();
}

#else

#include <time.h>

#include "migtask.h"

uint32_t migtask_posix_now_ms(void *ctx)
{
    struct timespec now = {0, 0};

    (void)ctx;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u);
}

int64_t migtask_posix_epoch_s(void *ctx)
{
    struct timespec now;

    (void)ctx;
    return clock_gettime(CLOCK_REALTIME, &now) == 0 ? (int64_t)now.tv_sec : MIGTASK_NO_DATE;
}

#endif
