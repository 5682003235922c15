#include "nearest.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define LONGEST 32u /* bytes of a word; a longer one is near to none */
#define SHORTEST 3u /* a shorter one is near to many */

static char small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* How many characters must be put in, left out, exchanged or swapped with their neighbour (optimal
 * string alignment); in any case. Both have LONGEST bytes at most. */
static unsigned edits(const char *a, size_t a_len, const char *b, size_t b_len)
{
    uint8_t rows[3][LONGEST + 1]; /* the current one and the two before it */
    for (size_t j = 0; j <= b_len; j++) {
        rows[0][j] = (uint8_t)j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        uint8_t *row = rows[i % 3];
        const uint8_t *above = rows[(i + 2) % 3];
        const uint8_t *above_that = rows[(i + 1) % 3];
        row[0] = (uint8_t)i;
        for (size_t j = 1; j <= b_len; j++) {
            bool same = small(a[i - 1]) == small(b[j - 1]);
            unsigned best = least(above[j], row[j - 1]) + 1u;
            best = least(best, above[j - 1] + (same ? 0u : 1u));
            if (i > 1 && j > 1 && small(a[i - 1]) == small(b[j - 2]) &&
                small(a[i - 2]) == small(b[j - 1])) {
                best = least(best, above_that[j - 2] + 1u);
            }
            row[j] = (uint8_t)best;
        }
    }
    return rows[a_len % 3][b_len];
}

void nearest_begin(struct nearest *nearest, const char *given, size_t len)
{
    nearest->given = given;
    nearest->len = len;
    nearest->best = NULL;
    nearest->distance = (unsigned)len / 3 + 1; /* a third of it may be wrong */
}

void nearest_offer(struct nearest *nearest, const char *word)
{
    size_t len = strlen(word);
    size_t shared = nearest->len < len ? nearest->len : len;
    if (shared < SHORTEST || nearest->len > LONGEST || len > LONGEST) {
        return;
    }
    /* Who cut a word short, or went on with it, meant that one: --token is --token-file. */
    bool is_start = edits(nearest->given, shared, word, shared) == 0;
    unsigned distance =
        is_start ? len != nearest->len : edits(nearest->given, nearest->len, word, len);
    if (distance < nearest->distance) {
        nearest->distance = distance;
        nearest->best = word;
    }
}

const char *nearest_question(const struct nearest *nearest, const char *dashes)
{
    static char text[64];
    static const char before[] = "did you mean ";
    if (nearest->best == NULL) {
        return NULL;
    }
    char *at = text;
    const char *parts[] = {before, dashes, nearest->best, "?"};
    _Static_assert(sizeof before + 2 + LONGEST + 2 <= sizeof text, "it fits");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t len = strlen(parts[i]);
        memcpy(at, parts[i], len);
        at += len;
    }
    *at = '\0';
    return text;
}
