/*
 * response_ok.h - the invariant of the HTTP response reader. Include it behind http_response.c,
 * whose states it names.
 */
#ifndef RESPONSE_OK_H
#define RESPONSE_OK_H

#include "proof.h"

#ifndef TO_CONNECT
#define TO_CONNECT 0 /* 1: the reader of an answer to a CONNECT */
#endif

/* The reader gives no way out of these. */
static bool is_over(unsigned state)
{
    return state == MALFORMED || state >= DONE;
}

/* States of the lines that frame a chunk. */
static bool is_chunk_line(unsigned state)
{
    return state >= CHUNK_FIRST && state <= DATA_LF;
}

/* Between the colon of a header line and its end. */
static bool is_in_value(unsigned state)
{
    return state >= VALUE_START && state <= VALUE_LF;
}

/* Whether the final header section is behind us. */
static bool is_past_header(const struct migtask_http *http)
{
    return is_chunk_line(http->state) || (http->state > STATUS && http->state < TOO_LARGE) ||
           (http->in_trailer && !is_over(http->state));
}

/* Before the digits of a status are all there, it has only so many. */
static bool status_ok(const struct migtask_http *http)
{
    uint16_t limit = http->position <= 9    ? 0
                     : http->position == 10 ? 9
                     : http->position == 11 ? 99
                                            : 999;
    if (http->state == STATUS) {
        return http->position <= 12 && http->status <= limit;
    }
    return http->status >= 100 && http->status <= 599 && http->status != 101 &&
           implies(is_past_header(http), http->status >= 200);
}

/* How the message is framed, RFC 9112 section 6.3. */
static bool framing_ok(const struct migtask_http *http)
{
    bool chunks = is_chunk_line(http->state) || http->state == CHUNK_DATA;
    bool status_line = http->state == STATUS || http->state == PHRASE || http->state == STATUS_LF;
    return implies(status_line, !http->chunked && !http->has_length && !http->in_trailer &&
                                    !http->coded && !http->markup) &&
#if MIGTASK_KEEP_OPEN
           implies(status_line, !http->closing) && /* nothing is left of an interim answer */
#endif
           implies(http->status < 200, !http->in_trailer) &&
           implies(http->chunked, !http->minor_0) &&
           implies(chunks || http->in_trailer, http->chunked && !http->has_length) &&
           implies(chunks, !http->in_trailer) &&
           implies(http->state == BODY_LENGTH, http->has_length && !http->chunked) &&
           implies(http->state == BODY_TO_END, !http->has_length && !http->chunked) &&
           implies(http->state == BODY_LENGTH || http->state == CHUNK_DATA, http->left > 0);
}

static bool response_ok(const struct migtask_http *http)
{
    if (http->state > TOO_LARGE || http->value_len > MIGTASK_HTTP_PIECE) {
        return false;
    }
    return is_over(http->state) ||
           (status_ok(http) && framing_ok(http) &&
            /* by this it is seen whether the message has begun */
            implies(http->state != STATUS, http->position != 0) &&
            /* what bounds the header section, the trailers, a chunk's line, interim answers */
            http->line_left <= MIGTASK_HEADER_MAX && http->interim_left <= MIGTASK_INTERIM_MAX &&
            /* the name of the line under way is known; that of a trailer makes no difference */
            implies(is_in_value(http->state), http->field <= MIGTASK_FIELD_OTHER) &&
            implies(is_in_value(http->state) && http->in_trailer,
                    http->field == MIGTASK_FIELD_OTHER));
}

/* Any reader that keeps the invariant. */
static struct migtask_http any_response(void)
{
    struct migtask_http http;
    http.minor_0 = any_bool();
    http.has_length = any_bool();
    http.chunked = any_bool();
    http.in_trailer = any_bool();
    http.blank = any_bool();
    http.names = TO_CONNECT ? "\22proxy-authenticate" : field_names;
    http.first = TO_CONNECT ? MIGTASK_FIELD_DATE : 0;
    http.coded = any_bool();
    http.markup = any_bool();
#if MIGTASK_KEEP_OPEN
    http.closing = any_bool();
#endif
    assume(response_ok(&http));
    return http;
}

#endif
