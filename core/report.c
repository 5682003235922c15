/* The result as one JSON object, and text made safe for people's terminals. */
#include <string.h>

#include "migtask.h"
#include "writer.h"

static void put_string(struct migtask_writer *w, migtask_view text)
{
    if (text.ptr == NULL) {
        migtask_put_string(w, "null");
        return;
    }
    migtask_put(w, "\"", 1);
    migtask_put_escaped(w, text, true);
    migtask_put(w, "\"", 1);
}

static void put_name(struct migtask_writer *w, const char *name)
{
    migtask_put(w, ",\"", 2);
    migtask_put_string(w, name);
    migtask_put(w, "\":", 2);
}

static void put_member(struct migtask_writer *w, const char *name, migtask_view text)
{
    put_name(w, name);
    put_string(w, text);
}

static void put_error_param(struct migtask_writer *w, const migtask_reply *reply)
{
    put_name(w, "error_param");
    if (!reply->has_error_param) {
        migtask_put_string(w, "null");
        return;
    }
    migtask_put(w, "[", 1);
    for (size_t i = 0; i < reply->error_param_count; i++) {
        migtask_put(w, ",", i > 0);
        put_string(w, reply->error_param[i]);
    }
    migtask_put(w, "]", 1);
}

static void put_details(struct migtask_writer *w, const migtask_reply *reply)
{
    put_name(w, "details");
    if (!reply->has_details) {
        migtask_put_string(w, "null");
        return;
    }
    migtask_put(w, "[", 1);
    for (size_t i = 0; i < reply->details_count; i++) {
        migtask_put_string(w, i > 0 ? ",{\"error_code\":" : "{\"error_code\":");
        put_string(w, reply->details[i].error_code);
        put_member(w, "error_msg", reply->details[i].error_msg);
        migtask_put(w, "}", 1);
    }
    migtask_put(w, "]", 1);
}

static void put_truncated(struct migtask_writer *w, unsigned truncated)
{
    const char *comma = "";
    put_name(w, "truncated");
    migtask_put(w, "[", 1);
    for (unsigned i = 0; i < MIGTASK_MEMBER_COUNT; i++) {
        if ((truncated >> i & 1) != 0) {
            migtask_put_string(w, comma);
            put_string(w, migtask_text(migtask_member_name((migtask_member)i)));
            comma = ",";
        }
    }
    migtask_put(w, "]", 1);
}

bool migtask_report_json(const migtask_result *result, migtask_output output, void *ctx)
{
    static const migtask_reply none;
    const migtask_reply *reply = result->reply != NULL ? result->reply : &none;
    char buf[256];
    struct migtask_writer w = {.buf = buf, .cap = sizeof buf, .flush = output, .flush_ctx = ctx};
    migtask_put_string(&w, "{\"outcome\":");
    put_string(&w, migtask_text(migtask_outcome_name(result->outcome)));
    put_member(&w, "reason", migtask_text(migtask_reason_name(result->reason)));
    put_member(&w, "operation", result->operation);
    put_member(&w, "task_id", result->task_id);
    put_name(&w, "http_status");
    if (reply->http_status != 0) {
        migtask_put_number(&w, reply->http_status);
    } else {
        migtask_put_string(&w, "null");
    }
    put_member(&w, "error_code", reply->error_code);
    put_member(&w, "error_msg", reply->error_msg);
    put_member(&w, "encoded_authorization_message", reply->encoded_authorization_message);
    put_error_param(&w, reply);
    put_details(&w, reply);
    put_member(&w, "request_id", reply->request_id);
    put_member(&w, "message", result->message);
    put_truncated(&w, reply->truncated);
    put_name(&w, "attempts");
    migtask_put_number(&w, result->attempts);
    put_member(&w, "advice", result->advice);
    migtask_put_string(&w, "}\n");
    return migtask_writer_flush(&w);
}

bool migtask_report_text(migtask_view text, migtask_output output, void *ctx)
{
    char buf[256];
    struct migtask_writer w = {.buf = buf, .cap = sizeof buf, .flush = output, .flush_ctx = ctx};
    migtask_put_escaped(&w, text, false);
    return migtask_writer_flush(&w);
}
