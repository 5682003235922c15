/*
 * http_response.h - the HTTP response reader: strict RFC 9112, fed any fragments.
 *
 * A state machine that takes one byte or one span at a time and keeps nothing but counters and the
 * name, then the value if it is wanted, of the header line under way. Internal.
 */
#ifndef MIGTASK_HTTP_RESPONSE_H
#define MIGTASK_HTTP_RESPONSE_H

#include "migtask.h"

enum migtask_http_event {
    MIGTASK_READ_MORE,      /* all input is consumed */
    MIGTASK_READ_VALUE,     /* a piece of a wanted header's value: see field, value; more comes */
    MIGTASK_READ_FIELD,     /* the last piece, perhaps empty */
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
    MIGTASK_FIELD_CONTENT_ENCODING,
    MIGTASK_FIELD_CONTENT_TYPE,
#if MIGTASK_KEEP_OPEN
    MIGTASK_FIELD_CONNECTION,
#endif
    MIGTASK_FIELD_X_REQUEST_ID,
    MIGTASK_FIELD_RETRY_AFTER,
    MIGTASK_FIELD_DATE,
    MIGTASK_FIELD_OTHER
};

#define MIGTASK_HTTP_PIECE 64 /* bytes of a value at once */

struct migtask_http {
    uint64_t left; /* body: bytes left of it or of its chunk */
    uint8_t state;
    uint8_t position; /* in the status line; 0 until the message has begun */
    uint8_t field;    /* enum migtask_http_field of the header line under way */
    bool minor_0;     /* HTTP/1.0 */
    bool has_length;
    bool chunked;
    bool in_trailer;
    bool blank;  /* white space in the value, perhaps at its end */
    bool coded;  /* a Content-Encoding names anything but identity */
    bool markup; /* a Content-Type names HTML or XML */
#if MIGTASK_KEEP_OPEN
    bool closing; /* a Connection header says anything but keep-alive, or a body that cannot be */
#endif
    uint16_t status;
    uint16_t value_len;
    /* From here on it outlives an interim answer. */
    uint8_t interim_left;
    uint8_t first;      /* field of the first of these names; none of them is FIELD_OTHER */
    uint32_t line_left; /* bytes that the header section, trailer or chunk line may still have */
    const char *names;  /* of the headers that are read, as migtask_find_name() takes them */
    char value[MIGTASK_HTTP_PIECE]; /* of the header line; before its colon, its name */
};

/* The struct is all zero. */
void migtask_http_init(struct migtask_http *http);

/* The same for the answer to a CONNECT. None of its headers says how the message goes on: after the
 * header section of a 2xx answer comes what the tunnel carries (RFC 9110 section 9.3.6), so a
 * caller stops there. The one that is wanted is given by its name, in lower case behind its length;
 * its field is FIELD_DATE. */
void migtask_http_init_connect(struct migtask_http *http, const char *name);

/* Reads from *at, which it moves, up to end. For VALUE and FIELD the piece is http->value
 * (value_len bytes, white space around the value removed); for BODY the piece is *body, inside the
 * input. */
enum migtask_http_event migtask_http_read(struct migtask_http *http, const char **at,
                                          const char *end, migtask_view *body);

/* Whether a message delimited by the connection's end would be complete now: to be asked only after
 * an end that the peer announced (TLS close_notify). RFC 9112 section 6.3 item 8, 9.8. */
bool migtask_http_complete_at_end(const struct migtask_http *http);

#if MIGTASK_KEEP_OPEN
/* Whether the connection may carry another message: asked after DONE. RFC 9112 section 9.3. Any
 * doubt is a no: what else a Connection header could say, an interim answer before this one, a 204
 * or 304 that announces a body. */
bool migtask_http_persists(const struct migtask_http *http);
#endif

#endif
