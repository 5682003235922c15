/* The bounded writer and the request that it writes, for every window of it. */
#include "writer.h"

#include "proof.h"
#include "request.h"
#include "writer_ok.h"

#define CAP 4 /* bytes of the window in prove_writer_put */
#define PIECE 3

/* One piece, behind any text: what is kept is the window of the text, and nothing else. */
void prove_writer_put(void)
{
    char buf[CAP];
    char piece[PIECE];
    size_t len = any_upto(PIECE);
    struct migtask_writer w;
    w.buf = any_bool() ? buf : NULL;
    w.cap = any_upto(CAP);
    w.full = any_bool();
    w.flush = NULL;
    w.by_ref.ptr = NULL;
    bool window = window_ok(&w);
    assume(w.len <= w.cap && w.total <= SIZE_MAX - PIECE);
    /* As long as the window is open it holds all that came behind skip. */
    size_t behind = w.total > w.skip ? w.total - w.skip : 0;
    assume(implies(w.buf != NULL && !w.full, w.len == behind));
    assume(implies(w.buf == NULL, !w.full && w.len == 0));
    const struct migtask_writer old = w;
    size_t i = any_upto(CAP - 1);
    char byte = buf[i];

    migtask_put(&w, piece, len);

    prove(w.total == old.total + len && w.len >= old.len && w.len <= w.cap);
    prove(implies(w.buf == NULL, w.len == 0 && !w.full));
    prove(implies(i < old.len || i >= w.len, buf[i] == byte));
    prove(implies(i >= old.len && i < w.len, buf[i] == piece[old.skip + i - old.total]));
    behind = w.total > w.skip ? w.total - w.skip : 0;
    prove(implies(w.buf != NULL && !w.full, w.len == behind));
    prove(implies(w.full && !old.full, w.len == w.cap)); /* nothing is left out between */
    /* A window that is closed is never empty. */
    prove(implies(w.buf != NULL && window, window_ok(&w)));
    prove(implies(old.full, w.full && w.len == old.len));
    prove(w.by_ref.len == old.by_ref.len);
}

/* The token comes whole, or from where the window begins. */
void prove_writer_put_ref(void)
{
    char buf[CAP];
    char token[PIECE];
    struct migtask_writer w;
    w.buf = any_bool() ? buf : NULL;
    w.full = any_bool();
    w.flush = NULL;
    w.by_ref.ptr = NULL;
    w.by_ref.len = w.full ? any_size() : 0;
    bool window = window_ok(&w);
    assume(w.total <= SIZE_MAX - PIECE);
    const struct migtask_writer old = w;
    migtask_view piece = {token, any_upto(PIECE)};
    migtask_put_ref(&w, piece);
    prove(w.total == old.total + piece.len && w.len == old.len);
    prove(implies(w.buf != NULL && window, window_ok(&w)));
    prove(implies(old.full, w.full && w.by_ref.len == old.by_ref.len));
    prove(implies(!old.full, w.by_ref.len <= piece.len));
    if (w.by_ref.ptr != NULL) {
        prove(old.len == 0 && !old.full && w.full && w.by_ref.len > 0);
        prove(w.by_ref.ptr + w.by_ref.len == token + piece.len);
        prove(w.by_ref.ptr == token + (old.skip > old.total ? old.skip - old.total : 0));
    }
}
