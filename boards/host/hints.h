/* hints.h - what a person can do on a machine that lacks something: its clock is wrong, it has no
 * name server. */
#ifndef MIGTASK_HOST_HINTS_H
#define MIGTASK_HOST_HINTS_H

#include "attempts.h"
#include "terminal.h"

/* Lines behind the sentence of an outcome, or nothing. */
void hints_put(struct terminal *t, const struct finding *finding);

#endif
