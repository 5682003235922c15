/*
 * tcp.h - a migtask_stream over TCP, by the POSIX socket interface.
 *
 *     static migtask_posix_tcp tcp;
 *     migtask_posix_tcp_init(&tcp, &endpoint);
 *     migtask_stream stream = migtask_posix_tcp_stream(&tcp);
 *
 * Opening it never blocks. A name is resolved first (resolve.h), IPv6 and IPv4 apart; once there
 * are addresses of one family, the other has 50 ms to be in time for the order, and may come later.
 * They are tried as RFC 8305 section 5 asks: IPv6 and IPv4 by turns, the next one when the latest
 * failed or after 250 ms, without giving up the earlier ones; the first to connect wins, the others
 * are closed. An address that took a connection and never said a word on it comes last the next
 * time. There is no deadline here: whoever drives the stream has one and calls close().
 *
 * Takes no heap memory; one thread at a time; SIGPIPE never reaches the caller. The stream's
 * functions are those of migtask_stream_ops, and after close() it can be opened again (a name is
 * then resolved again). Reasons of a failure: resolve_failed, connect_failed, connection_lost.
 */
#ifndef MIGTASK_POSIX_TCP_H
#define MIGTASK_POSIX_TCP_H

#include <signal.h>
#include <stdint.h>

#include "../../core/migtask.h"
#include "addresses.h"

#ifdef __cplusplus
extern "C" {
#endif

struct pollfd;

/* RFC 8305 section 8: the recommended Connection Attempt Delay. */
#define MIGTASK_POSIX_STAGGER_MS 250

/* RFC 8305 section 3: how long found addresses wait for those of the other family; and how long the
 * other family is waited for when none of them could be connected to. */
#define MIGTASK_POSIX_RESOLUTION_DELAY_MS 50
#define MIGTASK_POSIX_LATE_MS 2000

/* How many descriptors a stream waits for at most: its addresses', and the search for more. */
#define MIGTASK_POSIX_WATCHED (MIGTASK_POSIX_ADDRESSES + 1)

/* Bytes of the longest sentence with its NUL; a longer one is cut. */
#define MIGTASK_POSIX_SENTENCE_MAX 256

/* How far the current or, after close(), the latest opening came. */
typedef enum migtask_posix_tcp_phase {
    MIGTASK_POSIX_TCP_CLOSED, /* never opened */
    MIGTASK_POSIX_TCP_RESOLVING,
    MIGTASK_POSIX_TCP_CONNECTING,
    MIGTASK_POSIX_TCP_CONNECTED,
    MIGTASK_POSIX_TCP_HEARD /* and the other end has said something */
} migtask_posix_tcp_phase;

/* The stream's object. Its inside is private; it must not be moved while open. */
typedef struct migtask_posix_tcp {
    migtask_endpoint where;
    const sigset_t *wait_mask; /* or NULL */
    migtask_posix_resolver resolver;
    migtask_posix_addresses addresses;
    int attempts[MIGTASK_POSIX_ADDRESSES]; /* the socket of each address, -1 if none */
    int fd;                                /* the connection, -1 if none */
    uint32_t next_at;                      /* when the next address is due */
    uint32_t found_at;                     /* when the first address was found */
    bool early;      /* something had come before all that was sent was acknowledged */
    bool fresh;      /* something was just sent: no answer can be there yet */
    bool searching;  /* there may be more addresses */
    short events;    /* what the latest send and recv would wait for */
    uint8_t pending; /* sockets in attempts */
    uint8_t at;      /* the address that is connected */
    uint8_t state;
    uint8_t phase;
    uint8_t rank; /* how telling the failure in the sentence is */
    migtask_reason reason;
    char peer[64];
    char sentence[MIGTASK_POSIX_SENTENCE_MAX];
} migtask_posix_tcp;

/* Prepares a closed stream to *where, which is copied; the memory of where->host must outlive the
 * stream's use. For an address, only where->address and the port are used. No system call. */
void migtask_posix_tcp_init(migtask_posix_tcp *tcp, const migtask_endpoint *where);

/* The stream; valid as long as *tcp is. */
migtask_stream migtask_posix_tcp_stream(migtask_posix_tcp *tcp);

/* Has migtask_posix_tcp_wait() wait under this signal mask (as ppoll() does), so that a caller
 * which keeps its signals blocked outside of the wait misses none. NULL, as after init: the mask
 * stays as it is. The set is the caller's and must outlive the stream's use. */
void migtask_posix_tcp_wait_mask(migtask_posix_tcp *tcp, const sigset_t *mask);

/* Waits until the stream may get on where its functions last said WOULD_BLOCK, at most max_ms;
 * returns early after a signal was handled. Fits migtask_waiter.wait; ctx is the migtask_posix_tcp.
 * While the stream is closed it waits for max_ms or a signal: a pause between two calls. While open
 * with nothing to wait for (no WOULD_BLOCK since the last wait) it waits 10 ms at most. */
void migtask_posix_tcp_wait(void *ctx, uint32_t max_ms);

/* The same for a loop of the caller's own, which waits for several streams at a time: writes the
 * descriptors to wait for to set[0..], which has room for MIGTASK_POSIX_WATCHED, returns how many
 * (0: only for the time), and lowers *max_ms to what the stream may wait at most. The loop then
 * calls poll() or its like, and the stream's functions again; what poll() said is not needed. */
unsigned migtask_posix_tcp_watch(migtask_posix_tcp *tcp, struct pollfd *set, uint32_t *max_ms);

migtask_posix_tcp_phase migtask_posix_tcp_phase_of(const migtask_posix_tcp *tcp);

/* The address connected to or, before that, the one tried last: "127.0.0.1 port 8443",
 * "[::1] port 8443"; "" while there is none. Inside *tcp; changes with the stream's functions and
 * stays after close(), until the stream is opened again. */
const char *migtask_posix_tcp_peer(const migtask_posix_tcp *tcp);

#ifdef __cplusplus
}
#endif

#endif
