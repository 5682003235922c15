/*
 * ethernet.h - an Ethernet controller as a network interface of lwIP. A board names its controller
 * and where that is, and defines board_netif_init() and board_netif_poll() by the two functions
 * below; a driver only starts the controller, moves frames and reads its PHY.
 */
#ifndef ETHERNET_H
#define ETHERNET_H

#include <stdbool.h>

#include "lwip/netif.h"

/* base is the address of the controller's registers, as the board gives it. */
struct ethernet_driver {
    /* Starts the device. hwaddr holds an address for tests, to be replaced by the device's own if
     * it has one. False: the device does not answer. */
    bool (*start)(uintptr_t base, uint8_t hwaddr[NETIF_MAX_HWADDR_LEN]);
    /* Sends a frame, waiting at most for the one before it: netif->linkoutput. The base address is
     * ethernet_base(netif). */
    err_t (*send)(struct netif *netif, struct pbuf *frame);
    /* The next frame that has arrived; NULL: none, or none that could be taken. *more: call again,
     * there may be another. */
    struct pbuf *(*receive)(uintptr_t base, bool *more);
    /* A register of the PHY, of those that all PHYs have (IEEE 802.3, section 22.2.4). */
    uint32_t (*phy_read)(uintptr_t base, uint32_t index);
    /* A cable was plugged, and the PHY has negotiated how to use it: from now on the MAC sends, and
     * both ends at the same time if that is what `full` says. No frame is sent before. */
    void (*start_sending)(uintptr_t base, bool full);
};

/* A controller of a board. */
struct ethernet {
    const struct ethernet_driver *driver;
    uintptr_t base;
};

static inline uintptr_t ethernet_base(const struct netif *netif)
{
    return (uintptr_t)netif->state;
}

/* What board_netif_init() has to do. */
err_t ethernet_init(struct netif *netif, const struct ethernet *controller);
/* What board_netif_poll() has to do. */
void ethernet_poll(struct netif *netif, const struct ethernet *controller);

#endif
