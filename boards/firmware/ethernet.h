/*
 * ethernet.h - what every Ethernet driver has to do for lwIP beside moving frames. A board whose
 * driver offers these four functions defines board_netif_init() and board_netif_poll() by the two
 * below.
 */
#ifndef ETHERNET_H
#define ETHERNET_H

#include <stdbool.h>

#include "lwip/netif.h"

struct ethernet_driver {
    /* Starts the device. netif->hwaddr holds an address for tests, to be replaced by the device's
     * own if it has one. False: the device does not answer. */
    bool (*start)(struct netif *netif);
    /* Sends a frame, waiting at most for the one before it. netif->linkoutput */
    err_t (*send)(struct netif *netif, struct pbuf *frame);
    /* The next frame that has arrived; NULL: none, or none that could be taken. *more: call again,
     * there may be another. */
    struct pbuf *(*receive)(bool *more);
    /* Whether a cable is plugged. Called ten times a second. */
    bool (*link)(void);
};

err_t ethernet_init(struct netif *netif, const struct ethernet_driver *driver);
void ethernet_poll(struct netif *netif, const struct ethernet_driver *driver);

#endif
