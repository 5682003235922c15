/*
 * What the check of a request lets through: what request_text.c assumes of one, and bytes that can
 * be nothing but what they stand for, in a request line, a header line and a URL. The loops over a
 * text carry nothing but the place in it, so texts of a few bytes show them.
 */
#include "request.c"

#include "action.c"

#include "proof.h"

#define TEMPLATE_MAX (MIGTASK_TEMPLATE_ID_MAX * 4)

#ifndef LENGTH
#define LENGTH 1 /* longest text */
#endif

static char task_id[1];
static char host[1];
static char token[1];
static migtask_request request;
static bool task_id_good, host_good, token_good,
    template_good; /* what was looked at, and is good */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* ---- names of operations ---- */

void prove_request_operation(void)
{
    migtask_operation operation = (migtask_operation)any_upto(MIGTASK_OPERATION_COUNT);
    const char *name = migtask_operation_name(operation);
    prove((name == NULL) == (operation == MIGTASK_OPERATION_COUNT));
    if (name != NULL) {
        size_t len = strlen(name);
        size_t i = any_size();
        prove(len >= 1 && len <= 32);
        prove(implies(i < len, is_letter(name[i]) || name[i] == '_'));
    }
}

/* ---- texts ---- */

void prove_request_word(void)
{
    char text[LENGTH];
    migtask_view view = {any_bool() ? text : NULL, any_upto(LENGTH)};
    size_t max = any_upto(LENGTH + 1);
    const char others[2] = {any_char(), any_char()};
    bool good = view.ptr != NULL && view.len >= 1 && view.len <= max;
    for (size_t i = 0; good && i < view.len; i++) {
        char c = text[i];
        good = is_letter(c) || (c >= '0' && c <= '9') || c == others[0] || c == others[1];
    }
    prove(migtask_is_word(view, max, others) == good);
}

void prove_request_visible(void)
{
    char text[LENGTH];
    size_t len = any_upto(LENGTH);
    bool good = true;
    for (size_t i = 0; i < len; i++) {
        good &= text[i] > ' ' && text[i] < 0x7F;
    }
    prove(migtask_all_visible(text, len) == good);
}

static bool broken; /* what is no whole character came */

/* utf8.c: the bytes of a character, 0 if there is none; more than there are if it is cut. */
size_t migtask_utf8_decode_contract(const char *ptr, size_t len, uint32_t *character)
{
    prove(len > 0 && __CPROVER_r_ok(ptr, len));
    *character = any_unsigned();
    size_t length = any_upto(4);
    broken |= length == 0 || length > len;
    return length;
}

/* What holds before each turn of the loop in is_template_id(). By induction, as in escape.c. */
void template_turn(size_t *at, size_t *characters, size_t len)
{
    static bool again;
    prove(!broken && *at < len);
    prove(*at <= *characters * 4 && *characters <= MIGTASK_TEMPLATE_ID_MAX);
    assume(!again);
    again = true;
    *characters = any_upto(MIGTASK_TEMPLATE_ID_MAX);
    *at = any_upto(*characters * 4);
    assume(*at < len);
}

void prove_request_template(void)
{
    static char text[TEMPLATE_MAX + 4];
    migtask_view view = {text, any_upto(sizeof text)};
    bool good = is_template_id(view);
    prove(implies(good, !broken && view.len <= TEMPLATE_MAX));
    prove(implies(view.len == 0, good));
}

/* ---- the whole ---- */

bool migtask_is_word_contract(migtask_view text, size_t max, const char others[2])
{
    bool good = any_bool();
    assume(implies(good, text.ptr != NULL && text.len >= 1 && text.len <= max));
    if (text.ptr == task_id) {
        task_id_good |= good && others[0] == '-' && others[1] == '_';
    } else if (text.ptr == host) {
        bool ipv6 = request.endpoint.kind == MIGTASK_HOST_IPV6;
        host_good |= good && others[0] == (ipv6 ? ':' : '-') && others[1] == '.';
    }
    return good;
}

bool migtask_all_visible_contract(const char *ptr, size_t len)
{
    bool good = any_bool();
    token_good |= good && ptr == token && len == request.token.len;
    return good;
}

bool is_template_id_contract(migtask_view id)
{
    bool good = any_bool();
    assume(implies(good, id.len <= TEMPLATE_MAX));
    template_good |= good;
    return good;
}

void prove_request_check(void)
{
    migtask_action *action = &request.action;
    migtask_endpoint *endpoint = &request.endpoint;
    action->task_id.ptr = any_bool() ? task_id : NULL;
    action->task_id.len = any_size();
    action->operation = (migtask_operation)any_upto(MIGTASK_OPERATION_COUNT);
    action->template_id.len = any_size();
    endpoint->kind = (migtask_host_kind)any_upto(MIGTASK_HOST_IPV6);
    endpoint->host.ptr = any_bool() ? host : NULL;
    endpoint->host.len = any_size();
    endpoint->port = any_uint16();
    request.token.ptr = any_bool() ? token : NULL;
    request.token.len = any_size();
    request.timeout_ms = any_unsigned();
    request.connect_timeout_ms = any_unsigned();
    task_id[0] = any_char();

    migtask_check check = migtask_request_check(&request);

    prove(check < MIGTASK_CHECK_COUNT);
    if (check == MIGTASK_CHECK_OK) {
        prove(task_id_good && host_good && token_good && template_good);
        prove(action->task_id.ptr == task_id && endpoint->host.ptr == host);
        prove(action->task_id.len >= 1 && action->task_id.len <= MIGTASK_TASK_ID_MAX);
        prove(task_id[0] != '-' && task_id[0] != '_');
        prove(action->operation < MIGTASK_OPERATION_COUNT);
        prove(action->template_id.len <= TEMPLATE_MAX);
        prove(implies(action->operation == MIGTASK_CLONE_TEST, action->template_id.len > 0));
        prove(endpoint->host.len >= 1 && endpoint->host.len <= MIGTASK_HOST_MAX);
        prove(endpoint->port != 0);
        prove(request.token.len >= 1 && request.token.len <= MIGTASK_TOKEN_MAX);
        prove(request.timeout_ms >= 1 && request.timeout_ms <= MIGTASK_TIMEOUT_MAX_MS);
        prove(request.connect_timeout_ms >= 1 &&
              request.connect_timeout_ms <= MIGTASK_TIMEOUT_MAX_MS);
    }
}
