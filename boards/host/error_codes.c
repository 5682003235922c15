#include "error_codes.h"

#include <string.h>

#if MIGTASK_HOST_ERROR_TEXTS

#include "error_codes.inc"

#define ROWS (sizeof table / sizeof table[0])
#define PAIRS (sizeof pairs / sizeof pairs[0])

/* Which pair a byte of the texts stands for, PAIRS or more if it is a character: 128 is the first,
 * and behind 255 they go on with 1. */
#define PAIR_OF(symbol) ((uint8_t)((symbol)-128u))

_Static_assert(ERROR_TEXT_LONGEST <= ERROR_TEXT_MAX, "a buffer holds every text");
_Static_assert(PAIRS == 128 + ' ', "each byte is a character, a pair or the end");

/* Writes out a text, the one behind so many others, each ended by 0. A pair is of two symbols
 * that are characters or come before it in the table: so at most PAIRS second halves wait. */
static migtask_view decode(size_t others, char buf[ERROR_TEXT_MAX])
{
    uint8_t waiting[PAIRS];
    const uint8_t *text = texts;
    size_t count = 0;
    size_t len = 0;
    for (; others > 0; others--) {
        text += strlen((const char *)text) + 1;
    }
    uint8_t symbol = *text;
    while (symbol != 0) {
        if (PAIR_OF(symbol) < PAIRS) {
            waiting[count++] = pairs[PAIR_OF(symbol)][1];
            symbol = pairs[PAIR_OF(symbol)][0];
            continue;
        }
        buf[len++] = (char)symbol;
        symbol = count > 0 ? waiting[--count] : *++text;
    }
    return (migtask_view){buf, len};
}

unsigned error_codes_status(const struct error_row *row)
{
    return statuses[row->status];
}

migtask_view error_codes_meaning(const struct error_row *row, char buf[ERROR_TEXT_MAX])
{
    return decode((size_t)(row - table), buf);
}

migtask_view error_codes_advice(const struct error_row *row, char buf[ERROR_TEXT_MAX])
{
    return decode(ROWS + row->advice, buf);
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
