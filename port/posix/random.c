#define _GNU_SOURCE 1

#include "migtask_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "migtask.h"

#if defined(__linux__) || defined(__FreeBSD__)
#include <sys/random.h>
#define HAVE_GETRANDOM 1
#endif

#ifdef __linux__
#include <stdatomic.h>
#include <sys/mman.h>
#endif

/* For kernels before getrandom() (Linux 3.17). */
static int from_device(unsigned char *buf, size_t len)
{
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    ssize_t got = 0;

    if (fd < 0) {
        return -1;
    }
    while (len > 0 && (got = read(fd, buf, len)) > 0) {
        buf += got;
        len -= (size_t)got;
    }
    close(fd);
    return len == 0 ? 0 : -1;
}

/* flags: of getrandom(); GRND_NONBLOCK ends with EAGAIN where it would wait. */
static int from_kernel(unsigned char *buf, size_t len, unsigned flags)
{
#ifdef HAVE_GETRANDOM
    while (len > 0) {
        ssize_t got = getrandom(buf, len, flags);

        if (got < 0) {
            return errno == ENOSYS ? from_device(buf, len) : -1;
        }
        buf += got;
        len -= (size_t)got;
    }
    return 0;
#else
    (void)flags;
    return from_device(buf, len);
#endif
}

#ifdef HAVE_GETRANDOM
#define AT_ONCE GRND_NONBLOCK
#else
#define AT_ONCE 0
#endif

int migtask_posix_random_wait(void)
{
    unsigned char byte;

    return from_kernel(&byte, 1, 0);
}

#if defined(__linux__) && defined(MADV_WIPEONFORK)

#define PAGE 4096
#define POOL_BYTES 512

/* Alone in its page, since the kernel wipes whole pages; zero is its state at the start, and again
 * in a child. */
static union {
    struct {
        atomic_flag busy;
        unsigned char state; /* enum pool_state */
        size_t left;         /* bytes[0..left) are unused */
        unsigned char bytes[POOL_BYTES];
    } in;
    unsigned char page[PAGE];
} pool __attribute__((aligned(PAGE)));

enum pool_state { POOL_NEW, POOL_READY, POOL_NEVER };

/* In the child of a fork the pool is new again, and it still wipes itself in grandchildren. */
static bool pool_ready(void)
{
    if (pool.in.state == POOL_NEW) {
        bool wipes = sysconf(_SC_PAGESIZE) == PAGE && madvise(&pool, PAGE, MADV_WIPEONFORK) == 0;

        pool.in.state = wipes ? POOL_READY : POOL_NEVER;
    }
    return pool.in.state == POOL_READY;
}

static int from_pool(unsigned char *buf, size_t len, unsigned flags)
{
    if (len > pool.in.left) {
        if (from_kernel(pool.in.bytes, POOL_BYTES, flags) != 0) {
            return -1;
        }
        pool.in.left = POOL_BYTES;
    }
    pool.in.left -= len;
    memcpy(buf, pool.in.bytes + pool.in.left, len);
    migtask_wipe(pool.in.bytes + pool.in.left, len);
    return 0;
}

static int fill(void *buf, size_t len, unsigned flags)
{
    int result;

    if (len > POOL_BYTES / 4 || atomic_flag_test_and_set(&pool.in.busy)) {
        return from_kernel(buf, len, flags);
    }
    result = pool_ready() ? from_pool(buf, len, flags) : from_kernel(buf, len, flags);
    atomic_flag_clear(&pool.in.busy);
    return result;
}

#else

static int fill(void *buf, size_t len, unsigned flags)
{
    return from_kernel(buf, len, flags);
}

#endif

int migtask_posix_random(void *ctx, void *buf, size_t len)
{
    (void)ctx;
    return fill(buf, len, 0);
}

bool migtask_posix_random_ready(void)
{
    unsigned char byte;

    return fill(&byte, 1, AT_ONCE) == 0 || errno != EAGAIN;
}
