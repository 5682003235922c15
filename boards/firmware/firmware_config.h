/*
 * firmware_config.h - every compile-time limit of the firmware itself, set like those of
 * core/migtask_config.h. The defaults are those of the *full* profile.
 */
#ifndef MIGTASK_FIRMWARE_CONFIG_H
#define MIGTASK_FIRMWARE_CONFIG_H

#include "migtask_tls_config.h"

/* Bytes of memory for TLS. `report=memory` shows how much of it a call took; leave 10 %.
 * RAM: 1 byte a byte. */
#ifndef MIGTASK_FIRMWARE_ARENA
#define MIGTASK_FIRMWARE_ARENA 37888
#endif
#if MIGTASK_FIRMWARE_ARENA < 4096 || MIGTASK_FIRMWARE_ARENA > 262144
#error "MIGTASK_FIRMWARE_ARENA must be 4096..262144"
#endif

/* Bytes of stack, a multiple of 8. An overflow is a fault. RAM: 1 byte a byte. */
#ifndef MIGTASK_FIRMWARE_STACK
#define MIGTASK_FIRMWARE_STACK 6144
#endif
#if MIGTASK_FIRMWARE_STACK < 2048 || MIGTASK_FIRMWARE_STACK > 65536 ||                             \
    MIGTASK_FIRMWARE_STACK % 8 != 0
#error "MIGTASK_FIRMWARE_STACK must be a multiple of 8 in 2048..65536"
#endif

#endif
