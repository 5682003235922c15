#include "reply.h"

#include <string.h>

#include "unicode.h"

#define JSMN_STATIC
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
#define STRING(place, in, text, most, member)                                                      \
    [AT(place)] = {.name = (text), .limit = (most), .kind = MIGTASK_JSON_STRING,                   \
                   .parent = AT(in), .same_as = AT(place), .flag = MIGTASK_MEMBER_##member}
#define VITAL(place, text, most)                                                                   \
    [AT(place)] = {.name = (text), .limit = (most), .kind = MIGTASK_JSON_STRING,                   \
                   .same_as = AT(place), .flag = MIGTASK_MEMBER_##place, .vital = true}
#define ALIAS(place, in, text, of)                                                                 \
    [AT(place)] = {.name = (text), .kind = MIGTASK_JSON_STRING, .parent = AT(in),                  \
                   .same_as = AT(of)}
#define ARRAY(place, text, most)                                                                   \
    [AT(place)] = {.name = (text), .limit = (most), .kind = MIGTASK_JSON_ARRAY,                    \
                   .same_as = AT(place), .flag = MIGTASK_MEMBER_##place}
#define GROUP(place, text)                                                                         \
    [AT(place)] = {.name = (text), .kind = MIGTASK_JSON_GROUP, .same_as = AT(place)}

/* API page "Managing Migration Tasks", table of the 403; the gateway's request_id; IAM's nested
 * {"error":{"code","message"}}. */
const struct migtask_json_member migtask_reply_members[MIGTASK_PLACE_COUNT] = {
    GROUP(ROOT, NULL),
    VITAL(ERROR_CODE, "error_code", MIGTASK_ERROR_CODE_MAX),
    VITAL(ERROR_MSG, "error_msg", MIGTASK_ERROR_MSG_MAX),
    STRING(ENCODED_MESSAGE, ROOT, "encoded_authorization_message", MIGTASK_ENCODED_MESSAGE_MAX,
           ENCODED_AUTHORIZATION_MESSAGE),
    STRING(REQUEST_ID, ROOT, "request_id", MIGTASK_REQUEST_ID_MAX, REQUEST_ID),
    ARRAY(ERROR_PARAM, "error_param", MIGTASK_ERROR_PARAM_COUNT),
    STRING(ERROR_PARAM_ELEMENT, ERROR_PARAM, NULL, MIGTASK_ERROR_PARAM_MAX, ERROR_PARAM),
    ARRAY(DETAILS, "details", MIGTASK_DETAILS_COUNT),
    [AT(DETAIL)] = {.kind = MIGTASK_JSON_OBJECT, .parent = AT(DETAILS), .same_as = AT(DETAIL),
                    .flag = MIGTASK_MEMBER_DETAILS},
    STRING(DETAIL_CODE, DETAIL, "error_code", MIGTASK_DETAIL_MAX, DETAILS),
    STRING(DETAIL_MSG, DETAIL, "error_msg", MIGTASK_DETAIL_MAX, DETAILS),
    GROUP(IAM, "error"),
    ALIAS(IAM_CODE, IAM, "code", ERROR_CODE),
    ALIAS(IAM_MESSAGE, IAM, "message", ERROR_MSG),
};

_Static_assert(MIGTASK_PLACE_COUNT <= MIGTASK_JSON_MEMBERS_MAX, "migtask_guard.seen has 16 bits");
_Static_assert(sizeof(jsmntok_t) == 16, "the size that MIGTASK_RX_BUFFER is laid out for");
_Static_assert(MIGTASK_RX_BUFFER >= MIGTASK_REPLY_TOKENS * sizeof(jsmntok_t),
               "the receive buffer is large enough for the tokens of the largest reply");

/* Takes the escapes out of a string, in place: \" \\ \uXXXX, which is all that migtask_escape()
 * makes. */
static size_t unescape(char *text, size_t len)
{
    char *end = text + len;
    char *from = memchr(text, '\\', len);
    if (from == NULL) {
        return len;
    }
    char *to = from;
    while (from < end) {
        if (*from != '\\') {
            *to++ = *from++;
        } else if (end - from < 6 || from[1] != 'u') {
            *to++ = from[1];
            from += 2;
        } else {
            uint32_t character = 0;
            for (int i = 2; i < 6; i++) {
                unsigned digit = (unsigned)(from[i] - '0');
                character = character << 4 | (digit <= 9 ? digit : (unsigned)(from[i] - 'a') + 10);
            }
            from += 6;
            to += migtask_utf8_encode(character, to);
        }
    }
    return (size_t)(to - text);
}

/* Where the string value at this place belongs; NULL if there is no more room, or no such place. */
static migtask_view *view_at(migtask_reply *reply, unsigned place)
{
    migtask_detail *detail =
        reply->details_count > 0 ? &reply->details[reply->details_count - 1] : NULL;
    switch (place) {
    case AT(ERROR_CODE):
        return &reply->error_code;
    case AT(ERROR_MSG):
        return &reply->error_msg;
    case AT(ENCODED_MESSAGE):
        return &reply->encoded_authorization_message;
    case AT(REQUEST_ID):
        return &reply->request_id;
    case AT(ERROR_PARAM):
        return reply->error_param_count < MIGTASK_ERROR_PARAM_COUNT
                   ? &reply->error_param[reply->error_param_count++]
                   : NULL;
    case AT(DETAIL_CODE):
        return detail != NULL ? &detail->error_code : NULL;
    case AT(DETAIL_MSG):
        return detail != NULL ? &detail->error_msg : NULL;
    default:
        return NULL;
    }
}

/* One token: type and bounds are looked at as if the guard had not been there. *place is that of
 * the latest name. */
static bool read_token(migtask_reply *reply, char *json, size_t len, const jsmntok_t *token,
                       unsigned *place)
{
    if (token->start < 0 || token->end < token->start || (size_t)token->end > len) {
        return false;
    }
    char *text = json + token->start;
    size_t text_len = (size_t)(token->end - token->start);
    if (token->type == JSMN_STRING && token->size > 0) { /* a name */
        *place = (unsigned)(*text - 'a');
        return text_len == 1;
    }
    if (token->type == JSMN_STRING) {
        migtask_view *view = view_at(reply, *place);
        if (view != NULL) {
            view->ptr = text;
            view->len = unescape(text, text_len);
        }
        return view != NULL;
    }
    if (token->type == JSMN_ARRAY) {
        reply->has_error_param |= *place == AT(ERROR_PARAM);
        reply->has_details |= *place == AT(DETAILS);
    } else if (*place >= AT(DETAILS)) { /* an object inside details */
        if (reply->details_count == MIGTASK_DETAILS_COUNT) {
            return false;
        }
        reply->details_count++;
    }
    return token->type == JSMN_ARRAY || token->type == JSMN_OBJECT;
}

bool migtask_reply_parse(migtask_reply *reply, char *json, size_t len, void *tokens, size_t size)
{
    jsmn_parser parser;
    const jsmntok_t *token = tokens;
    unsigned place = AT(ROOT);
    jsmn_init(&parser);
    int left = jsmn_parse(&parser, json, len, tokens, (unsigned)(size / sizeof *token));
    while (left > 0 && read_token(reply, json, len, token, &place)) {
        token++;
        left--;
    }
    if (left != 0) {
        memset(&reply->error_code, 0, sizeof *reply - offsetof(migtask_reply, error_code));
        reply->error_param_count = 0;
        reply->details_count = 0;
    }
    return left == 0;
}
