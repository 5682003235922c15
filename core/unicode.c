#include "unicode.h"

#include <string.h>

/* A byte in every byte of a machine word, for looking at a whole word at once.
 */
#define EACH(byte) ((size_t)-1 / 0xFF * (size_t)(byte))

static size_t load_word(const char *ptr)
{
    size_t word;
    memcpy(&word, ptr, sizeof word); /* any alignment */
    return word;
}

size_t migtask_utf8_decode(const char *ptr, size_t len, uint32_t *character)
{
    static const uint16_t least[] = {0, 0, 0x80 >> 4, 0x800 >> 4, 0x10000 >> 4};
    uint32_t value = (unsigned char)*ptr;
    size_t need = value < 0x80   ? 1
                  : value < 0xC0 ? 0
                  : value < 0xE0 ? 2
                  : value < 0xF0 ? 3
                  : value < 0xF8 ? 4
                                 : 0;
    value &= need > 1 ? 0x7Fu >> need : 0x7Fu;
    for (size_t i = 1; i < need; i++) {
        if (i == len) {
            return need;
        }
        unsigned next = (unsigned char)ptr[i] ^ 0x80u;
        if (next > 0x3F) {
            return 0;
        }
        value = value << 6 | next;
    }
    *character = value;
    /* An overlong form, a surrogate, or too large? */
    return value >> 4 < least[need] || value >> 11 == 0xD800 >> 11 || value > 0x10FFFF ? 0 : need;
}

size_t migtask_utf8_encode(uint32_t character, char out[4])
{
    size_t len = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    for (size_t i = len; i-- > 1;) {
        out[i] = (char)(0x80u | (character & 0x3Fu));
        character >>= 6;
    }
    out[0] = (char)(len == 1 ? character : (0xFF00u >> len | character));
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
    for (; len - at >= sizeof(size_t); at += sizeof(size_t)) {
        size_t word = load_word(ptr + at);
        /* The high bit of a byte comes up if it is below 0x20, a quotation mark, a backslash, DEL
         * or above, and perhaps, by a borrow, in the byte behind such a one: never too rarely. */
        size_t quote = (word ^ EACH('"')) - EACH(1);
        size_t backslash = (word ^ EACH('\\')) - EACH(1);
        if (((word | (word + EACH(1)) | (word - EACH(0x20)) | quote | backslash) & EACH(0x80)) !=
            0) {
            break;
        }
    }
    while (at < len && ptr[at] >= 0x20 && ptr[at] < 0x7F && ptr[at] != '"' && ptr[at] != '\\') {
        at++;
    }
    return at;
}

bool migtask_all_visible(const char *ptr, size_t len)
{
    size_t at = 0;
    size_t bad = 0;
    for (; len - at >= sizeof(size_t); at += sizeof(size_t)) {
        size_t word = load_word(ptr + at);
        /* The high bit of a byte comes up if it is below 0x21, DEL or above. Only such a byte can
         * borrow from the next or carry into it. */
        bad |= word | (word + EACH(1)) | (word - EACH(0x21));
    }
    bad &= EACH(0x80);
    for (; at < len; at++) {
        bad |= ptr[at] < 0x21 || ptr[at] > 0x7E;
    }
    return bad == 0;
}

bool migtask_is_word(migtask_view text, size_t max, const char others[2])
{
    bool good = text.ptr != NULL && text.len >= 1 && text.len <= max;
    for (size_t i = 0; good && i < text.len; i++) {
        char c = text.ptr[i];
        char letter = (char)(c | 0x20);
        good = (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || c == others[0] ||
               c == others[1];
    }
    return good;
}

unsigned migtask_hex_value(char c)
{
    unsigned digit = (unsigned char)c - (unsigned)'0';
    unsigned letter = ((unsigned char)c | 0x20u) - 'a';
    return digit < 10 ? digit : letter < 6 ? letter + 10 : 16;
}

size_t migtask_find_name(const char *names, const char *name, size_t len)
{
    size_t index = 0;
    for (; *names != '\0'; names += *names + 1, index++) {
        if ((size_t)*names == len && memcmp(names + 1, name, len) == 0) {
            break;
        }
    }
    return index;
}
