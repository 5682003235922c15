/*
 * reply.h - what is wanted of a body, and from the kept text to the reply. Internal.
 */
#ifndef MIGTASK_REPLY_H
#define MIGTASK_REPLY_H

#include "json_guard.h"
#include "migtask.h"

/* The places of migtask_reply_members. */
enum migtask_reply_place {
    MIGTASK_PLACE_ROOT,
    MIGTASK_PLACE_ERROR_CODE,
    MIGTASK_PLACE_ERROR_MSG,
    MIGTASK_PLACE_ENCODED_MESSAGE,
    MIGTASK_PLACE_REQUEST_ID,
    MIGTASK_PLACE_ERROR_PARAM,
    MIGTASK_PLACE_ERROR_PARAM_ELEMENT,
    MIGTASK_PLACE_DETAILS,
    MIGTASK_PLACE_DETAIL,
    MIGTASK_PLACE_DETAIL_CODE,
    MIGTASK_PLACE_DETAIL_MSG,
    MIGTASK_PLACE_IAM,
    MIGTASK_PLACE_IAM_CODE,
    MIGTASK_PLACE_IAM_MESSAGE,
    MIGTASK_PLACE_COUNT
};

extern const struct migtask_json_member migtask_reply_members[MIGTASK_PLACE_COUNT];

/* Tokens that jsmn needs at most: the root, and a name and a value for each member and element. */
#define MIGTASK_REPLY_TOKENS                                                                       \
    (1 + 4 * 2 + 2 + MIGTASK_ERROR_PARAM_COUNT + 2 + MIGTASK_DETAILS_COUNT * 5)

/* Reads the kept text (json, len bytes; changed in place: strings lose their escapes) into the
 * views of *reply, which refer to it. tokens: size bytes for jsmn's, aligned to 4. False if the text
 * is not what the guard promises; *reply then has no views. */
bool migtask_reply_parse(migtask_reply *reply, char *json, size_t len, void *tokens, size_t size);

#endif
