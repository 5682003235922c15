/* What the writer makes of numbers and of texts, read back. Pieces come here instead of to
 * migtask_put(), which writer.c proves, and there is no writer: what is written depends on the text
 * alone, so that it is the same in each pass. */
#include "writer.h"

#include "proof.h"
#include "unicode.h"

static char out[6 * LENGTH + 1];
static size_t out_len;

void migtask_put_contract(struct migtask_writer *w, const char *ptr, size_t len)
{
    prove(w == NULL && __CPROVER_r_ok(ptr, len) && len <= sizeof out - 1 - out_len);
    memcpy(out + out_len, ptr, len);
    out_len += len;
}

/* Reads \uXXXX at *at in out, digits in lower case; UINT32_MAX if there is none. */
static uint32_t read_unit(size_t *at)
{
    uint32_t unit = 0;
    if (out_len - *at < 6 || out[*at] != '\\' || out[*at + 1] != 'u') {
        return UINT32_MAX;
    }
    for (size_t i = *at + 2; i < *at + 6; i++) {
        bool digit = out[i] >= '0' && out[i] <= '9';
        prove(digit || (out[i] >= 'a' && out[i] <= 'f'));
        unit = unit * 16 + (uint32_t)(digit ? out[i] - '0' : out[i] - 'a' + 10);
    }
    *at += 6;
    return unit;
}

/* ---- a number ---- */

/* The digits of any number, zeros before them, and the numbers that its first ones make. */
static unsigned digit[10];
static uint32_t prefix[11];

/* What holds before each turn of the loop in migtask_put_number(): the digits behind are written,
 * the others are still in the number. */
static bool number_ok(uint32_t number, size_t at, const char *digits)
{
    bool good = at >= 1 && at <= 10 && number == prefix[at] && (number > 0 || at == 10);
    for (size_t i = 0; i < 10; i++) {
        good &= implies(i >= at, digits[i] == (char)('0' + digit[i]));
    }
    return good;
}

/* The loop by induction, since the solver takes too long for ten divisions in a row. This is called
 * first thing in each turn: the first turn goes on from any state that the invariant lets through,
 * and what comes to the second is only shown to keep it. */
void number_turn(uint32_t *number, size_t *at, char *digits)
{
    static bool again;
    prove(number_ok(*number, *at, digits));
    assume(!again);
    again = true;
    *number = any_unsigned();
    *at = any_size();
    __CPROVER_havoc_object(digits);
    assume(number_ok(*number, *at, digits));
}

void prove_escape_number(void)
{
    prefix[0] = 0;
    for (size_t i = 0; i < 10; i++) {
        digit[i] = (unsigned)any_upto(9);
        uint64_t next = (uint64_t)prefix[i] * 10 + digit[i];
        assume(next <= UINT32_MAX);
        prefix[i + 1] = (uint32_t)next;
    }

    migtask_put_number(NULL, prefix[10]);

    prove(out_len >= 1 && out_len <= 10);
    size_t first = 10 - out_len;
    prove(prefix[first] == 0 && implies(out_len > 1, digit[first] > 0));
    for (size_t i = 0; i < out_len; i++) {
        prove(out[i] == (char)('0' + digit[first + i]));
    }
}

/* Valid UTF-8 comes back, character by character, from plain ASCII alone. */
void prove_escape_ascii(void)
{
    char text[LENGTH];
    migtask_view view = {text, any_upto(LENGTH)};
    uint32_t character;
    for (size_t at = 0, took; at < view.len; at += took) {
        took = migtask_utf8_decode(text + at, view.len - at, &character);
        assume(took > 0 && took <= view.len - at);
    }

    migtask_put_ascii(NULL, view);

    size_t end = 0;
    for (size_t at = 0; at < view.len;) {
        at += migtask_utf8_decode(text + at, view.len - at, &character);
        uint32_t unit = read_unit(&end);
        if (unit == UINT32_MAX) { /* as it is */
            prove(character >= 0x20 && character < 0x7F && character != '"' && character != '\\');
            prove(end < out_len && out[end] == (char)character);
            end++;
        } else if (unit >> 10 == 0xD800 >> 10) {
            uint32_t low = read_unit(&end);
            prove(low >> 10 == 0xDC00 >> 10);
            prove(character == 0x10000 + (unit - 0xD800) * 0x400 + (low - 0xDC00));
        } else {
            prove(unit == character);
        }
    }
    prove(end == out_len);
}

/* Any bytes: each character of them stands there as it is, or as what the header promises. */
void prove_escape_text(void)
{
    char text[LENGTH];
    migtask_view view = {text, any_upto(LENGTH)};
    bool json = any_bool();

    migtask_put_escaped(NULL, view, json);

    size_t end = 0;
    for (size_t at = 0; at < view.len;) {
        uint32_t character;
        size_t took = migtask_utf8_decode(text + at, view.len - at, &character);
        if (took == 0 || took > view.len - at) {
            prove(out_len - end >= 3 && memcmp(out + end, MIGTASK_REPLACEMENT, 3) == 0);
            at++;
            end += 3;
            continue;
        }
        if (migtask_is_unsafe(character)) {
            prove(read_unit(&end) == character);
        } else {
            if (json && (character == '"' || character == '\\')) {
                prove(end < out_len && out[end] == '\\');
                end++;
            }
            prove(took <= out_len - end && memcmp(out + end, text + at, took) == 0);
            end += took;
        }
        at += took;
    }
    prove(end == out_len);
}
