/* prompt.h - a secret that a person types or pastes at a terminal: asked for, and not shown. */
#ifndef MIGTASK_HOST_PROMPT_H
#define MIGTASK_HOST_PROMPT_H

#include "migtask_posix.h"

struct prompt {
    const char *question;
    bool has_deadline; /* the patience's time is for typing too */
    const migtask_posix_patience *patience;
    bool asked;
    uint32_t took_ms; /* how long it took */
};

/* Reads what is typed at a terminal (fd) up to Enter or Ctrl-D into buf: *got bytes, without a line
 * end at the end, all of them: the line mode of a terminal would end at 4095. Backspace and Ctrl-U
 * correct; of a paste the line ends within are kept, so that the caller sees that they were there.
 * cap is to have 6 bytes more than what is wanted. The terminal is as before when this returns,
 * when the process is stopped, and when a signal ends it. For migtask_posix_patience.terminal; ctx
 * is a struct prompt. */
migtask_posix_file_status prompt_read(void *ctx, int fd, char *buf, size_t cap, size_t *got);

#endif
