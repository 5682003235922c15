/*
 * sockets.h - the one place that names the headers of the socket interface. Internal.
 *
 * Everything in tcp.c and wait.c goes through socket, connect, send, recv, getsockopt, setsockopt,
 * poll and close. A network stack that has these under the same names is chosen here: define
 * MIGTASK_POSIX_LWIP to compile against lwIP's (LWIP_SOCKET, LWIP_COMPAT_SOCKETS and
 * LWIP_POSIX_SOCKETS_IO_NAMES on). A .c file that includes this defines _GNU_SOURCE before its
 * first include: ppoll() and pipe2() are hidden without.
 */
#ifndef MIGTASK_POSIX_SOCKETS_H
#define MIGTASK_POSIX_SOCKETS_H

#ifdef MIGTASK_POSIX_LWIP

#include "lwip/sockets.h"

#define MIGTASK_POSIX_IPV6 LWIP_IPV6 /* else there is no sockaddr_in6 */

/* lwIP calls a connection reset that was refused, and aborted that got no answer. */
#define MIGTASK_POSIX_CONNECT_ERROR(error)                                                         \
    ((error) == ECONNRESET ? ECONNREFUSED : (error) == ECONNABORTED ? ETIMEDOUT : (error))

#else

#define MIGTASK_POSIX_IPV6 1
#define MIGTASK_POSIX_CONNECT_ERROR(error) (error)

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#endif

/* A write to a connection that is gone must not kill the process: either of the two prevents it. */
#ifndef MSG_NOSIGNAL
#ifndef SO_NOSIGPIPE
#error "neither MSG_NOSIGNAL nor SO_NOSIGPIPE: SIGPIPE would kill the caller"
#endif
#define MSG_NOSIGNAL 0
#endif

#endif
