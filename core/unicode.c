#include "unicode.h"

#include <string.h>

/* A byte in every byte of a machine word, for looking at a whole word at once. */
#define EACH(byte) ((size_t)-1 / 0xFF * (size_t)(byte))

static size_t load_word(const char *ptr)
{
    size_t word;
    memcpy(&word, ptr, sizeof word); /* any alignment */
    return word;
}

size_t migtask_utf8_length(unsigned char first)
{
    if (first < 0x80) {
        return 1;
    }
    if (first < 0xC2) { /* a continuation byte, or an overlong form */
        return 0;
    }
    return first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
}

size_t migtask_utf8_decode(const char *ptr, size_t len, uint32_t *character)
{
    const unsigned char *p = (const unsigned char *)ptr;
    size_t need = migtask_utf8_length(p[0]);
    if (need <= 1) {
        *character = p[0];
        return need;
    }
    if (need > len) {
        return 0;
    }
    uint32_t value = p[0] & (0x7Fu >> need);
    for (size_t i = 1; i < need; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            return 0;
        }
        value = value << 6 | (p[i] & 0x3Fu);
    }
    *character = value;
    /* Overlong forms of two bytes went with the first byte. */
    bool overlong = (need == 3 && value < 0x800) || (need == 4 && value < 0x10000);
    bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    return overlong || surrogate || value > 0x10FFFF ? 0 : need;
}

size_t migtask_utf8_encode(uint32_t character, char out[4])
{
    static const unsigned char first[] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t len = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    for (size_t i = len; i-- > 1;) {
        out[i] = (char)(0x80u | (character & 0x3Fu));
        character >>= 6;
    }
    out[0] = (char)(first[len] | character);
    return len;
}

bool migtask_is_unsafe(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x61C || c == 0x200E || c == 0x200F ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

size_t migtask_plain_length(const char *ptr, size_t len)
{
    size_t at = 0;
    while (len - at >= sizeof(size_t)) {
        size_t word = load_word(ptr + at);
        /* The high bit of a byte comes up if it is below 0x20, a quotation mark, a backslash, DEL
         * or above, and perhaps, by a borrow, in the byte behind such a one: never too rarely. */
        size_t quote = (word ^ EACH('"')) - EACH(1);
        size_t backslash = (word ^ EACH('\\')) - EACH(1);
        if (((word | (word + EACH(1)) | (word - EACH(0x20)) | quote | backslash) & EACH(0x80)) !=
            0) {
            break;
        }
        at += sizeof(size_t);
    }
    while (at < len && (unsigned char)ptr[at] >= 0x20 && (unsigned char)ptr[at] < 0x7F &&
           ptr[at] != '"' && ptr[at] != '\\') {
        at++;
    }
    return at;
}

bool migtask_all_visible(const char *ptr, size_t len)
{
    size_t at = 0;
    for (; len - at >= sizeof(size_t); at += sizeof(size_t)) {
        size_t word = load_word(ptr + at);
        /* With every byte below 0x7F no sum carries into the next byte. */
        if (((word | (word + EACH(1))) & EACH(0x80)) != 0 ||
            ((word + EACH(0x80 - 0x21)) & EACH(0x80)) != EACH(0x80)) {
            return false;
        }
    }
    for (; at < len; at++) {
        if (ptr[at] < 0x21 || ptr[at] > 0x7E) { /* also where char is signed */
            return false;
        }
    }
    return true;
}
