/* roots.h - the trusted root certificates: a file, or those that are compiled in. */
#ifndef MIGTASK_HOST_ROOTS_H
#define MIGTASK_HOST_ROOTS_H

#include "migtask_tls.h"
#include "options.h"
#include "terminal.h"

/* Opens the file and makes sure that there is a certificate in it. NULL: the file that the
 * environment's SSL_CERT_FILE names, or else what is compiled in, or else the first file that is
 * there of the places where systems keep their bundle. *trust is valid
 * until roots_close(). On failure *complaint says what is wrong, and *no_memory whether that was
 * only the arena. Call after migtask_tls_start(). */
bool roots_open(const char *file, migtask_trust *trust, struct complaint *complaint,
                bool *no_memory);

/* What is in use, for -v: the name of the file, or words about those compiled in. */
const char *roots_file(void);

void roots_close(void);

/* For --help: what is used without --ca-file; not all: only if it is compiled in. */
void roots_put_usage(struct terminal *t, bool all);

#endif
