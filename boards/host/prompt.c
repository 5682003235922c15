#define _GNU_SOURCE 1

#include "prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "environment.h"
#include "migtask.h"
#include "migtask_posix.h"
#include "waiting.h"

#define CTRL_D 0x04
#define CTRL_H 0x08
#define CTRL_U 0x15
#define DEL 0x7F

/* After Enter: a paste of several lines goes on at once, a person does not. */
#define PASTE_GOES_ON_MS 200

/* What the line mode of a terminal keeps of a line. */
#define LINE_MODE_MAX 4095

/* A terminal that knows bracketed paste sends these before and after what is pasted. */
static const char paste_begins[] = "\x1b[200~";
static const char paste_ends[] = "\x1b[201~";
#define MARK (sizeof paste_begins - 1)
static const char paste_on[] = "\x1b[?2004h";
static const char paste_off[] = "\x1b[?2004l";

/* What must be undone, also in a signal handler. */
static struct {
    int fd;
    int out;
    bool brackets;
    volatile sig_atomic_t quiet; /* not as it was */
    struct termios before;
} terminal;

static volatile sig_atomic_t stop_wanted;
static volatile sig_atomic_t continued;

/* These end the process: not before the terminal is as it was. (SIGINT, SIGTERM and SIGHUP cancel,
 * and that ends the reading in order; SIGKILL cannot be seen.) */
static const int deadly[] = {SIGQUIT, SIGILL,  SIGABRT, SIGBUS,  SIGFPE,  SIGSEGV,   SIGTRAP,
                             SIGSYS,  SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU, SIGVTALRM, SIGPROF};
#define DEADLY (sizeof deadly / sizeof deadly[0])

/* ---- The terminal ---- */

/* Never waits for a terminal whose output was stopped. */
static void say(const char *text, size_t len)
{
    struct pollfd room = {.fd = terminal.out, .events = POLLOUT};
    if (poll(&room, 1, 0) == 1 && (room.revents & POLLOUT) != 0) {
        ssize_t written = write(terminal.out, text, len);
        (void)written;
    }
}

/* In the background it is not ours to change. */
static bool is_ours(void)
{
    pid_t front = tcgetpgrp(terminal.fd);
    return front < 0 || front == getpgrp();
}

static void make_quiet(const char *question)
{
    struct termios quiet = terminal.before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN);
    quiet.c_lflag |= ISIG;
    quiet.c_iflag &= ~(tcflag_t)(ISTRIP | INLCR | IGNCR);
    quiet.c_iflag |= ICRNL;
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    terminal.quiet = 1;
    (void)tcsetattr(terminal.fd, TCSANOW, &quiet); /* what was typed before counts */
    if (terminal.brackets) {
        say(paste_on, sizeof paste_on - 1);
    }
    say(question, strlen(question));
}

/* What was not read is of a secret: no shell may get it. */
static void restore(void)
{
    if (terminal.quiet && is_ours()) {
        if (terminal.brackets) {
            say(paste_off, sizeof paste_off - 1);
        }
        (void)tcflush(terminal.fd, TCIFLUSH);
        (void)tcsetattr(terminal.fd, TCSANOW, &terminal.before);
    }
    terminal.quiet = 0;
}

/* ---- Signals ---- */

static void on_deadly(int number)
{
    restore();
    (void)raise(number); /* with its default action, once this returns */
}

static void on_stop(int number)
{
    (void)number;
    stop_wanted = 1;
}

static void on_continue(int number)
{
    (void)number;
    continued = 1;
}

struct actions {
    struct sigaction deadly[DEADLY];
    struct sigaction stop;
    struct sigaction go_on;
    sigset_t mask;
};

static void handle(int number, void (*handler)(int), int flags, struct sigaction *old)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = flags;
    (void)sigaction(number, &action, old);
}

/* Stopping and going on are let in only while waiting. */
static void catch_signals(struct actions *old)
{
    sigset_t blocked;
    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGTSTP);
    (void)sigaddset(&blocked, SIGCONT);
    (void)sigprocmask(SIG_BLOCK, &blocked, &old->mask);
    for (size_t i = 0; i < DEADLY; i++) {
        handle(deadly[i], on_deadly, (int)SA_RESETHAND, &old->deadly[i]);
    }
    handle(SIGTSTP, on_stop, 0, &old->stop);
    handle(SIGCONT, on_continue, 0, &old->go_on);
}

static void release_signals(const struct actions *old)
{
    for (size_t i = 0; i < DEADLY; i++) {
        (void)sigaction(deadly[i], &old->deadly[i], NULL);
    }
    (void)sigaction(SIGTSTP, &old->stop, NULL);
    (void)sigaction(SIGCONT, &old->go_on, NULL);
    (void)sigprocmask(SIG_SETMASK, &old->mask, NULL);
}

/* Stops as if nothing had been caught, and returns when the process is let go on. */
static void stop_here(void)
{
    struct sigaction mine;
    sigset_t both;
    sigset_t mask;
    restore();
    handle(SIGTSTP, SIG_DFL, 0, &mine);
    (void)kill(getpid(), SIGTSTP);
    (void)sigemptyset(&both);
    (void)sigaddset(&both, SIGTSTP);
    (void)sigaddset(&both, SIGCONT);
    (void)sigprocmask(SIG_UNBLOCK, &both, &mask); /* here */
    (void)sigprocmask(SIG_SETMASK, &mask, NULL);
    (void)sigaction(SIGTSTP, &mine, NULL);
    stop_wanted = 0;
    continued = 1;
}

/* ---- What is typed ---- */

struct typing {
    char *buf;
    size_t cap;
    size_t len;
    bool overflow; /* more than cap; what follows is read and dropped */
    bool in_paste;
    bool ended;
};

static bool ends_with(const struct typing *typing, const char *mark)
{
    return typing->len >= MARK && memcmp(typing->buf + typing->len - MARK, mark, MARK) == 0;
}

/* Of more than there is room for, the beginning of a mark is kept. */
static void make_room(struct typing *typing)
{
    if (typing->len == typing->cap) {
        typing->overflow = true;
        memmove(typing->buf, typing->buf + typing->len - (MARK - 1), MARK - 1);
        typing->len = MARK - 1;
    }
}

static void add(struct typing *typing, char c)
{
    make_room(typing);
    typing->buf[typing->len++] = c;
    if (ends_with(typing, paste_begins)) {
        typing->len -= MARK;
        typing->in_paste = true;
    } else if (ends_with(typing, paste_ends)) {
        typing->len -= MARK;
        typing->in_paste = false;
        typing->ended |= typing->len > 0 && typing->buf[typing->len - 1] == '\n';
    }
}

static void take(struct typing *typing, char c)
{
    bool literal = typing->in_paste || typing->ended;
    if (!literal && c == CTRL_D) {
        typing->ended = true;
    } else if (!literal && (c == DEL || c == CTRL_H)) {
        typing->len -= typing->len > 0;
    } else if (!literal && c == CTRL_U) {
        typing->len = 0;
        typing->overflow = false;
    } else {
        typing->ended |= !literal && c == '\n';
        add(typing, c);
    }
}

/* Some more bytes, taken where they are read to. */
static bool read_some(struct typing *typing)
{
    make_room(typing);
    char *at = typing->buf + typing->len;
    ssize_t n = read(terminal.fd, at, typing->cap - typing->len);
    if (n < 0) {
        return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK;
    }
    if (n == 0) { /* the terminal is gone */
        errno = ENXIO;
        return false;
    }
    for (ssize_t i = 0; i < n; i++) {
        take(typing, at[i]);
    }
    return true;
}

/* How long the next wait may be; false: the time is over. */
static bool time_for(const struct prompt *prompt, const struct typing *typing, uint32_t *max_ms)
{
    uint32_t passed = migtask_posix_now_ms(NULL) - prompt->patience->start_ms;
    uint32_t limit = prompt->has_deadline ? prompt->patience->timeout_ms : UINT32_MAX;
    *max_ms = typing->ended ? PASTE_GOES_ON_MS : limit == UINT32_MAX ? limit : limit - passed;
    return typing->ended || passed < limit;
}

static void begin_again(struct typing *typing)
{
    migtask_wipe(typing->buf, typing->cap);
    *typing = (struct typing){.buf = typing->buf, .cap = typing->cap};
}

/* Reads until the end of it. */
static migtask_posix_file_status read_typed(const struct prompt *prompt, struct typing *typing)
{
    struct pollfd watched = {.fd = terminal.fd, .events = POLLIN};
    uint32_t max_ms;
    while (*prompt->patience->cancelled == 0) {
        if (!time_for(prompt, typing, &max_ms)) {
            return MIGTASK_POSIX_FILE_TIMEOUT;
        }
        int ready = migtask_posix_wait(&watched, 1, max_ms, prompt->patience->wait_mask);
        if (stop_wanted) {
            stop_here();
        }
        if (continued) { /* a shell may have changed it meanwhile */
            continued = 0;
            begin_again(typing);
            make_quiet(prompt->question);
        } else if (ready > 0 && !read_some(typing)) {
            return MIGTASK_POSIX_FILE_NOT_READ;
        } else if (ready == 0 && typing->ended) {
            return typing->overflow ? MIGTASK_POSIX_FILE_TOO_LARGE : MIGTASK_POSIX_FILE_OK;
        }
    }
    return MIGTASK_POSIX_FILE_CANCELLED;
}

/* Line ends at the end are Enter's. */
static size_t length_of(const struct typing *typing)
{
    size_t len = typing->len;
    while (len > 0 && typing->buf[len - 1] == '\n') {
        len--;
    }
    return len;
}

/* A line that was typed or pasted before the question, and cut there by the terminal. */
static bool was_cut(void)
{
    int waiting = 0;
    return ioctl(terminal.fd, FIONREAD, &waiting) == 0 && waiting >= LINE_MODE_MAX;
}

migtask_posix_file_status prompt_read(void *ctx, int fd, char *buf, size_t cap, size_t *got)
{
    struct prompt *prompt = ctx;
    struct typing typing = {.buf = buf, .cap = cap};
    struct actions old;
    uint32_t start_ms = migtask_posix_now_ms(NULL);
    int mode = fcntl(fd, F_GETFL);
    const char *kind = environment_get("TERM");
    terminal.fd = fd;
    terminal.out = mode >= 0 && (mode & O_ACCMODE) == O_RDWR ? fd : STDERR_FILENO;
    terminal.brackets = kind != NULL && strcmp(kind, "dumb") != 0;
    if (tcgetattr(fd, &terminal.before) != 0) {
        return MIGTASK_POSIX_FILE_NOT_READ;
    }
    stop_wanted = 0;
    continued = 0;
    prompt->asked = true;
    catch_signals(&old);
    make_quiet(prompt->question);
    migtask_posix_file_status status =
        was_cut() ? MIGTASK_POSIX_FILE_TOO_LARGE : read_typed(prompt, &typing);
    int error = errno;
    restore();
    say("\n", 1);
    release_signals(&old);
    *got = length_of(&typing);
    migtask_wipe(buf + *got, cap - *got);
    prompt->took_ms = migtask_posix_now_ms(NULL) - start_ms;
    errno = error;
    return status;
}
