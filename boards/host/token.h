/* token.h - the token: from a file, standard input or the environment. */
#ifndef MIGTASK_HOST_TOKEN_H
#define MIGTASK_HOST_TOKEN_H

#include "migtask.h"
#include "migtask_posix.h"
#include "options.h"

enum token_status {
    TOKEN_OK,
    TOKEN_WRONG,   /* *complaint says what */
    TOKEN_TIMEOUT, /* the pipe stayed silent */
    TOKEN_CANCELLED
};

/* Takes the token from MIGTASK_TOKEN, else HW_AUTH_TOKEN, and overwrites both where they stand: a
 * look at the process's environment finds none any more. Before anything is waited for. */
void token_take(void);

/* Reads the token from the options' file (none: what was taken) and checks it. *token refers to
 * secrets->token until secrets_wipe(). At a terminal it is asked for: that takes a person
 * *typing_ms, for which the patience's time counts only if it was given as an option. */
enum token_status token_read(const struct options *options, const migtask_posix_patience *patience,
                             migtask_view *token, uint32_t *typing_ms, struct complaint *complaint);

#endif
