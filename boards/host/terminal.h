/*
 * terminal.h - text to standard output and standard error.
 *
 * Whatever an argument, a server or a certificate holds, nothing that goes out here drives a
 * terminal: all text passes migtask_report_text().
 */
#ifndef MIGTASK_HOST_TERMINAL_H
#define MIGTASK_HOST_TERMINAL_H

#include <signal.h>

#include "migtask.h"

/* Bytes held back. A pipe that has room for any takes so many: PIPE_BUF of Linux. */
#define TERMINAL_BUFFER 4096

struct pollfd;

/* A text that is written out when it is flushed, in one piece if it is short.
 *
 * A result waits for a reader that has stopped reading (a full pipe, a terminal stopped by Ctrl-S)
 * until a signal comes: see terminal_let_in(). A message does not: the call that it is about has a
 * deadline. What finds no room of it soon is dropped. */
struct terminal {
    int fd;
    bool drops;   /* its texts are messages */
    bool failed;  /* something could not be written; sticky; dropping is no failure */
    bool known;   /* the next one is */
    bool blocks;  /* write() may block although there was room */
    bool stalled; /* the latest look found no room */
    bool hurried; /* a signal has come, and this text waits since this time */
    uint32_t hurried_since;
    bool begun; /* a part of this text is out */
    bool cut;   /* a part of this text was dropped, and the rest will be */
    bool torn;  /* a text that was cut stands there without its line end */
    size_t len;
    char *buf; /* TERMINAL_BUFFER bytes */
};

/* For the process, once, before any descriptor is opened: descriptors 0, 1 and 2 that came closed
 * are taken, so that no socket or file gets their number and the output meant for them. False: one
 * of them could not be, and nothing may be opened any more. */
bool terminal_guard_descriptors(void);

extern struct terminal terminal_out; /* standard output: results */
extern struct terminal terminal_err; /* standard error: everything else */

/* Safe text of any length. */
void terminal_put(struct terminal *t, const char *string);
void terminal_put_view(struct terminal *t, migtask_view text);
void terminal_put_number(struct terminal *t, uint32_t number);
/* Milliseconds as seconds: "30", "1.5". */
void terminal_put_seconds(struct terminal *t, uint32_t ms);

/* Bytes as they are (migtask_output with a struct terminal as ctx). */
bool terminal_write(void *t, const char *data, size_t len);

/* From now on a signal ends the wait for a reader that has stopped reading, be it one that came
 * before, and a result counts as failed. mask: signals are let in only while waiting, as for
 * ppoll(); *signals: how many came. Both must stay. */
void terminal_let_in(const sigset_t *mask, const volatile sig_atomic_t *signals);

/* Waits until *reader is ready, a signal comes, max_ms have passed or for less; returns what poll()
 * does. */
typedef int terminal_wait(struct pollfd *reader, uint32_t max_ms);

/* How results wait for their reader, where something else goes on meanwhile: it must not write.
 * NULL: nothing does. */
void terminal_meanwhile(terminal_wait *wait);

/* The end of a text: writes out what is held; false if that or anything before failed. */
bool terminal_flush(struct terminal *t);

#endif
