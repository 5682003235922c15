/*
 * Loaded before the command: its sockets get the smallest send buffer that there is, so that a
 * peer that does not read can stop it in the middle of a request. Without it the kernel takes
 * megabytes on loopback and every request is handed over at once.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/socket.h>

int connect(int socket_fd, const struct sockaddr *address, socklen_t length)
{
    int (*next)(int, const struct sockaddr *, socklen_t);
    int smallest = 1;

    *(void **)&next = dlsym(RTLD_NEXT, "connect");
    (void)setsockopt(socket_fd, SOL_SOCKET, SO_SNDBUF, &smallest, sizeof smallest);
    return next(socket_fd, address, length);
}
