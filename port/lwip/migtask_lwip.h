/*
 * migtask_lwip.h - what a call needs of lwIP without an operating system: a stream over TCP and the
 * time of day.
 *
 *     static migtask_lwip_tcp tcp;
 *     migtask_lwip_tcp_init(&tcp, &endpoint);
 *     migtask_stream stream = migtask_lwip_tcp_stream(&tcp);
 */
#ifndef MIGTASK_LWIP_H
#define MIGTASK_LWIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lwip/ip_addr.h"
#include "migtask.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------------------------------------
 * A stream over TCP, by lwIP's raw interface (NO_SYS=1, one super-loop).
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

/* The families that lwIP is built with, in the order in which to try them (RFC 6724). */
#define MIGTASK_LWIP_FAMILIES (LWIP_IPV6 + LWIP_IPV4)

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
    uint8_t lookup;      /* one under way, counted from 1; 0 if none */
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

/* ---------------------------------------------------------------------------------------------
 * The time of day on a board without a clock, by SNTP (RFC 4330) with a floor.
 *
 * SNTP is not authenticated: whoever sits on the way to the time server can answer any time at all.
 * What that means for the dates of certificates, which are always checked:
 * - The time is never earlier than the floor, the date of the build: such an answer is ignored. So
 *   a certificate that had expired when the firmware was built stays expired for ever. One that
 *   expired later could be made to look valid by a liar on the way, who would need its private key
 *   as well.
 * - The time is never later than MIGTASK_LWIP_CLOCK_YEARS after the floor. A liar can still make
 *   valid certificates look expired; the call then ends with not_sent, as if the cable was pulled.
 * - Answers of others than the server asked, or without the 64 random bits of the question, are
 *   ignored: a liar must be on the way.
 * - Until an answer came the time is not known, and a TLS stream ends with clock_unset.
 * A board with a battery-backed clock, or a console, sets the time itself: migtask_lwip_time_set().
 */

/* An answer later than this many years after the floor is ignored. */
#ifndef MIGTASK_LWIP_CLOCK_YEARS
#define MIGTASK_LWIP_CLOCK_YEARS 40
#endif

/* Seconds since 1970 of the build. Give -DMIGTASK_LWIP_CLOCK_FLOOR=... in the Makefile, e.g. from
 * SOURCE_DATE_EPOCH or `date +%s`, for the file lwip_clock.c; the default is the day this was
 * written.
 */
#ifndef MIGTASK_LWIP_CLOCK_FLOOR
#define MIGTASK_LWIP_CLOCK_FLOOR 1760000000
#endif

/* Begins to ask, and goes on every hour. server: name or address of the time server, valid for
 * ever; NULL: the one that DHCP names (option 42). Call once the network interface is up; again to
 * ask anew at once. Until an answer comes it is repeated after 2, 3, 5, 9, ... seconds. */
void migtask_lwip_time_start(const char *server);

/* Sets the time from another source that is trusted (the floor and ceiling hold here too). */
void migtask_lwip_time_set(int64_t epoch_s);

/* Seconds since 1970; false until the time is known. Fits migtask_tls_config.clock; ctx is not
 * used. Between two answers it counts by sys_now(), and has to be called once in 49 days if none
 * come. */
bool migtask_lwip_time(void *ctx, int64_t *epoch_s);

#ifdef __cplusplus
}
#endif

#endif
