#include "request.h"

#include <string.h>

#include "unicode.h"

migtask_check migtask_token_check(migtask_view token)
{
    bool good = token.ptr != NULL && token.len >= 1 && token.len <= MIGTASK_TOKEN_MAX &&
                migtask_all_visible(token.ptr, token.len);
    return good ? MIGTASK_CHECK_OK : MIGTASK_CHECK_TOKEN;
}

/* The host goes into a header line: whatever filled the struct, nothing else may hide in it. */
static bool is_endpoint(const migtask_endpoint *endpoint)
{
    const char *others = endpoint->kind == MIGTASK_HOST_IPV6 ? ":." : "-.";
    return endpoint->port != 0 && migtask_is_word(endpoint->host, MIGTASK_HOST_MAX, others);
}

static bool is_timeout(uint32_t timeout_ms)
{
    return timeout_ms >= 1 && timeout_ms <= MIGTASK_TIMEOUT_MAX_MS;
}

migtask_check migtask_request_check(const migtask_request *request)
{
    migtask_check check = migtask_action_check(&request->action);
    if (check == MIGTASK_CHECK_OK && !is_endpoint(&request->endpoint)) {
        check = MIGTASK_CHECK_ENDPOINT;
    }
    if (check == MIGTASK_CHECK_OK) {
        check = migtask_token_check(request->token);
    }
    if (check == MIGTASK_CHECK_OK &&
        !(is_timeout(request->timeout_ms) && is_timeout(request->connect_timeout_ms))) {
        check = MIGTASK_CHECK_TIMEOUT;
    }
    return check;
}

void migtask_request_write(struct migtask_writer *w, const migtask_request *request,
                           migtask_view token)
{
    const migtask_endpoint *endpoint = &request->endpoint;
    bool ipv6 = endpoint->kind == MIGTASK_HOST_IPV6;
    struct migtask_writer body = {0}; /* only counts */
    migtask_action_write(&body, &request->action);

    migtask_put_string(w, "POST /v3/tasks/");
    migtask_put(w, request->action.task_id.ptr, request->action.task_id.len);
    migtask_put_string(w, "/action HTTP/1.1\r\nHost: ");
    migtask_put(w, "[", ipv6);
    migtask_put(w, endpoint->host.ptr, endpoint->host.len);
    migtask_put(w, "]", ipv6);
    if (endpoint->port != 443) {
        migtask_put(w, ":", 1);
        migtask_put_number(w, endpoint->port);
    }
    migtask_put_string(w, "\r\nContent-Type: application/json\r\n"
                          "Accept: application/json\r\n"
                          "Accept-Encoding: identity\r\n"
                          "User-Agent: migtask/" MIGTASK_VERSION "\r\n");
    if (!(MIGTASK_KEEP_OPEN && request->keep_open)) { /* without it HTTP/1.1 stays connected */
        migtask_put_string(w, "Connection: close\r\n");
    }
    migtask_put_string(w, "Content-Length: ");
    migtask_put_number(w, (uint32_t)body.total);
    migtask_put_string(w, "\r\nX-Auth-Token: ");
    migtask_put_ref(w, token);
    migtask_put_string(w, "\r\n\r\n");
    migtask_action_write(w, &request->action);
}

size_t migtask_request_preview(const migtask_request *request, size_t skip, char *buf, size_t cap)
{
    struct migtask_writer w = {.buf = buf, .cap = cap, .skip = skip};
    migtask_request_write(&w, request, migtask_text("***"));
    if (w.by_ref.len > 0) { /* the stars came as a window of their own */
        w.len = w.by_ref.len < cap ? w.by_ref.len : cap;
        memcpy(buf, w.by_ref.ptr, w.len);
    }
    return w.len;
}
