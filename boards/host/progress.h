/* progress.h - what a slow call is doing, on a terminal; nothing of it in a pipe. */
#ifndef MIGTASK_HOST_PROGRESS_H
#define MIGTASK_HOST_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether there is a person to show it to: standard error is a terminal, and not quiet. */
void progress_start(bool wanted);

/* Shows the doing ("resolving", object or NULL: what) once it has lasted for a while. */
void progress_show(const char *doing, const char *object, uint32_t now_ms);

/* Takes it off the screen again; before anything else is written. */
void progress_erase(void);

/* Of several tasks: how many are done, of how many. */
void progress_count(size_t done, size_t of);

/* How long a wait may be, at most max_ms, so that what is shown stays true. */
uint32_t progress_wait(uint32_t max_ms);

#endif
