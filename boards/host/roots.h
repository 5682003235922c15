/* roots.h - the file of trusted root certificates. */
#ifndef MIGTASK_HOST_ROOTS_H
#define MIGTASK_HOST_ROOTS_H

#include "options.h"
#include "trust.h"

/* Where systems keep their bundle, ended by NULL; the first that is there is used. */
extern const char *const roots_places[];

/* Opens the file (NULL: the first of the places) and makes sure that there is a certificate in it.
 * *trust is valid until roots_close(). On failure *complaint says what is wrong, and *no_memory
 * whether that was only the arena. Call after migtask_tls_start(). */
bool roots_open(const char *file, migtask_trust *trust, struct complaint *complaint,
                bool *no_memory);

/* The file in use, for -v. */
const char *roots_file(void);

void roots_close(void);

#endif
