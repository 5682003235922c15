/*
 * sockets.c - calls over lwIP with an operating system: core, TLS and port/posix over lwIP's
 * sockets, lwIP with its own thread on its own port to Unix. Told as orders.h says, in real time.
 *
 *     sockets CA_FILE SEED
 *
 * Three threads: this one makes calls, lwIP's, and one that is the network.
 */
#define _GNU_SOURCE 1

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/ethip6.h"
#include "lwip/memp.h"
#include "lwip/netifapi.h"
#include "lwip/stats.h"
#include "lwip/tcpip.h"
#include "migtask_posix.h"
#include "migtask_tls.h"
#include "netif/ethernet.h"
#include "orders.h"
#include "test_network.h"

#define FRAMES 64

static struct netif board;
static migtask_call call;
static migtask_tls tls;
static migtask_posix_tcp tcp;
static uint64_t arena[MIGTASK_TLS_ARENA / 8];

/* Frames from lwIP's thread to the network's; a full one drops, as a line does. */
static struct {
    pthread_mutex_t lock;
    unsigned first, count;
    size_t len[FRAMES];
    uint8_t data[FRAMES][NETWORK_FRAME];
} outgoing = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Held by the network while it steps, and by whoever changes what it answers. */
static pthread_mutex_t network_lock = PTHREAD_MUTEX_INITIALIZER;

static err_t board_output(struct netif *netif, struct pbuf *p)
{
    (void)netif;
    (void)pthread_mutex_lock(&outgoing.lock);
    if (outgoing.count < FRAMES) {
        unsigned i = (outgoing.first + outgoing.count++) % FRAMES;

        outgoing.len[i] = pbuf_copy_partial(p, outgoing.data[i], NETWORK_FRAME, 0);
    }
    (void)pthread_mutex_unlock(&outgoing.lock);
    return ERR_OK;
}

static err_t board_init(struct netif *netif)
{
    static const uint8_t address[] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};

    netif->mtu = 1500;
    netif->hwaddr_len = sizeof address;
    memcpy(netif->hwaddr, address, sizeof address);
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET |
                   NETIF_FLAG_LINK_UP | NETIF_FLAG_MLD6;
    netif->linkoutput = board_output;
    netif->output = etharp_output;
#if LWIP_IPV6
    netif->output_ip6 = ethip6_output;
    netif_create_ip6_linklocal_address(netif, 1);
    netif_set_ip6_autoconfig_enabled(netif, 1);
#endif
    return ERR_OK;
}

/* In the network's thread: handed to lwIP's. */
static void board_input(const uint8_t *frame, size_t len)
{
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)len, PBUF_POOL);

    if (p != NULL && (pbuf_take(p, frame, (u16_t)len) != ERR_OK || board.input(p, &board) != 0)) {
        pbuf_free(p);
    }
}

static void *be_network(void *ctx)
{
    const struct timespec moment = {0, 200000};

    (void)ctx;
    for (;;) {
        (void)pthread_mutex_lock(&network_lock);
        (void)pthread_mutex_lock(&outgoing.lock);
        for (; outgoing.count > 0; outgoing.count--) {
            network_send(outgoing.data[outgoing.first], outgoing.len[outgoing.first]);
            outgoing.first = (outgoing.first + 1) % FRAMES;
        }
        (void)pthread_mutex_unlock(&outgoing.lock);
        network_step(false);
        (void)pthread_mutex_unlock(&network_lock);
        (void)nanosleep(&moment, NULL);
    }
    return NULL;
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
    pthread_t thread;

    network_start(seed, board_input);
    network_real_time();
    tcpip_init(NULL, NULL);
    if (netifapi_netif_add(&board, NULL, NULL, NULL, NULL, board_init, tcpip_input) != ERR_OK ||
        netifapi_netif_set_default(&board) != ERR_OK || netifapi_netif_set_up(&board) != ERR_OK ||
        netifapi_dhcp_start(&board) != ERR_OK ||
        pthread_create(&thread, NULL, be_network, NULL) != 0) {
        abort();
    }
    for (int i = 0; !has_address(); i++) {
        const struct timespec moment = {0, 10000000};

        if (i == 1000) {
            fprintf(stderr, "no address\n");
            exit(1);
        }
        (void)nanosleep(&moment, NULL);
    }
}

static int random_bytes(void *ctx, void *buf, size_t len)
{
    int result;

    (void)pthread_mutex_lock(&network_lock);
    result = order_random(ctx, buf, len);
    (void)pthread_mutex_unlock(&network_lock);
    return result;
}

static void make_call(const order *what, const char *ca_file)
{
    migtask_request request;
    migtask_endpoint where;
    migtask_tls_config config;
    migtask_stream stream;
    migtask_step step;
    const char *sentence;
    uint32_t start;

    order_request(what, &request, &where);
    (void)pthread_mutex_lock(&network_lock);
    order_answers(what);
    network_set_faults(&what->faults);
    (void)pthread_mutex_unlock(&network_lock);
    migtask_posix_tcp_init(&tcp, &where);
    config = (migtask_tls_config){.lower = migtask_posix_tcp_stream(&tcp),
                                  .endpoint = request.endpoint,
                                  .trust = order_roots(ca_file),
                                  .clock = order_clock};
    if (!migtask_tls_init(&tls, &config)) {
        exit(1);
    }
    stream = migtask_tls_stream(&tls);
    start = migtask_posix_now_ms(NULL);
    migtask_call_begin(&call, &stream, &request, start);
    do {
        uint32_t passed = migtask_posix_now_ms(NULL) - start;
        uint32_t left = migtask_call_time_left(&call, start + passed);

        if (what->cancel != 0 && passed >= what->cancel) {
            migtask_call_cancel(&call);
        }
        step = migtask_call_step(&call, start + passed);
        if (step == MIGTASK_STEP_WAITING) {
            migtask_posix_tcp_wait(&tcp, what->cancel != 0 && left > 10 ? 10 : left);
        }
    } while (step != MIGTASK_STEP_DONE);
    order_report(what, &call);
    printf("{\"took\": %u, \"peer\": \"%s\", \"leaks\": \"%s\", \"arena\": %zu, \"sentence\": ",
           migtask_posix_now_ms(NULL) - start, migtask_posix_tcp_peer(&tcp),
           lwip_stats.memp[MEMP_NETCONN]->used > 0 ? "netconn" : "", migtask_tls_arena().used);
    sentence = migtask_call_sentence(&call);
    print_quoted(sentence != NULL ? sentence : "");
    printf("}\n");
    (void)fflush(stdout);
}

/* Of clang's runtime, where it counts what is run (tests/coverage.mk): exit() would do it. */
int __llvm_profile_write_file(void) __attribute__((weak));

int main(int argc, char **argv)
{
    order what;

    if (argc != 3 || !migtask_tls_start(&(migtask_tls_process){
                         .arena = arena, .arena_size = sizeof arena, .random = random_bytes})) {
        fprintf(stderr, "sockets CA_FILE SEED\n");
        return 1;
    }
    start_network(strtoull(argv[2], NULL, 10));
    while (order_read(&what)) {
        make_call(&what, argv[1]);
    }
    if (__llvm_profile_write_file != NULL) {
        (void)__llvm_profile_write_file();
    }
    _exit(0); /* the other threads know no end */
}
