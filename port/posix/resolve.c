#define _GNU_SOURCE 1

#include "resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#define NAME_MAX_BYTES 253
#define CHILD_PIPE 3

/* What the child writes, in one piece. Up to _POSIX_PIPE_BUF bytes arrive whole or not at all. */
typedef struct result {
    uint8_t status; /* a migtask_posix_resolve_status */
    uint8_t count;
    migtask_posix_address found[MIGTASK_POSIX_ADDRESSES];
} result;

_Static_assert(sizeof(result) <= _POSIX_PIPE_BUF, "a result must fit one atomic write");

static migtask_posix_resolve_status status_of(int error)
{
    switch (error) {
    case EAI_AGAIN:
    case EAI_FAIL:
        return MIGTASK_POSIX_NO_ANSWER;
    case EAI_SYSTEM:
    case EAI_MEMORY:
        return MIGTASK_POSIX_RESOLVER_FAILED;
    default: /* EAI_NONAME, and EAI_NODATA where it exists */
        return MIGTASK_POSIX_NAME_UNKNOWN;
    }
}

/* The first entry from *list on that is of the family, or of any address family but that. */
static const struct addrinfo *seek(const struct addrinfo *list, int family, bool same)
{
    while (list != NULL && !((list->ai_family == AF_INET || list->ai_family == AF_INET6) &&
                             (list->ai_family == family) == same)) {
        list = list->ai_next;
    }
    return list;
}

static void keep(migtask_posix_address *address, const struct sockaddr *from)
{
    if (from->sa_family == AF_INET6) {
        struct sockaddr_in6 six;

        memcpy(&six, from, sizeof six);
        address->len = 16;
        address->scope = six.sin6_scope_id;
        memcpy(address->bytes, &six.sin6_addr, 16);
    } else {
        struct sockaddr_in four;

        memcpy(&four, from, sizeof four);
        address->len = 4;
        memcpy(address->bytes, &four.sin_addr, 4);
    }
}

/* Takes the list's first family and the other by turns, each in the list's order. */
static void pick(result *into, const struct addrinfo *list)
{
    int first = list->ai_family;
    const struct addrinfo *lane[2] = {seek(list, first, true), seek(list, first, false)};
    unsigned turn = 0;

    while (into->count < MIGTASK_POSIX_ADDRESSES && (lane[0] != NULL || lane[1] != NULL)) {
        if (lane[turn] != NULL) {
            keep(&into->found[into->count++], lane[turn]->ai_addr);
            lane[turn] = seek(lane[turn]->ai_next, first, turn == 0);
        }
        turn ^= 1u;
    }
}

/* The child's life. It holds no descriptor of the caller's longer than necessary: a connection that
 * the caller closes meanwhile would stay open through the copy here. */
_Noreturn static void child(int out, const char *name)
{
    struct addrinfo hints;
    struct addrinfo *list = NULL;
    result answer;
    int error;

#ifdef __linux__
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* not to outlive a caller that is killed */
#endif
    if (out != CHILD_PIPE && dup2(out, CHILD_PIPE) != CHILD_PIPE) {
        _exit(1);
    }
#ifdef SYS_close_range
    (void)syscall(SYS_close_range, CHILD_PIPE + 1, UINT_MAX, 0);
#endif

    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    memset(&answer, 0, sizeof answer);
    error = getaddrinfo(name, NULL, &hints, &list);
    if (error == 0 && list != NULL) {
        pick(&answer, list);
    }
    answer.status = (uint8_t)(answer.count > 0 ? MIGTASK_POSIX_RESOLVED : status_of(error));
    _exit(write(CHILD_PIPE, &answer, sizeof answer) == (ssize_t)sizeof answer ? 0 : 1);
}

/* Both ends close on exec and never block. */
static bool open_pipe(int ends[2])
{
#ifdef __APPLE__
    if (pipe(ends) != 0) {
        return false;
    }
    for (int i = 0; i < 2; i++) {
        (void)fcntl(ends[i], F_SETFD, FD_CLOEXEC);
        (void)fcntl(ends[i], F_SETFL, O_NONBLOCK);
    }
    return true;
#else
    return pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0;
#endif
}

bool migtask_posix_resolve_start(migtask_posix_resolver *resolver, migtask_view name)
{
    char text[NAME_MAX_BYTES + 1];
    int ends[2];
    sigset_t all;
    sigset_t before;
    pid_t process;
    int error;

    if (name.len == 0 || name.len > NAME_MAX_BYTES) {
        errno = EINVAL;
        return false;
    }
    memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    if (!open_pipe(ends)) {
        return false;
    }
    /* Blocked from before the fork on, so that no handler of the caller's ever runs in the child.
     */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    process = fork();
    if (process == 0) {
        child(ends[1], text);
    }
    error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    if (process < 0) {
        close(ends[0]);
        errno = error;
        return false;
    }
    resolver->process = process;
    resolver->fd = ends[0];
    return true;
}

int migtask_posix_resolve_fd(const migtask_posix_resolver *resolver)
{
    return resolver->process != 0 ? resolver->fd : -1;
}

/* The child has ended or is about to: lets nothing of it remain. */
static void reap(migtask_posix_resolver *resolver)
{
    close(resolver->fd);
    while (waitpid((pid_t)resolver->process, NULL, 0) < 0 && errno == EINTR) {
    }
    resolver->process = 0;
}

migtask_posix_resolve_status
migtask_posix_resolve_poll(migtask_posix_resolver *resolver,
                           migtask_posix_address found[MIGTASK_POSIX_ADDRESSES], uint8_t *count)
{
    result answer;
    ssize_t got;

    if (resolver->process == 0) {
        return MIGTASK_POSIX_RESOLVER_FAILED;
    }
    got = read(resolver->fd, &answer, sizeof answer);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        return MIGTASK_POSIX_RESOLVING;
    }
    reap(resolver);
    if (got != (ssize_t)sizeof answer) {
        return MIGTASK_POSIX_RESOLVER_FAILED;
    }
    memcpy(found, answer.found, sizeof answer.found);
    *count = answer.count;
    return (migtask_posix_resolve_status)answer.status;
}

void migtask_posix_resolve_stop(migtask_posix_resolver *resolver)
{
    char byte;

    if (resolver->process == 0) {
        return;
    }
    /* An empty, open pipe proves that the child lives. Otherwise it may have been reaped behind our
     * back, and its number may by now be another process's: not to be killed. */
    if (read(resolver->fd, &byte, 1) < 0) {
        kill((pid_t)resolver->process, SIGKILL);
    }
    reap(resolver);
}
