#include "error_codes.h"

#include <string.h>

#if MIGTASK_HOST_ERROR_TEXTS

#include "error_codes.inc"

#define ROWS (sizeof table / sizeof table[0])
#define FIRST_PAIR 128u

_Static_assert(ERROR_TEXT_LONGEST <= ERROR_TEXT_MAX, "a buffer holds every text");
_Static_assert(sizeof texts <= UINT16_MAX, "error_row.advice has 16 bits");
_Static_assert(FIRST_PAIR + sizeof pairs / sizeof pairs[0] == 256,
               "each byte is a character or a pair");

/* Writes out the text that begins there. A symbol from 128 on stands for two others, which come
 * before it in the table of pairs: so at most 128 second halves wait at a time. */
static migtask_view decode(const uint8_t *text, char buf[ERROR_TEXT_MAX])
{
    uint8_t waiting[256 - FIRST_PAIR];
    size_t count = 0;
    size_t len = 0;
    uint8_t symbol = *text;
    while (symbol != 0) {
        if (symbol >= FIRST_PAIR) {
            waiting[count++] = pairs[symbol - FIRST_PAIR][1];
            symbol = pairs[symbol - FIRST_PAIR][0];
            continue;
        }
        buf[len++] = (char)symbol;
        symbol = count > 0 ? waiting[--count] : *++text;
    }
    return (migtask_view){buf, len};
}

migtask_view error_codes_meaning(const struct error_row *row, char buf[ERROR_TEXT_MAX])
{
    /* The meanings stand in the order of the rows, each ended by 0. */
    const uint8_t *text = texts;
    for (const struct error_row *other = table; other < row; other++) {
        text = (const uint8_t *)memchr(text, 0, (size_t)(texts + sizeof texts - text)) + 1;
    }
    return decode(text, buf);
}

migtask_view error_codes_advice(const struct error_row *row, char buf[ERROR_TEXT_MAX])
{
    return decode(texts + row->advice, buf);
}

/* The number behind the prefix; -1 if the code has another prefix or anything but four digits. */
static int number_of(migtask_view code, const char *prefix)
{
    size_t len = strlen(prefix);
    if (code.len != len + 4 || memcmp(code.ptr, prefix, len) != 0) {
        return -1;
    }
    int number = 0;
    for (size_t i = len; i < code.len; i++) {
        if (code.ptr[i] < '0' || code.ptr[i] > '9') {
            return -1;
        }
        number = number * 10 + (code.ptr[i] - '0');
    }
    return number;
}

bool error_codes_begin(struct error_search *search, migtask_view code)
{
    search->first = GATEWAY_ROWS;
    search->end = ROWS;
    search->number = number_of(code, "SMS.");
    if (search->number < 0) {
        search->first = 0;
        search->end = GATEWAY_ROWS;
        search->number = number_of(code, "APIGW.");
    }
    if (search->number < 0) { /* the same numbers, on newer gateways */
        search->number = number_of(code, "APIG.");
    }
    search->at = search->first;
    return search->number >= 0;
}

const struct error_row *error_codes_next(struct error_search *search)
{
    while (search->at < search->end) {
        const struct error_row *row = &table[search->at++];
        if (row->number == search->number) {
            return row;
        }
    }
    return NULL;
}

void error_codes_near(const struct error_search *search, int *below, int *above)
{
    *below = *above = -1;
    for (size_t i = search->first; i < search->end; i++) {
        int number = table[i].number;
        if (number < search->number && number > *below) {
            *below = number;
        }
        if (number > search->number && (*above < 0 || number < *above)) {
            *above = number;
        }
    }
}

#endif
