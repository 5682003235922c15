#define _POSIX_C_SOURCE 200809L

#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "wait.h"

static char out_text[TERMINAL_BUFFER];
static char err_text[TERMINAL_BUFFER];
struct terminal terminal_out = {.fd = STDOUT_FILENO, .buf = out_text};
struct terminal terminal_err = {.fd = STDERR_FILENO, .buf = err_text};

void terminal_guard_descriptors(void)
{
    struct pollfd standard[3] = {{.fd = 0}, {.fd = 1}, {.fd = 2}};
    if (poll(standard, 3, 0) <= 0) {
        return;
    }
    for (int i = 0; i < 3; i++) {
        if ((standard[i].revents & POLLNVAL) != 0) {
            /* A directory can neither be read nor written: using it still fails, and it is there
             * even where /dev is not. It gets the lowest free number, which is i. */
            (void)open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        }
    }
}

static const sigset_t *wait_mask;
static const volatile sig_atomic_t *signal_count;

void terminal_let_in(const sigset_t *mask, const volatile sig_atomic_t *signals)
{
    wait_mask = mask;
    signal_count = signals;
}

/* Waits for room; false if a signal ended that. What there is room for is not known, but a pipe
 * that has any takes a whole buffer of ours. */
static bool wait_for_room(const struct terminal *t)
{
    struct pollfd wait = {.fd = t->fd, .events = POLLOUT};
    sig_atomic_t before = wait_mask != NULL ? *signal_count : 0;
    while (migtask_posix_wait(&wait, 1, UINT32_MAX, wait_mask) < 0 && errno == EINTR) {
        if (wait_mask != NULL && *signal_count != before) {
            return false;
        }
    }
    return true;
}

static void write_all(struct terminal *t, const char *at, size_t len)
{
    bool full = wait_mask != NULL; /* perhaps */
    while (len > 0 && !t->failed) {
        if (full && !wait_for_room(t)) {
            t->failed = true;
            break;
        }
        ssize_t written = write(t->fd, at, len);
        if (written > 0) {
            at += written;
            len -= (size_t)written;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) { /* somebody made it non-blocking */
            full = true;
        } else if (errno != EINTR) {
            t->failed = true;
        }
    }
}

bool terminal_flush(struct terminal *t)
{
    if (t->framed && t->len > 0) {
        uint16_t len = (uint16_t)t->len;
        write_all(t, (const char *)&len, sizeof len);
    }
    write_all(t, t->buf, t->len);
    t->len = 0;
    return !t->failed;
}

bool terminal_write(void *terminal, const char *data, size_t len)
{
    struct terminal *t = terminal;
    while (len > 0 && !t->failed) {
        size_t room = TERMINAL_BUFFER - t->len;
        size_t take = len < room ? len : room;
        memcpy(t->buf + t->len, data, take);
        t->len += take;
        data += take;
        len -= take;
        if (t->len == TERMINAL_BUFFER) {
            (void)terminal_flush(t);
        }
    }
    return !t->failed;
}

void terminal_put_view(struct terminal *t, migtask_view text)
{
    (void)migtask_report_text(text, terminal_write, t);
}

void terminal_put(struct terminal *t, const char *string)
{
    /* Our own sentences hold line feeds, which the safe way would show as escapes. */
    const char *end = strchr(string, '\n');
    while (end != NULL) {
        terminal_put_view(t, (migtask_view){string, (size_t)(end - string)});
        (void)terminal_write(t, "\n", 1);
        string = end + 1;
        end = strchr(string, '\n');
    }
    terminal_put_view(t, migtask_text(string));
}

void terminal_put_number(struct terminal *t, uint32_t number)
{
    char digits[10];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    (void)terminal_write(t, digits + at, sizeof digits - at);
}

void terminal_put_seconds(struct terminal *t, uint32_t ms)
{
    char fraction[] = {'.', (char)('0' + ms / 100 % 10), (char)('0' + ms / 10 % 10),
                       (char)('0' + ms % 10)};
    size_t len = sizeof fraction;
    while (len > 1 && fraction[len - 1] == '0') {
        len--;
    }
    terminal_put_number(t, ms / 1000);
    if (len > 1) {
        (void)terminal_write(t, fraction, len);
    }
}
