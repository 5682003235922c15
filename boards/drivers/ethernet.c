#include "ethernet.h"

#include <string.h>

#include "board.h"
#include "lwip/etharp.h"

/* Frames taken in one turn of the super-loop, so that a flood does not keep us here. */
#define FRAMES_AT_ONCE 8
#define LINK_INTERVAL_MS 100u

/* Registers of a PHY, and bits in them. */
enum { BASIC_STATUS = 1, IDENTIFIER = 2, ADVERTISED = 4, PARTNER = 5 };
#define STATUS_LINK (1u << 2)
#define ABLE_100_FULL (1u << 8)
#define ABLE_100_HALF (1u << 7)
#define ABLE_10_FULL (1u << 6)

err_t ethernet_init(struct netif *netif, const struct ethernet *controller)
{
    /* "Locally administered": good enough for one device on a desk. */
    static const uint8_t address[ETH_HWADDR_LEN] = {0x02, 'm', 'i', 'g', 0, 1};
    memcpy(netif->hwaddr, address, sizeof address);
    netif->hwaddr_len = ETH_HWADDR_LEN;
    netif->mtu = 1500;
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    netif->output = etharp_output;
    netif->linkoutput = controller->driver->send;
    netif->state = (void *)controller->base;
    return controller->driver->start(controller->base, netif->hwaddr) ? ERR_OK : ERR_IF;
}

/* A cable that nobody can see being pulled is plugged: some machines of QEMU have no PHY, which
 * shows by its identifier. */
static bool is_plugged(const struct ethernet *controller)
{
    return controller->driver->phy_read(controller->base, IDENTIFIER) == 0 ||
           (controller->driver->phy_read(controller->base, BASIC_STATUS) & STATUS_LINK) != 0;
}

/* Whether both ends of the cable can send at the same time, in the fastest way both have. */
static bool is_full_duplex(const struct ethernet *controller)
{
    uint32_t able = controller->driver->phy_read(controller->base, ADVERTISED) &
                    controller->driver->phy_read(controller->base, PARTNER);
    return (able & ABLE_100_FULL) != 0 || (able & (ABLE_100_HALF | ABLE_10_FULL)) == ABLE_10_FULL;
}

/* Looks at the cable now and then. */
static void watch_link(struct netif *netif, const struct ethernet *controller)
{
    static uint32_t next_ms;
    uint32_t now = board_millis();
    if ((int32_t)(now - next_ms) < 0) {
        return;
    }
    next_ms = now + LINK_INTERVAL_MS;
    if (!is_plugged(controller)) {
        netif_set_link_down(netif);
    } else if (!netif_is_link_up(netif)) {
        controller->driver->start_sending(controller->base, is_full_duplex(controller));
        netif_set_link_up(netif);
    }
}

void ethernet_poll(struct netif *netif, const struct ethernet *controller)
{
    bool more = true;
    for (int i = 0; more && i < FRAMES_AT_ONCE; i++) {
        struct pbuf *frame = controller->driver->receive(controller->base, &more);
        if (frame != NULL && netif->input(frame, netif) != ERR_OK) {
            (void)pbuf_free(frame);
        }
    }
    watch_link(netif, controller);
}
