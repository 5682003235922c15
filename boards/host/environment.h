/* environment.h - variables of the environment. One that is empty counts as one that is not set. */
#ifndef MIGTASK_HOST_ENVIRONMENT_H
#define MIGTASK_HOST_ENVIRONMENT_H

/* The value of a variable where it stands, NULL if there is none. */
char *environment_get(const char *name);

/* Calls visit with every value of that name: a name may stand there more than once, and all but the
 * first are out of getenv()'s sight. */
void environment_visit(const char *name, void (*visit)(char *value));

#endif
