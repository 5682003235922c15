/*
 * writer_ok.h - the invariant of a writer with a window and no flush, at any time, and what a piece
 * makes of it.
 */
#ifndef WRITER_OK_H
#define WRITER_OK_H

#include "proof.h"
#include "writer.h"

/* Bytes of the text behind skip. */
static size_t behind(const struct migtask_writer *w)
{
    return w->total > w->skip ? w->total - w->skip : 0;
}

/* An open window holds all that came behind skip; a closed one is not empty. Nothing is longer than
 * what came. One that only counts is never closed. */
static bool window_ok(const struct migtask_writer *w)
{
    if (w->buf == NULL) {
        return !w->full && w->len == 0 && w->by_ref.ptr == NULL && w->by_ref.len == 0;
    }
    return w->flush == NULL && w->cap > 0 && w->len <= w->cap &&
           (w->by_ref.ptr == NULL) == (w->by_ref.len == 0) &&
           (w->full ? (w->len > 0) != (w->by_ref.len > 0) && w->len <= behind(w) &&
                          w->by_ref.len <= behind(w)
                    : w->len == behind(w) && w->by_ref.len == 0);
}

/* What migtask_put() makes of a writer that keeps the invariant, but for the bytes. */
static bool put_after(const struct migtask_writer *old, const struct migtask_writer *w, size_t len)
{
    return window_ok(w) && w->total == old->total + len && w->len >= old->len &&
           w->by_ref.ptr == old->by_ref.ptr && w->by_ref.len == old->by_ref.len &&
           implies(old->full, w->full && w->len == old->len) &&
           implies(w->full && !old->full, w->len == w->cap); /* nothing is left out between */
}

/* And migtask_put_ref(): the piece ends where a window of its own ends, and nothing else becomes
 * one. */
static bool put_ref_after(const struct migtask_writer *old, const struct migtask_writer *w,
                          migtask_view piece)
{
    bool left = w->by_ref.ptr != old->by_ref.ptr;
    return window_ok(w) && w->total == old->total + piece.len && w->len == old->len &&
           implies(old->full, w->full && w->by_ref.len == old->by_ref.len && !left) &&
           implies(left, old->len == 0 && w->by_ref.len <= piece.len &&
                             w->by_ref.ptr == piece.ptr + (piece.len - w->by_ref.len) &&
                             (old->skip > old->total ? old->skip - old->total : 0) ==
                                 piece.len - w->by_ref.len);
}

#endif
