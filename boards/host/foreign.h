/* foreign.h - words that people know from other programs or from the console, and what they are
 * called here. */
#ifndef MIGTASK_HOST_FOREIGN_H
#define MIGTASK_HOST_FOREIGN_H

#include <stddef.h>

/* What to say of an option (its first len bytes, without dashes) or of an operation that we do not
 * have; NULL if nothing is known of it. Static memory. */
const char *foreign_option(const char *name, size_t len);
const char *foreign_operation(const char *name);

#endif
