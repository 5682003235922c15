#define _POSIX_C_SOURCE 200809L

#include "progress.h"

#include <unistd.h>

#include "terminal.h"

#define PROGRESS_INTERVAL_MS 100u
#define PATIENCE_MS 300u /* a call that is over by then shows nothing */

static bool is_wanted;
static bool is_known;    /* whether there is a terminal */
static bool is_anothers; /* the line on the screen */
static bool is_shown;
static bool is_started;
static uint32_t start_ms;
static const char *shown;
static size_t tasks_done;
static size_t tasks_of;

void progress_start(bool wanted)
{
    is_wanted = wanted;
    is_known = false;
}

void progress_leave(void)
{
    is_anothers = is_wanted && isatty(STDERR_FILENO) == 1;
    is_wanted = false;
}

uint32_t progress_wait(uint32_t max_ms)
{
    uint32_t most = is_known ? PROGRESS_INTERVAL_MS : PATIENCE_MS;
    return is_wanted && max_ms > most ? most : max_ms;
}

void progress_count(size_t done, size_t of)
{
    if (done != tasks_done) {
        shown = NULL; /* show it anew */
    }
    tasks_done = done;
    tasks_of = of;
}

void progress_show(const char *doing, const char *object, uint32_t now_ms)
{
    if (!is_wanted) {
        return;
    }
    if (!is_started) {
        is_started = true;
        start_ms = now_ms;
    }
    if (now_ms - start_ms < PATIENCE_MS || doing == shown) {
        return;
    }
    if (!is_known) { /* not asked before: most calls are over by then */
        is_known = true;
        is_wanted = isatty(STDERR_FILENO) == 1;
        if (!is_wanted) {
            return;
        }
    }
    shown = doing;
    is_shown = true;
    (void)terminal_write(&terminal_err, "\r\x1b[K", 4);
    if (tasks_of > 1) {
        terminal_put_number(&terminal_err, (uint32_t)tasks_done);
        terminal_put(&terminal_err, " of ");
        terminal_put_number(&terminal_err, (uint32_t)tasks_of);
        terminal_put(&terminal_err, " tasks done: ");
    }
    terminal_put(&terminal_err, doing);
    if (object != NULL && object[0] != '\0') {
        terminal_put(&terminal_err, " ");
        terminal_put(&terminal_err, object);
    }
    terminal_put(&terminal_err, " ...");
    (void)terminal_flush(&terminal_err);
}

static void erase(bool there_is_one)
{
    if (there_is_one) {
        (void)terminal_write(&terminal_err, "\r\x1b[K", 4);
        (void)terminal_flush(&terminal_err);
    }
    is_shown = false;
    is_started = tasks_of > 1 && is_started; /* of several tasks the whole run is what lasts */
    shown = NULL;
}

void progress_erase(void)
{
    erase(is_shown);
}

void progress_make_room(void)
{
    erase(is_shown || is_anothers);
}
