/*
 * secrets.h - the memory of what nobody else may see: the token, the proxy's user and password.
 *
 * They are kept nowhere else, have their pages to themselves, and are overwritten as soon as
 * nothing more is to be sent: before a result is written, which may wait for its reader.
 */
#ifndef MIGTASK_HOST_SECRETS_H
#define MIGTASK_HOST_SECRETS_H

#include "migtask.h"
#include "proxy_url.h"

struct secrets {
    char proxy[PROXY_CREDENTIALS_MAX];
    size_t filled;                      /* bytes of the token's; the others were never touched */
    char token[MIGTASK_TOKEN_MAX + 16]; /* and a line end, or the mark behind a paste */
};

extern struct secrets *const secrets;

/* Once, before there is a secret in them: this process leaves no core file, none but root may look
 * into it, and no child gets these pages. */
void secrets_guard(void);

/* Whether a child gets them from now on: one that makes calls does, one that looks a name up does
 * not. */
void secrets_share(bool shared);

void secrets_wipe(void);

#endif
