#include "ethernet.h"

#include <string.h>

#include "board.h"
#include "lwip/etharp.h"

/* Frames taken in one turn of the super-loop, so that a flood does not keep us here. */
#define FRAMES_AT_ONCE 8
#define LINK_INTERVAL_MS 100u

err_t ethernet_init(struct netif *netif, const struct ethernet_driver *driver)
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
    netif->linkoutput = driver->send;
    return driver->start(netif) ? ERR_OK : ERR_IF;
}

/* Looks at the cable now and then. */
static void watch_link(struct netif *netif, const struct ethernet_driver *driver)
{
    static uint32_t looked_ms;
    static bool looked;
    uint32_t now = board_millis();
    if (looked && now - looked_ms < LINK_INTERVAL_MS) {
        return;
    }
    looked = true;
    looked_ms = now;
    bool link = driver->link();
    if (link && !netif_is_link_up(netif)) {
        netif_set_link_up(netif);
    } else if (!link && netif_is_link_up(netif)) {
        netif_set_link_down(netif);
    }
}

void ethernet_poll(struct netif *netif, const struct ethernet_driver *driver)
{
    bool more = true;
    for (int i = 0; more && i < FRAMES_AT_ONCE; i++) {
        struct pbuf *frame = driver->receive(&more);
        if (frame != NULL && netif->input(frame, netif) != ERR_OK) {
            (void)pbuf_free(frame);
        }
    }
    watch_link(netif, driver);
}
