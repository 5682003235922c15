#include "advice.h"

#include <string.h>

/* A code's number, the status it is documented with, and where its text begins. */
struct advice_row {
    uint16_t number;
    uint16_t http_status;
    uint16_t text;
};

#include "error_codes.inc"

_Static_assert(sizeof advice_texts <= UINT16_MAX, "advice_row.text has 16 bits");

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* The digits behind the prefix; -1 if the code has another prefix or anything but four digits. */
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

/* The row of that number, preferably the one for this status. */
static migtask_view look_up(const struct advice_row *rows, size_t count, int number,
                            unsigned http_status)
{
    const char *text = NULL;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].number == number && (text == NULL || rows[i].http_status == http_status)) {
            text = advice_texts + rows[i].text;
        }
    }
    return migtask_text(text);
}

migtask_view advice_for(migtask_view error_code, unsigned http_status)
{
    int number = number_of(error_code, "SMS.");
    if (number >= 0) {
        return look_up(service_rows, COUNT(service_rows), number, http_status);
    }
    number = number_of(error_code, "APIGW.");
    if (number < 0) { /* the same numbers, on newer gateways */
        number = number_of(error_code, "APIG.");
    }
    return look_up(gateway_rows, COUNT(gateway_rows), number, http_status);
}
