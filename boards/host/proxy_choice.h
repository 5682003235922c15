/* proxy_choice.h - which proxy leads to the service, if any. */
#ifndef MIGTASK_HOST_PROXY_CHOICE_H
#define MIGTASK_HOST_PROXY_CHOICE_H

#include "migtask.h"

struct complaint;

struct proxy_choice {
    bool used;
    const char *source; /* the option's or the variable's name */
    migtask_endpoint where;
    migtask_view credentials; /* "USER:PASSWORD", or none; until secrets_wipe() */
};

/* Chooses by curl's rules: the option (NULL: not given; empty: no proxy), else the first of
 * https_proxy, HTTPS_PROXY, all_proxy, ALL_PROXY that is not empty; in either case none for a host
 * that no_proxy, else NO_PROXY, names. False: the chosen one is no proxy's URL, *complaint says so.
 * *choice refers to the text of the option or variable. */
bool proxy_choose(const char *option, const migtask_endpoint *service, struct proxy_choice *choice,
                  struct complaint *complaint);

/* Overwrites user and password in the option (NULL: not given) and in the variables, used or not,
 * so that the list of processes shows them as little as possible. */
void proxy_hide(char *option);

#endif
