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

/* Other memory that may have a part of them for a moment, as what is being sent: no child gets
 * these whole pages either, where the kernel takes such advice. */
void secrets_keep(void *pages, size_t size);

/* Advice to the kernel is about whole pages; no machine that this runs on has larger ones. Those
 * that are never touched cost nothing. */
#define SECRETS_PAGE 65536u
#define SECRETS_PAGES(size) (((size) + SECRETS_PAGE - 1) / SECRETS_PAGE * SECRETS_PAGE)

void secrets_wipe(void);

#endif
