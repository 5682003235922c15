#include "callers.h"

#include <stddef.h>
#include <string.h>

/* Codes by which the service or its gateway refuses whoever asks, whatever the task: the next one
 * would be refused as well. Those that speak of the task, its resources or the action are none of
 * them. */
static const char *const refused_callers[] = {
    "APIGW.0301", /* the token or the signature: with status 401, and with any other */
    "APIGW.0302", /* this user may not call the service */
    "APIGW.0303", /* the signature of an application */
    "APIGW.0304", /* this application may not call the service */
    "APIGW.0305", /* credentials of another kind */
    "APIGW.0306", /* the service is closed to this caller */
    "APIGW.0307", /* the token has to be renewed */
    "APIGW.0310", /* the project may not be used */
    "APIGW.0311", /* credentials for debugging */
    "APIGW.0401", /* the address that the call comes from is not known */
    "APIGW.0402", /* it is not allowed */
    "SMS.0202",   /* the access key */
    "SMS.6521",   /* the token */
    "SMS.6522",   /* no token arrived: something on the way takes the header away */
    "SMS.6523",   /* no right to use the service */
    "SMS.6524",   /* the service is open to testers alone */
    "SMS.6525",   /* the account is frozen or restricted */
    "SMS.6528",   /* its owner has not shown who he is */
    "SMS.6529",   /* it owes money */
    "SMS.6542",   /* it is frozen */
    "SMS.6560",   /* no token for the project to be had */
};

/* APIG. and APIGW. are the same family: error_codes.h. */
static bool is_code(migtask_view code, const char *listed)
{
    static const char newer[] = "APIG.";
    size_t len = sizeof newer - 1;
    if (code.len > len && memcmp(code.ptr, newer, len) == 0 && memcmp(listed, "APIGW", 5) == 0) {
        return code.len == strlen(listed) - 1 &&
               memcmp(code.ptr + len, listed + len + 1, code.len - len) == 0;
    }
    return code.len == strlen(listed) && memcmp(code.ptr, listed, code.len) == 0;
}

bool callers_refused(migtask_view code)
{
    for (size_t i = 0; i < sizeof refused_callers / sizeof refused_callers[0]; i++) {
        if (is_code(code, refused_callers[i])) {
            return true;
        }
    }
    return false;
}
