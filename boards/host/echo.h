/*
 * echo.h - what messages may repeat of what somebody typed.
 *
 * Secrets get into wrong places: a token where its file should stand, the password of a proxy
 * behind an option that is misspelt. The rule: a text is repeated only if it could be a task id
 * where one belongs, or has at most 64 bytes, no @ and nowhere 16 letters and digits in a row that
 * are of more than one kind (small, capital, digit); of any other text only the length is told.
 * What stands behind an unknown option is never looked at.
 */
#ifndef MIGTASK_HOST_ECHO_H
#define MIGTASK_HOST_ECHO_H

#include "migtask.h"

/* Whether the text may be repeated. */
bool echo_allowed(const char *text);

/* The same of a text that stands where a task id belongs. */
bool echo_allowed_id(const char *text);

#endif
