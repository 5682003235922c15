/* dhcp.h - an IPv4 address from a DHCP server (RFC 2131), for a machine that lives for a minute. */
#ifndef MIGTASK_RESCUE_DHCP_H
#define MIGTASK_RESCUE_DHCP_H

#include <netinet/in.h>
#include <stdbool.h>

struct lease { /* 0.0.0.0: none */
    struct in_addr address;
    struct in_addr netmask;
    struct in_addr gateway;
    struct in_addr dns[2];
};

/* Asks on a device that is up, for at most DHCP_WAIT_MS. The lease is not renewed. */
#define DHCP_WAIT_MS 15000
bool dhcp_ask(const char *device, struct lease *lease);

#endif
