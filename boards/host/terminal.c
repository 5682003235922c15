#define _GNU_SOURCE 1
/* On 32-bit machines fstat() fails for large inode numbers unless glibc is asked for more. */
#define _FILE_OFFSET_BITS 64
#define _TIME_BITS 64

#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "interruptible.h"
#include "migtask_posix.h"
#include "waiting.h"

/* A reader that is alive makes room for a message within this time. */
#define GRACE_MS 20

/* And for a result after a signal; on standard error, if it is lost on standard output, once more.
 * Both together are well below the 100 ms within which a signal ends the command. */
#define LAST_MS 30

/* Needs no right to read the directory where there is such a way. */
#ifdef O_PATH
#define NOTHING O_PATH
#else
#define NOTHING O_RDONLY
#endif

static char out_text[TERMINAL_BUFFER];
static char err_text[TERMINAL_BUFFER];
struct terminal terminal_out = {.fd = STDOUT_FILENO, .buf = out_text};
struct terminal terminal_err = {.fd = STDERR_FILENO, .drops = true, .buf = err_text};

/* Takes the lowest free number for something that can neither be read nor written, so that using
 * it still fails: a directory, which is there even where /dev is not, or, where that may not be
 * opened, a socket without a peer. */
static int open_nothing(void)
{
    int fd = open("/", NOTHING | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 ? fd : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

bool terminal_guard_descriptors(void)
{
    struct pollfd standard[3] = {{.fd = 0}, {.fd = 1}, {.fd = 2}};
    if (poll(standard, 3, 0) == 0) {
        return true;
    }
    for (int i = 0; i < 3; i++) {
        if (fcntl(i, F_GETFD) < 0 && open_nothing() != i) {
            return false;
        }
    }
    return true;
}

static const sigset_t *wait_mask;
static const volatile sig_atomic_t *signal_count;
static terminal_wait *meanwhile;

void terminal_let_in(const sigset_t *mask, const volatile sig_atomic_t *signals)
{
    wait_mask = mask;
    signal_count = signals;
}

void terminal_meanwhile(terminal_wait *wait)
{
    meanwhile = wait;
}

/* How long the next look for room may take: a message has little time, a result has all until a
 * signal, and then enough to get a line out to a reader that is alive. */
static uint32_t time_left(struct terminal *t)
{
    if (t->drops) {
        return t->stalled ? 0 : GRACE_MS;
    }
    if (*signal_count == 0) {
        return UINT32_MAX;
    }
    uint32_t now = migtask_posix_now_ms(NULL);
    if (!t->hurried) {
        t->hurried = true;
        t->hurried_since = now;
    }
    uint32_t waited = now - t->hurried_since;
    return waited < LAST_MS ? LAST_MS - waited : 0;
}

/* Waits for room. What there is room for is not known; a pipe that has any takes a whole buffer of
 * ours. */
static bool wait_for_room(struct terminal *t)
{
    struct pollfd wait = {.fd = t->fd, .events = POLLOUT};
    uint32_t max_ms;
    int ready;
    do {
        max_ms = time_left(t);
        ready = meanwhile != NULL && !t->drops ? meanwhile(&wait, max_ms)
                                               : migtask_posix_wait(&wait, 1, max_ms, wait_mask);
    } while ((ready < 0 && errno == EINTR) || (ready == 0 && max_ms > 0 && !t->drops));
    t->stalled = ready == 0;
    return ready != 0; /* also where something is wrong: write() says it */
}

/* Where a look at the room tells nothing of how much there is, as with a terminal or a socket,
 * write() may block all the same. */
static bool may_block(struct terminal *t)
{
    if (!t->known) {
        struct stat about;
        t->known = true;
        t->blocks =
            fstat(t->fd, &about) == 0 && (S_ISCHR(about.st_mode) || S_ISSOCK(about.st_mode));
    }
    return t->blocks;
}

static ssize_t write_some(struct terminal *t, const char *at, size_t len)
{
    if (wait_mask == NULL || !may_block(t)) {
        return write(t->fd, at, len);
    }
    interruptible_begin(wait_mask);
    ssize_t written = write(t->fd, at, len);
    int error = errno;
    interruptible_end();
    errno = error;
    return written;
}

static void give_up(struct terminal *t)
{
    t->failed = !t->drops;
    t->cut = true;
    t->torn |= t->begun;
}

static void write_all(struct terminal *t, const char *at, size_t len)
{
    bool waits = wait_mask != NULL;
    while (len > 0 && !t->failed && !t->cut) {
        if (waits && !wait_for_room(t)) {
            give_up(t);
            break;
        }
        ssize_t written = write_some(t, at, len);
        if (written > 0) {
            at += written;
            len -= (size_t)written;
            t->begun = true;
        } else if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK) {
            t->failed = true;
        } else if (waits && time_left(t) != UINT32_MAX) {
            give_up(t); /* there was room, but not for this */
        } else {        /* not before it is looked for again */
            (void)migtask_posix_wait(NULL, 0, 1, wait_mask);
        }
    }
}

/* Writes out what is held of the text so far. */
static void push(struct terminal *t)
{
    if (t->torn && !t->begun && t->len > 0) {
        t->torn = false;
        write_all(t, "\n", 1);
        t->torn = t->cut;
    }
    write_all(t, t->buf, t->len);
    t->len = 0;
}

bool terminal_flush(struct terminal *t)
{
    push(t);
    t->begun = t->cut = t->hurried = false;
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
            push(t);
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
