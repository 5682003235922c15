/*
 * calls.c - many calls in one process: core, TLS and port/lwip over lwIP without an operating
 * system, on the network of test_network.h. Reads one line a call from standard input, words of the
 * form name=value (see struct order), and writes two lines for each: the JSON of the result, and a
 * JSON object of what was seen besides.
 *
 *     calls CA_FILE SEED
 */
#define _GNU_SOURCE 1

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lwip/dhcp.h"
#include "lwip/dns.h"
#include "lwip/etharp.h"
#include "lwip/ethip6.h"
#include "lwip/init.h"
#include "lwip/memp.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/stats.h"
#include "lwip/timeouts.h"
#include "migtask_lwip.h"
#include "migtask_tls.h"
#include "netif/ethernet.h"
#include "orders.h"
#include "test_network.h"

static struct netif board;
static migtask_call call;
static migtask_tls tls;
static uint64_t arena[MIGTASK_TLS_ARENA / 8];

/* ---- What lwIP and the port need ---- */

u32_t sys_now(void)
{
    return network_now_ms();
}

uint32_t migtask_lwip_random(void)
{
    return network_random();
}

/* ---- The interface ---- */

static err_t board_output(struct netif *netif, struct pbuf *p)
{
    uint8_t frame[NETWORK_FRAME];

    (void)netif;
    network_send(frame, pbuf_copy_partial(p, frame, sizeof frame, 0));
    return ERR_OK;
}

static err_t board_init(struct netif *netif)
{
    static const uint8_t address[] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};

    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->mtu = 1500;
    netif->hwaddr_len = sizeof address;
    memcpy(netif->hwaddr, address, sizeof address);
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET |
                   NETIF_FLAG_LINK_UP | NETIF_FLAG_MLD6;
    netif->linkoutput = board_output;
    netif->output = etharp_output;
#if LWIP_IPV6
    netif->output_ip6 = ethip6_output;
#endif
    return ERR_OK;
}

static void board_input(const uint8_t *frame, size_t len)
{
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)len, PBUF_POOL);

    if (p != NULL && (pbuf_take(p, frame, (u16_t)len) != ERR_OK || board.input(p, &board) != 0)) {
        pbuf_free(p);
    }
}

static void turn(bool idle)
{
    network_step(idle);
    sys_check_timeouts();
}

static bool has_address(void)
{
#if LWIP_IPV6
    if (!ip6_addr_ispreferred(netif_ip6_addr_state(&board, 1))) {
        return false;
    }
#endif
    return dhcp_supplied_address(&board) != 0;
}

static void start_network(uint64_t seed)
{
    network_start(seed, board_input);
    lwip_init();
    if (netif_add(&board, NULL, NULL, NULL, NULL, board_init, ethernet_input) == NULL) {
        abort();
    }
    netif_set_default(&board);
    netif_set_up(&board);
#if LWIP_IPV6
    netif_create_ip6_linklocal_address(netif_default, 1);
    netif_set_ip6_autoconfig_enabled(netif_default, 1);
#endif
    if (dhcp_start(&board) != ERR_OK) {
        abort();
    }
    for (uint32_t start = sys_now(); !has_address();) {
        turn(true);
        if (sys_now() - start > 60000) {
            fprintf(stderr, "no address\n");
            exit(1);
        }
    }
}

/* ---- What was left ---- */

/* Waits until nothing is under way any more, and says what memory of lwIP's is not free again. */
static void look_for_leaks(char *text, size_t cap)
{
    static const struct {
        int pool;
        const char *name;
    } pools[] = {{MEMP_PBUF_POOL, "pbuf"}, {MEMP_PBUF, "ref"}, {MEMP_TCP_SEG, "segment"}};
    static mem_size_t heap_at_first;
    unsigned waiting = 0;
    size_t used = 0;

    for (uint32_t start = sys_now();
         (tcp_active_pcbs != NULL || !network_is_quiet()) && sys_now() - start < 20000;) {
        turn(true);
    }
    text[0] = '\0';
    for (size_t i = 0; i < sizeof pools / sizeof *pools; i++) {
        unsigned count = lwip_stats.memp[pools[i].pool]->used;

        if (count > 0) {
            used += (size_t)snprintf(text + used, cap - used, "%u %s ", count, pools[i].name);
        }
    }
    for (const struct tcp_pcb *pcb = tcp_tw_pcbs; pcb != NULL; pcb = pcb->next) {
        waiting++;
    }
    if (lwip_stats.memp[MEMP_TCP_PCB]->used != waiting) {
        used += (size_t)snprintf(text + used, cap - used, "%u pcb ",
                                 lwip_stats.memp[MEMP_TCP_PCB]->used - waiting);
    }
    if (heap_at_first == 0) {
        heap_at_first = lwip_stats.mem.used;
    }
    /* A packet that waits for an answer of ARP is let go a few seconds later. */
    for (uint32_t start = sys_now();
         lwip_stats.mem.used > heap_at_first && sys_now() - start < 10000;) {
        turn(true);
    }
    if (lwip_stats.mem.used > heap_at_first) {
        (void)snprintf(text + used, cap - used, "%u bytes of heap",
                       (unsigned)(lwip_stats.mem.used - heap_at_first));
    }
}

/* ---- A call ---- */

static void set_up_clock(const order *what)
{
    int64_t known;

    order_answers(what);
    if (strcmp(what->clock, "sntp") == 0) {
        migtask_lwip_time_start("time.example.test");
        for (uint32_t start = sys_now(); sys_now() - start < 5000;) {
            turn(true);
            if (migtask_lwip_time(NULL, &known)) {
                break;
            }
        }
    }
}

/* What is seen of a call on its way. */
typedef struct sight {
    uint32_t start;
    uint32_t took;
    uint32_t connected; /* ms from the start */
    char version[16];   /* of TLS */
    char sentence[MIGTASK_TLS_SENTENCE];
    char peer[MIGTASK_LWIP_PEER_MAX];
    char leaks[128];
    migtask_lwip_tcp_phase phase;
} sight;

static void report(const order *what, const sight *seen)
{
    static const char *const phases[] = {"closed", "resolving", "connecting", "connected"};

    order_report(what, &call);
    printf("{\"sentence\": ");
    print_quoted(seen->sentence);
    printf(", \"took\": %u, \"peer\": \"%s\", \"phase\": \"%s\", \"connected\": %u, "
           "\"version\": \"%s\", \"leaks\": \"%s\", \"arena\": %zu, \"heap_peak\": %u, "
           "\"pbuf_peak\": %u, \"segment_peak\": %u, \"pcb_peak\": %u, \"pbuf_refused\": %u, "
           "\"heap_refused\": %u}\n",
           seen->took, seen->peer, phases[seen->phase], seen->connected, seen->version, seen->leaks,
           migtask_tls_arena().used, (unsigned)lwip_stats.mem.max,
           (unsigned)lwip_stats.memp[MEMP_PBUF_POOL]->max,
           (unsigned)lwip_stats.memp[MEMP_TCP_SEG]->max,
           (unsigned)lwip_stats.memp[MEMP_TCP_PCB]->max,
           (unsigned)lwip_stats.memp[MEMP_PBUF_POOL]->err, (unsigned)lwip_stats.mem.err);
    (void)fflush(stdout);
}

/* All of lwIP's connections, taken by others until they are released. */
static struct tcp_pcb *hogs[MEMP_NUM_TCP_PCB];

static void hog_connections(bool release)
{
    for (size_t i = 0; i < MEMP_NUM_TCP_PCB; i++) {
        if (release && hogs[i] != NULL) {
            tcp_abort(hogs[i]);
            hogs[i] = NULL;
        } else if (!release) {
            hogs[i] = tcp_new();
        }
    }
}

/* Steps the call until it is done, and does to it what the order says. */
static void run_call(const order *what, const migtask_lwip_tcp *tcp, sight *seen)
{
    migtask_step step;

    do {
        uint32_t passed = sys_now() - seen->start;

        step = migtask_call_step(&call, sys_now());
        seen->phase = migtask_lwip_tcp_phase_of(tcp);
        if (seen->connected == 0 && seen->phase == MIGTASK_LWIP_TCP_CONNECTED) {
            seen->connected = passed;
        }
        if (migtask_tls_version(&tls) != NULL) {
            (void)snprintf(seen->version, sizeof seen->version, "%s", migtask_tls_version(&tls));
        }
        if (what->cancel != 0 && passed >= what->cancel) {
            migtask_call_cancel(&call);
        }
        if (what->unplug != 0) {
            network_plug(passed < what->unplug || (what->plug != 0 && passed >= what->plug));
        }
        if (what->hog != 0 && passed >= what->hog) {
            hog_connections(true);
        }
        for (uint32_t asleep = sys_now(); sys_now() - asleep < what->busy;) {
            network_step(true);
        }
        turn(step == MIGTASK_STEP_WAITING);
    } while (step != MIGTASK_STEP_DONE);
    seen->took = sys_now() - seen->start;
    hog_connections(true);
}

static void make_call(const order *what, const char *ca_file)
{
    /* Taken from the heap of the test, so that a callback into it after the call is noticed. */
    migtask_lwip_tcp *tcp = malloc(sizeof *tcp);
    ip_addr_t name_server = *dns_getserver(0);
    migtask_request request;
    migtask_endpoint where;
    migtask_tls_config config;
    migtask_stream stream;
    sight seen = {.start = 0};
    const char *sentence;

    order_request(what, &request, &where);
    set_up_clock(what);
    if (what->no_server) {
        dns_setserver(0, NULL);
    }
    if (what->hog != 0) {
        hog_connections(false);
    }
    network_set_faults(&what->faults);
    migtask_lwip_tcp_init(tcp, &where);
    config = (migtask_tls_config){
        .lower = migtask_lwip_tcp_stream(tcp),
        .endpoint = request.endpoint,
        .trust = order_roots(ca_file),
        .clock = strcmp(what->clock, "sntp") == 0 || strcmp(what->clock, "unset") == 0
                     ? migtask_lwip_time
                     : order_clock,
    };
    if (!migtask_tls_init(&tls, &config)) {
        exit(1);
    }
    stream = migtask_tls_stream(&tls);
    seen.start = sys_now();
    migtask_call_begin(&call, &stream, &request, seen.start);
    run_call(what, tcp, &seen);
    sentence = migtask_call_sentence(&call);
    (void)snprintf(seen.sentence, sizeof seen.sentence, "%s", sentence != NULL ? sentence : "");
    (void)migtask_lwip_tcp_peer(tcp, seen.peer, sizeof seen.peer);
    memset(tcp, 0xa5, sizeof *tcp);
    free(tcp);
    dns_setserver(0, &name_server);
    if (!what->hurry) {
        look_for_leaks(seen.leaks, sizeof seen.leaks);
    }
    network_plug(true);
    report(what, &seen);
}

static void make_line_good(uint32_t ms)
{
    static const network_faults none;

    network_set_faults(&none);
    for (uint32_t start = sys_now(); sys_now() - start < ms;) {
        turn(true);
    }
}

int main(int argc, char **argv)
{
    order what;

    if (argc != 3 || !migtask_tls_start(&(migtask_tls_process){
                         .arena = arena, .arena_size = sizeof arena, .random = order_random})) {
        fprintf(stderr, "calls CA_FILE SEED\n");
        return 1;
    }
    start_network(strtoull(argv[2], NULL, 10));
    while (order_read(&what)) {
        make_call(&what, argv[1]);
        if (what.lossless > 0) {
            make_line_good(what.lossless);
        }
    }
    return 0;
}
