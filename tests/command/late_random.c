/*
 * Loaded before the command: a kernel that has no random numbers until RANDOM_LATE_MS milliseconds
 * after the start, as early after boot. Like the kernel it lets a caller wait, unless it asked not
 * to, and a signal ends the wait.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct timespec ready;

static int is_ready(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec > ready.tv_sec ||
           (now.tv_sec == ready.tv_sec && now.tv_nsec >= ready.tv_nsec);
}

__attribute__((constructor)) static void begin(void)
{
    const char *late = getenv("RANDOM_LATE_MS");
    long ms = late != NULL ? strtol(late, NULL, 10) : 0;

    clock_gettime(CLOCK_MONOTONIC, &ready);
    ready.tv_sec += ms / 1000;
    ready.tv_nsec += ms % 1000 * 1000000;
    if (ready.tv_nsec >= 1000000000) {
        ready.tv_nsec -= 1000000000;
        ready.tv_sec++;
    }
}

ssize_t getrandom(void *buf, size_t len, unsigned flags)
{
    if (!is_ready()) {
        if ((flags & GRND_NONBLOCK) != 0) {
            errno = EAGAIN;
            return -1;
        }
        if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ready, NULL) != 0) {
            errno = EINTR;
            return -1;
        }
    }
    return syscall(SYS_getrandom, buf, len, flags);
}
