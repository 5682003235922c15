/* The bounded writer: any window, any piece, of any length that there can be. */
#include "writer.h"

#include "copy.h"
#include "proof.h"
#include "writer_ok.h"

#define CAP 4096 /* of the window: the largest MIGTASK_TX_WINDOW */
#define PIECE MIGTASK_TOKEN_MAX

static char buf[CAP];
static char piece[PIECE];

static struct migtask_writer any_writer(void)
{
    struct migtask_writer w;
    w.buf = any_bool() ? buf : NULL;
    w.cap = any_upto(CAP);
    w.full = any_bool();
    w.flush = NULL;
    w.by_ref.ptr = any_bool() ? piece : NULL;
    watched = any_upto(CAP - 1); /* what holds of this byte of buf holds of all */
    assume(window_ok(&w) && w.total <= SIZE_MAX - PIECE);
    return w;
}

/* One piece, behind any text: what is kept is the window of the text, and nothing else. */
void prove_writer_put(void)
{
    struct migtask_writer w = any_writer();
    size_t len = any_upto(PIECE);
    const struct migtask_writer old = w;
    migtask_put(&w, piece, len);
    prove(put_after(&old, &w, len));
    prove(w.skip == old.skip && w.cap == old.cap && w.buf == old.buf);
    /* Each byte of the window is written once, and is the byte of the text that belongs there. */
    prove(copied.times == (watched >= old.len && watched < w.len));
    prove(implies(copied.times > 0, copied.from == piece + (old.skip + watched - old.total)));
}

/* The token comes whole, or from where the window begins. */
void prove_writer_put_ref(void)
{
    struct migtask_writer w = any_writer();
    const struct migtask_writer old = w;
    migtask_view view = {piece + 1, any_upto(PIECE - 1)};
    migtask_put_ref(&w, view);
    prove(put_ref_after(&old, &w, view));
    prove(w.skip == old.skip && w.cap == old.cap && w.buf == old.buf);
}
