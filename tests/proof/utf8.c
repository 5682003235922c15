/* UTF-8, all of it: every text of up to four bytes, every character. */
#include "unicode.h"

#include "proof.h"

/* The table of RFC 3629 section 4: how long the character is that begins with these two bytes, or
 * 0 if none does. */
static size_t length_of(uint8_t first, uint8_t second)
{
    if (first <= 0x7F) {
        return 1;
    }
    if (second < 0x80 || second > 0xBF) {
        return 0;
    }
    if (first >= 0xC2 && first <= 0xDF) {
        return 2;
    }
    if (first >= 0xE0 && first <= 0xEF) {
        bool bad = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F);
        return bad ? 0 : 3;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        bool bad = (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
        return bad ? 0 : 4;
    }
    return 0;
}

void prove_utf8_decode(void)
{
    uint8_t bytes[4];
    size_t len = 1 + any_upto(3);
    uint32_t character;
    /* What may not be looked at is not there. */
    uint8_t text[4];
    size_t from = 4 - len;
    memcpy(text + from, bytes, len);
    size_t got = migtask_utf8_decode((const char *)text + from, len, &character);
    size_t wanted = length_of(bytes[0], bytes[1]);
    for (size_t i = 2; i < 4; i++) {
        if (i < wanted && (bytes[i] & 0xC0) != 0x80) {
            wanted = 0;
        }
    }
    prove(implies(got > 0 && got <= len, got == wanted));       /* only what is a character */
    prove(implies(wanted > 0 && wanted <= len, got == wanted)); /* and all that are */
    prove(implies(got > len, bytes[0] >= 0xC0 && bytes[0] <= 0xF7 && got <= 4)); /* cut short */
}

void prove_utf8_encode(void)
{
    char bytes[4];
    uint32_t character = any_unsigned();
    uint32_t again;
    assume(character <= 0x10FFFF && character >> 11 != 0xD800 >> 11);
    size_t len = migtask_utf8_encode(character, bytes);
    prove(len >= 1 && len <= 4);
    prove(migtask_utf8_decode(bytes, len, &again) == len && again == character);
}
