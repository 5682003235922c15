/*
 * kept_ok.h - the invariant of the kept text.
 *
 * The text so far is ["bSMS.0202","cno such ta: strings that are closed, and perhaps one under way,
 * whose letter stands at `start`. `watched` is any one place in the buffer: what is proved of it is
 * proved of every byte. Before start, nothing ever changes; behind it no byte ends the string. So
 * when the text is closed it is ["...","...",""] and nothing else.
 */
#ifndef KEPT_OK_H
#define KEPT_OK_H

#include "kept_text.h"
#include "proof.h"

static size_t cap; /* bytes of the buffer */
static size_t start;
static size_t watched;
static char watched_byte; /* what stood there at first */

/* Bytes that would end a string, or the text, for jsmn. */
static bool ends_string(char c)
{
    return c == '"' || c == '\\' || c == '\0';
}

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
    return kept_ok(text) && text->window_len == 0 && text->done == 0 && !text->starred &&
           implies(watched < text->len, text->buf[watched] == watched_byte);
}

/* Nothing of the string under way has been put into the buffer, but something may be. */
static bool kept_fresh(const struct migtask_kept_text *text)
{
    return text->len == start + 1 && !text->cut;
}

/* Inside a string. It begins with a character, so no cut goes back beyond its letter. */
static bool kept_open(const struct migtask_kept_text *text)
{
    return kept_ok(text) && start >= 2 && start < text->len && text->len <= text->end &&
           text->buf[start] >= 'a' && text->buf[start] < 'a' + 16 &&
           implies(text->len > start + 1, !is_inside(text->buf[start + 1])) &&
           implies(kept_fresh(text), text->done == 0 && !text->starred) &&
           implies(kept_fresh(text) && text->window_len > 0, !is_inside(text->window[0])) &&
           implies(watched <= start, text->buf[watched] == watched_byte) &&
           implies(watched > start && watched < text->len, !ends_string(text->buf[watched]));
}

/* What json_guard.c may rely on, and what it must keep; kept.c proves it of the real functions. */

/* Inside a string, and the window was searched as soon as it was full. */
static bool kept_waiting(const struct migtask_kept_text *text)
{
    return kept_open(text) && text->window_len < sizeof text->window;
}

static bool append_before(const struct migtask_kept_text *text, const char *ptr, size_t len)
{
    return kept_waiting(text) && __CPROVER_r_ok(ptr, len) &&
           implies(len > 0 && kept_fresh(text) && text->window_len == 0, !is_inside(*ptr));
}

static bool begin_after(const struct migtask_kept_text *old, const struct migtask_kept_text *text,
                        bool begun)
{
    return begun == (old->len < old->end) && implies(begun, text->window_len == 0) &&
           (begun ? kept_waiting(text) && kept_fresh(text) : kept_idle(text));
}

static bool end_after(const struct migtask_kept_text *text)
{
    size_t quote = text->len - 3;
    return text->len >= 6 && quote > start && text->buf[quote] == '"' &&
           text->buf[quote + 1] == ',' && text->buf[quote + 2] == '"' &&
           implies(watched > start && watched < quote, !ends_string(text->buf[watched]));
}

#endif
