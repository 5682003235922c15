/* The stable words for outcomes, reasons and members, and what is said of a wrong request. */
#include <string.h>

#include "migtask.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char *const outcomes[] = {
    [MIGTASK_ACCEPTED] = "accepted", [MIGTASK_REFUSED] = "refused", [MIGTASK_INVALID] = "invalid",
    [MIGTASK_NOT_SENT] = "not_sent", [MIGTASK_UNKNOWN] = "unknown",
};
_Static_assert(COUNT(outcomes) == MIGTASK_OUTCOME_COUNT, "a name for each outcome");

static const char *const reasons[] = {
    [MIGTASK_OK] = "ok",
    [MIGTASK_HTTP_STATUS] = "http_status",
    [MIGTASK_BODY_MALFORMED] = "body_malformed",
    [MIGTASK_HTTP_MALFORMED] = "http_malformed",
    [MIGTASK_HTTP_TOO_LARGE] = "http_too_large",
    [MIGTASK_CONNECTION_LOST] = "connection_lost",
    [MIGTASK_TIMEOUT] = "timeout",
    [MIGTASK_RESOLVE_FAILED] = "resolve_failed",
    [MIGTASK_CONNECT_FAILED] = "connect_failed",
    [MIGTASK_TLS_FAILED] = "tls_failed",
    [MIGTASK_CERTIFICATE_REJECTED] = "certificate_rejected",
    [MIGTASK_OUT_OF_MEMORY] = "out_of_memory",
    [MIGTASK_NO_ENTROPY] = "no_entropy",
    [MIGTASK_CLOCK_UNSET] = "clock_unset",
    [MIGTASK_CANCELLED] = "cancelled",
    [MIGTASK_PROXY_FAILED] = "proxy_failed",
    [MIGTASK_AUTH_FAILED] = "auth_failed",
    [MIGTASK_INVALID_ARGUMENT] = "invalid_argument",
    [MIGTASK_INVALID_CONFIG] = "invalid_config",
};
_Static_assert(COUNT(reasons) == MIGTASK_REASON_COUNT, "a name for each reason");

static const char *const members[] = {
    [MIGTASK_MEMBER_ERROR_CODE] = "error_code",
    [MIGTASK_MEMBER_ERROR_MSG] = "error_msg",
    [MIGTASK_MEMBER_ENCODED_AUTHORIZATION_MESSAGE] = "encoded_authorization_message",
    [MIGTASK_MEMBER_ERROR_PARAM] = "error_param",
    [MIGTASK_MEMBER_DETAILS] = "details",
    [MIGTASK_MEMBER_REQUEST_ID] = "request_id",
};
_Static_assert(COUNT(members) == MIGTASK_MEMBER_COUNT, "a name for each member");
_Static_assert(MIGTASK_MEMBER_COUNT <= 8, "migtask_reply.truncated has eight bits");

static const char *name_of(const char *const *table, size_t count, size_t index)
{
    return index < count ? table[index] : "unknown";
}

const char *migtask_outcome_name(migtask_outcome outcome)
{
    return name_of(outcomes, COUNT(outcomes), (size_t)outcome);
}

const char *migtask_reason_name(migtask_reason reason)
{
    return name_of(reasons, COUNT(reasons), (size_t)reason);
}

const char *migtask_member_name(migtask_member member)
{
    return name_of(members, COUNT(members), (size_t)member);
}

migtask_view migtask_text(const char *string)
{
    migtask_view view = {string, string == NULL ? 0 : strlen(string)};
    return view;
}

const char *migtask_check_text(migtask_check check)
{
    static const char *const texts[] = {
        [MIGTASK_CHECK_OK] = "the request is well-formed",
        [MIGTASK_CHECK_TASK_ID] = "a task id has 1 to 36 of A-Z a-z 0-9 - _ and begins with a "
                                  "letter or a digit",
        [MIGTASK_CHECK_OPERATION] = "this is not an operation of the service",
        [MIGTASK_CHECK_TEMPLATE_MISSING] = "clone_test needs a template id that is not empty",
        [MIGTASK_CHECK_TEMPLATE_ID] = "a template id has at most 255 characters of valid UTF-8",
        [MIGTASK_CHECK_ENDPOINT] = "an endpoint is https://HOST[:PORT] with a host name or an "
                                   "address, and a port from 1 to 65535",
        [MIGTASK_CHECK_TOKEN] = "a token has 1 to 16384 visible ASCII characters",
        [MIGTASK_CHECK_TIMEOUT] = "a time-out is above 0 and at most 86400 seconds",
    };
    _Static_assert(sizeof texts / sizeof texts[0] == MIGTASK_CHECK_COUNT, "a text for each check");
    return (unsigned)check < MIGTASK_CHECK_COUNT ? texts[check] : "unknown";
}
