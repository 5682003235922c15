/* writer_ok.h - the invariant of a writer with a window and no flush, at any time. */
#ifndef WRITER_OK_H
#define WRITER_OK_H

#include "proof.h"
#include "writer.h"

/* An open window holds all that came behind skip; a closed one is not empty. */
static bool window_ok(const struct migtask_writer *w)
{
    size_t behind = w->total > w->skip ? w->total - w->skip : 0;
    return w->flush == NULL && w->cap > 0 && w->len <= w->cap &&
           (w->full ? behind > 0 && (w->len > 0) != (w->by_ref.len > 0)
                    : w->len == behind && w->by_ref.len == 0);
}

#endif
