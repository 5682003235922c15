#define _POSIX_C_SOURCE 200809L

#include "randomness.h"

#include <errno.h>

#include "interruptible.h"
#include "migtask_posix.h"
#include "terminal.h"

const char randomness_missing[] =
    "the kernel had no random numbers until the end of --timeout: wait longer, or give it a source "
    "of them (in a virtual machine a virtio-rng device)";

/* Blocks in the kernel and does not ask it again and again: only for a process that waits Linux
 * gathers entropy by itself (since 5.4), where interrupts bring none. */
static bool wait_in_kernel(uint32_t start_ms, uint32_t timeout_ms,
                           const volatile sig_atomic_t *cancelled)
{
    while (*cancelled == 0 && migtask_posix_now_ms(NULL) - start_ms < timeout_ms) {
        if (migtask_posix_random_wait() == 0 || errno != EINTR) {
            return true;
        }
    }
    return false;
}

bool randomness_wait(uint32_t start_ms, uint32_t timeout_ms, bool quiet, const sigset_t *wait_mask,
                     const volatile sig_atomic_t *cancelled)
{
    if (migtask_posix_random_ready()) {
        return true;
    }
    if (!quiet) {
        terminal_put(&terminal_err,
                     "waiting for the kernel's random numbers, which TLS needs: it has none yet, "
                     "as early after boot\n");
        (void)terminal_flush(&terminal_err);
    }
    interruptible_begin(wait_mask);
    bool ready = wait_in_kernel(start_ms, timeout_ms, cancelled);
    interruptible_end();
    return ready;
}
