#define _GNU_SOURCE 1

#include "secrets.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

static union {
    struct secrets in;
    char pages[SECRETS_PAGES(sizeof(struct secrets))];
} memory __attribute__((aligned(SECRETS_PAGE)));

struct secrets *const secrets = &memory.in;

static bool advise(void *pages, size_t size)
{
#if defined(MADV_DONTFORK)
    return madvise(pages, size, MADV_DONTFORK) == 0;
#else
    (void)pages;
    (void)size;
    return false;
#endif
}

/* The dynamic linker has looked through the environment, with vector registers that it then saved
 * on the stack. */
static void wipe_stack(void)
{
    char below[8192];
    migtask_wipe(below, sizeof below);
}

void secrets_guard(void)
{
    wipe_stack();
#ifdef __linux__
    bool dumps = prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0; /* and /proc/PID is root's */
#else
    bool dumps = true;
#endif
    if (dumps) {
        static const struct rlimit nothing = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &nothing);
    }
    if (!advise(&memory, sizeof memory)) {
        (void)pthread_atfork(NULL, NULL, secrets_wipe);
    }
}

void secrets_keep(void *pages, size_t size)
{
    (void)advise(pages, size);
}

void secrets_wipe(void)
{
    migtask_wipe(secrets->proxy, sizeof secrets->proxy);
    migtask_wipe(secrets->token, secrets->filled);
    secrets->filled = 0;
}
