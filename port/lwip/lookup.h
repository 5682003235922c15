/*
 * lookup.h - the address of a name by lwIP's DNS client, in a form that can be given up. Internal.
 *
 * lwIP's look-ups cannot be cancelled: each ends with its callback, up to half a minute later. So
 * the callback is never given an object of the caller's but one of a few static slots, and a slot
 * that was given up becomes free when its callback comes. There are as many slots as lwIP can have
 * look-ups under way, so they never run out before lwIP does.
 *
 * With an operating system (NO_SYS=0) any thread may call these, one at a time for each look-up.
 */
#ifndef MIGTASK_LWIP_LOOKUP_H
#define MIGTASK_LWIP_LOOKUP_H

#include "migtask_lwip.h"

typedef enum migtask_lwip_lookup_status {
    MIGTASK_LWIP_FOUND,
    MIGTASK_LWIP_LOOKING,   /* not yet */
    MIGTASK_LWIP_NOT_FOUND, /* no such name, no such address, or no answer: lwIP does not tell */
    MIGTASK_LWIP_NO_SERVER, /* no name server is known */
    MIGTASK_LWIP_BAD_NAME,  /* longer than DNS_MAX_NAME_LENGTH - 1 */
    MIGTASK_LWIP_NO_ROOM    /* too many look-ups at a time: may be better later */
} migtask_lwip_lookup_status;

/* A look-up under way is its slot, counted from 1; 0 if there is none.
 *
 * Begins to look for the address of name in the given family (0.. of MIGTASK_LWIP_FAMILIES). FOUND:
 * it was known, *address is set. LOOKING: poll. Anything else: that was it, no look-up. */
migtask_lwip_lookup_status migtask_lwip_lookup_start(uint8_t *lookup, migtask_view name,
                                                     uint8_t family, ip_addr_t *address);

/* Looks for the result; after anything but LOOKING the look-up is over. */
migtask_lwip_lookup_status migtask_lwip_lookup_poll(uint8_t *lookup, ip_addr_t *address);

/* Gives the look-up up, if there is one. */
void migtask_lwip_lookup_stop(uint8_t *lookup);

#endif
