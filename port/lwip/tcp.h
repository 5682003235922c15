/*
 * tcp.h - a migtask_stream over TCP, by lwIP's raw interface (NO_SYS=1, one super-loop).
 *
 *     static migtask_lwip_tcp tcp;
 *     migtask_lwip_tcp_init(&tcp, &endpoint);
 *     migtask_stream stream = migtask_lwip_tcp_stream(&tcp);
 *
 * Nothing blocks and nothing waits: lwIP's callbacks only note what happened, and the stream's
 * functions look at that. So the loop does three things in turn: it hands received frames to the
 * netif, calls sys_check_timeouts(), and steps the call. All in one context: never from an
 * interrupt, nor from a callback of lwIP's.
 *
 * Opening: a name is looked up in every family that lwIP is built with (one address of each, lwIP
 * gives no more), both at once. IPv6 goes first; IPv4 follows when that failed or after 250 ms,
 * without giving the first up, and the first to connect wins (RFC 8305 section 5). There is no
 * deadline here: whoever drives the stream has one and calls close().
 *
 * Receiving: segments wait in lwIP's pbufs, and the window opens again only by what recv handed
 * out: a slow reader slows the peer down, at most TCP_WND bytes wait. What arrived before the
 * peer's end or a reset is handed out before that is told.
 *
 * close() never waits. What is still to be sent then goes on by itself, for at most
 * MIGTASK_LWIP_LINGER_MS and only if it is little (a closing message of TLS); otherwise the
 * connection is reset. No callback reaches the object after close(), so it may be used anew or
 * vanish.
 *
 * Memory: the object, and lwIP's static pools. When those are used up for a while, the stream says
 * WOULD_BLOCK. Reasons of a failure: resolve_failed, connect_failed, connection_lost.
 */
#ifndef MIGTASK_LWIP_TCP_H
#define MIGTASK_LWIP_TCP_H

#include <stdbool.h>
#include <stdint.h>

#include "../../core/migtask.h"
#include "lookup.h"

#ifdef __cplusplus
extern "C" {
#endif

/* RFC 8305 section 8: the recommended Connection Attempt Delay. */
#define MIGTASK_LWIP_STAGGER_MS 250

/* How long a closed connection may go on with what it has to send (lwIP counts in half seconds).
 * It keeps a PCB and some memory of lwIP's meanwhile. */
#ifndef MIGTASK_LWIP_LINGER_MS
#define MIGTASK_LWIP_LINGER_MS 5000
#endif

/* Bytes of the longest sentence with its NUL, 128 at least; a longer one is cut. */
#ifndef MIGTASK_LWIP_SENTENCE
#define MIGTASK_LWIP_SENTENCE 160
#endif

struct pbuf;
struct tcp_pcb;

/* How far the current or, after close(), the latest opening came. */
typedef enum migtask_lwip_tcp_phase {
    MIGTASK_LWIP_TCP_CLOSED, /* never opened */
    MIGTASK_LWIP_TCP_RESOLVING,
    MIGTASK_LWIP_TCP_CONNECTING,
    MIGTASK_LWIP_TCP_CONNECTED
} migtask_lwip_tcp_phase;

/* The way to one address. Private. */
typedef struct migtask_lwip_lane {
    struct migtask_lwip_tcp *tcp;
    struct tcp_pcb *pcb; /* NULL unless connecting or connected */
    migtask_lwip_lookup lookup;
    ip_addr_t address;
    uint8_t state;
} migtask_lwip_lane;

/* The stream's object. Its inside is private; it must not be moved while open. */
typedef struct migtask_lwip_tcp {
    migtask_endpoint where;
    migtask_lwip_lane lanes[MIGTASK_LWIP_FAMILIES];
    struct tcp_pcb *pcb;   /* the connection; NULL if none, or none any more */
    struct pbuf *received; /* what waits to be handed out */
    uint32_t next_at;      /* when the next lane is due */
    uint8_t state;
    uint8_t phase;
    uint8_t rank;   /* how telling the failure in the sentence is */
    uint8_t peer;   /* lane to name as peer; MIGTASK_LWIP_FAMILIES if none */
    int8_t error;   /* err_t of the connection's end */
    bool connected; /* a lane has made it: the one named as peer */
    bool ended;     /* the peer sends no more */
    bool refused;   /* a send failed: no orderly end any more */
    bool starving;  /* lwIP had no memory for a connection, since starving_at */
    uint32_t starving_at;
    migtask_reason reason;
    char sentence[MIGTASK_LWIP_SENTENCE];
} migtask_lwip_tcp;

/* Prepares a closed stream to *where, which is copied; the memory of where->host must outlive the
 * stream's use. For an address, only where->address and the port are used. */
void migtask_lwip_tcp_init(migtask_lwip_tcp *tcp, const migtask_endpoint *where);

/* The stream; valid as long as *tcp is. */
migtask_stream migtask_lwip_tcp_stream(migtask_lwip_tcp *tcp);

migtask_lwip_tcp_phase migtask_lwip_tcp_phase_of(const migtask_lwip_tcp *tcp);

/* Bytes of the longest peer text with its NUL. */
#define MIGTASK_LWIP_PEER_MAX 64

/* The address connected to or, before that, the one tried last: "192.0.2.1 port 443" or
 * "[2001:db8::1] port 443", written into text (cap bytes, cut there); "" while there is none. It
 * stays after close(), until the stream is opened again. Returns text. */
const char *migtask_lwip_tcp_peer(const migtask_lwip_tcp *tcp, char *text, size_t cap);

#ifdef __cplusplus
}
#endif

#endif
