/* token.h - the token: from a file, standard input or the environment. */
#ifndef MIGTASK_HOST_TOKEN_H
#define MIGTASK_HOST_TOKEN_H

#include "file.h"
#include "migtask.h"
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

/* Reads the token from the file (NULL: what was taken) and checks it. *token refers to
 * secrets->token until secrets_wipe(). */
enum token_status token_read(const char *file, const migtask_posix_patience *patience,
                             migtask_view *token, struct complaint *complaint);

#endif
