#include "http_date.h"

#include <string.h>

/* A number of so many digits, or -1. */
static int number_at(const char *at, int digits)
{
    int value = 0;
    for (int i = 0; i < digits; i++) {
        if (at[i] < '0' || at[i] > '9') {
            return -1;
        }
        value = value * 10 + (at[i] - '0');
    }
    return value;
}

/* Days from 1970-01-01 to the first of March of that year, Gregorian; year >= 1. */
static int32_t days_to_march(int32_t year)
{
    return 365 * year + year / 4 - year / 100 + year / 400 - 719468;
}

int64_t migtask_http_date(migtask_view text)
{
    static const char pattern[] = "aaa, 00 aaa 0000 00:00:00 GMT";
    static const char months[] = "MarAprMayJunJulAugSepOctNovDecJanFeb";
    if (text.len != sizeof pattern - 1) {
        return MIGTASK_NO_DATE;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (pattern[i] != 'a' && pattern[i] != '0' && pattern[i] != text.ptr[i]) {
            return MIGTASK_NO_DATE;
        }
    }
    int month = 0; /* counted from March, so that the leap day ends the year */
    while (month < 12 && memcmp(months + 3 * month, text.ptr + 8, 3) != 0) {
        month++;
    }
    int day = number_at(text.ptr + 5, 2);
    int year = number_at(text.ptr + 12, 4);
    int hour = number_at(text.ptr + 17, 2);
    int minute = number_at(text.ptr + 20, 2);
    int second = number_at(text.ptr + 23, 2);
    if (month == 12 || day < 1 || day > 31 || year < 1970 || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 60) {
        return MIGTASK_NO_DATE;
    }
    if (month >= 10) { /* January and February belong to the year before */
        year--;
    }
    int32_t days = days_to_march(year) + (153 * month + 2) / 5 + day - 1;
    return (int64_t)days * 86400 + hour * 3600 + minute * 60 + second;
}

bool migtask_http_seconds(migtask_view text, uint32_t *seconds)
{
    uint32_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        int digit = number_at(text.ptr + i, 1);
        if (digit < 0) {
            return false;
        }
        if (value > (UINT32_MAX - 10) / 10) {
            value = (UINT32_MAX - 1) / 10; /* far beyond any deadline: stay there */
            digit = 0;
        }
        value = value * 10 + (uint32_t)digit;
    }
    *seconds = value;
    return text.len > 0;
}
