/* bring_up.h - brings up the network of the rescue image. */
#ifndef MIGTASK_RESCUE_BRING_UP_H
#define MIGTASK_RESCUE_BRING_UP_H

/* Brings up Ethernet as the kernel's parameter ip= says, whose form the kernel's documentation
 * (admin-guide/nfs/nfsroot.rst) has: CLIENT:SERVER:GATEWAY:NETMASK:HOST:DEVICE:AUTOCONF:DNS0:DNS1,
 * or one word: dhcp; auto6 for IPv6 alone, as a router says; off. NULL is dhcp.
 * Without a DEVICE it is the first with a cable in it, or with DHCP the first of these
 * that gets a lease. A GATEWAY may lie outside of NETMASK. Waits some seconds where it must.
 *
 * Says on standard output what it did, and what is wrong; the command then finds no network, and
 * its outcome says the rest. */
void network_up(const char *ip);

#endif
