/* no_proxy.h - the list of hosts to which no proxy leads. */
#ifndef MIGTASK_HOST_NO_PROXY_H
#define MIGTASK_HOST_NO_PROXY_H

#include "migtask.h"

/* Whether a list in the way of NO_PROXY names the host, by curl's rules:
 * - "*" alone names all; else the list has entries with commas or blanks between them;
 * - an entry names the host of that name and all below it ("b.c" names "a.b.c", not "ab.c"), in
 *   upper or lower case, with or without a dot in front or behind;
 * - an address is named by the same address, or (192.0.2.0/24, 2001:db8::/32) by its network; a
 *   prefix length of 0, or none behind the slash, means the whole address.
 * IPv6 addresses are compared as such, with or without brackets, where curl 7.88 compares text. */
bool no_proxy_names(const char *list, const migtask_endpoint *endpoint);

#endif
