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

#include "hosts.h"

#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#define NAME_MAX_BYTES 254 /* with the dot at its end */
#define CHILD_PIPE 3

static const int families[MIGTASK_POSIX_SEARCHES] = {AF_INET6, AF_INET};

/* What a child writes, in one piece. Up to _POSIX_PIPE_BUF bytes arrive whole or not at all, so the
 * children can share a pipe. */
typedef struct result {
    uint8_t search; /* whose result this is */
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
#ifdef EAI_NODATA
    case EAI_NODATA:
        return MIGTASK_POSIX_NO_ADDRESS;
#endif
    default: /* EAI_NONAME */
        return MIGTASK_POSIX_NAME_UNKNOWN;
    }
}

/* Of two searches that found nothing: the one that says more of the name. Some name servers know
 * the name for one family alone, so "no such name" is believed only if the other found nothing. */
static migtask_posix_resolve_status more_telling(migtask_posix_resolve_status one,
                                                 migtask_posix_resolve_status other)
{
    return one > other ? one : other;
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

static void search_for(result *answer, const char *name)
{
    struct addrinfo hints;
    struct addrinfo *list = NULL;
    int family = families[answer->search];
    int error;

    memset(&hints, 0, sizeof hints);
    hints.ai_family = family;
    hints.ai_socktype = SOCK_STREAM;
    error = getaddrinfo(name, NULL, &hints, &list);
    for (; error == 0 && list != NULL; list = list->ai_next) {
        if (list->ai_family == family && answer->count < MIGTASK_POSIX_ADDRESSES) {
            keep(&answer->found[answer->count++], list->ai_addr);
        }
    }
    answer->status = (uint8_t)(answer->count > 0 ? MIGTASK_POSIX_RESOLVED
                               : error == 0      ? MIGTASK_POSIX_NO_ADDRESS
                                                 : status_of(error));
}

/* A child's life. It holds no descriptor of the caller's longer than necessary: a connection that
 * the caller closes meanwhile would stay open through the copy here. */
_Noreturn static void child(int out, const char *name, unsigned search)
{
    result answer;

#ifdef __linux__
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* not to outlive a caller that is killed */
#endif
    if (out != CHILD_PIPE && dup2(out, CHILD_PIPE) != CHILD_PIPE) {
        _exit(1);
    }
#ifdef SYS_close_range
    (void)syscall(SYS_close_range, CHILD_PIPE + 1, UINT_MAX, 0);
#endif

    memset(&answer, 0, sizeof answer);
    answer.search = (uint8_t)search;
    search_for(&answer, name);
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

migtask_posix_resolve_status
migtask_posix_resolve_start(migtask_posix_resolver *resolver, migtask_view name,
                            migtask_posix_address found[MIGTASK_POSIX_ADDRESSES], uint8_t *count)
{
    char text[NAME_MAX_BYTES + 1];
    int ends[2];
    sigset_t all;
    sigset_t before;

    *count = 0;
    if (name.len == 0 || name.len > NAME_MAX_BYTES) {
        return MIGTASK_POSIX_NAME_UNKNOWN;
    }
    *count = migtask_posix_hosts_find(name, found);
    if (*count > 0) {
        return MIGTASK_POSIX_RESOLVED;
    }
    memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    if (!open_pipe(ends)) {
        return MIGTASK_POSIX_RESOLVER_FAILED;
    }
    resolver->running = 0;
    resolver->status = 0;
    /* Blocked from before the fork on, so that no handler of the caller's ever runs in a child. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned i = 0; i < MIGTASK_POSIX_SEARCHES; i++) {
        pid_t process = fork();

        if (process == 0) {
            child(ends[1], text, i);
        } else if (process > 0) {
            resolver->running++;
        } else { /* one search is better than none */
            resolver->status = MIGTASK_POSIX_RESOLVER_FAILED;
        }
        resolver->processes[i] = process > 0 ? process : 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    if (resolver->running == 0) {
        close(ends[0]);
        return MIGTASK_POSIX_RESOLVER_FAILED;
    }
    resolver->fd = ends[0];
    return MIGTASK_POSIX_RESOLVING;
}

int migtask_posix_resolve_fd(const migtask_posix_resolver *resolver)
{
    return resolver->running != 0 ? resolver->fd : -1;
}

/* A child that has ended or is about to: lets nothing of it remain. */
static void reap(migtask_posix_resolver *resolver, unsigned search)
{
    while (resolver->processes[search] != 0 &&
           waitpid((pid_t)resolver->processes[search], NULL, 0) < 0 && errno == EINTR) {
    }
    resolver->processes[search] = 0;
}

static void end(migtask_posix_resolver *resolver)
{
    for (unsigned i = 0; i < MIGTASK_POSIX_SEARCHES; i++) {
        reap(resolver, i);
    }
    close(resolver->fd);
    resolver->running = 0;
}

migtask_posix_resolve_status
migtask_posix_resolve_poll(migtask_posix_resolver *resolver,
                           migtask_posix_address found[MIGTASK_POSIX_ADDRESSES], uint8_t *count)
{
    result answer;
    ssize_t got;

    *count = 0;
    if (resolver->running == 0) {
        return MIGTASK_POSIX_RESOLVER_FAILED;
    }
    got = read(resolver->fd, &answer, sizeof answer);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        return MIGTASK_POSIX_RESOLVING;
    }
    if (got == (ssize_t)sizeof answer) {
        memcpy(found, answer.found, sizeof answer.found);
        *count = answer.count;
        reap(resolver, answer.search);
        resolver->running--;
    } else { /* whoever still ran has died without a word */
        answer.status = MIGTASK_POSIX_RESOLVER_FAILED;
        resolver->running = 0;
    }
    resolver->status = (uint8_t)more_telling((migtask_posix_resolve_status)resolver->status,
                                             (migtask_posix_resolve_status)answer.status);
    if (resolver->running != 0) {
        return MIGTASK_POSIX_RESOLVING;
    }
    end(resolver);
    return (migtask_posix_resolve_status)resolver->status;
}

void migtask_posix_resolve_stop(migtask_posix_resolver *resolver)
{
    if (resolver->running == 0) {
        return;
    }
    for (unsigned i = 0; i < MIGTASK_POSIX_SEARCHES; i++) {
        pid_t process = (pid_t)resolver->processes[i];

        /* Only one that is still our child: it may have been reaped behind our back, and its number
         * may by now be another process's. */
        if (process != 0 && waitpid(process, NULL, WNOHANG) == 0) {
            kill(process, SIGKILL);
        } else {
            resolver->processes[i] = 0;
        }
    }
    end(resolver);
}
