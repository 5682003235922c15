#include "migtask_lwip.h"

#include <string.h>

#include "lookup.h"
#include "lwip/ip.h"
#include "lwip/pbuf.h"
#include "lwip/sys.h"
#include "lwip/tcp.h"
#include "writer.h"

#define FAMILIES MIGTASK_LWIP_FAMILIES

/* RFC 8305 section 3: how long an IPv4 address waits for an IPv6 one. */
#define RESOLUTION_DELAY_MS 50

/* How long lwIP may have no memory for a connection before it is called a failure. */
#define PATIENCE_MS 3000

/* What a closed connection may still have to send: a closing message of TLS, but not a piece of a
 * request. */
#define LITTLE 128

/* tcp_write() asks for memory for all or nothing, so it is asked for less when there is little, but
 * not for less than this. */
#define SMALLEST_WRITE 128

_Static_assert(sizeof(migtask_lwip_tcp) <= 256 + 80 * FAMILIES + MIGTASK_LWIP_SENTENCE,
               "tell the README when this grows");
_Static_assert(MIGTASK_LWIP_SENTENCE >= 128 && MIGTASK_LWIP_SENTENCE <= 1024, "sentence");
_Static_assert(MIGTASK_LWIP_LINGER_MS >= 500 && MIGTASK_LWIP_LINGER_MS <= 120000,
               "half seconds in 8 bits");
_Static_assert(TCP_WND <= 0xffff, "what waits is one chain of pbufs, which counts in 16 bits");

/* IDLE -> OPENING -> OPEN; BROKEN from any but IDLE. */
enum state { IDLE, OPENING, OPEN, BROKEN };

/* OUT from any: this address is none, or did not connect. */
enum lane_state { WANTED, ASKING, READY, TRYING, OUT };

/* ---------------------------------------------------------------------------------------------
 * Failures and their sentences. None of them says "try again": only the outcome of the call can.
 */

typedef struct phrase {
    int8_t error;
    uint8_t rank; /* of the failures of several addresses the highest is told */
    const char *before;
    const char *after;
} phrase;

static const phrase connect_phrases[] = {
    {ERR_RST, 4, "connection refused by ",
     ": is the port right, and is the service there running?"},
    {ERR_ABRT, 3, "no answer from ",
     ": is the address right, and does a firewall on the way drop the connection?"},
    {ERR_MEM, 2, "no memory for a connection to ", ": give lwIP more (see port/lwip/lwipopts.h)"},
    {ERR_RTE, 1, "no route to ", ": is the cable plugged in, and has this board an address?"},
    {ERR_OK, 1, "connecting to ", " failed"},
};

static const phrase lost_phrases[] = {
    {ERR_RST, 0, "the connection was reset by ", " or something on the way: see the log there"},
    {ERR_ABRT, 0, "the connection died, no more answers from ", ": was the network interrupted?"},
    {ERR_OK, 0, "the connection was closed by ", " before all was sent: see the log there"},
};

/* The phrase of that error, or the last one, which is of ERR_OK. */
static const phrase *phrase_of(const phrase *phrases, int8_t error)
{
    while (phrases->error != error && phrases->error != ERR_OK) {
        phrases++;
    }
    return phrases;
}

static struct migtask_writer begin_text(char *text, size_t cap)
{
    struct migtask_writer writer;

    memset(&writer, 0, sizeof writer);
    writer.buf = text;
    writer.cap = cap - 1;
    return writer;
}

static void end_text(const struct migtask_writer *writer)
{
    writer->buf[writer->len] = '\0';
}

static void put_peer(struct migtask_writer *writer, const migtask_lwip_tcp *tcp, unsigned i)
{
    char address[IPADDR_STRLEN_MAX];
    const ip_addr_t *to = &tcp->lanes[i].address;

    (void)ipaddr_ntoa_r(to, address, sizeof address);
    for (char *at = address; *at != '\0'; at++) {
        *at |= *at >= 'A' ? 0x20 : 0; /* lower case, RFC 5952 section 4.3 */
    }
    migtask_put_string(writer, IP_IS_V6(to) ? "[" : "");
    migtask_put_string(writer, address);
    migtask_put_string(writer, IP_IS_V6(to) ? "] port " : " port ");
    migtask_put_number(writer, tcp->where.port);
}

static void say(migtask_lwip_tcp *tcp, const phrase *what, unsigned i)
{
    struct migtask_writer writer = begin_text(tcp->sentence, sizeof tcp->sentence);

    migtask_put_string(&writer, what->before);
    put_peer(&writer, tcp, i);
    migtask_put_string(&writer, what->after);
    end_text(&writer);
}

static void say_of_name(migtask_lwip_tcp *tcp, const char *before, const char *after)
{
    struct migtask_writer writer = begin_text(tcp->sentence, sizeof tcp->sentence);
    size_t len = tcp->where.host.len < 64 ? tcp->where.host.len : 64;

    migtask_put_string(&writer, before);
    migtask_put(&writer, tcp->where.host.ptr, len);
    migtask_put_string(&writer, len < tcp->where.host.len ? "..." : "");
    migtask_put_string(&writer, after);
    end_text(&writer);
}

/* The connection broke: the first error is the one that is told. */
static migtask_io lose(migtask_lwip_tcp *tcp)
{
    if (tcp->state == OPEN) {
        say(tcp, phrase_of(lost_phrases, tcp->error), tcp->peer);
        tcp->reason = MIGTASK_CONNECTION_LOST;
        tcp->state = BROKEN;
    }
    return MIGTASK_IO_FAILED;
}

/* A lane is out. The sentence keeps the most telling failure of all. */
static void give_up_connecting(migtask_lwip_lane *lane, int8_t error)
{
    migtask_lwip_tcp *tcp = lane->tcp;
    const phrase *what = phrase_of(connect_phrases, error);

    lane->state = OUT;
    if (what->rank > tcp->rank) {
        tcp->rank = what->rank;
        say(tcp, what, (unsigned)(lane - tcp->lanes));
    }
}

static void give_up_name(migtask_lwip_lane *lane, migtask_lwip_lookup_status status)
{
    migtask_lwip_tcp *tcp = lane->tcp;

    lane->state = OUT;
    if (tcp->rank > 0) {
        return;
    }
    switch (status) {
    case MIGTASK_LWIP_NO_SERVER:
        say_of_name(tcp, "no name server is known to look up ",
                    ": is the network up, and does DHCP name one?");
        break;
    case MIGTASK_LWIP_BAD_NAME:
        say_of_name(tcp, "the name is too long for this board: ",
                    " (see MIGTASK_LWIP_NAME in port/lwip/lwipopts.h)");
        break;
    default:
        say_of_name(tcp, "no name server gave an address for ",
                    ": is it spelled right, and is the network up?");
        break;
    }
}

/* ---------------------------------------------------------------------------------------------
 * lwIP's callbacks. arg is the lane, or NULL once it was closed. They only note: a PCB is closed by
 * the stream's functions alone, outside of lwIP.
 */

static bool is_connection(const migtask_lwip_lane *lane)
{
    return lane->tcp->connected && lane == &lane->tcp->lanes[lane->tcp->peer];
}

/* The PCB is gone already. */
static void on_error(void *arg, err_t error)
{
    migtask_lwip_lane *lane = arg;

    lane->pcb = NULL;
    if (is_connection(lane)) {
        lane->tcp->pcb = NULL;
        lane->tcp->error = error;
    } else {
        give_up_connecting(lane, error);
    }
}

/* The first lane to connect is the connection, even if it breaks before anybody looked. */
static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t error)
{
    migtask_lwip_lane *lane = arg;
    migtask_lwip_tcp *tcp = lane->tcp;

    (void)error; /* always ERR_OK */
    if (!tcp->connected) {
        tcp->connected = true;
        tcp->pcb = pcb;
        tcp->peer = (uint8_t)(lane - tcp->lanes);
    }
    return ERR_OK;
}

static err_t on_received(void *arg, struct tcp_pcb *pcb, struct pbuf *received, err_t error)
{
    migtask_lwip_lane *lane = arg;
    migtask_lwip_tcp *tcp = lane->tcp;

    (void)error;
    if (!is_connection(lane)) { /* of a lane that came second, and is about to be closed */
        if (received != NULL) {
            tcp_recved(pcb, received->tot_len);
            pbuf_free(received);
        }
    } else if (received == NULL) {
        tcp->ended = true;
    } else if (tcp->received == NULL) {
        tcp->received = received;
    } else {
        pbuf_cat(tcp->received, received);
    }
    return ERR_OK;
}

/* A closed connection has lingered long enough. */
static err_t on_lingered(void *arg, struct tcp_pcb *pcb)
{
    (void)arg;
    tcp_abort(pcb);
    return ERR_ABRT;
}

/* Parts from a PCB: no callback comes any more. In order if little is still to be sent. With data
 * that nobody read, lwIP resets the connection by itself. */
static void let_go(struct tcp_pcb *pcb, bool in_order)
{
    tcp_arg(pcb, NULL);
    tcp_err(pcb, NULL);
    tcp_recv(pcb, NULL);
    if (!in_order || TCP_SND_BUF - tcp_sndbuf(pcb) > LITTLE) {
        tcp_abort(pcb);
        return;
    }
    tcp_setprio(pcb, TCP_PRIO_MIN); /* the next connection may take its place */
    tcp_poll(pcb, on_lingered, MIGTASK_LWIP_LINGER_MS / 500);
    if (tcp_close(pcb) != ERR_OK) {
        tcp_abort(pcb);
    }
}

/* ---------------------------------------------------------------------------------------------
 * Opening.
 */

static void open_again(migtask_lwip_tcp *tcp)
{
    bool named = tcp->where.kind == MIGTASK_HOST_NAME;

    for (unsigned i = 0; i < FAMILIES; i++) {
        tcp->lanes[i].tcp = tcp;
        tcp->lanes[i].state = named ? WANTED : OUT;
    }
    tcp->reason = MIGTASK_OK;
    tcp->sentence[0] = '\0';
    tcp->rank = 0;
    tcp->peer = FAMILIES;
    tcp->error = ERR_OK;
    tcp->connected = false;
    tcp->ended = false;
    tcp->refused = false;
    tcp->starving = false;
    tcp->state = OPENING;
    tcp->phase = named ? MIGTASK_LWIP_TCP_RESOLVING : MIGTASK_LWIP_TCP_CONNECTING;
#if LWIP_IPV6
    if (tcp->where.kind == MIGTASK_HOST_IPV6) {
        ip_addr_t *to = &tcp->lanes[0].address;

        ip_addr_set_zero_ip6(to);
        memcpy(ip_2_ip6(to)->addr, tcp->where.address, 16);
        tcp->lanes[0].state = READY;
    }
#endif
#if LWIP_IPV4
    if (tcp->where.kind == MIGTASK_HOST_IPV4) {
        ip_addr_t *to = &tcp->lanes[FAMILIES - 1].address;

        ip_addr_set_zero_ip4(to);
        memcpy(&ip_2_ip4(to)->addr, tcp->where.address, 4);
        tcp->lanes[FAMILIES - 1].state = READY;
    }
#endif
}

/* Whether a lane before this one may still win. */
static bool is_behind(const migtask_lwip_tcp *tcp, unsigned i)
{
    while (i > 0 && tcp->lanes[i - 1].state == OUT) {
        i--;
    }
    return i > 0;
}

static void look_up(migtask_lwip_tcp *tcp, unsigned i, uint32_t now)
{
    migtask_lwip_lane *lane = &tcp->lanes[i];
    migtask_lwip_lookup_status status =
        lane->state == WANTED
            ? migtask_lwip_lookup_start(&lane->lookup, tcp->where.host, (uint8_t)i, &lane->address)
            : migtask_lwip_lookup_poll(&lane->lookup, &lane->address);

    switch (status) {
    case MIGTASK_LWIP_FOUND:
        lane->state = READY;
        if (tcp->phase == MIGTASK_LWIP_TCP_RESOLVING) {
            tcp->phase = MIGTASK_LWIP_TCP_CONNECTING;
            tcp->next_at = now + RESOLUTION_DELAY_MS;
        }
        break;
    case MIGTASK_LWIP_LOOKING:
        lane->state = ASKING;
        break;
    case MIGTASK_LWIP_NO_ROOM: /* others, or a look-up of ours that was given up */
        break;
    default:
        give_up_name(lane, status);
        break;
    }
}

static void start_connecting(migtask_lwip_tcp *tcp, unsigned i, uint32_t now)
{
    migtask_lwip_lane *lane = &tcp->lanes[i];
    struct tcp_pcb *pcb = tcp_new_ip_type(IP_GET_TYPE(&lane->address));
    err_t error = ERR_MEM;

    tcp->peer = (uint8_t)i;
    if (pcb != NULL) {
        tcp_arg(pcb, lane);
        tcp_err(pcb, on_error);
        tcp_recv(pcb, on_received);
        tcp_nagle_disable(pcb); /* a request behind the handshake would wait for a delayed ACK */
        lane->pcb = pcb;
        lane->state = TRYING;
        error = tcp_connect(pcb, &lane->address, tcp->where.port, on_connected);
        if (error != ERR_OK) {
            lane->pcb = NULL;
            let_go(pcb, false);
        }
    }
    if (error == ERR_OK) {
        tcp->next_at = now + MIGTASK_LWIP_STAGGER_MS;
    } else if (error != ERR_MEM) {
        give_up_connecting(lane, error);
    } else {
        if (!tcp->starving) {
            tcp->starving = true;
            tcp->starving_at = now;
        }
        lane->state = READY;
        if (now - tcp->starving_at >= PATIENCE_MS) {
            give_up_connecting(lane, error);
        }
    }
}

/* A lane is connected: the others are closed. */
static void win(migtask_lwip_tcp *tcp)
{
    for (unsigned i = 0; i < FAMILIES; i++) {
        migtask_lwip_lane *lane = &tcp->lanes[i];

        migtask_lwip_lookup_stop(&lane->lookup);
        if (lane->pcb != NULL && lane->pcb != tcp->pcb) {
            let_go(lane->pcb, false);
            lane->pcb = NULL;
        }
    }
    tcp->sentence[0] = '\0'; /* what became of the others does not matter any more */
    tcp->state = OPEN;
    tcp->phase = MIGTASK_LWIP_TCP_CONNECTED;
}

static void fail_to_open(migtask_lwip_tcp *tcp)
{
    if (tcp->sentence[0] == '\0') { /* an address of a family that lwIP is built without */
        struct migtask_writer writer = begin_text(tcp->sentence, sizeof tcp->sentence);

        migtask_put_string(&writer, "this board lacks the kind of network (IPv4 or IPv6) for that "
                                    "address: use one of the other kind");
        end_text(&writer);
    }
    tcp->reason =
        tcp->phase == MIGTASK_LWIP_TCP_RESOLVING ? MIGTASK_RESOLVE_FAILED : MIGTASK_CONNECT_FAILED;
    tcp->state = BROKEN;
}

static void go_on_opening(migtask_lwip_tcp *tcp)
{
    uint32_t now = sys_now();
    bool hope = false;

    for (unsigned i = 0; i < FAMILIES && !tcp->connected; i++) {
        migtask_lwip_lane *lane = &tcp->lanes[i];

        if (lane->state == WANTED || lane->state == ASKING) {
            look_up(tcp, i, now);
        }
        if (lane->state == READY && (!is_behind(tcp, i) || (int32_t)(now - tcp->next_at) >= 0)) {
            start_connecting(tcp, i, now);
        }
        hope = hope || lane->state != OUT;
    }
    if (tcp->connected) {
        win(tcp);
    } else if (!hope) {
        fail_to_open(tcp);
    }
}

/* ---------------------------------------------------------------------------------------------
 * The stream.
 */

static migtask_io lwip_connect(void *ctx)
{
    migtask_lwip_tcp *tcp = ctx;

    if (tcp->state == IDLE) {
        open_again(tcp);
    }
    if (tcp->state == OPENING) {
        go_on_opening(tcp);
    }
    switch (tcp->state) {
    case OPEN:
        return MIGTASK_IO_OK;
    case BROKEN:
        return MIGTASK_IO_FAILED;
    default:
        return MIGTASK_IO_WOULD_BLOCK;
    }
}

/* lwIP copies the data: the caller's may change before it is acknowledged. */
static migtask_io lwip_send(void *ctx, const void *data, size_t len, size_t *sent)
{
    migtask_lwip_tcp *tcp = ctx;

    *sent = 0;
    if (tcp->pcb != NULL) {
        uint16_t size = tcp_sndbuf(tcp->pcb);
        err_t error;

        size = len < size ? (uint16_t)len : size;
        if (size == 0) {
            return MIGTASK_IO_WOULD_BLOCK;
        }
        error = tcp_write(tcp->pcb, data, size, TCP_WRITE_FLAG_COPY);
        while (error == ERR_MEM && size / 2 >= SMALLEST_WRITE) {
            size /= 2;
            error = tcp_write(tcp->pcb, data, size, TCP_WRITE_FLAG_COPY);
        }
        (void)tcp_output(tcp->pcb); /* what it cannot send now goes with lwIP's timer */
        if (error == ERR_OK) {
            *sent = size;
            return MIGTASK_IO_OK;
        }
        if (error == ERR_MEM) {
            return MIGTASK_IO_WOULD_BLOCK;
        }
    }
    tcp->refused = true;
    return lose(tcp);
}

/* What had arrived comes first, also after a failed send or a reset. The end that follows a failed
 * send is no orderly one. */
static migtask_io lwip_recv(void *ctx, void *buf, size_t cap, size_t *got)
{
    migtask_lwip_tcp *tcp = ctx;

    *got = 0;
    if (tcp->received != NULL) {
        uint16_t size = tcp->received->tot_len;

        size = cap < size ? (uint16_t)cap : size;
        (void)pbuf_copy_partial(tcp->received, buf, size, 0);
        tcp->received = pbuf_free_header(tcp->received, size);
        if (tcp->pcb != NULL) {
            tcp_recved(tcp->pcb, size);
        }
        *got = size;
        return MIGTASK_IO_OK;
    }
    if (tcp->ended && !tcp->refused) {
        return MIGTASK_IO_END;
    }
    return tcp->pcb != NULL && !tcp->ended ? MIGTASK_IO_WOULD_BLOCK : lose(tcp);
}

static void lwip_close(void *ctx)
{
    migtask_lwip_tcp *tcp = ctx;

    for (unsigned i = 0; i < FAMILIES; i++) {
        migtask_lwip_lane *lane = &tcp->lanes[i];

        migtask_lwip_lookup_stop(&lane->lookup);
        if (lane->pcb != NULL) {
            let_go(lane->pcb, lane->pcb == tcp->pcb);
            lane->pcb = NULL;
        }
    }
    tcp->pcb = NULL;
    if (tcp->received != NULL) {
        pbuf_free(tcp->received);
        tcp->received = NULL;
    }
    tcp->state = IDLE;
}

/* What lwIP took may be on its way; but before the peer acknowledged all of it the peer cannot have
 * read all of it, and whatever it sent after that carries the acknowledgement. */
static migtask_retained lwip_retained(void *ctx)
{
    const struct tcp_pcb *pcb = ((migtask_lwip_tcp *)ctx)->pcb;

    return pcb != NULL && (pcb->unsent != NULL || pcb->unacked != NULL) ? MIGTASK_RETAINED_SOME
                                                                        : MIGTASK_RETAINED_NONE;
}

static migtask_reason lwip_failure(void *ctx, const char **sentence)
{
    migtask_lwip_tcp *tcp = ctx;

    *sentence = tcp->sentence[0] != '\0' ? tcp->sentence : NULL;
    return tcp->reason;
}

static const migtask_stream_ops lwip_ops = {
    .connect = lwip_connect,
    .send = lwip_send,
    .recv = lwip_recv,
    .close = lwip_close,
    .retained = lwip_retained,
    .failure = lwip_failure,
};

void migtask_lwip_tcp_init(migtask_lwip_tcp *tcp, const migtask_endpoint *where)
{
    memset(tcp, 0, sizeof *tcp);
    tcp->where = *where;
    tcp->peer = FAMILIES;
}

migtask_stream migtask_lwip_tcp_stream(migtask_lwip_tcp *tcp)
{
    migtask_stream stream = {&lwip_ops, tcp};

    return stream;
}

migtask_lwip_tcp_phase migtask_lwip_tcp_phase_of(const migtask_lwip_tcp *tcp)
{
    return (migtask_lwip_tcp_phase)tcp->phase;
}

const char *migtask_lwip_tcp_peer(const migtask_lwip_tcp *tcp, char *text, size_t cap)
{
    struct migtask_writer writer = begin_text(text, cap);

    if (tcp->peer < FAMILIES) {
        put_peer(&writer, tcp, tcp->peer);
    }
    end_text(&writer);
    return text;
}
