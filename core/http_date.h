/* http_date.h - dates in headers. Internal. */
#ifndef MIGTASK_HTTP_DATE_H
#define MIGTASK_HTTP_DATE_H

#include "migtask.h"

/* Reads an IMF-fixdate ("Sun, 06 Nov 1994 08:49:37 GMT", RFC 9110 section 5.6.7; the two obsolete
 * forms are not read): seconds since 1970, or MIGTASK_NO_DATE. */
int64_t migtask_http_date(migtask_view text);

/* Reads a decimal number that fits 32 bits (a larger one gives the largest, UINT32_MAX - 1);
 * false if it is none. */
bool migtask_http_seconds(migtask_view text, uint32_t *seconds);

#endif
