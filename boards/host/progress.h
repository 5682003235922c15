/* progress.h - what a slow call is doing, on a terminal; nothing of it in a pipe. */
#ifndef MIGTASK_HOST_PROGRESS_H
#define MIGTASK_HOST_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest wait after which progress_show() wants to be called again, milliseconds. */
#define PROGRESS_INTERVAL_MS 100u

/* Whether there is a person to show it to: standard error is a terminal, and not quiet. */
void progress_start(bool wanted);

/* Shows the doing ("resolving", object or NULL: what) once it has lasted for a while. */
void progress_show(const char *doing, const char *object, uint32_t now_ms);

/* Takes it off the screen again; before anything else is written. */
void progress_erase(void);

/* Of several tasks: how many are done, of how many. */
void progress_count(size_t done, size_t of);

bool progress_wanted(void);

#endif
