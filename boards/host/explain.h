/*
 * explain.h - `migtask explain CODE...`: what error codes mean and what to do about them. Needs
 * nothing of the machine: no network, no token, no roots, no clock.
 */
#ifndef MIGTASK_HOST_EXPLAIN_H
#define MIGTASK_HOST_EXPLAIN_H

#include "options.h"

/* Prints what is known about options->tasks, in their order, and returns the exit status. All
 * are looked up before the first is printed: if one is not known, that is told and no other. */
int explain_print(const struct options *options);

#endif
