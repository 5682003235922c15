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
#define PLACE(at, in, called, types, most, cut, better_one, is_vital)                              \
    [AT(at)] = {.limit = (most),                                                                   \
                .name = MIGTASK_NAME_##called,                                                     \
                .kinds = (types),                                                                  \
                .parent = AT(in),                                                                  \
                .better = AT(better_one),                                                          \
                .flag = (cut),                                                                     \
                .vital = (is_vital)}
#define CUT(member) 1u << MIGTASK_MEMBER_##member
#define TEXT MIGTASK_JSON_STRING
#define CODE (MIGTASK_JSON_STRING | MIGTASK_JSON_NUMBER)
#define ARRAY MIGTASK_JSON_ARRAY
#define OBJECT MIGTASK_JSON_OBJECT
#define CODE_MAX MIGTASK_ERROR_CODE_MAX
#define MSG_MAX MIGTASK_ERROR_MSG_MAX
#define ENCODED_MAX MIGTASK_ENCODED_MESSAGE_MAX
#define DETAIL_MAX MIGTASK_DETAIL_MAX

const char migtask_reply_names[] = "\4code"
                                   "\11errorCode"
                                   "\12error_code"
                                   "\5error"
                                   "\5title"
                                   "\7message"
                                   "\3msg"
                                   "\6detail"
                                   "\10errorMsg"
                                   "\11error_msg"
                                   "\35encoded_authorization_message"
                                   "\13error_param"
                                   "\7details"
                                   "\12request_id";

const uint8_t migtask_reply_anywhere[MIGTASK_NAMES_ANYWHERE] = {
    [MIGTASK_NAME_CODE] = AT(OTHER_CODE),       [MIGTASK_NAME_CAMEL_CODE] = AT(OTHER_CODE),
    [MIGTASK_NAME_ERROR_CODE] = AT(OTHER_CODE), [MIGTASK_NAME_ERROR] = AT(TITLE),
    [MIGTASK_NAME_TITLE] = AT(TITLE),           [MIGTASK_NAME_MESSAGE] = AT(OTHER_MSG),
    [MIGTASK_NAME_MSG] = AT(OTHER_MSG),         [MIGTASK_NAME_DETAIL] = AT(OTHER_MSG),
    [MIGTASK_NAME_CAMEL_MSG] = AT(OTHER_MSG),   [MIGTASK_NAME_ERROR_MSG] = AT(OTHER_MSG),
};

/* API page "Managing Migration Tasks", table of the 403; the gateway's request_id. What else there
 * is: IAM's {"error":{"code","message"}}, {"code","message"}, RFC 9457's title and detail, and all
 * of that inside of others. */
const struct migtask_json_member migtask_reply_members[MIGTASK_PLACE_COUNT] = {
    PLACE(ROOT, ROOT, OF_NONE, OBJECT, 0, 0, ROOT, 0),
    PLACE(ERROR_CODE, ROOT, ERROR_CODE, CODE, CODE_MAX, CUT(ERROR_CODE), ERROR_CODE, 1),
    PLACE(ERROR_MSG, ROOT, ERROR_MSG, TEXT, MSG_MAX, CUT(ERROR_MSG), ERROR_MSG, 1),
    PLACE(ENCODED_MESSAGE, ROOT, ENCODED, TEXT, ENCODED_MAX, CUT(ENCODED_AUTHORIZATION_MESSAGE),
          ENCODED_MESSAGE, 0),
    PLACE(ERROR_PARAM, ROOT, ERROR_PARAM, ARRAY, MIGTASK_ERROR_PARAM_COUNT, CUT(ERROR_PARAM),
          ERROR_PARAM, 0),
    PLACE(DETAILS, ROOT, DETAILS, ARRAY, MIGTASK_DETAILS_COUNT, CUT(DETAILS), DETAILS, 0),
    PLACE(REQUEST_ID, ROOT, REQUEST_ID, TEXT, MIGTASK_REQUEST_ID_MAX, CUT(REQUEST_ID), REQUEST_ID,
          0),
    /* Where one of these two is cut it is dropped. */
    PLACE(RETRY_AFTER, ROOT, OF_NONE, TEXT, MIGTASK_HEADER_TEXT, 0, RETRY_AFTER, 0),
    PLACE(DATE, ROOT, OF_NONE, TEXT, MIGTASK_HEADER_TEXT, 0, DATE, 0),
    PLACE(PARAM, ERROR_PARAM, OF_ELEMENT, TEXT, MIGTASK_ERROR_PARAM_MAX, CUT(ERROR_PARAM), PARAM,
          0),
    PLACE(DETAIL, DETAILS, OF_ELEMENT, OBJECT, 0, CUT(DETAILS), DETAIL, 0),
    PLACE(DETAIL_CODE, DETAIL, ERROR_CODE, CODE, DETAIL_MAX, CUT(DETAILS), DETAIL_CODE, 0),
    PLACE(DETAIL_MSG, DETAIL, ERROR_MSG, TEXT, DETAIL_MAX, CUT(DETAILS), DETAIL_MSG, 0),
    PLACE(OTHER_CODE, ROOT, OF_NONE, CODE, CODE_MAX, CUT(ERROR_CODE), ERROR_CODE, 0),
    PLACE(OTHER_MSG, ROOT, OF_NONE, TEXT, MSG_MAX, CUT(ERROR_MSG), ERROR_MSG, 0),
    PLACE(TITLE, ROOT, OF_NONE, TEXT, MSG_MAX, CUT(ERROR_MSG), OTHER_MSG, 0),
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

/* What there is no room for was longer: it is no date, but a number may stay one. */
static size_t length_of_header(migtask_view header)
{
    if (header.len < MIGTASK_HEADER_TEXT) {
        return header.len;
    }
    return *header.ptr > '0' && *header.ptr <= '9' ? MIGTASK_HEADER_TEXT - 1 : 0;
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
    case AT(OTHER_CODE):
        view = &reply->error_code;
        break;
    case AT(ERROR_MSG):
    case AT(OTHER_MSG):
    case AT(TITLE):
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
    default: /* the empty string at the end */
        break;
    }
    /* A better one stays, whichever comes first: its letter stands before it. */
    if (view != NULL && (view->ptr == NULL || view->ptr[-1] > json[start])) {
        view->ptr = json + start + 1;
        view->len = end - start - 1;
        put_back(json + start + 1, view->len);
    }
    if (copy != NULL) {
        memcpy(copy, header.ptr, length_of_header(header));
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
