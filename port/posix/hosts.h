/*
 * hosts.h - the table of names that this machine keeps: /etc/hosts. Internal.
 *
 * It is read here, and not by getaddrinfo(), so that a name in it costs no process (see resolve.h),
 * and since what stands in it is meant to take the place of what name servers say, whichever
 * families it has: getaddrinfo(), when asked for one family alone, may ask them for the other.
 */
#ifndef MIGTASK_POSIX_HOSTS_H
#define MIGTASK_POSIX_HOSTS_H

#include "resolve.h"

/* Looks for the name, in capitals or not; a dot at its end does not count. How many addresses it
 * has there, which are in found[], those of IPv6 first; 0: none that could be read. */
uint8_t migtask_posix_hosts_find(migtask_view name,
                                 migtask_posix_address found[MIGTASK_POSIX_ADDRESSES]);

#endif
