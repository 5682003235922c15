/*
 * sockets.h - the one place that names the headers of the socket interface. Internal.
 *
 * Everything in tcp.c and waiting.c goes through socket, connect, send, recv, getsockopt,
 * setsockopt, poll, close and ioctl. A network stack that has these is chosen here: define
 * MIGTASK_POSIX_LWIP to compile against lwIP's (LWIP_SOCKET on; whether lwIP gives them these names
 * too does not matter). A .c file that includes this defines _GNU_SOURCE before its first include:
 * ppoll() and pipe2() are hidden without.
 */
#ifndef MIGTASK_POSIX_SOCKETS_H
#define MIGTASK_POSIX_SOCKETS_H

#ifdef MIGTASK_POSIX_LWIP

#include <stdbool.h>

#include "lwip/sockets.h"

#undef socket
#undef connect
#undef send
#undef recv
#undef getsockopt
#undef setsockopt
#undef poll
#undef close
#define socket(family, type, protocol) lwip_socket(family, type, protocol)
#define connect(fd, address, len) lwip_connect(fd, address, len)
#define send(fd, data, len, flags) lwip_send(fd, data, len, flags)
#define recv(fd, buf, cap, flags) lwip_recv(fd, buf, cap, flags)
#define getsockopt(fd, level, name, value, len) lwip_getsockopt(fd, level, name, value, len)
#define setsockopt(fd, level, name, value, len) lwip_setsockopt(fd, level, name, value, len)
#define poll(watched, count, ms) lwip_poll(watched, count, ms)
#define close(fd) lwip_close(fd)

/* Not by fcntl(): lwIP and the C library may disagree on the value of O_NONBLOCK. */
static inline void migtask_posix_do_not_block(int fd)
{
    int on = 1;

    (void)lwip_ioctl(fd, FIONBIO, &on);
}

/* Whether the peer has not acknowledged all that was sent: lwIP does not tell. */
static inline bool migtask_posix_is_unacknowledged(int fd)
{
    (void)fd;
    return false;
}

#define MIGTASK_POSIX_IPV6 LWIP_IPV6 /* else there is no sockaddr_in6 */

#include "lwip/netif.h"

#define IF_NAMESIZE NETIF_NAMESIZE
#define if_nametoindex(name) netif_name_to_index(name)

/* lwIP calls a connection reset that was refused, and aborted that got no answer. */
#define MIGTASK_POSIX_CONNECT_ERROR(error)                                                         \
    ((error) == ECONNRESET ? ECONNREFUSED : (error) == ECONNABORTED ? ETIMEDOUT : (error))

#else

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static inline void migtask_posix_do_not_block(int fd)
{
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
}

/* Whether the peer has not acknowledged all that was sent, where the system tells that. */
static inline bool migtask_posix_is_unacknowledged(int fd)
{
    int left = 0;

#if defined(__linux__)
    (void)ioctl(fd, TIOCOUTQ, &left); /* SIOCOUTQ of tcp(7) */
#elif defined(FIONWRITE)
    (void)ioctl(fd, FIONWRITE, &left);
#else
    (void)fd;
#endif
    return left > 0;
}

#define MIGTASK_POSIX_IPV6 1
#define MIGTASK_POSIX_CONNECT_ERROR(error) (error)

#endif

/* A write to a connection that is gone must not kill the process: either of the two prevents it. */
#ifndef MSG_NOSIGNAL
#ifndef SO_NOSIGPIPE
#error "neither MSG_NOSIGNAL nor SO_NOSIGPIPE: SIGPIPE would kill the caller"
#endif
#define MSG_NOSIGNAL 0
#endif

#endif
