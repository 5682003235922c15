/*
 * bounded_text.h - the kept text of a reply: a shortened JSON text that grows in a fixed buffer.
 *
 * Strings come in as decoded UTF-8 in any pieces, are cut at a character's boundary when their
 * limit or the room ends, and stand in the buffer escaped, so that the text is well-formed
 * whenever its brackets are closed. Internal.
 */
#ifndef MIGTASK_BOUNDED_TEXT_H
#define MIGTASK_BOUNDED_TEXT_H

#include "migtask.h"

struct migtask_bounded_text {
    char *buf;
    size_t cap;
    size_t len;
    /* The string under way: */
    size_t end;    /* its bytes may fill the buffer up to here */
    uint32_t left; /* units (bytes, or characters: MIGTASK_COUNT_CHARACTERS) it may still have */
    bool cut;      /* more came than could be kept */
    migtask_sink sink; /* gets all of the string, or NULL */
    void *sink_ctx;
};

/* Appends structure: the caller has made sure of the room. */
void migtask_text_structure(struct migtask_bounded_text *text, const char *json);

/* Appends decoded text to the string under way. */
void migtask_text_append(struct migtask_bounded_text *text, const char *ptr, size_t len);

#endif
