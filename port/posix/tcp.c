#define _GNU_SOURCE 1

#include "migtask_posix.h"

#include <errno.h>
#include <string.h>

#include "addresses.h"
#include "phrases.h"
#include "resolve.h"
#include "sockets.h"
#include "text.h"
#include "waiting.h"

#define IDLE_WAIT_MS 10

_Static_assert(sizeof(migtask_posix_tcp) <= 1024, "tell the README when this grows");
_Static_assert(sizeof(((migtask_posix_tcp *)0)->peer) >= MIGTASK_POSIX_PEER_MAX, "peer text");

/* CLOSED -> (RESOLVING ->) CONNECTING -> CONNECTED; BROKEN from any but CLOSED. */
enum state { CLOSED, RESOLVING, CONNECTING, CONNECTED, BROKEN };

static migtask_posix_text begin_sentence(migtask_posix_tcp *tcp)
{
    return migtask_posix_text_begin(tcp->sentence, sizeof tcp->sentence);
}

/* The connection broke: the first error is the one that is told. */
static migtask_io lose(migtask_posix_tcp *tcp, int error)
{
    if (tcp->state != BROKEN) {
        migtask_posix_text text = begin_sentence(tcp);

        migtask_posix_say_lost(&text, error, migtask_text(tcp->peer));
        tcp->reason = MIGTASK_CONNECTION_LOST;
        tcp->state = BROKEN;
    }
    return MIGTASK_IO_FAILED;
}

/* ---------------------------------------------------------------------------------------------
 * Opening: the name.
 */

/* As a person wrote it. */
static migtask_view name_for_people(const migtask_posix_tcp *tcp)
{
    migtask_view name = tcp->where.host;

    name.len += tcp->where.kind == MIGTASK_HOST_IPV6 ? tcp->where.more : 0;
    return name;
}

static void fail_to_resolve(migtask_posix_tcp *tcp, migtask_posix_resolve_status status)
{
    migtask_posix_text text = begin_sentence(tcp);

    migtask_posix_say_resolve(&text, status, name_for_people(tcp));
    tcp->reason = MIGTASK_RESOLVE_FAILED;
    tcp->state = BROKEN;
}

static void begin_connecting(migtask_posix_tcp *tcp)
{
    tcp->state = CONNECTING;
    tcp->phase = MIGTASK_POSIX_TCP_CONNECTING;
}

/* As it is looked up. */
static migtask_view name_of(const migtask_posix_tcp *tcp)
{
    migtask_view name = tcp->where.host;

    name.len += tcp->where.more;
    return name;
}

/* The index of the interface that the zone "%eth0", "%25eth0" or "%2" names; 0: there is none. */
static uint32_t interface_of(migtask_view zone)
{
    char name[IF_NAMESIZE];
    uint32_t number = 0;

    zone.ptr++;
    zone.len--;
    if (zone.len > 2 && memcmp(zone.ptr, "25", 2) == 0) { /* a percent sign, in a URL */
        zone.ptr += 2;
        zone.len -= 2;
    }
    for (size_t i = 0; i < zone.len && zone.ptr[i] >= '0' && zone.ptr[i] <= '9' && i < 9; i++) {
        number = number * 10 + (uint32_t)(zone.ptr[i] - '0');
        if (i + 1 == zone.len) {
            return number;
        }
    }
    if (zone.len >= sizeof name) {
        return 0;
    }
    memcpy(name, zone.ptr, zone.len);
    name[zone.len] = '\0';
    return if_nametoindex(name);
}

/* The one address that was given. */
static void take_address(migtask_posix_tcp *tcp)
{
    migtask_posix_address *address = &tcp->addresses.list[0];
    bool is_ipv4 = tcp->where.kind == MIGTASK_HOST_IPV4;

    address->scope = 0;
    address->len = is_ipv4 ? 4 : 16;
    memcpy(address->bytes, tcp->where.address, sizeof address->bytes);
    tcp->addresses.count = 1;
    begin_connecting(tcp);
    if (!is_ipv4 && tcp->where.more > 0) {
        migtask_view zone = {tcp->where.host.ptr + tcp->where.host.len, tcp->where.more};

        address->scope = interface_of(zone);
        if (address->scope == 0) {
            migtask_posix_text text = begin_sentence(tcp);

            migtask_posix_say_no_interface(&text, name_for_people(tcp));
            tcp->reason = MIGTASK_CONNECT_FAILED;
            tcp->state = BROKEN;
        }
    }
}

/* What a search has come to, and the addresses that it found. */
static void take_results(migtask_posix_tcp *tcp, migtask_posix_resolve_status status,
                         const migtask_posix_address *found, unsigned count, uint32_t now)
{
    tcp->searching = status == MIGTASK_POSIX_RESOLVING;
    if (count > 0) {
        tcp->found_at = tcp->addresses.count == 0 ? now : tcp->found_at;
        migtask_posix_addresses_add(&tcp->addresses, found, count);
    }
    if (tcp->state != RESOLVING) {
        return;
    }
    if (tcp->addresses.count == 0 && !tcp->searching) {
        fail_to_resolve(tcp, status);
    } else if (tcp->addresses.count > 0 &&
               (!tcp->searching || now - tcp->found_at >= MIGTASK_POSIX_RESOLUTION_DELAY_MS)) {
        begin_connecting(tcp);
    }
}

static void look_for_addresses(migtask_posix_tcp *tcp, uint32_t now)
{
    migtask_posix_address found[MIGTASK_POSIX_ADDRESSES];
    uint8_t count = 0;
    migtask_posix_resolve_status status =
        tcp->searching ? migtask_posix_resolve_poll(&tcp->resolver, found, &count)
                       : migtask_posix_resolve_start(&tcp->resolver, name_of(tcp), found, &count);

    take_results(tcp, status, found, count, now);
}

static void open_again(migtask_posix_tcp *tcp, uint32_t now)
{
    tcp->reason = MIGTASK_OK;
    tcp->sentence[0] = '\0';
    tcp->peer[0] = '\0';
    tcp->events = 0;
    tcp->addresses.count = 0;
    tcp->addresses.next = 0;
    tcp->rank = 0;
    tcp->searching = false;
    if (tcp->where.kind == MIGTASK_HOST_NAME) {
        tcp->state = RESOLVING;
        tcp->phase = MIGTASK_POSIX_TCP_RESOLVING;
        look_for_addresses(tcp, now);
    } else {
        take_address(tcp);
    }
}

/* ---------------------------------------------------------------------------------------------
 * Opening: the addresses.
 */

static int open_socket(int family)
{
#ifdef SOCK_NONBLOCK
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
#else
    int fd = socket(family, SOCK_STREAM, 0);

    if (fd >= 0) {
        migtask_posix_do_not_block(fd);
#ifdef FD_CLOEXEC
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
#endif
    }
#endif
#ifdef SO_NOSIGPIPE
    if (fd >= 0) {
        int on = 1;

        (void)setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
    }
#endif
    return fd;
}

/* Begins to connect to an address: the socket, or -1 with errno. */
static int begin_attempt(const migtask_posix_address *address, uint16_t port)
{
    union {
        struct sockaddr any;
        struct sockaddr_in four;
#if MIGTASK_POSIX_IPV6
        struct sockaddr_in6 six;
#endif
    } to;
    const uint8_t wire_port[2] = {(uint8_t)(port >> 8), (uint8_t)port};
    socklen_t len;
    int fd;

    memset(&to, 0, sizeof to);
    if (address->len == 4) {
        to.four.sin_family = AF_INET;
        memcpy(&to.four.sin_port, wire_port, 2);
        memcpy(&to.four.sin_addr, address->bytes, 4);
        len = sizeof to.four;
    } else {
#if MIGTASK_POSIX_IPV6
        to.six.sin6_family = AF_INET6;
        memcpy(&to.six.sin6_port, wire_port, 2);
        to.six.sin6_scope_id = address->scope;
        memcpy(&to.six.sin6_addr, address->bytes, 16);
        len = sizeof to.six;
#else
        errno = EAFNOSUPPORT;
        return -1;
#endif
    }
    fd = open_socket(to.any.sa_family);
    if (fd >= 0 && connect(fd, &to.any, len) != 0 && errno != EINPROGRESS && errno != EINTR) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/* Address i is out. The sentence keeps the most telling failure of all; the next address is due. */
static void give_up_address(migtask_posix_tcp *tcp, unsigned i, int error, uint32_t now)
{
    unsigned rank = migtask_posix_connect_rank(error);

    if (tcp->attempts[i] >= 0) {
        close(tcp->attempts[i]);
        tcp->attempts[i] = -1;
        tcp->pending--;
    }
    if (rank > tcp->rank) {
        char peer[MIGTASK_POSIX_PEER_MAX];
        migtask_posix_text text = migtask_posix_text_begin(peer, sizeof peer);

        migtask_posix_text_peer(&text, &tcp->addresses.list[i], tcp->where.port);
        tcp->rank = (uint8_t)rank;
        text = begin_sentence(tcp);
        migtask_posix_say_connect(&text, error, migtask_text(peer));
    }
    if (i + 1u == tcp->addresses.next) {
        tcp->next_at = now;
    }
}

static void close_attempts(migtask_posix_tcp *tcp)
{
    for (unsigned i = 0; tcp->pending > 0; i++) {
        if (tcp->attempts[i] >= 0) {
            close(tcp->attempts[i]);
            tcp->attempts[i] = -1;
            tcp->pending--;
        }
    }
}

static void name_peer(migtask_posix_tcp *tcp, unsigned i)
{
    migtask_posix_text text = migtask_posix_text_begin(tcp->peer, sizeof tcp->peer);

    migtask_posix_text_peer(&text, &tcp->addresses.list[i], tcp->where.port);
}

/* Address i is connected. Without TCP_NODELAY a request that follows the handshake's last flight
 * would wait 40 ms for a delayed acknowledgement. */
static void win(migtask_posix_tcp *tcp, unsigned i)
{
    int on = 1;

    tcp->fd = tcp->attempts[i];
    tcp->at = (uint8_t)i;
    tcp->attempts[i] = -1;
    tcp->pending--;
    close_attempts(tcp);
    migtask_posix_resolve_stop(&tcp->resolver);
    tcp->searching = false;
    name_peer(tcp, i);
    tcp->sentence[0] = '\0'; /* what became of the others does not matter any more */
    (void)setsockopt(tcp->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    tcp->fresh = false;
    tcp->state = CONNECTED;
    tcp->phase = MIGTASK_POSIX_TCP_CONNECTED;
}

/* Looks which attempts are decided. */
static void judge_attempts(migtask_posix_tcp *tcp, uint32_t now)
{
    struct pollfd watched[MIGTASK_POSIX_ADDRESSES];
    unsigned count = tcp->addresses.next;

    for (unsigned i = 0; i < count; i++) {
        watched[i].fd = tcp->attempts[i]; /* poll() skips -1 */
        watched[i].events = POLLOUT;
        watched[i].revents = 0;
    }
    if (migtask_posix_wait(watched, count, 0, NULL) <= 0) {
        return;
    }
    for (unsigned i = 0; i < count && tcp->state == CONNECTING; i++) {
        if (watched[i].revents != 0) {
            int error = 0;
            socklen_t len = sizeof error;

            if ((watched[i].revents & ~POLLOUT) != 0 &&
                getsockopt(tcp->attempts[i], SOL_SOCKET, SO_ERROR, &error, &len) != 0) {
                error = errno;
            }
            error = MIGTASK_POSIX_CONNECT_ERROR(error);
            if (error == 0) {
                win(tcp, i);
            } else {
                give_up_address(tcp, i, error, now);
            }
        }
    }
}

static void fail_to_connect(migtask_posix_tcp *tcp)
{
    size_t used = strlen(tcp->sentence);
    migtask_posix_text text =
        migtask_posix_text_begin(tcp->sentence + used, sizeof tcp->sentence - used);

    if (tcp->addresses.count > 1) {
        migtask_posix_text_add(&text, " (");
        migtask_posix_text_number(&text, tcp->addresses.count);
        migtask_posix_text_add(&text, " addresses were tried)");
    }
    tcp->reason = MIGTASK_CONNECT_FAILED;
    tcp->state = BROKEN;
}

/* Starts every address that is due; when none is left and none pending, it has failed. */
static void start_attempts(migtask_posix_tcp *tcp, uint32_t now)
{
    while (tcp->addresses.next < tcp->addresses.count &&
           (tcp->pending == 0 || (int32_t)(now - tcp->next_at) >= 0)) {
        unsigned i = tcp->addresses.next++;

        name_peer(tcp, i);
        tcp->next_at = now + MIGTASK_POSIX_STAGGER_MS;
        tcp->attempts[i] = begin_attempt(&tcp->addresses.list[i], tcp->where.port);
        if (tcp->attempts[i] >= 0) {
            tcp->pending++;
        } else {
            give_up_address(tcp, i, errno, now);
        }
    }
    if (tcp->pending == 0 && (!tcp->searching || now - tcp->found_at >= MIGTASK_POSIX_LATE_MS)) {
        fail_to_connect(tcp);
    }
}

/* ---------------------------------------------------------------------------------------------
 * The stream.
 */

static migtask_io tcp_connect(void *ctx)
{
    migtask_posix_tcp *tcp = ctx;
    uint32_t now = migtask_posix_now_ms(NULL);

    if (tcp->state == CLOSED) {
        open_again(tcp, now);
    } else if (tcp->searching) {
        look_for_addresses(tcp, now);
    }
    if (tcp->state == CONNECTING && tcp->pending > 0) {
        judge_attempts(tcp, now);
    }
    if (tcp->state == CONNECTING) {
        start_attempts(tcp, now);
    }
    switch (tcp->state) {
    case CONNECTED:
        return MIGTASK_IO_OK;
    case BROKEN:
        return MIGTASK_IO_FAILED;
    default:
        return MIGTASK_IO_WOULD_BLOCK;
    }
}

static bool would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

static migtask_io tcp_send(void *ctx, const void *data, size_t len, size_t *sent)
{
    migtask_posix_tcp *tcp = ctx;
    ssize_t n = send(tcp->fd, data, len, MSG_NOSIGNAL);

    *sent = 0;
    tcp->fresh = n > 0;
    tcp->early = false; /* of what is sent now */
    if (n > 0) {
        *sent = (size_t)n;
        return MIGTASK_IO_OK;
    }
    if (n == 0 || would_block(errno)) {
        tcp->events |= POLLOUT;
        return MIGTASK_IO_WOULD_BLOCK;
    }
    return lose(tcp, errno);
}

/* Also after a failed send: what had arrived before is still there. The end that follows it then
 * is no orderly one. */
static migtask_io tcp_recv(void *ctx, void *buf, size_t cap, size_t *got)
{
    migtask_posix_tcp *tcp = ctx;
    ssize_t n;

    *got = 0;
    if (tcp->fresh) { /* saves a system call that would only say so */
        tcp->fresh = false;
        tcp->events |= POLLIN;
        return MIGTASK_IO_WOULD_BLOCK;
    }
    n = recv(tcp->fd, buf, cap, 0);
    if (n > 0) {
        *got = (size_t)n;
        tcp->phase = MIGTASK_POSIX_TCP_HEARD;
        return MIGTASK_IO_OK;
    }
    if (n == 0) {
        return tcp->state == BROKEN ? MIGTASK_IO_FAILED : MIGTASK_IO_END;
    }
    if (would_block(errno)) {
        tcp->early = false; /* what was here is read: tickets of TLS, or it was handed on */
        tcp->events |= POLLIN;
        return MIGTASK_IO_WOULD_BLOCK;
    }
    return lose(tcp, errno);
}

static void tcp_close(void *ctx)
{
    migtask_posix_tcp *tcp = ctx;

    migtask_posix_resolve_stop(&tcp->resolver);
    close_attempts(tcp);
    tcp->searching = false;
    if (tcp->fd >= 0) {
        migtask_posix_addresses_note(&tcp->addresses, tcp->at,
                                     tcp->phase == MIGTASK_POSIX_TCP_HEARD);
        close(tcp->fd);
        tcp->fd = -1;
    }
    tcp->state = CLOSED;
}

static bool has_arrived(int fd)
{
    char byte;

    return recv(fd, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

/* Whatever the kernel took may be on its way; but before the peer acknowledged all of it the peer
 * cannot have read all of it, and whatever it sent after that carries the acknowledgement. So what
 * is here while that is missing was sent before, and stays so when the rest goes a moment later. */
static migtask_retained tcp_retained(void *ctx)
{
    migtask_posix_tcp *tcp = ctx;

    if (!tcp->early && !migtask_posix_is_unacknowledged(tcp->fd)) {
        return MIGTASK_RETAINED_NONE;
    }
    tcp->early = tcp->early || (has_arrived(tcp->fd) && migtask_posix_is_unacknowledged(tcp->fd));
    return MIGTASK_RETAINED_SOME;
}

static migtask_reason tcp_failure(void *ctx, const char **sentence)
{
    migtask_posix_tcp *tcp = ctx;

    *sentence = tcp->sentence[0] != '\0' ? tcp->sentence : NULL;
    return tcp->reason;
}

static const migtask_stream_ops tcp_ops = {
    .connect = tcp_connect,
    .send = tcp_send,
    .recv = tcp_recv,
    .close = tcp_close,
    .retained = tcp_retained,
    .failure = tcp_failure,
};

void migtask_posix_tcp_init(migtask_posix_tcp *tcp, const migtask_endpoint *where)
{
    memset(tcp, 0, sizeof *tcp);
    tcp->where = *where;
    tcp->fd = -1;
    for (size_t i = 0; i < MIGTASK_POSIX_ADDRESSES; i++) {
        tcp->attempts[i] = -1;
    }
}

migtask_stream migtask_posix_tcp_stream(migtask_posix_tcp *tcp)
{
    migtask_stream stream = {&tcp_ops, tcp};

    return stream;
}

void migtask_posix_tcp_wait_mask(migtask_posix_tcp *tcp, const sigset_t *mask)
{
    tcp->wait_mask = mask;
}

/* ---------------------------------------------------------------------------------------------
 * Waiting.
 */

/* The milliseconds until then, max_ms at most, 0 if it has passed. */
static uint32_t time_until(uint32_t then, uint32_t max_ms)
{
    int32_t left = (int32_t)(then - migtask_posix_now_ms(NULL));

    return left <= 0 ? 0 : (uint32_t)left < max_ms ? (uint32_t)left : max_ms;
}

/* Adds a descriptor, if there is one, to the count of a set. */
static unsigned watch(struct pollfd *set, unsigned count, int fd, short events)
{
    if (fd < 0) {
        return count;
    }
    set[count].fd = fd;
    set[count].events = events;
    set[count].revents = 0;
    return count + 1;
}

/* Those of the addresses that are being connected to, and of the search for more. */
static unsigned watch_opening(const migtask_posix_tcp *tcp, struct pollfd *set)
{
    unsigned count = 0;

    for (unsigned i = 0; i < tcp->addresses.next; i++) {
        count = watch(set, count, tcp->attempts[i], POLLOUT);
    }
    return tcp->searching ? watch(set, count, migtask_posix_resolve_fd(&tcp->resolver), POLLIN)
                          : count;
}

unsigned migtask_posix_tcp_watch(migtask_posix_tcp *tcp, struct pollfd *set, uint32_t *max_ms)
{
    unsigned count = 0;
    bool idles = false; /* there is something that no descriptor tells */

    switch (tcp->state) {
    case CLOSED:
        break;
    case RESOLVING:
    case CONNECTING:
        count = watch_opening(tcp, set);
        idles = tcp->searching && migtask_posix_resolve_fd(&tcp->resolver) < 0;
        if (tcp->state == RESOLVING && tcp->addresses.count > 0) {
            *max_ms = time_until(tcp->found_at + MIGTASK_POSIX_RESOLUTION_DELAY_MS, *max_ms);
        } else if (tcp->state == CONNECTING && tcp->addresses.next < tcp->addresses.count) {
            *max_ms = time_until(tcp->next_at, *max_ms);
        } else if (tcp->state == CONNECTING && tcp->pending == 0) {
            *max_ms = time_until(tcp->found_at + MIGTASK_POSIX_LATE_MS, *max_ms);
        }
        break;
    default:
        count = watch(set, count, tcp->events != 0 ? tcp->fd : -1, tcp->events);
        idles = count == 0;
        tcp->events = 0;
        break;
    }
    if (idles && *max_ms > IDLE_WAIT_MS) {
        *max_ms = IDLE_WAIT_MS;
    }
    return count;
}

void migtask_posix_tcp_wait(void *ctx, uint32_t max_ms)
{
    migtask_posix_tcp *tcp = ctx;
    struct pollfd set[MIGTASK_POSIX_WATCHED];
    unsigned count = migtask_posix_tcp_watch(tcp, set, &max_ms);

    (void)migtask_posix_wait(set, count, max_ms, tcp->wait_mask);
}

migtask_posix_tcp_phase migtask_posix_tcp_phase_of(const migtask_posix_tcp *tcp)
{
    return (migtask_posix_tcp_phase)tcp->phase;
}

const char *migtask_posix_tcp_peer(const migtask_posix_tcp *tcp)
{
    return tcp->peer;
}
