#include "advice.h"

#include <string.h>

#include "error_codes.h"

static const char look[] =
    "Look at the task's state first, in the console or with GET /v3/tasks/TASK_ID: the action may "
    "have been carried out";

/* The gateway has one code for all that can be wrong with a token (APIGW.0301 and status 401): its
 * message tells them apart. In small letters. */
static const struct {
    const char *words;
    const char *advice;
} refused_tokens[] = {
    {"x-auth-token not found",
     "The token got lost on the way: does a proxy remove the header X-Auth-Token?"},
    {"decrypt token fail",
     "Copy the token again, all of it; it must come from the IAM of the endpoint's own site"},
    {"token expires", "The token has expired: get a new one"},
    {"token must be updated", "The token is no longer valid: get a new one"},
};

static const char not_accepted[] =
    "Get a new token, of the same site and account as the task; five answers like this lock the "
    "account's key";

static char small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool contains(migtask_view text, const char *words)
{
    size_t len = strlen(words);
    for (size_t at = 0; at + len <= text.len; at++) {
        size_t same = 0;
        while (same < len && small(text.ptr[at + same]) == words[same]) {
            same++;
        }
        if (same == len) {
            return true;
        }
    }
    return false;
}

#if MIGTASK_HOST_ERROR_TEXTS

/* Of a code with several rows the one with this status, else the first. */
static migtask_view of_code(const migtask_reply *reply)
{
    static char text[ERROR_TEXT_MAX];
    struct error_search search;
    const struct error_row *best = NULL;
    const struct error_row *row;
    if (error_codes_begin(&search, reply->error_code)) {
        while ((row = error_codes_next(&search)) != NULL) {
            if (best == NULL || error_codes_status(row) == reply->http_status) {
                best = row;
            }
        }
    }
    return best != NULL ? error_codes_advice(best, text) : (migtask_view){NULL, 0};
}

#else

static migtask_view of_code(const migtask_reply *reply)
{
    (void)reply;
    return (migtask_view){NULL, 0};
}

#endif

migtask_view advice_for(migtask_outcome outcome, const migtask_reply *reply)
{
    if (outcome == MIGTASK_UNKNOWN) {
        return migtask_text(look);
    }
    if (outcome != MIGTASK_REFUSED || reply == NULL) {
        return (migtask_view){NULL, 0};
    }
    for (size_t i = 0; i < sizeof refused_tokens / sizeof refused_tokens[0]; i++) {
        if (reply->http_status == 401 && contains(reply->error_msg, refused_tokens[i].words)) {
            return migtask_text(refused_tokens[i].advice);
        }
    }
    migtask_view known = of_code(reply);
    return known.ptr == NULL && reply->http_status == 401 ? migtask_text(not_accepted) : known;
}
