/* The blocking helper, and the two hooks that nearly nobody replaces. */
#include <string.h>

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

void migtask_wipe(void *memory, size_t len)
{
#ifdef __GNUC__
    memset(memory, 0, len);
    __asm__ volatile("" : : "r"(memory) : "memory"); /* somebody might look at it now */
#else
    for (volatile unsigned char *byte = memory; len > 0; len--) {
        *byte++ = 0;
    }
#endif
}

void migtask_assert_failed(void)
{
#ifdef __GNUC__
    __builtin_trap();
#else
    for (;;) {
    }
#endif
}
