/*
 * Masking is complete: of 16 characters that the text and the credential have in common, wherever
 * they stand in both, none is handed on.
 *
 * One such run is watched, any. It stands at `at_window` of the window (before its front, once it
 * is partly gone) and at `at_secret` of the credential. Between two scans of the window it is
 * either behind us, all of it taken out, or has not lost a character: so it holds, scan by scan,
 * for a text of any length. The credential has 16 visible characters or more, as every token of the
 * service.
 */
#include "kept_text.c"

#include "proof.h"

#define RUN MIGTASK_MASK_RUN

static char secret[SECRET]; /* its length is any up to that */
static struct migtask_kept_text text;
static long at_window;
static size_t at_secret;
static size_t place_now; /* of take_out() */

/* It has come to its end. */
static bool is_complete(void)
{
    return at_window + RUN <= text.window_len;
}

static bool is_through(size_t place)
{
    return is_complete() && (long)place >= at_window && (long)place < at_window + RUN;
}

/* It was taken out already. */
static bool is_behind(void)
{
    return text.done >= at_window + RUN;
}

/* Between scans. */
static bool mask_ok(void)
{
    return text.done <= text.window_len && text.window_len <= sizeof text.window &&
           at_window > -RUN && at_window <= (long)sizeof text.window &&
           (is_behind() || at_window >= 0);
}

static void any_text(void)
{
    __CPROVER_havoc_object(&text);
    __CPROVER_havoc_object(secret);
    text.starred = any_bool();
    text.cut = any_bool();
    text.run = RUN;
    text.secret.ptr = secret;
    text.secret.len = RUN + any_upto(SECRET - RUN);
    at_window = (long)any_upto(sizeof text.window + RUN - 1) - (RUN - 1);
    at_secret = any_upto(text.secret.len - RUN);
    assume(mask_ok());
}

/* Whatever is handed on has nothing of it. */
void emit_contract(struct migtask_kept_text *out, const char *ptr, size_t len)
{
    if (__CPROVER_same_object(ptr, out)) {
        long from = ptr - out->window;
        prove(from + (long)len <= at_window || from >= at_window + RUN);
    } else {
        prove(len == 3 && memcmp(ptr, "***", 3) == 0);
    }
}

/* ---- in_long_word ---- */

void prove_mask_long_word(void)
{
    any_text();
    size_t place = any_upto(sizeof text.window - 1);
    assume(at_window >= 0 && is_through(place) && place >= RUN - 1);
    for (long i = 0; i < RUN; i++) {
        assume(text.window[at_window + i] > ' ' && text.window[at_window + i] < 0x7F);
    }
    prove(in_long_word(&text, place));
}

bool in_long_word_contract(const struct migtask_kept_text *in, size_t place)
{
    prove(in == &text && place >= RUN - 1 && place < text.window_len);
    bool is_long = any_bool();
    assume(implies(at_window >= 0 && is_through(place), is_long));
    return is_long;
}

/* ---- take_out ---- */

/* Where the credential has the character of the run that stands at this place. */
static size_t watched_offset(void)
{
    return (size_t)((long)(at_secret + place_now) - at_window);
}

static bool is_watched(void)
{
    return at_window >= 0 && is_through(place_now);
}

/* C17 7.24.5.1, of which this is needed: what it finds is the character; and it does not go past
 * the one that the run has at the place in question. */
void *memchr_contract(const void *memory, int wanted, size_t len)
{
    size_t from = (size_t)((const char *)memory - secret);
    size_t watched = is_watched() ? watched_offset() : 0;
    prove(from <= text.secret.len && len <= text.secret.len - from);
    bool ahead =
        is_watched() && watched >= from && watched < from + len && secret[watched] == (char)wanted;
    size_t found = any_size();
    if (!ahead && any_bool()) {
        return NULL;
    }
    assume(found >= from && found < from + len && secret[found] == (char)wanted);
    assume(implies(ahead, found <= watched));
    return secret + found;
}

/* What holds in each turn of its loop, behind memchr(). */
static bool turn_ok(const char *at, size_t first, size_t end)
{
    size_t offset = (size_t)(at - secret);
    size_t watched = is_watched() ? watched_offset() : 0;
    bool covered = first <= sizeof text.window && end <= sizeof text.window &&
                   (long)first <= at_window && (long)end >= at_window + RUN;
    size_t most = place_now + RUN < text.window_len ? place_now + RUN : text.window_len;
    return offset < text.secret.len && first >= place_now - (RUN - 1u) && first <= place_now &&
           end >= place_now && end <= most && (first == end || first + RUN <= end) &&
           implies(is_watched(), covered || offset <= watched);
}

/* By induction, as in escape.c. */
void take_out_turn(const char **at, size_t *first, size_t *end)
{
    static bool again;
    prove(__CPROVER_same_object(*at, secret) && turn_ok(*at, *first, *end));
    assume(!again);
    again = true;
    size_t offset = any_upto(SECRET - 1);
    *at = secret + offset;
    *first = any_size();
    *end = any_size();
    assume(turn_ok(*at, *first, *end) && **at == text.window[place_now]);
}

/* Where it is called with the run: through it, before it, behind it, or not all there. */
static bool take_out_before(size_t place)
{
    return place >= RUN - 1 && place < text.window_len && text.done <= text.window_len &&
           (is_behind() ||
            (at_window >= 0 && (is_through(place) || (long)place < at_window || !is_complete())));
}

void prove_mask_take_out(void)
{
    any_text();
    size_t place = place_now = any_upto(sizeof text.window - 1);
    assume(take_out_before(place));
    if (at_window >= 0 && is_complete()) {
        for (size_t i = 0; i < RUN; i++) {
            assume(text.window[(size_t)at_window + i] == secret[at_secret + i]);
        }
    }
    bool through = at_window >= 0 && is_through(place);
    size_t done = text.done;
    size_t len = text.window_len;
    take_out(&text, place);
    prove(text.window_len == len && text.done >= done && text.done <= len);
    prove(implies(through, is_behind()));
}

void take_out_contract(struct migtask_kept_text *out, size_t place)
{
    prove(out == &text && take_out_before(place));
    uint16_t done = text.done;
    bool through = at_window >= 0 && is_through(place);
    text.done = any_uint16();
    text.starred = any_bool();
    assume(text.done >= done && text.done <= text.window_len);
    assume(implies(through, is_behind()));
}

/* ---- scan ---- */

void prove_mask_scan(void)
{
    any_text();
    bool last = any_bool(); /* at the end of a string */
    assume(last ? is_behind() || is_complete() : text.window_len == sizeof text.window);
    bool complete = is_complete();
    size_t len = text.window_len;
    size_t i = any_upto(sizeof text.window - 1);
    char before = text.window[i];
    scan(&text, last ? 0 : RUN - 1);
    prove(text.window_len == (last ? 0 : RUN - 1));
    size_t gone = len - text.window_len;
    at_window -= (long)gone;
    prove(implies(i >= gone && i < len, text.window[i - gone] == before));
    prove(text.done <= text.window_len);
    prove(complete ? at_window + RUN <= (long)text.done : at_window >= 0);
}
