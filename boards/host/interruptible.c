#define _GNU_SOURCE 1

#include "interruptible.h"

#include <stddef.h>
#include <string.h>
#include <sys/time.h>

#define LOOK_MS 20

static struct sigaction old_action;
static sigset_t old_mask;
static struct itimerval old_timer; /* whoever started us may have set it: alarm() outlives exec() */

static void on_alarm(int number)
{
    (void)number;
}

void interruptible_begin(const sigset_t *wait_mask)
{
    static const struct itimerval every = {{0, LOOK_MS * 1000}, {0, LOOK_MS * 1000}};
    struct sigaction action;
    sigset_t mask = *wait_mask;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm; /* without SA_RESTART: it ends the system call */
    (void)sigdelset(&mask, SIGALRM);
    (void)sigaction(SIGALRM, &action, &old_action);
    (void)setitimer(ITIMER_REAL, &every, &old_timer);
    (void)sigprocmask(SIG_SETMASK, &mask, &old_mask);
}

void interruptible_end(void)
{
    (void)setitimer(ITIMER_REAL, &old_timer, NULL);
    (void)sigprocmask(SIG_SETMASK, &old_mask, NULL);
    (void)sigaction(SIGALRM, &old_action, NULL);
}
