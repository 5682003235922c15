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
 * Text streams through a window. A character that stands in any run of 16
 * characters of the credential (a shorter credential: in a whole copy of it) is
 * taken out, and "***" stands where one or more were. The last 15 characters
 * are held back until it is known what follows, so that no cut behind this
 * stage can split a run. */

static bool is_visible(char c)
{
    return c > 0x20 && c < 0x7F; /* also where char is signed */
}

/* Whether a word in the window is as long as a run. A credential has no blanks and no letters
 * beyond ASCII, so most text needs no search. */
static bool has_long_word(const struct migtask_kept_text *text)
{
    size_t end = text->run;
    while (end <= text->window_len) {
        size_t at = end;
        while (at > end - text->run && is_visible(text->window[at - 1])) {
            at--;
        }
        if (at == end - text->run) {
            return true;
        }
        end = at + text->run; /* no word that reaches over this place is long enough */
    }
    return false;
}

/* Marks the run that goes through this place in the window and that in the secret. */
static void mark_run(struct migtask_kept_text *text, size_t place, size_t at)
{
    const char *window = text->window;
    const char *secret = text->secret.ptr;
    size_t before = 0;
    size_t behind = 0;
    while (before < place && before < at && window[place - before - 1] == secret[at - before - 1]) {
        before++;
    }
    while (place + behind < text->window_len && at + behind < text->secret.len &&
           window[place + behind] == secret[at + behind]) {
        behind++;
    }
    if (before + behind >= text->run) {
        memset(text->taken + place - before, true, before + behind);
    }
}

/* Whether all characters that can be in one run with that at this place are taken out already. */
static bool is_done(const struct migtask_kept_text *text, size_t place)
{
    size_t first = place < text->run ? 0 : place - text->run + 1u;
    size_t end = place + text->run < text->window_len ? place + text->run : text->window_len;
    return memchr(text->taken + first, false, end - first) == NULL;
}

/* Of any 15 neighbouring pairs of characters in the secret, a run has one. So it is enough to look
 * where every 15th pair stands in the window, by a list of places for each character: far cheaper
 * than to search the secret for each place. */
static void mark_runs(struct migtask_kept_text *text)
{
    const size_t pair = text->run > 1 ? 1 : 0; /* a secret of one character has no pairs */
    memset(text->heads, 0, sizeof text->heads);
    for (size_t i = pair; i < text->window_len; i++) {
        migtask_place *head = &text->heads[(unsigned char)text->window[i] % MIGTASK_MASK_HEADS];
        text->nexts[i] = *head;
        *head = (migtask_place)(i + 1);
    }
    for (size_t at = text->run - 1u; at < text->secret.len; at += text->run - pair) {
        const char *second = text->secret.ptr + at;
        migtask_place *link = &text->heads[(unsigned char)*second % MIGTASK_MASK_HEADS];
        while (*link != 0) {
            size_t place = *link - 1u;
            bool equal = text->window[place - pair] == *(second - pair);
            if (equal && is_done(text, place)) {
                *link = text->nexts[place]; /* a secret that repeats itself need not, here */
                continue;
            }
            if (equal) {
                mark_run(text, place, at);
            }
            link = &text->nexts[place];
        }
    }
}

/* Searches the window and hands on all of it but the last `keep` bytes. */
static void scan(struct migtask_kept_text *text, size_t keep)
{
    if (has_long_word(text)) {
        mark_runs(text);
    }
    size_t stop = text->window_len > keep ? text->window_len - keep : 0;
    for (size_t at = 0; at < stop;) {
        bool taken = text->taken[at];
        const bool *change = memchr(text->taken + at, !taken, stop - at);
        size_t end = change == NULL ? stop : (size_t)(change - text->taken);
        if (!taken) {
            emit(text, text->window + at, end - at);
        } else if (!text->starred) {
            emit(text, "***", 3);
        }
        text->starred = taken;
        at = end;
    }
    text->window_len = (uint16_t)(text->window_len - stop);
    memmove(text->window, text->window + stop, text->window_len);
    memmove(text->taken, text->taken + stop, text->window_len);
    memset(text->taken + text->window_len, false, stop);
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
