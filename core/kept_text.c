#include "kept_text.h"

#include <string.h>

#include "unicode.h"

_Static_assert(MIGTASK_MASK_WINDOW >= 2 * MIGTASK_MASK_RUN, "the window holds more than a run");

/* ---- cutting ---- */

/* Whether a byte goes on with a character of UTF-8 that began before. */
static bool goes_on(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* Masked text goes to the sink, and as far as it may into the buffer. */
static void emit(struct migtask_kept_text *text, const char *ptr, size_t len)
{
    static const char special[] = MIGTASK_KEPT_SPECIAL;
    if (text->sink != NULL) {
        text->sink(text->sink_ctx, ptr, len);
    }
    while (len > 0 && !text->cut) {
        char *to = text->buf + text->len;
        size_t room = text->end - text->len;
        size_t take = migtask_plain_length(ptr, len);
        take = take < room ? take : room;
        take = take < text->left ? take : text->left;
        size_t units = take;
        if (take > 0) {
            memcpy(to, ptr, take);
        } else {
            char c = *ptr;
            take = 1;
            units = !(MIGTASK_COUNT_CHARACTERS && goes_on(c));
            if (room == 0 || units > text->left) {
                text->cut = true;
                for (; goes_on(c); c = text->buf[--text->len]) { /* whole characters stay */
                }
                return;
            }
            const char *found = memchr(special, c, sizeof special);
            *to = found == NULL ? c : (char)(MIGTASK_KEPT_STAND_IN + (found - special));
        }
        text->left -= (uint32_t)units;
        text->len += take;
        ptr += take;
        len -= take;
    }
}

/* ---- masking ----
 * Text streams through a window. A character that stands in any run of 16 characters of the
 * credential (a shorter credential: in a whole copy of it) is taken out, and "***" stands where one
 * or more were. The last 15 characters are held back until it is known what follows, so that no cut
 * behind this stage can split a run. */

static bool is_visible(char c)
{
    return c > 0x20 && c < 0x7F; /* also where char is signed */
}

/* Whether the word around this place is as long as a run: a credential has no blanks and no letters
 * beyond ASCII, so most text needs no search. */
static bool in_long_word(const struct migtask_kept_text *text, size_t place)
{
    size_t first = place;
    size_t end = place;
    while (end < text->window_len && end < place + text->run && is_visible(text->window[end])) {
        end++;
    }
    while (first > 0 && end < first + text->run && is_visible(text->window[first - 1])) {
        first--;
    }
    return end >= first + text->run;
}

#if MIGTASK_MASK_INDEX
/* The bit of the four characters there. */
static uint32_t gram(const char *four)
{
    uint32_t word;
    memcpy(&word, four, sizeof word);
    return (uint32_t)(word * 2654435761u) >> 15; /* as many bits as MIGTASK_MASK_GRAMS has */
}

static bool has_gram(const struct migtask_kept_text *text, const char *four)
{
    uint32_t bit = gram(four);
    return (text->grams[bit >> 3] >> (bit & 7) & 1) != 0;
}

static void make_index(struct migtask_kept_text *text)
{
    memset(text->grams, 0, MIGTASK_MASK_GRAMS / 8);
    for (size_t at = 0; at + 4 <= text->secret.len; at++) {
        uint32_t bit = gram(text->secret.ptr + at);
        text->grams[bit >> 3] |= (uint8_t)(1u << (bit & 7));
    }
    text->indexed = true;
}

/* Whether a run may go through this place: if one does, the four characters that end there or the
 * four that begin there are in it. Nearly always false without an echo, and far cheaper than a
 * search. */
static bool may_be_in_run(struct migtask_kept_text *text, size_t place)
{
    if (text->run < MIGTASK_MASK_RUN) {
        return in_long_word(text, place);
    }
    if (!text->indexed) {
        if (!in_long_word(text, place)) {
            return false;
        }
        make_index(text);
    }
    return has_gram(text, text->window + place - 3) ||
           (place + 4 <= text->window_len && has_gram(text, text->window + place));
}
#else
static bool may_be_in_run(const struct migtask_kept_text *text, size_t place)
{
    return in_long_word(text, place);
}
#endif

/* Hands on what stands before `upto` in the window and was not taken out. */
static void release(struct migtask_kept_text *text, size_t upto)
{
    if (upto > text->done) {
        emit(text, text->window + text->done, upto - text->done);
        text->done = (uint16_t)upto;
        text->starred = false;
    }
}

/* Takes out all runs that go through this place: since they overlap in it, they are one stretch. */
static void take_out(struct migtask_kept_text *text, size_t place)
{
    const char *window = text->window;
    const char *secret = text->secret.ptr;
    const char *at = secret;
    /* As far as a run through this place can reach. */
    const size_t least = place - (text->run - 1u);
    const size_t most = place + text->run < text->window_len ? place + text->run : text->window_len;
    size_t left = text->secret.len;
    size_t first = place;
    size_t end = place;
    while ((first > least || end < most) && (at = memchr(at, window[place], left)) != NULL) {
        size_t from = place;
        size_t to = place;
        left = text->secret.len - (size_t)(at - secret);
        for (const char *c = at; from > least && c > secret && window[from - 1] == c[-1]; c--) {
            from--;
        }
        while (to < most && to - place < left && window[to] == at[to - place]) {
            to++;
        }
        if (to - from >= text->run) {
            first = from < first ? from : first;
            end = to > end ? to : end;
        }
        at++;
        left--;
    }
    if (end > first) {
        release(text, first);
        if (!text->starred) {
            emit(text, "***", 3);
            text->starred = true;
        }
        text->done = end > text->done ? (uint16_t)end : text->done;
    }
}

/* Searches the window and hands on all of it but the last `keep` bytes. */
static void scan(struct migtask_kept_text *text, size_t keep)
{
    /* A run goes through one of any 16 places that stand together, so it is enough to search the
     * credential for what goes through every 16th. */
    for (size_t at = text->run - 1u; at < text->window_len; at += text->run) {
        if (may_be_in_run(text, at)) {
            take_out(text, at);
        }
    }
    size_t stop = text->window_len > keep ? text->window_len - keep : 0;
    release(text, stop);
    text->window_len = (uint16_t)(text->window_len - stop);
    text->done = (uint16_t)(text->done - stop);
    memmove(text->window, text->window + stop, text->window_len);
}

void migtask_kept_append(struct migtask_kept_text *text, const char *ptr, size_t len)
{
    while (len > 0 && (!text->cut || text->sink != NULL)) {
        size_t take = sizeof text->window - text->window_len;
        take = len < take ? len : take;
        memcpy(text->window + text->window_len, ptr, take);
        text->window_len = (uint16_t)(text->window_len + take);
        ptr += take;
        len -= take;
        if (text->window_len == sizeof text->window) {
            scan(text, MIGTASK_MASK_RUN - 1);
        }
    }
}

/* ---- strings ---- */

void migtask_kept_raw(struct migtask_kept_text *text, const char *json, size_t len)
{
    memcpy(text->buf + text->len, json, len);
    text->len += len;
}

bool migtask_kept_begin(struct migtask_kept_text *text, unsigned place, uint32_t limit)
{
    if (text->len >= text->end) {
        return false;
    }
    text->buf[text->len++] = (char)('a' + place);
    text->left = limit;
    text->cut = false;
    return true;
}

void migtask_kept_end(struct migtask_kept_text *text)
{
    scan(text, 0);
    text->starred = false;
    migtask_kept_raw(text, "\",\"", 3);
}
