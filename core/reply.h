/*
 * reply.h - what is wanted of a body, and from the kept text to the reply. Internal.
 */
#ifndef MIGTASK_REPLY_H
#define MIGTASK_REPLY_H

#include "kept_text.h"
#include "migtask.h"

/* The places in a body that are wanted: the root's members, those that have a bit in
 * migtask_reply.truncated in that order; elements of arrays and what is in them; and what stands
 * for an error code or message where neither is, the better one first. */
enum migtask_place {
    MIGTASK_PLACE_ROOT,
    MIGTASK_PLACE_ERROR_CODE,
    MIGTASK_PLACE_ERROR_MSG,
    MIGTASK_PLACE_ENCODED_MESSAGE,
    MIGTASK_PLACE_ERROR_PARAM,
    MIGTASK_PLACE_DETAILS,
    MIGTASK_PLACE_REQUEST_ID,
    MIGTASK_PLACE_RETRY_AFTER, /* this and the date: header lines, never in a body */
    MIGTASK_PLACE_DATE,
    MIGTASK_PLACE_PARAM,  /* an element of error_param */
    MIGTASK_PLACE_DETAIL, /* an element of details */
    MIGTASK_PLACE_DETAIL_CODE,
    MIGTASK_PLACE_DETAIL_MSG,
    MIGTASK_PLACE_OTHER_CODE, /* of another name, or in an object or array that is not known */
    MIGTASK_PLACE_OTHER_MSG,
    MIGTASK_PLACE_TITLE,
    MIGTASK_PLACE_COUNT
};

enum migtask_json_kind { /* bits */
                         MIGTASK_JSON_STRING = 1,
                         MIGTASK_JSON_NUMBER = 2, /* kept as the text that it is */
                         MIGTASK_JSON_ARRAY = 4,
                         MIGTASK_JSON_OBJECT = 8
};

/* What is known of a place. A member of another type counts as absent, and of several for the same
 * place the first wins. */
struct migtask_json_member {
    uint16_t limit; /* string: longest, in bytes or characters (MIGTASK_COUNT_CHARACTERS); array:
                       most elements */
    uint8_t name;   /* its place in migtask_reply_names; MIGTASK_REPLY_NAMES: an element's */
    uint8_t kinds;  /* bits of enum migtask_json_kind */
    uint8_t parent; /* place of the object or array that it is in */
    uint8_t better; /* the place that it stands for, and gives way to; its own if there is none */
    uint8_t flag;   /* bit of migtask_reply.truncated, for when it is cut */
    uint8_t vital;  /* 1: a string that there is always room for, whatever came before */
};

extern const struct migtask_json_member migtask_reply_members[MIGTASK_PLACE_COUNT];

/* Names of members, as migtask_find_name() takes them. The first ones count wherever they stand. */
extern const char migtask_reply_names[];
enum migtask_reply_name {
    MIGTASK_NAME_CODE,
    MIGTASK_NAME_CAMEL_CODE, /* errorCode */
    MIGTASK_NAME_ERROR_CODE,
    MIGTASK_NAME_ERROR,
    MIGTASK_NAME_TITLE,
    MIGTASK_NAME_MESSAGE,
    MIGTASK_NAME_MSG,
    MIGTASK_NAME_DETAIL,
    MIGTASK_NAME_CAMEL_MSG,
    MIGTASK_NAME_ERROR_MSG,
    MIGTASK_NAMES_ANYWHERE,
    MIGTASK_NAME_ENCODED = MIGTASK_NAMES_ANYWHERE,
    MIGTASK_NAME_ERROR_PARAM,
    MIGTASK_NAME_DETAILS,
    MIGTASK_NAME_REQUEST_ID,
    MIGTASK_NAME_OF_ELEMENT, /* how many there are */
    MIGTASK_NAME_OF_NONE
};
#define MIGTASK_REPLY_NAME_MAX 29 /* bytes of the longest */

/* Where such a name leads to, if it is not wanted where it stands. */
extern const uint8_t migtask_reply_anywhere[MIGTASK_NAMES_ANYWHERE];

/* Bytes kept free at first, for members of the root; each frees its own when it comes. */
#define MIGTASK_REPLY_RESERVE                                                                      \
    (8 * MIGTASK_KEPT_FRAME + MIGTASK_KEPT_BYTES(MIGTASK_ERROR_CODE_MAX + MIGTASK_ERROR_MSG_MAX))

/* Tokens that jsmn needs at most: the array, a string for each place but the root and each element,
 * and the empty one at the end. */
#define MIGTASK_REPLY_TOKENS (1 + 11 + MIGTASK_ERROR_PARAM_COUNT + MIGTASK_DETAILS_COUNT * 3 + 1)

/* Reads the kept text (json, len bytes; changed in place) into the views of *reply, which refer to
 * it. tokens: room for jsmn's. False if the text is not what the guard promises; *reply then has
 * what stood before that. */
bool migtask_reply_parse(migtask_reply *reply, char *json, size_t len,
                         uint32_t tokens[static MIGTASK_REPLY_TOKENS * 5]);

#endif
