#include "report.h"

#include "board.h"
#include "cortex_m.h"
#include "migtask_tls.h"
#include "writer.h"

static bool to_console(void *ctx, const char *data, size_t len)
{
    (void)ctx;
    board_console(data, len);
    return true;
}

static struct migtask_writer console(char *buf, size_t cap)
{
    return (struct migtask_writer){.buf = buf, .cap = cap, .flush = to_console};
}

/* " SMS.9004: message (HTTP 403, request id ...)" */
static void put_answer(struct migtask_writer *w, const migtask_reply *reply)
{
    migtask_put(w, " ", 1);
    if (reply->error_code.len > 0) {
        migtask_put_escaped(w, reply->error_code, false);
        migtask_put(w, ": ", 2);
    }
    if (reply->error_msg.len > 0) {
        migtask_put_escaped(w, reply->error_msg, false);
        migtask_put(w, " ", 1);
    }
    migtask_put_string(w, "(HTTP ");
    migtask_put_number(w, reply->http_status);
    if (reply->request_id.len > 0) {
        migtask_put_string(w, ", request id ");
        migtask_put_escaped(w, reply->request_id, false);
    }
    migtask_put(w, ")", 1);
}

static const char *next_step(migtask_outcome outcome)
{
    switch (outcome) {
    case MIGTASK_UNKNOWN:
        return "; it may have been carried out: look at the task's state before repeating it\n";
    case MIGTASK_NOT_SENT:
        return "; it was not carried out and can be repeated\n";
    default:
        return "\n";
    }
}

void report_result(const struct finding *finding, migtask_view operation, migtask_view task_id)
{
    char buf[64];
    struct migtask_writer w = console(buf, sizeof buf);
    migtask_put_string(&w, migtask_outcome_name(finding->outcome));
    migtask_put(&w, ": ", 2);
    migtask_put_escaped(&w, operation, false);
    migtask_put(&w, " ", 1);
    migtask_put_escaped(&w, task_id, false);
    migtask_put(&w, ": ", 2);
    migtask_put_escaped(&w,
                        migtask_text(finding->sentence != NULL
                                         ? finding->sentence
                                         : migtask_reason_name(finding->reason)),
                        false);
    if (finding->reply != NULL && finding->reply->http_status != 0) {
        put_answer(&w, finding->reply);
    }
    migtask_put_string(&w, next_step(finding->outcome));
    (void)migtask_writer_flush(&w);

    migtask_result result = {.outcome = finding->outcome,
                             .reason = finding->reason,
                             .operation = operation,
                             .task_id = task_id,
                             .reply = finding->reply,
                             .message = migtask_text(finding->sentence),
                             .attempts = finding->attempts};
    (void)migtask_report_json(&result, to_console, NULL);
}

void report_memory(const struct effort *effort)
{
    char buf[64];
    struct migtask_writer w = console(buf, sizeof buf);
    migtask_tls_memory arena = migtask_tls_arena();
    const struct {
        const char *name;
        size_t value;
    } figures[] = {
        {"memory: stack ", cortex_m_stack_peak()},
        {" of ", cortex_m_stack_size()},
        {", arena ", arena.peak},
        {" of ", arena.size},
        {" bytes; time: handshake ", effort->handshake_ms},
        {" ms, longest step ", effort->longest_ms},
    };
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        migtask_put_string(&w, figures[i].name);
        migtask_put_number(&w, (uint32_t)figures[i].value);
    }
    migtask_put_string(&w, " ms\n");
    (void)migtask_writer_flush(&w);
}
