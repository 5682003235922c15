/* network.h - one Ethernet interface with an IPv4 address, by DHCP or fixed. */
#ifndef FIRMWARE_NETWORK_H
#define FIRMWARE_NETWORK_H

#include "lwip/netif.h"
#include "migtask.h"

struct network_settings {
    bool fixed; /* address, netmask and gateway are set; else DHCP */
    ip4_addr_t address, netmask, gateway;
    bool has_dns; /* dns is set; else DHCP names the server */
    ip4_addr_t dns;
};

/* Starts the interface; *settings must stay valid. False: the hardware does not answer. */
bool network_start(const struct network_settings *settings);

/* Moves frames, runs lwIP's timers and notes what changed; call in every turn of the super-loop. */
void network_poll(void);

/* There is a cable and an address. */
bool network_is_up(void);

/* What is missing, for people. */
const char *network_problem(void);

#endif
