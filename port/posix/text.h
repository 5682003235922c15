/*
 * text.h - short texts for people, put together in bounded memory. Internal.
 *
 * Not snprintf() and inet_ntop(): a static program would carry all of printf (7 KB) for a few
 * sentences, and some C libraries' printf takes memory from the heap.
 */
#ifndef MIGTASK_POSIX_TEXT_H
#define MIGTASK_POSIX_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "resolve.h"

/* "[" 8 groups "%" scope "]" " port " number, NUL */
#define MIGTASK_POSIX_PEER_MAX 64

/* A text that grows at its end: always NUL-terminated, cut where the buffer ends. */
typedef struct migtask_posix_text {
    char *end;
    size_t left; /* bytes still free before the NUL */
} migtask_posix_text;

/* Begins an empty text in buf (cap >= 1 bytes, the caller's). */
migtask_posix_text migtask_posix_text_begin(char *buf, size_t cap);

/* Append a string; bytes; a number in decimal. */
void migtask_posix_text_add(migtask_posix_text *text, const char *string);
void migtask_posix_text_view(migtask_posix_text *text, migtask_view view);
void migtask_posix_text_number(migtask_posix_text *text, uint32_t number);

/* Appends "192.0.2.1 port 443" or "[2001:db8::1] port 443" (RFC 5952 section 4). */
void migtask_posix_text_peer(migtask_posix_text *text, const migtask_posix_address *address,
                             uint16_t port);

#endif
