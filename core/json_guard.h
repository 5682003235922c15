/*
 * json_guard.h - the JSON guard: a streaming RFC 8259 and UTF-8 checker that passes on a
 * shortened text.
 *
 * jsmn is a tokenizer, not a validator, and needs the whole text in memory. So every byte of a
 * body goes through here first. The guard knows whether the text is valid (nesting in a stack of
 * bits), and of a valid text it keeps the members that a table names, each cut to its limit:
 * what jsmn sees is well-formed and known to fit. Internal.
 *
 * The kept text names members by one letter, 'a' + their place in the table, and leaves out what
 * only groups them: {"error":{"code":"X"}} may become {"b":"X"}.
 */
#ifndef MIGTASK_JSON_GUARD_H
#define MIGTASK_JSON_GUARD_H

#include "bounded_text.h"
#include "mask.h"
#include "migtask.h"

enum migtask_json_kind {
    MIGTASK_JSON_STRING,
    MIGTASK_JSON_ARRAY,
    MIGTASK_JSON_OBJECT,
    MIGTASK_JSON_GROUP /* an object whose members are kept as the root's */
};

/* One wanted place in the body. A table of these is a tree: entry 0 is the root, and parents stand
 * before their children. A member of another type counts as absent, and of several for the same
 * place the first wins. */
struct migtask_json_member {
    const char *name; /* NULL for the root and for elements of arrays */
    uint16_t limit;   /* string: longest, in bytes or characters (MIGTASK_COUNT_CHARACTERS);
                         array: most elements */
    uint8_t kind;     /* enum migtask_json_kind */
    uint8_t parent;   /* place of the object or array that it is in */
    uint8_t same_as;  /* its own place, or that of the root's member that it stands for */
    uint8_t flag;     /* migtask_member to be flagged when it is cut */
    bool vital;       /* a string of the root: room for all of it is kept free until it came */
};

#define MIGTASK_JSON_MEMBERS_MAX 16 /* entries a table may have */
#define MIGTASK_JSON_NAME_MAX 31    /* bytes of a wanted name */

struct migtask_guard {
    uint8_t state;
    uint8_t allowed;   /* what may come outside strings, numbers and literals, as bits */
    bool started;      /* a byte of the body has come */
    uint8_t here;      /* wanted object or array that we are in, or none */
    uint8_t next;      /* wanted place of the value that comes, or none */
    uint8_t use;       /* what is done with the string under way */
    uint8_t string;    /* the place that it is kept for */
    uint8_t elements;  /* kept of the array under way */
    uint8_t truncated; /* bits 1 << migtask_member */
    uint8_t kept_truncated;
    uint8_t count; /* bytes so far of a \u escape, a UTF-8 sequence or a name */
    uint8_t member_count;
    uint8_t sink_place; /* the place whose text goes to the sink too */
    char sequence[4];   /* UTF-8 sequence under way */
    uint16_t unit;      /* \u escape under way */
    uint16_t high;      /* high surrogate that waits for its other half, or 0 */
    uint16_t depth;     /* arrays and objects that are open */
    uint16_t known;     /* of these, the wanted ones: the outermost */
    uint16_t seen;      /* places that have come, as bits */
    uint16_t kept;      /* bytes of text that did not come from the body */
    const char *literal; /* what is still to come of true, false or null */
    const struct migtask_json_member *members;
    migtask_sink sink;
    void *sink_ctx;
    struct migtask_bounded_text text;
    struct migtask_mask mask;
    uint8_t objects[MIGTASK_JSON_DEPTH / 8]; /* a bit a level: 1 for an object */
    uint8_t name_len;
    char name[MIGTASK_JSON_NAME_MAX + 1]; /* the name under way; one that fills this is none of ours */
};

/* Starts with an empty object in buf (cap bytes, the caller's, for as long as the guard). */
void migtask_guard_init(struct migtask_guard *guard, const struct migtask_json_member *members,
                        uint8_t member_count, migtask_view secret, char *buf, size_t cap);

/* Puts a string of the root that came by another way than the body, before the body; the body's
 * own then counts as a duplicate. cut: it was cut already. */
void migtask_guard_put(struct migtask_guard *guard, uint8_t place, const char *ptr, size_t len,
                       bool cut);

/* Takes a piece of the body, len >= 1; does nothing more once it is malformed. */
void migtask_guard_read(struct migtask_guard *guard, const char *ptr, size_t len);

/* The body is over: was there none, or one valid JSON text? If not, what it brought is dropped.
 * Closes the kept text: text.buf, text.len. */
bool migtask_guard_end(struct migtask_guard *guard);

#endif
