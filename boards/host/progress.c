#define _POSIX_C_SOURCE 200809L

#include "progress.h"

#include <unistd.h>

#include "terminal.h"

#define PROGRESS_INTERVAL_MS 100u
#define PATIENCE_MS 300u /* a call that is over by then shows nothing */

static bool is_wanted;
static bool is_known; /* whether there is a terminal */
static bool is_started;
static uint32_t start_ms;
static const char *shown;
static size_t tasks_done;
static size_t tasks_of;

/* The line is taken back by blanks and not by escape sequences: not every terminal knows those, and
 * on a serial console TERM may be wrong. So its width has to be known, and it must not wrap. */
#define COLUMNS 79
static size_t columns; /* on the screen */

void progress_start(bool wanted)
{
    is_wanted = wanted;
    is_known = false;
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

/* Blanks over what stands from one column up to another, and back. */
static void blank(size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        (void)terminal_write(&terminal_err, " ", 1);
    }
    for (size_t i = from; i < to; i++) {
        (void)terminal_write(&terminal_err, "\b", 1);
    }
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
    struct terminal *t = &terminal_err;
    size_t before = t->len;
    shown = doing;
    (void)terminal_write(t, "\r", 1);
    if (tasks_of > 1) {
        terminal_put_number(t, (uint32_t)tasks_done);
        terminal_put(t, " of ");
        terminal_put_number(t, (uint32_t)tasks_of);
        terminal_put(t, " tasks done: ");
    }
    terminal_put(t, doing);
    if (object != NULL && object[0] != '\0') {
        terminal_put(t, " ");
        terminal_put(t, object);
    }
    terminal_put(t, " ...");
    t->len = t->len < before + 1 + COLUMNS ? t->len : before + 1 + COLUMNS;
    size_t width = t->len - before - 1;
    blank(width, columns);
    columns = width;
    (void)terminal_flush(t);
}

void progress_erase(void)
{
    if (columns > 0) {
        (void)terminal_write(&terminal_err, "\r", 1);
        blank(0, columns);
        (void)terminal_flush(&terminal_err);
    }
    columns = 0;
    is_started = tasks_of > 1 && is_started; /* of several tasks the whole run is what lasts */
    shown = NULL;
}
