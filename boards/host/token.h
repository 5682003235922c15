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

/* Reads and checks the token. *token refers to static memory until token_wipe(). The environment's
 * copies are overwritten whether they are used or not. */
enum token_status token_read(const char *file, const migtask_posix_patience *patience,
                             migtask_view *token, struct complaint *complaint);

void token_wipe(void);

#endif
