#define _GNU_SOURCE 1

#include "waiting.h"

#include <limits.h>
#include <time.h>

#include "sockets.h"

/* lwIP takes no array of none. */
static int plain_poll(struct pollfd *watched, size_t count, uint32_t max_ms)
{
    return poll(count > 0 ? watched : NULL, (nfds_t)count,
                max_ms > INT_MAX ? INT_MAX : (int)max_ms);
}

#if defined(MIGTASK_POSIX_LWIP)

/* No signals there. */
static int masked_poll(struct pollfd *watched, size_t count, uint32_t max_ms, const sigset_t *mask)
{
    (void)mask;
    return plain_poll(watched, count, max_ms);
}

#elif defined(__APPLE__)

/* No ppoll(): a signal that comes between the two calls is handled, but does not end the wait. A
 * short wait makes up for that. */
static int masked_poll(struct pollfd *watched, size_t count, uint32_t max_ms, const sigset_t *mask)
{
    sigset_t before;
    int ready;

    pthread_sigmask(SIG_SETMASK, mask, &before);
    ready = plain_poll(watched, count, max_ms > 100 ? 100 : max_ms);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ready;
}

#else

static int masked_poll(struct pollfd *watched, size_t count, uint32_t max_ms, const sigset_t *mask)
{
    struct timespec limit;

    limit.tv_sec = (time_t)(max_ms / 1000u);
    limit.tv_nsec = (long)(max_ms % 1000u) * 1000000L;
    return ppoll(watched, (nfds_t)count, &limit, mask);
}

#endif

int migtask_posix_wait(struct pollfd *watched, size_t count, uint32_t max_ms, const sigset_t *mask)
{
    return mask == NULL ? plain_poll(watched, count, max_ms)
                        : masked_poll(watched, count, max_ms, mask);
}
