/*
 * support.h - what the unit tests share: memory flush against an inaccessible page, one trip of a
 * call over the stream double, deviations that are collected and named, text made to measure.
 */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* needs the four before it */

#include "migtask.h"
#include "stream_double.h"

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

/* A view of a string literal, NUL bytes inside included. */
#define VIEW(literal) ((migtask_view){(literal), sizeof(literal) - 1})
#define NONE ((migtask_view){NULL, 0})

/* --- deviations ---
 * A table of cases goes on after a failure: each deviation is printed under the name of its case,
 * and the test fails at its end with the first one. */
void context(const char *format, ...) __attribute__((format(printf, 1, 2)));
void deviation(const char *format, ...) __attribute__((format(printf, 1, 2)));
void end_of_cases(void);
#define CHECK(condition)                                                                           \
    ((condition) ? (void)0 : deviation("%s:%d: %s", __FILE__, __LINE__, #condition))

/* --- memory ---
 * A copy that ends exactly where an inaccessible page begins. */
typedef struct guarded {
    char *map;
    size_t room; /* bytes before the inaccessible page */
} guarded;

char *guarded_room(guarded *area, size_t len);
migtask_view guarded_copy(guarded *area, migtask_view text);

/* Text that grows, for expected values and generated answers. */
typedef struct textbuf {
    char *ptr;
    size_t len, room;
} textbuf;

void text_clear(textbuf *t);
void text_add(textbuf *t, const void *data, size_t len);
void text_put(textbuf *t, const char *string);
void text_format(textbuf *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_repeat(textbuf *t, const char *piece, size_t times);
migtask_view text_view(const textbuf *t);

/* --- views --- */
bool same(migtask_view a, migtask_view b);
bool same_string(migtask_view a, const char *string); /* NULL: none */
bool valid_utf8(migtask_view v);
/* v cut to a limit that counts as the configuration says, at a character boundary. */
migtask_view cut_to(migtask_view v, size_t limit);
/* What a JSON string with this inside says, lone surrogates as U+FFFD; false: not the inside of
 * one. */
bool json_unescape(migtask_view inside, textbuf *out);

/* --- one trip of a call --- */
typedef struct trip {
    migtask_call *call; /* flush against an inaccessible page, the same one for every trip */
    stream_double stream;
    migtask_request request;
    uint32_t clock;
    uint32_t tick;  /* how far the clock goes on with every step */
    unsigned steps; /* taken so far */
} trip;

extern const char trip_token[65]; /* 64 characters without a repeated piece */

/* A good request: start, sms.example.test, trip_token, 30 s, 10 s. */
void trip_init(trip *t);
void trip_begin(trip *t, const stream_plan *plan);
migtask_step trip_step(trip *t);
/* Steps until the call is done; where nothing moves, the clock goes to the next deadline. */
void trip_finish(trip *t);
/* begin and finish */
void trip_run(trip *t, const stream_plan *plan);
/* Steps until the call is in that phase (or done). */
void trip_reach(trip *t, migtask_phase phase);
/* Notes a deviation unless the call ended so. status < 0: any. */
void trip_expect(const trip *t, migtask_outcome outcome, migtask_reason reason, int status);
/* Everything the call says, as one text that two trips can be compared by. */
void trip_snapshot(const trip *t, textbuf *out);
/* Invariants of every reply: texts valid UTF-8 and inside the call object, counts in range. */
void trip_check_reply(const trip *t);
/* Notes a deviation if 16 bytes of the token (a shorter one: all of it) are in the call object. */
void trip_check_wiped(const trip *t);

/* A complete answer with this status line and body, Content-Length counted. */
void answer(textbuf *out, const char *status, const char *headers, migtask_view body);

#endif
