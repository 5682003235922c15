/*
 * kept_text.h - what is kept of a body: a shortened JSON text in a buffer of fixed size.
 *
 * It is an array of strings and nothing else, ["bSMS.0202","cno such task",""]: a letter that says
 * what the string is, then its text; the last is empty. Text comes in decoded, in any pieces.
 * Echoed credentials are taken out of it, then it is cut to its limit, at a character's boundary.
 * It grows by one byte a byte, whatever is in it: the three bytes that jsmn would stumble over
 * inside a string (quotation mark, backslash, NUL) are kept as bytes that no UTF-8 has. Internal.
 */
#ifndef MIGTASK_KEPT_TEXT_H
#define MIGTASK_KEPT_TEXT_H

#include "migtask.h"

/* A run of so many characters of the credential is taken out. */
#define MIGTASK_MASK_RUN 16

/* The bytes that have a stand-in (NUL among them), and the stand-in of the first; the others'
 * follow. */
#define MIGTASK_KEPT_SPECIAL "\"\\"
#define MIGTASK_KEPT_STAND_IN 0xF8

/* Bytes that a string takes besides its text: its letter, and "," behind it. */
#define MIGTASK_KEPT_FRAME 4u
/* Bytes that stay free to end a string and the text. */
#define MIGTASK_KEPT_SLACK 5u
/* Bytes that a text of so many units takes at most. */
#define MIGTASK_KEPT_BYTES(units) ((MIGTASK_COUNT_CHARACTERS ? 4u : 1u) * (units))

/* Bits of the index of the credential. */
#define MIGTASK_MASK_GRAMS (1u << 17)

struct migtask_kept_text {
    bool cut;     /* more came of the string under way than could be kept */
    bool starred; /* what stands directly before the window was taken out */
    uint8_t run;  /* shortest run that is taken out: 16, or the whole credential */
    uint16_t window_len;
    uint16_t done; /* of these, bytes at the front that are taken out or handed on already */
    uint32_t left; /* units (bytes, or characters: MIGTASK_COUNT_CHARACTERS) it may still have */
    size_t len;
    size_t end; /* texts may fill the buffer up to here */
    char *buf;
    migtask_view secret; /* the caller's; visible ASCII, up to MIGTASK_TOKEN_MAX bytes */
    migtask_sink sink;   /* gets all of the string under way, or NULL */
    void *sink_ctx;
    char window[MIGTASK_MASK_WINDOW + MIGTASK_MASK_RUN - 1];
#if MIGTASK_MASK_INDEX
    /* The caller's: a bit for each four neighbouring characters of the credential, by their hash.
     * Only filled, and to be wiped, once indexed. */
    uint8_t *grams; /* MIGTASK_MASK_GRAMS / 8 bytes */
    bool indexed;
#endif
};

/* Begins a string if there is room for one; its letter is 'a' + place. */
bool migtask_kept_begin(struct migtask_kept_text *text, unsigned place, uint32_t limit);

/* Appends decoded text to the string under way. */
void migtask_kept_append(struct migtask_kept_text *text, const char *ptr, size_t len);

/* Ends the string, and begins the next: what is there becomes JSON by "]. */
void migtask_kept_end(struct migtask_kept_text *text);

/* Appends what goes around strings. */
void migtask_kept_raw(struct migtask_kept_text *text, const char *json, size_t len);

#endif
