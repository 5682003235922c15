#define _GNU_SOURCE 1

#include "secrets.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

/* Advice to the kernel is about whole pages; no machine that this runs on has larger ones. Those
 * that are never touched cost nothing. */
#define LARGEST_PAGE 65536

static union {
    struct secrets in;
    char pages[LARGEST_PAGE];
} memory __attribute__((aligned(LARGEST_PAGE)));
_Static_assert(sizeof memory == LARGEST_PAGE, "nothing else is in these pages");

struct secrets *const secrets = &memory.in;

static bool is_shared;

static bool advise(bool shared)
{
#if defined(MADV_DONTFORK)
    return madvise(&memory, sizeof memory, shared ? MADV_DOFORK : MADV_DONTFORK) == 0;
#else
    (void)shared;
    return false;
#endif
}

/* Where the kernel takes no advice. */
static void wipe_in_child(void)
{
    if (!is_shared) {
        secrets_wipe();
    }
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
    if (!advise(false)) {
        (void)pthread_atfork(NULL, NULL, wipe_in_child);
    }
}

void secrets_share(bool shared)
{
    is_shared = shared;
    (void)advise(shared);
}

void secrets_wipe(void)
{
    migtask_wipe(secrets->proxy, sizeof secrets->proxy);
    migtask_wipe(secrets->token, secrets->filled);
    secrets->filled = 0;
}
