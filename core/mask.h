/*
 * mask.h - takes echoed credentials out of service text.
 *
 * Text streams through a small window. A character that stands in any run of 16 characters of
 * the credential (a shorter credential: in a whole copy of it) is dropped, and "***" stands where
 * one or more were dropped. Since the last 15 characters are held back until it is known what
 * follows, no cut behind this stage can split a run. Internal.
 */
#ifndef MIGTASK_MASK_H
#define MIGTASK_MASK_H

#include "bounded_text.h"
#include "migtask.h"

#define MIGTASK_MASK_RUN 16

struct migtask_mask {
    migtask_view secret; /* the caller's; visible ASCII, up to MIGTASK_TOKEN_MAX bytes */
    uint16_t run;        /* shortest run that is dropped: 16, or the whole secret */
    uint16_t len;        /* bytes in window */
    uint16_t done;       /* of these, bytes at the front that are dropped already */
    bool starred;        /* what stands directly before the rest was dropped */
#if MIGTASK_MASK_INDEX
    bool indexed; /* head and next are filled */
    /* Where in the secret 8 characters stand: the latest place + 1 by their hash, and for each
     * place the one before it. */
    uint16_t head[4096];
    uint16_t next[MIGTASK_TOKEN_MAX];
#endif
    char window[MIGTASK_MASK_WINDOW + MIGTASK_MASK_RUN - 1];
};

void migtask_mask_init(struct migtask_mask *mask, migtask_view secret);

/* Text goes in, masked text goes on to the string under way. */
void migtask_mask_append(struct migtask_mask *mask, struct migtask_bounded_text *text,
                         const char *ptr, size_t len);

/* The string is over: what was held back goes on too. */
void migtask_mask_end(struct migtask_mask *mask, struct migtask_bounded_text *text);

#endif
