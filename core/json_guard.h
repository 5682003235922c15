/*
 * json_guard.h - the JSON guard: a streaming RFC 8259 and UTF-8 checker that passes on a shortened
 * text.
 *
 * jsmn is a tokenizer, not a validator, and needs the whole text in memory. So every byte of a body
 * goes through here first. The guard knows whether the text is valid (nesting in a stack of bits)
 * and whether an error code stands anywhere in it, and of a valid text it keeps the members that
 * migtask_reply_members names, each cut to its limit: what jsmn sees is well-formed and known to
 * fit (kept_text.h). A text that does not begin like JSON is read as plain text as well. Internal.
 */
#ifndef MIGTASK_JSON_GUARD_H
#define MIGTASK_JSON_GUARD_H

#include "kept_text.h"
#include "migtask.h"
#include "reply.h"

/* The bytes that nearly every step looks at stand first: within 32 bytes of a struct Thumb code
 * reaches them by its short instructions. */
struct migtask_guard {
    uint8_t state;
    uint8_t next;     /* wanted place of the value that comes, or none */
    uint8_t use;      /* what is done with the string under way */
    uint8_t string;   /* the place that it is kept for */
    uint8_t here;     /* wanted object or array that we are in, if depth == known */
    uint8_t elements; /* kept of the array under way */
    uint8_t count;    /* bytes so far of a \u escape or a UTF-8 sequence */
    uint8_t name_len; /* of a name */
    uint8_t truncated;
    uint8_t kept_truncated;
    uint8_t judged;      /* what the value under way must not be, as bits: see rules */
    bool started;        /* a byte of the body has come */
    bool no;             /* an error code has come that says something, wherever it stands */
    bool blank;          /* white space in plain text, perhaps at its end */
    uint16_t allowed;    /* what may come outside strings and literals, as bits */
    uint16_t depth;      /* arrays and objects that are open */
    uint16_t known;      /* of these, the wanted ones: the outermost */
    uint16_t seen;       /* places that have come, as bits */
    uint16_t freed;      /* places whose room is free for them, as bits */
    uint16_t unit;       /* \u escape under way */
    uint16_t high;       /* high surrogate that waits for its other half, or 0 */
    uint16_t kept;       /* bytes of text that did not come from the body */
    const char *literal; /* what is still to come of true, false or null */
    migtask_sink sink;   /* for encoded_authorization_message */
    uint8_t objects[MIGTASK_JSON_DEPTH / 8]; /* a bit a level: 1 for an object */
    char sequence[4];                        /* UTF-8 sequence under way */
    char name[MIGTASK_REPLY_NAME_MAX + 1];   /* a name under way; one that fills this is unknown */
    struct migtask_kept_text text;
};

/* Starts with nothing kept in buf (cap bytes, the caller's, for as long as the guard). The struct
 * is all zero. */
void migtask_guard_init(struct migtask_guard *guard, migtask_view secret, char *buf, size_t cap);

/* Puts a piece of a header's value, before the body; the body's own then counts as a duplicate.
 * What is not ASCII in it becomes U+FFFD. last: the value is complete. An empty one is none. */
void migtask_guard_put(struct migtask_guard *guard, unsigned place, const char *ptr, size_t len,
                       bool last);

/* Takes a piece of the body; does nothing more once it is malformed. */
void migtask_guard_read(struct migtask_guard *guard, const char *ptr, size_t len);

enum migtask_kind {
    MIGTASK_IS_JSON, /* one valid JSON text, or no byte at all */
    MIGTASK_IS_BLANK,
    MIGTASK_IS_TEXT, /* plain text in UTF-8 that does not begin like JSON or markup */
    MIGTASK_IS_NEITHER
};

/* The body is over: what was it? What a malformed one brought is dropped, and plain text is kept as
 * error_msg. Closes the kept text: text.buf, text.len. */
enum migtask_kind migtask_guard_end(struct migtask_guard *guard);

/* The same for a body that broke off: only the headers stay. */
void migtask_guard_drop(struct migtask_guard *guard);

#endif
