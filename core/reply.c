#include "reply.h"

#include <string.h>

#define JSMN_STATIC
#define JSMN_PARENT_LINKS /* makes for less code; a token takes 20 bytes */
#ifdef __GNUC__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#endif
#include <jsmn.h>
#ifdef __GNUC__
#pragma GCC diagnostic pop
#endif

#define AT(place) MIGTASK_PLACE_##place
/* A place of its own, and one that stands for another. */
#define PLACE(at, in, called, type, most, cut)                                                     \
    [AT(at)] = {.limit = (most),                                                                   \
                .name = (called),                                                                  \
                .kind = MIGTASK_JSON_##type,                                                       \
                .parent = AT(in),                                                                  \
                .same_as = AT(at),                                                                 \
                .flag = 1u << MIGTASK_MEMBER_##cut}
#define VITAL(at, called, most)                                                                    \
    [AT(at)] = {.limit = (most),                                                                   \
                .name = (called),                                                                  \
                .kind = MIGTASK_JSON_STRING,                                                       \
                .same_as = AT(at),                                                                 \
                .flag = 1u << MIGTASK_MEMBER_##at,                                                 \
                .vital = 1}
#define ALIAS(at, in, called, of)                                                                  \
    [AT(at)] = {.name = (called), .kind = MIGTASK_JSON_STRING, .parent = AT(in), .same_as = AT(of)}

enum name {
    CODE,
    MESSAGE,
    ERROR_CODE,
    ERROR_MSG,
    ENCODED,
    ERROR_PARAM,
    DETAILS,
    REQUEST_ID,
    ERROR,
    OF_ELEMENT,
    OF_HEADER
};
_Static_assert(OF_ELEMENT == MIGTASK_REPLY_NAMES, "a number for each name");

const char migtask_reply_names[] = "\4code"
                                   "\7message"
                                   "\12error_code"
                                   "\11error_msg"
                                   "\35encoded_authorization_message"
                                   "\13error_param"
                                   "\7details"
                                   "\12request_id"
                                   "\5error";

/* API page "Managing Migration Tasks", table of the 403; the gateway's request_id; IAM's nested
 * {"error":{"code","message"}}. */
const struct migtask_json_member migtask_reply_members[MIGTASK_PLACE_COUNT] = {
    PLACE(ROOT, ROOT, OF_HEADER, OBJECT, 0, ERROR_CODE),
    VITAL(ERROR_CODE, ERROR_CODE, MIGTASK_ERROR_CODE_MAX),
    VITAL(ERROR_MSG, ERROR_MSG, MIGTASK_ERROR_MSG_MAX),
    PLACE(ENCODED_MESSAGE, ROOT, ENCODED, STRING, MIGTASK_ENCODED_MESSAGE_MAX,
          ENCODED_AUTHORIZATION_MESSAGE),
    PLACE(ERROR_PARAM, ROOT, ERROR_PARAM, ARRAY, MIGTASK_ERROR_PARAM_COUNT, ERROR_PARAM),
    PLACE(DETAILS, ROOT, DETAILS, ARRAY, MIGTASK_DETAILS_COUNT, DETAILS),
    PLACE(REQUEST_ID, ROOT, REQUEST_ID, STRING, MIGTASK_REQUEST_ID_MAX, REQUEST_ID),
    [AT(RETRY_AFTER)] = {.limit = MIGTASK_HEADER_TEXT,
                         .name = OF_HEADER,
                         .same_as = AT(RETRY_AFTER)},
    [AT(DATE)] = {.limit = MIGTASK_HEADER_TEXT, .name = OF_HEADER, .same_as = AT(DATE)},
    PLACE(IAM, ROOT, ERROR, OBJECT, 0, ERROR_CODE),
    ALIAS(IAM_CODE, IAM, CODE, ERROR_CODE),
    ALIAS(IAM_MESSAGE, IAM, MESSAGE, ERROR_MSG),
    PLACE(PARAM, ERROR_PARAM, OF_ELEMENT, STRING, MIGTASK_ERROR_PARAM_MAX, ERROR_PARAM),
    PLACE(DETAIL, DETAILS, OF_ELEMENT, OBJECT, 0, DETAILS),
    PLACE(DETAIL_CODE, DETAIL, ERROR_CODE, STRING, MIGTASK_DETAIL_MAX, DETAILS),
    PLACE(DETAIL_MSG, DETAIL, ERROR_MSG, STRING, MIGTASK_DETAIL_MAX, DETAILS),
};

_Static_assert(MIGTASK_PLACE_COUNT <= 16, "migtask_guard.seen has 16 bits");
_Static_assert(sizeof(jsmntok_t) == 20, "the size that MIGTASK_RX_BUFFER is laid out for");
_Static_assert(MIGTASK_RX_BUFFER >= MIGTASK_REPLY_TOKENS * sizeof(jsmntok_t),
               "the receive buffer is large enough for the tokens of the largest reply");
_Static_assert(MIGTASK_REPLY_TEXT >= MIGTASK_REPLY_RESERVE + MIGTASK_KEPT_SLACK + 2,
               "there is always room for error_code and error_msg");

/* Puts the bytes back that the kept text has stand-ins for. */
static void put_back(char *text, size_t len)
{
    for (; len > 0; len--, text++) {
        if ((unsigned char)*text >= MIGTASK_KEPT_STAND_IN) {
            *text = MIGTASK_KEPT_SPECIAL[(unsigned char)*text - MIGTASK_KEPT_STAND_IN];
        }
    }
}

/* One string: type and bounds are looked at as if the guard had not been there. */
static bool read_token(migtask_reply *reply, char *json, size_t len, const jsmntok_t *token)
{
    size_t start = (size_t)token->start; /* a negative one is beyond all bounds */
    size_t end = (size_t)token->end;
    if (token->type != JSMN_STRING || end >= len || start > end) {
        return false;
    }
    migtask_detail none = {{NULL, 0}, {NULL, 0}};
    migtask_detail *detail =
        reply->details_count > 0 ? &reply->details[reply->details_count - 1] : &none;
    migtask_view header = {NULL, 0};
    migtask_view *view = NULL;
    char *copy = NULL;
    switch (start < end ? json[start] - 'a' : AT(ROOT)) { /* an empty one is the last */
    case AT(ERROR_CODE):
        view = &reply->error_code;
        break;
    case AT(ERROR_MSG):
        view = &reply->error_msg;
        break;
    case AT(ENCODED_MESSAGE):
        view = &reply->encoded_authorization_message;
        break;
    case AT(REQUEST_ID):
        view = &reply->request_id;
        break;
    case AT(RETRY_AFTER):
        copy = reply->retry_after;
        view = &header;
        break;
    case AT(DATE):
        copy = reply->date;
        view = &header;
        break;
    case AT(ERROR_PARAM):
        reply->has_error_param = true;
        break;
    case AT(PARAM):
        if (reply->error_param_count == MIGTASK_ERROR_PARAM_COUNT) {
            return false;
        }
        view = &reply->error_param[reply->error_param_count++];
        break;
    case AT(DETAILS):
        reply->has_details = true;
        break;
    case AT(DETAIL):
        if (reply->details_count == MIGTASK_DETAILS_COUNT) {
            return false;
        }
        reply->details_count++;
        break;
    case AT(DETAIL_CODE):
        view = &detail->error_code;
        break;
    case AT(DETAIL_MSG):
        view = &detail->error_msg;
        break;
    default: /* the root, IAM's object, the empty string at the end */
        break;
    }
    if (view != NULL) {
        view->ptr = json + start + 1;
        view->len = end - start - 1;
        put_back(json + start + 1, view->len);
    }
    if (copy != NULL && header.len < MIGTASK_HEADER_TEXT) { /* else it was longer */
        memcpy(copy, header.ptr, header.len);
    }
    return true;
}

bool migtask_reply_parse(migtask_reply *reply, char *json, size_t len,
                         uint32_t tokens[static MIGTASK_REPLY_TOKENS * 5])
{
    jsmn_parser parser;
    jsmntok_t *token = (jsmntok_t *)(void *)tokens;
    jsmn_init(&parser);
    int left = jsmn_parse(&parser, json, len, token, MIGTASK_REPLY_TOKENS);
    bool good = left > 0 && token->type == JSMN_ARRAY;
    while (good && --left > 0) {
        good = read_token(reply, json, len, ++token);
    }
    return good;
}
