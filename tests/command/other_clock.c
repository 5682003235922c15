/* Loaded before the command: the time of day is the one in CLOCK_EPOCH_S, seconds since 1970. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now)
{
    const char *told = getenv("CLOCK_EPOCH_S");

    if (clock == CLOCK_REALTIME && told != NULL) {
        now->tv_sec = strtoll(told, NULL, 10);
        now->tv_nsec = 0;
        return 0;
    }
    return (int)syscall(SYS_clock_gettime, clock, now);
}
