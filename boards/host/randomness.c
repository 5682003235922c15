#define _GNU_SOURCE 1

#include "randomness.h"

#include <errno.h>
#include <string.h>
#include <sys/time.h>

#include "clock.h"
#include "random.h"
#include "terminal.h"

#define LOOK_MS 100 /* at the deadline and at signals */

const char randomness_missing[] =
    "the kernel had no random numbers until the end of --timeout: wait longer, or give it a source "
    "of them (in a virtual machine a virtio-rng device)";

static void on_alarm(int number)
{
    (void)number;
}

/* Blocks in the kernel and does not ask it again and again: only for a process that waits Linux
 * gathers entropy by itself (since 5.4), where interrupts bring none. An alarm ends the wait for a
 * look at the time. It comes again and again, so none is missed between a look and the wait. */
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
    struct sigaction alarm_action;
    struct sigaction old_action;
    memset(&alarm_action, 0, sizeof alarm_action);
    alarm_action.sa_handler = on_alarm; /* without SA_RESTART: it ends the system call */
    sigset_t mask = *wait_mask;
    sigset_t old_mask;
    (void)sigdelset(&mask, SIGALRM);
    const struct itimerval every = {{0, LOOK_MS * 1000}, {0, LOOK_MS * 1000}};
    const struct itimerval never = {{0, 0}, {0, 0}};
    (void)sigaction(SIGALRM, &alarm_action, &old_action);
    (void)setitimer(ITIMER_REAL, &every, NULL);
    (void)sigprocmask(SIG_SETMASK, &mask, &old_mask);
    bool ready = wait_in_kernel(start_ms, timeout_ms, cancelled);
    (void)sigprocmask(SIG_SETMASK, &old_mask, NULL);
    (void)setitimer(ITIMER_REAL, &never, NULL);
    (void)sigaction(SIGALRM, &old_action, NULL);
    return ready;
}
