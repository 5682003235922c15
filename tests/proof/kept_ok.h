/*
 * kept_ok.h - the invariant of the kept text.
 *
 * The text so far is ["bSMS.0202","cno such ta: strings that are closed, and perhaps one under way,
 * whose letter stands at `start`. This says where things stand; kept.c has what holds of the bytes.
 */
#ifndef KEPT_OK_H
#define KEPT_OK_H

#include "kept_text.h"
#include "proof.h"

static size_t cap; /* bytes of the buffer */
static size_t start;

/* Not the first byte of a character. */
static bool is_inside(char c)
{
    return (c & 0xC0) == 0x80;
}

/* Where things stand, always. */
static bool kept_ok(const struct migtask_kept_text *text)
{
    return cap >= MIGTASK_KEPT_SLACK && text->end <= cap - MIGTASK_KEPT_SLACK && text->len >= 2 &&
           text->len <= text->end + 3 && text->run >= 1 && text->run <= MIGTASK_MASK_RUN &&
           text->done <= text->window_len && text->window_len <= sizeof text->window;
}

/* Between strings. */
static bool kept_idle(const struct migtask_kept_text *text)
{
    return kept_ok(text) && text->window_len == 0 && text->done == 0 && !text->starred;
}

/* Nothing of the string under way has been put into the buffer, but something may be. */
static bool kept_fresh(const struct migtask_kept_text *text)
{
    return text->len == start + 1 && !text->cut;
}

/* Inside a string. */
static bool kept_open(const struct migtask_kept_text *text)
{
    return kept_ok(text) && start >= 2 && start < text->len && text->len <= text->end &&
           implies(kept_fresh(text), text->done == 0 && !text->starred);
}

/* Inside a string, and the window was searched as soon as it was full. */
static bool kept_waiting(const struct migtask_kept_text *text)
{
    return kept_open(text) && text->window_len < sizeof text->window;
}

/* Whether a piece may be appended: a string begins with a character, not inside of one. */
static bool may_append(const struct migtask_kept_text *text, const char *ptr, size_t len)
{
    return kept_waiting(text) && __CPROVER_r_ok(ptr, len) &&
           implies(len > 0 && kept_fresh(text) && text->window_len == 0, !is_inside(*ptr));
}

/* Whether it is right that a string was begun, or was not. */
static bool begin_after(const struct migtask_kept_text *old, const struct migtask_kept_text *text,
                        bool begun)
{
    return begun == (old->len < old->end) &&
           (begun ? kept_waiting(text) && text->window_len == 0 && start == old->len &&
                        text->len == start + 1
                  : kept_idle(text) && text->len == old->len);
}

#endif
