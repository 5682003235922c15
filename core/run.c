/* The blocking helper. */
#include "migtask.h"

migtask_outcome migtask_call_run(migtask_call *call, const migtask_waiter *waiter)
{
    for (;;) {
        uint32_t now = waiter->now_ms(waiter->ctx);
        switch (migtask_call_step(call, now)) {
        case MIGTASK_STEP_DONE:
            return migtask_call_outcome(call);
        case MIGTASK_STEP_WAITING:
            waiter->wait(waiter->ctx, migtask_call_time_left(call, now));
            break;
        default:
            break;
        }
    }
}
