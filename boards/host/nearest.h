/* nearest.h - what somebody may have meant by a word that we do not know. */
#ifndef MIGTASK_HOST_NEAREST_H
#define MIGTASK_HOST_NEAREST_H

#include <stddef.h>

/* Private inside. */
struct nearest {
    const char *given;
    size_t len;
    const char *best;
    unsigned distance; /* of best; a better one has less */
};

/* A search for the word nearest to the first len bytes of given. */
void nearest_begin(struct nearest *nearest, const char *given, size_t len);

/* Offers a word that we know; it must stay. */
void nearest_offer(struct nearest *nearest, const char *word);

/* "did you mean --token-file?" of what was offered, with these dashes before it; NULL if nothing
 * was near enough. Static memory, until the next call. */
const char *nearest_question(const struct nearest *nearest, const char *dashes);

#endif
