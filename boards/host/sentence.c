#define _POSIX_C_SOURCE 200809L

#include "sentence.h"

#include <string.h>

#include "echo.h"
#include "writer.h"

#define SHOWN_BYTES 400 /* of one text of the service; --json has all of it */

/* Holds code, message and request id of an answer though each of their bytes be escaped. */
#define SENTENCE_MAX 8192

static struct migtask_writer start(void)
{
    static char text[SENTENCE_MAX];
    return (struct migtask_writer){.buf = text, .cap = sizeof text};
}

static migtask_view end(const struct migtask_writer *w)
{
    return (migtask_view){w->buf, w->len};
}

/* "30", "1.5" */
static void put_seconds(struct migtask_writer *w, uint32_t ms)
{
    const char fraction[] = {'.', (char)('0' + ms / 100 % 10), (char)('0' + ms / 10 % 10),
                             (char)('0' + ms % 10)};
    size_t len = sizeof fraction;
    while (len > 1 && fraction[len - 1] == '0') {
        len--;
    }
    migtask_put_number(w, ms / 1000);
    migtask_put(w, fraction, len > 1 ? len : 0);
}

/* What is said where the stream said nothing of its own. */
static const char *sentence_for(const struct finding *finding)
{
    switch (finding->reason) {
    case MIGTASK_BODY_MALFORMED:
        return "the answer's body is not valid JSON, so it is probably not the service's own: is a "
               "proxy or another server in between?";
    case MIGTASK_HTTP_MALFORMED:
        return "the answer is not proper HTTP";
    case MIGTASK_HTTP_TOO_LARGE:
        return "the answer's header section is too large";
    case MIGTASK_CONNECTION_LOST:
        return finding->outcome == MIGTASK_UNKNOWN
                   ? "the connection was lost before the answer was whole"
                   : "the connection was lost";
    case MIGTASK_CANCELLED:
        return "cancelled by a signal";
    case MIGTASK_OUT_OF_MEMORY:
        return "the memory set aside for TLS is not enough for this server's certificates";
    case MIGTASK_NO_ENTROPY:
        return "the system gives no random numbers";
    default:
        return migtask_reason_name(finding->reason);
    }
}

static void put_timeout(struct migtask_writer *w, const struct options *options,
                        const struct finding *finding)
{
    const migtask_request *request = &options->request;
    bool connecting = finding->phase == MIGTASK_PHASE_CONNECTING;
    uint32_t limit = request->timeout_ms;
    if (connecting && request->connect_timeout_ms < limit) {
        limit = request->connect_timeout_ms;
    }
    const char *before = "";
    const char *peer = "";
    const char *what = options->task_id == NULL           ? "the list of tasks did not come"
                       : finding->reply == NULL           ? "the token did not come"
                       : finding->trouble == TROUBLE_NAME ? "the endpoint's name was not looked up"
                       : connecting                       ? "no secure connection came about"
                       : finding->outcome == MIGTASK_UNKNOWN ? "no complete answer came"
                                                             : "the request could not be sent";
    const char *next_step = "";
    if (finding->trouble == TROUBLE_TCP_SILENT) {
        before = options->proxy.used ? "no answer from the proxy " : "no answer from ";
        peer = finding->peer;
        what = "";
        next_step = ": is the address right, and does a firewall on the way drop the connection?";
    } else if (finding->trouble == TROUBLE_PROXY) {
        before = "the proxy ";
        peer = finding->peer;
        what = " opened no connection";
        next_step = ": is it an HTTP proxy, and does it reach the service?";
    } else if (finding->trouble == TROUBLE_TLS_SILENT) {
        before = options->proxy.used ? "nobody said a word through the proxy " : "";
        peer = finding->peer;
        what = options->proxy.used ? "" : " took the connection and then said nothing";
        next_step = ": is it a TLS port, and does something on the way hold the connection up?";
    }
    migtask_put_string(w, before);
    migtask_put_string(w, peer);
    migtask_put_string(w, what);
    migtask_put_string(w, " within ");
    put_seconds(w, limit);
    migtask_put_string(w, connecting && limit < request->timeout_ms ? " s (--connect-timeout)"
                                                                    : " s (--timeout)");
    migtask_put_string(w, next_step);
}

/* A text of the service, or so much of it as a person will read. */
static void put_service_text(struct migtask_writer *w, migtask_view text)
{
    if (text.len <= SHOWN_BYTES) {
        migtask_put_escaped(w, text, false);
        return;
    }
    size_t len = SHOWN_BYTES;
    while (((unsigned char)text.ptr[len] & 0xC0) == 0x80) { /* whole characters */
        len--;
    }
    migtask_put_escaped(w, (migtask_view){text.ptr, len}, false);
    migtask_put_string(w, "... (");
    migtask_put_number(w, (uint32_t)text.len);
    migtask_put_string(w, " bytes, whole with --json)");
}

/* What an answer means that has neither code nor message that we understand. */
static const char *meaning_of(unsigned http_status)
{
    return http_status < 300 ? "the answer is not a clear yes "
           : http_status < 400
               ? "the server sends us elsewhere, which is never followed, since the "
                 "token would go along: is the endpoint right? "
           : http_status == 401 ? "the token was not accepted: get a new one "
           : http_status == 404 ? "there is no such service at this endpoint "
           : http_status == 494 ? "the token is too long for this server "
           : http_status < 500  ? "the server says no without giving a reason "
                                : "the server failed without giving a reason ";
}

/* Code, message, status and request id of the service's answer. */
static void put_answer(struct migtask_writer *w, const migtask_reply *reply)
{
    if (reply->error_code.len > 0) {
        put_service_text(w, reply->error_code);
        migtask_put_string(w, ": ");
    }
    if (reply->error_msg.len > 0) {
        put_service_text(w, reply->error_msg);
        migtask_put_string(w, " ");
    }
    migtask_put_string(w, "(HTTP ");
    migtask_put_number(w, reply->http_status);
    if (reply->request_id.len > 0) {
        migtask_put_string(w, ", request id ");
        migtask_put_escaped(w, reply->request_id, false);
    }
    if (reply->retry_after[0] != '\0' && reply->http_status >= 300) {
        migtask_put_string(w, ", Retry-After: ");
        migtask_put_escaped(w, migtask_text(reply->retry_after), false);
    }
    migtask_put_string(w, ")");
}

migtask_view sentence_of(const struct options *options, const struct finding *finding)
{
    struct migtask_writer w = start();
    const migtask_reply *reply = finding->reply;
    bool answered = reply != NULL && reply->http_status != 0;
    if (finding->reason == MIGTASK_TIMEOUT) {
        put_timeout(&w, options, finding);
    } else if (finding->outcome == MIGTASK_ACCEPTED) {
        migtask_put_string(&w, "the service took the action ");
    } else if (finding->sentence != NULL) {
        migtask_put_escaped(&w, migtask_text(finding->sentence), false);
    } else if (!answered || finding->reason != MIGTASK_HTTP_STATUS) {
        migtask_put_string(&w, sentence_for(finding));
    } else if (reply->error_code.len + reply->error_msg.len == 0) {
        migtask_put_string(&w, meaning_of(reply->http_status));
    }
    if (answered) {
        if (finding->reason != MIGTASK_HTTP_STATUS && finding->reason != MIGTASK_OK) {
            migtask_put_string(&w, " ");
        }
        put_answer(&w, reply);
    }
    return end(&w);
}

migtask_view sentence_of_complaint(const struct options *options, const struct complaint *complaint,
                                   const char *between)
{
    const char *value = complaint->value;
    bool is_id = value != NULL && value == options->task_id;
    struct migtask_writer w = start();
    migtask_put_string(&w, complaint->what);
    if (value != NULL && (is_id ? echo_allowed_id(value) : echo_allowed(value))) {
        migtask_put_string(&w, ": ");
        migtask_put_escaped(&w, migtask_text(value), false);
    } else if (value != NULL) {
        migtask_put_string(&w, ": (");
        migtask_put_number(&w, (uint32_t)strlen(value));
        migtask_put_string(&w, " bytes, perhaps a secret)");
    }
    if (complaint->line > 0) {
        migtask_put_string(&w, " (line ");
        migtask_put_number(&w, complaint->line);
        migtask_put_string(&w, ")");
    }
    if (complaint->hint != NULL) {
        migtask_put_string(&w, between);
        migtask_put_string(&w, complaint->hint);
    }
    return end(&w);
}

migtask_view sentence_of_service(migtask_view text)
{
    struct migtask_writer w = start();
    put_service_text(&w, text);
    return end(&w);
}
