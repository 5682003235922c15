/* advice.h - what to do about an outcome. */
#ifndef MIGTASK_HOST_ADVICE_H
#define MIGTASK_HOST_ADVICE_H

#include "migtask.h"

/* The advice for what a call came to; none if there is none to give. It is a function of the
 * outcome first: where the action may have been carried out, only looking at the task is advised,
 * whatever the code, and what an error code asks for (mostly: repair and repeat) is said of a
 * refusal alone. Static memory, until the next call. reply: NULL if there was none. */
migtask_view advice_for(migtask_outcome outcome, const migtask_reply *reply);

#endif
