/*
 * unicode.h - UTF-8 (RFC 3629), the classes of characters that matter here, names. Internal.
 */
#ifndef MIGTASK_UNICODE_H
#define MIGTASK_UNICODE_H

#include "migtask.h"

#define MIGTASK_REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD in UTF-8, 3 bytes */

/* Decodes the first character: its length 1..4, more than len if it is cut short, or 0 if the bytes
 * are not valid UTF-8 (overlong forms, surrogates, beyond U+10FFFF). len >= 1. */
size_t migtask_utf8_decode(const char *ptr, size_t len, uint32_t *character);

/* Encodes a character that is not a surrogate, up to U+10FFFF; returns 1..4. */
size_t migtask_utf8_encode(uint32_t character, char out[4]);

/* Characters that must not reach a terminal or a log as they are: C0, DEL, C1, bidirectional
 * controls and the line and paragraph separators. */
bool migtask_is_unsafe(uint32_t character);

/* How many bytes at ptr are printable ASCII other than quotation mark and backslash, so that they
 * stand for themselves in JSON and on a terminal. */
size_t migtask_plain_length(const char *ptr, size_t len);

/* Whether all bytes are visible ASCII, 0x21..0x7E. */
bool migtask_all_visible(const char *ptr, size_t len);

/* Whether a text has 1..max bytes, all of them letters or digits of ASCII or one of two others. */
bool migtask_is_word(migtask_view text, size_t max, const char others[2]);

/* The value of a hexadecimal digit; 16 or more for anything else. */
unsigned migtask_hex_value(char c);

/* Which of some names this is: its place among them, or their number if it is none. Each name
 * stands behind its length, one after the other. */
size_t migtask_find_name(const char *names, const char *name, size_t len);

#endif
