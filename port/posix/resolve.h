/*
 * resolve.h - addresses for a name, without blocking and without the caller's heap.
 *
 * getaddrinfo() blocks for 20 s and more when name servers are silent, cannot be ended from outside
 * and takes memory from the heap; asked for both families at once, it gives nothing where a name
 * server answers for one and fails, refuses or keeps silent for the other. So resolve.c runs it in
 * two child processes, one for IPv6 and one for IPv4, which hand their results back through a pipe
 * and end. What that means for the caller:
 * - A child runs with all signals blocked and closes its copies of the caller's descriptors (but
 *   0, 1, 2); it writes nothing but the result and ends by _exit(), so no handler, buffer or
 *   atexit function of the caller runs in it. It is reaped before poll() reports a result, or
 *   killed and reaped by stop().
 * - The caller gets a SIGCHLD (ignored unless it has a handler). A caller that ignores SIGCHLD or
 *   reaps every child by itself does no harm.
 * - On Linux the child also ends with the thread that started it.
 * - In a program of several threads getaddrinfo() may wait for ever on a lock that another thread
 *   held at the fork (current C libraries take care of theirs): the call then ends by its deadline.
 *
 * tcp.c uses nothing but this header: another system provides these four functions in a file of its
 * own instead of resolve.c, as port/lwip does.
 */
#ifndef MIGTASK_POSIX_RESOLVE_H
#define MIGTASK_POSIX_RESOLVE_H

#include <stdbool.h>
#include <stdint.h>

#include "../../core/migtask.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How many addresses of a name are kept, 2..16, and with that how many sockets can be connecting
 * at a time. Costs 28 bytes each in every migtask_posix_tcp. */
#ifndef MIGTASK_POSIX_ADDRESSES
#define MIGTASK_POSIX_ADDRESSES 16
#endif
#if MIGTASK_POSIX_ADDRESSES < 2 || MIGTASK_POSIX_ADDRESSES > 16
#error "MIGTASK_POSIX_ADDRESSES must be 2..16"
#endif

typedef struct migtask_posix_address {
    uint32_t scope;    /* zone index of an IPv6 link-local address, else 0 */
    uint8_t len;       /* 4: IPv4, 16: IPv6 */
    uint8_t bytes[16]; /* network order */
} migtask_posix_address;

/* In the order of what they say of a name: see status. */
typedef enum migtask_posix_resolve_status {
    MIGTASK_POSIX_RESOLVING,       /* not yet, or not yet all */
    MIGTASK_POSIX_NO_ADDRESS,      /* the name has none */
    MIGTASK_POSIX_RESOLVER_FAILED, /* the search itself could not be made on this machine */
    MIGTASK_POSIX_NO_ANSWER,       /* no usable answer of a name server: may be better later */
    MIGTASK_POSIX_NAME_UNKNOWN,    /* there is no such name */
    MIGTASK_POSIX_RESOLVED,        /* at least one address */
} migtask_posix_resolve_status;

#define MIGTASK_POSIX_SEARCHES 2 /* IPv6 and IPv4 */

/* A search under way. All zero: none. */
typedef struct migtask_posix_resolver {
#ifdef MIGTASK_POSIX_LWIP /* port/lwip/resolve.c */
    migtask_view name;    /* not copied there; with tcp.c it stays valid */
    uint8_t lookups[2];   /* lwIP's, of each family */
    uint8_t waiting;      /* families still to be asked for, bits */
    bool searching;
    bool found;
#else
    long processes[MIGTASK_POSIX_SEARCHES]; /* the children; 0: none, or it is done */
    int fd;                                 /* where their results come from, while some run */
    uint8_t running;                        /* results that are still to come */
    uint8_t status;                         /* the most telling of those that came */
#endif
} migtask_posix_resolver;

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

#ifdef __cplusplus
}
#endif

#endif
