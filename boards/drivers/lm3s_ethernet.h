/* lm3s_ethernet.h - driver of the Ethernet controller inside the LM3S6965 and its relatives. */
#ifndef LM3S_ETHERNET_H
#define LM3S_ETHERNET_H

#include "ethernet.h"

extern const struct ethernet_driver lm3s_ethernet;

#endif
