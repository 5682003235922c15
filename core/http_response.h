/*
 * http_response.h - the HTTP response reader: strict RFC 9112, fed any fragments.
 *
 * A state machine that takes one byte or one span at a time and keeps nothing but counters and
 * the value of the one header line under way, if that header is wanted. Internal.
 */
#ifndef MIGTASK_HTTP_RESPONSE_H
#define MIGTASK_HTTP_RESPONSE_H

#include "migtask.h"

enum migtask_http_event {
    MIGTASK_READ_MORE,      /* all input is consumed */
    MIGTASK_READ_FIELD,     /* a wanted header of the final response: see field, value */
    MIGTASK_READ_HEADER,    /* the final response's header section is complete: see status */
    MIGTASK_READ_BODY,      /* a piece of the body: see body */
    MIGTASK_READ_DONE,      /* the message is complete; what follows is not looked at */
    MIGTASK_READ_MALFORMED, /* sticky */
    MIGTASK_READ_TOO_LARGE  /* sticky */
};

/* The headers that are read; all others are skipped unstored. */
enum migtask_http_field {
    MIGTASK_FIELD_CONTENT_LENGTH,
    MIGTASK_FIELD_TRANSFER_ENCODING,
    MIGTASK_FIELD_X_REQUEST_ID,
    MIGTASK_FIELD_RETRY_AFTER,
    MIGTASK_FIELD_DATE,
    MIGTASK_FIELD_COUNT
};

/* A value is kept up to the longest request id, and as much more as it takes to see whether a
 * credential begins inside that (core/mask.h). */
#define MIGTASK_VALUE_MAX (MIGTASK_REQUEST_ID_MAX + 15)

struct migtask_http {
    uint64_t left;      /* body: bytes left of it or of its chunk */
    uint32_t line_left; /* bytes that the header section, trailer or chunk line may still have */
    uint16_t status;
    uint16_t value_len;
    uint8_t state;
    uint8_t position;   /* in the status line, or in a header's name */
    uint8_t candidates; /* wanted headers whose names begin like this one, as bits */
    uint8_t field;      /* the wanted header under way, or MIGTASK_FIELD_COUNT */
    uint8_t interim_left;
    bool minor_0; /* HTTP/1.0 */
    bool has_length;
    bool chunked;
    bool in_trailer;
    bool value_cut;
    char value[MIGTASK_VALUE_MAX];
};

void migtask_http_init(struct migtask_http *http);

/* Reads from *at, which it moves, up to end. For FIELD the value is http->value (value_len
 * bytes, white space around it removed); for BODY the piece is *body, inside the input. */
enum migtask_http_event migtask_http_read(struct migtask_http *http, const char **at,
                                          const char *end, migtask_view *body);

/* Whether a message delimited by the connection's end would be complete now: to be asked only
 * after an end that the peer announced (TLS close_notify). RFC 9112 section 6.3 item 8, 9.8. */
bool migtask_http_complete_at_end(const struct migtask_http *http);

#endif
