/*
 * writer.h - the bounded writer: all formatting goes through it.
 *
 * A writer takes a text of any length piece by piece and keeps only the window of it that fits its
 * buffer, from byte `skip` on. So a formatter is one straight function that is run again for each
 * window, and run once without a buffer to learn the length. A writer with a `flush` function
 * empties its buffer there instead and never overflows. Internal.
 */
#ifndef MIGTASK_WRITER_H
#define MIGTASK_WRITER_H

#include "migtask.h"

struct migtask_writer {
    char *buf;            /* cap bytes of the user's; NULL: only count */
    size_t cap;           /* bytes */
    size_t skip;          /* bytes of the text to drop before the window */
    size_t len;           /* bytes in buf */
    size_t total;         /* bytes of the text so far, kept or not */
    migtask_view by_ref;  /* what migtask_put_ref() left in place */
    bool full;            /* the window is closed: nothing more is kept (sticky) */
    migtask_output flush; /* or NULL */
    void *flush_ctx;
};

void migtask_put(struct migtask_writer *w, const char *ptr, size_t len);
void migtask_put_string(struct migtask_writer *w, const char *string);
void migtask_put_number(struct migtask_writer *w, uint32_t number);

/* Offers a large piece without copying: it becomes a window of its own, w->by_ref. */
void migtask_put_ref(struct migtask_writer *w, migtask_view piece);

/* Puts valid UTF-8 as the inside of a JSON string in ASCII: all but plain characters as \uXXXX. */
void migtask_put_ascii(struct migtask_writer *w, migtask_view text);

/* Escapes the first character of a text (len >= 1): out gets what stands for it inside a JSON
 * string or (json false) before people, *size how many bytes; returns how many bytes of the text it
 * was. Control, DEL, C1, bidirectional and line-separator characters become \uXXXX, a byte that is
 * not UTF-8 U+FFFD, and in JSON quotation mark and backslash are escaped. RFC 8259 section 7. */
size_t migtask_escape(const char *ptr, size_t len, bool json, char out[6], size_t *size);

/* Puts a whole text, each character like that. */
void migtask_put_escaped(struct migtask_writer *w, migtask_view text, bool json);

/* Hands what is in buf to flush; false if that failed now or before. */
bool migtask_writer_flush(struct migtask_writer *w);

#endif
