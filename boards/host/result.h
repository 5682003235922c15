/* result.h - the outcome, for people and for programs. */
#ifndef MIGTASK_HOST_RESULT_H
#define MIGTASK_HOST_RESULT_H

#include "attempts.h"
#include "options.h"

/* Prints the outcome and returns the exit status. */
int result_print(const struct options *options, const struct finding *finding);

/* Prints what is wrong with the arguments or the files and returns the exit status. */
int result_print_complaint(const struct options *options, const struct complaint *complaint,
                           migtask_reason reason);

#endif
