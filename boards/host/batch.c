#define _POSIX_C_SOURCE 200809L

#include "batch.h"

#include "tasks.h"

void batch_select(struct batch *batch, size_t i)
{
    batch->options->task_id = tasks_id(i);
    batch->options->request.action.task_id = migtask_text(tasks_id(i));
}

void batch_count(struct batch *batch, const struct finding *finding, int status)
{
    batch->told++;
    batch->outcomes[finding->outcome]++;
    batch->unreachable = finding->outcome == MIGTASK_NOT_SENT ? batch->unreachable + 1 : 0;
    if (batch->unreachable >= BATCH_UNREACHABLE && batch->stop == MIGTASK_OK) {
        batch->stop = finding->reason;
    }
    if (status != (int)finding->outcome) {
        batch->lost = true;
        batch->stop = batch->stop == MIGTASK_OK ? MIGTASK_CANCELLED : batch->stop;
    }
}

migtask_reason batch_stop_reason(const struct finding *finding)
{
    if (finding->reply != NULL && finding->reply->http_status == 401) {
        return MIGTASK_AUTH_FAILED;
    }
    switch (finding->reason) {
    case MIGTASK_CERTIFICATE_REJECTED:
    case MIGTASK_OUT_OF_MEMORY:
    case MIGTASK_NO_ENTROPY:
    case MIGTASK_CLOCK_UNSET:
    case MIGTASK_INVALID_CONFIG:
    case MIGTASK_PROXY_FAILED:
        return finding->reason;
    default: /* after a signal in a pause the reason is that of the attempt before */
        return attempts_cancelled ? MIGTASK_CANCELLED : MIGTASK_OK;
    }
}
