/* The reader of jsmn's tokens, for any token at all: it does not rely on jsmn. */
#include "reply.c"

#include "proof.h"

#ifndef LENGTH
#define LENGTH 33 /* of the kept text; more than a header's copy may have */
#endif

static char text[LENGTH];

/* Any text of bytes that UTF-8 has, and of the stand-ins. */
static void any_text(void)
{
    __CPROVER_havoc_object(text);
    for (size_t i = 0; i < LENGTH; i++) {
        assume((unsigned)(text[i] & 0xFF) < MIGTASK_KEPT_STAND_IN + sizeof MIGTASK_KEPT_SPECIAL);
    }
}

static bool is_inside(migtask_view view, size_t len)
{
    return view.ptr == NULL || (__CPROVER_same_object(view.ptr, text) && view.ptr > text &&
                                view.ptr + view.len < text + len);
}

static bool reply_ok(const migtask_reply *reply, size_t len)
{
    bool good = reply->error_param_count <= MIGTASK_ERROR_PARAM_COUNT &&
                reply->details_count <= MIGTASK_DETAILS_COUNT &&
                reply->retry_after[MIGTASK_HEADER_TEXT - 1] == '\0' &&
                reply->date[MIGTASK_HEADER_TEXT - 1] == '\0' && is_inside(reply->error_code, len) &&
                is_inside(reply->error_msg, len) && is_inside(reply->request_id, len) &&
                is_inside(reply->encoded_authorization_message, len);
    for (size_t i = 0; i < MIGTASK_ERROR_PARAM_COUNT; i++) {
        good = good && is_inside(reply->error_param[i], len);
    }
    for (size_t i = 0; i < MIGTASK_DETAILS_COUNT; i++) {
        good = good && is_inside(reply->details[i].error_code, len) &&
               is_inside(reply->details[i].error_msg, len);
    }
    return good;
}

/* Any view of the text, or none. */
static migtask_view any_view(size_t len)
{
    migtask_view view = {NULL, 0};
    if (any_bool() && len >= 2) {
        size_t from = 1 + any_upto(len - 2);
        view.ptr = text + from;
        view.len = any_upto(len - 1 - from);
    }
    return view;
}

/* Any token, behind any others. */
void prove_reply_token(void)
{
    size_t len = any_upto(LENGTH);
    jsmntok_t token;
    migtask_reply reply;
    any_text();
    reply.has_details = any_bool();
    reply.has_error_param = any_bool();
    reply.error_code = any_view(len);
    reply.error_msg = any_view(len);
    reply.request_id = any_view(len);
    reply.encoded_authorization_message = any_view(len);
    for (size_t i = 0; i < MIGTASK_ERROR_PARAM_COUNT; i++) {
        reply.error_param[i] = any_view(len);
    }
    for (size_t i = 0; i < MIGTASK_DETAILS_COUNT; i++) {
        reply.details[i].error_code = any_view(len);
        reply.details[i].error_msg = any_view(len);
    }
    assume(reply_ok(&reply, len));
    read_token(&reply, text, len, &token);
    prove(reply_ok(&reply, len));
}
