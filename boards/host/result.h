/* result.h - the outcome, for people and for programs. */
#ifndef MIGTASK_HOST_RESULT_H
#define MIGTASK_HOST_RESULT_H

#include "attempts.h"
#include "options.h"

/* The exit status when an outcome could not be written to standard output. */
#define EXIT_OUTPUT_FAILED 5

/* Prints the outcome and returns the exit status. */
int result_print(const struct options *options, const struct finding *finding);

/* The same for all tasks from the first on, of which none was begun: people are told once why, with
 * a list of the ids; in JSON each has its line. */
int result_print_rest(struct options *options, const struct finding *finding, size_t first);

/* Prints what is wrong with the arguments or the files and returns the exit status. */
int result_print_complaint(const struct options *options, const struct complaint *complaint,
                           migtask_reason reason);

#endif
