/*
 * resolve.h - addresses of a name, without blocking and without the caller's heap.
 *
 * getaddrinfo() blocks for 20 s and more when name servers are silent, cannot be ended from outside
 * and takes memory from the heap; asked for both families at once, it gives nothing where a name
 * server answers for one and fails, refuses or keeps silent for the other. So resolve.c runs it in
 * two child processes, one for IPv6 and one for IPv4, which hand their results back through a pipe
 * and end; migtask_posix.h says what that means for the caller.
 *
 * Internal; but tcp.c uses nothing else of it: another system provides these four functions in a
 * file of its own instead of resolve.c, as port/lwip does.
 */
#ifndef MIGTASK_POSIX_RESOLVE_H
#define MIGTASK_POSIX_RESOLVE_H

#include "migtask_posix.h"

/* In the order of what they say of a name: see status. */
typedef enum migtask_posix_resolve_status {
    MIGTASK_POSIX_RESOLVING,       /* not yet, or not yet all */
    MIGTASK_POSIX_NO_ADDRESS,      /* the name has none */
    MIGTASK_POSIX_RESOLVER_FAILED, /* the search itself could not be made on this machine */
    MIGTASK_POSIX_NO_ANSWER,       /* no usable answer of a name server: may be better later */
    MIGTASK_POSIX_NAME_UNKNOWN,    /* there is no such name */
    MIGTASK_POSIX_RESOLVED,        /* at least one address */
} migtask_posix_resolve_status;

/* Begins to search addresses for name (1..254 bytes, copied). A dot at its end keeps the search
 * lists of this machine out. The resolver must be idle. It returns what poll() does: RESOLVED at
 * once for a name in the table of this machine (/etc/hosts), RESOLVER_FAILED if it lacks processes,
 * descriptors or memory. */
migtask_posix_resolve_status
migtask_posix_resolve_start(migtask_posix_resolver *resolver, migtask_view name,
                            migtask_posix_address found[MIGTASK_POSIX_ADDRESSES], uint8_t *count);

/* Looks for results, never blocks. found[0..*count) are addresses that were not given before, those
 * of a family in the order in which to try them (RFC 6724); there may be some, or none, whatever is
 * returned. After anything but RESOLVING the resolver is idle again; until then there may be more,
 * and who has enough says stop(). */
migtask_posix_resolve_status
migtask_posix_resolve_poll(migtask_posix_resolver *resolver,
                           migtask_posix_address found[MIGTASK_POSIX_ADDRESSES], uint8_t *count);

/* The descriptor that becomes readable when poll() has something to say; -1: there is none, look
 * again after a while. */
int migtask_posix_resolve_fd(const migtask_posix_resolver *resolver);

/* Ends the search, if there is one: nothing of it is left when this returns. */
void migtask_posix_resolve_stop(migtask_posix_resolver *resolver);

#endif
