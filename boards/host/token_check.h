/* token_check.h - what about a text is no token's, and where: for people who copied it from
 * somewhere. */
#ifndef MIGTASK_HOST_TOKEN_CHECK_H
#define MIGTASK_HOST_TOKEN_CHECK_H

#include "migtask.h"

/* NULL if the text can be a token. Else why it cannot: a sentence with the number of the byte (the
 * first is 1) and what it is, and with nothing of the text. Static memory. */
const char *token_check(migtask_view text);

#endif
