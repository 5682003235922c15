#include "mask.h"

#include <string.h>

_Static_assert(MIGTASK_MASK_WINDOW >= 2 * MIGTASK_MASK_RUN, "the window holds more than a run");
_Static_assert(sizeof((struct migtask_mask *)0)->window <= UINT16_MAX, "len is 16 bits wide");

void migtask_mask_init(struct migtask_mask *mask, migtask_view secret)
{
    mask->secret = secret;
    mask->run = secret.len < MIGTASK_MASK_RUN ? (uint16_t)secret.len : MIGTASK_MASK_RUN;
    mask->len = 0;
    mask->done = 0;
    mask->starred = false;
#if MIGTASK_MASK_INDEX
    mask->indexed = false;
#endif
}

#if MIGTASK_MASK_INDEX
#define GRAM 8 /* characters that are hashed together */

static size_t hash(const char *gram)
{
    uint64_t word;
    memcpy(&word, gram, sizeof word);
    return (size_t)((word * 0x9E3779B97F4A7C15u) >> 52); /* 12 bits: see head */
}

static void make_index(struct migtask_mask *mask)
{
    memset(mask->head, 0, sizeof mask->head);
    for (size_t i = 0; i + GRAM <= mask->secret.len; i++) {
        size_t h = hash(mask->secret.ptr + i);
        mask->next[i] = mask->head[h];
        mask->head[h] = (uint16_t)(i + 1);
    }
    mask->indexed = true;
}
#endif

/* Where in the secret these len characters stand; NULL if nowhere. */
static const char *find(const struct migtask_mask *mask, const char *text, size_t len)
{
    const char *at = mask->secret.ptr;
    const char *last = at + mask->secret.len - len; /* len <= run <= secret.len */
#if MIGTASK_MASK_INDEX
    if (len >= GRAM) {
        for (size_t i = mask->head[hash(text)]; i != 0; i = mask->next[i - 1]) {
            if (at + i - 1 <= last && memcmp(at + i - 1, text, len) == 0) {
                return at + i - 1;
            }
        }
        return NULL;
    }
#endif
    while ((at = memchr(at, text[0], (size_t)(last - at) + 1)) != NULL) {
        if (memcmp(at, text, len) == 0) {
            return at;
        }
        if (at++ == last) {
            break;
        }
    }
    return NULL;
}

/* How many places from text on cannot begin a run, known without looking at each: 0 if unsure. */
static size_t skip_places(struct migtask_mask *mask, const char *text)
{
#if MIGTASK_MASK_INDEX
    /* Every run that begins in the next 9 places has these 8 characters in it. */
    if (mask->indexed && mask->run == MIGTASK_MASK_RUN) {
        return find(mask, text + GRAM, GRAM) == NULL ? GRAM + 1 : 0;
    }
#endif
    /* A credential has no blanks and no letters beyond ASCII: most words are too short. */
    for (size_t i = mask->run; i-- > 0;) {
        if (text[i] < 0x21 || text[i] > 0x7E) {
            return i + 1;
        }
    }
#if MIGTASK_MASK_INDEX
    if (!mask->indexed) {
        make_index(mask);
    }
#endif
    return 0;
}

/* Hands on what stands before `upto` in the window and was not dropped. */
static void release(struct migtask_mask *mask, struct migtask_bounded_text *text, size_t upto)
{
    if (upto > mask->done) {
        migtask_text_append(text, mask->window + mask->done, upto - mask->done);
        mask->done = (uint16_t)upto;
        mask->starred = false;
    }
}

static void scan(struct migtask_mask *mask, struct migtask_bounded_text *text, size_t keep)
{
    size_t at = 0;
    while (mask->run > 0 && at + mask->run <= mask->len) {
        size_t skip = skip_places(mask, mask->window + at);
        if (skip > 0) {
            at += skip;
            continue;
        }
        const char *hit = find(mask, mask->window + at, mask->run);
        if (hit == NULL) {
            at++;
            continue;
        }
        release(mask, text, at);
        if (!mask->starred) {
            migtask_text_append(text, "***", 3);
            mask->starred = true;
        }
        /* Follow the secret as far as the text does: an echo of all of it costs one search. */
        const char *secret_end = mask->secret.ptr + mask->secret.len;
        size_t end = at + mask->run;
        for (hit += mask->run; end < mask->len && hit < secret_end; end++, hit++) {
            if (mask->window[end] != *hit) {
                break;
            }
        }
        mask->done = (uint16_t)end;
        at = end - mask->run + 1;
    }
    size_t stop = mask->len > keep ? mask->len - keep : 0;
    for (int i = 0; i < 3 && stop > 0 && stop < mask->len && (mask->window[stop] & 0xC0) == 0x80;
         i++) {
        stop--; /* whole characters go on */
    }
    release(mask, text, stop);
    memmove(mask->window, mask->window + stop, mask->len - stop);
    mask->len = (uint16_t)(mask->len - stop);
    mask->done = (uint16_t)(mask->done - stop);
}

void migtask_mask_append(struct migtask_mask *mask, struct migtask_bounded_text *text,
                         const char *ptr, size_t len)
{
    while (len > 0 && (!text->cut || text->sink != NULL)) {
        size_t room = sizeof mask->window - mask->len;
        size_t take = len < room ? len : room;
        memcpy(mask->window + mask->len, ptr, take);
        mask->len = (uint16_t)(mask->len + take);
        ptr += take;
        len -= take;
        if (mask->len == sizeof mask->window) {
            scan(mask, text, MIGTASK_MASK_RUN - 1);
        }
    }
}

void migtask_mask_end(struct migtask_mask *mask, struct migtask_bounded_text *text)
{
    if (!text->cut || text->sink != NULL) {
        scan(mask, text, 0);
    }
    mask->len = 0;
    mask->done = 0;
    mask->starred = false;
}
