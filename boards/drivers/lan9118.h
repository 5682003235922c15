/* lan9118.h - driver of the Ethernet controller SMSC (Microchip) LAN9118 on a 32-bit bus. */
#ifndef LAN9118_H
#define LAN9118_H

#include "ethernet.h"

extern const struct ethernet_driver lan9118;

#endif
