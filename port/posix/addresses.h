/*
 * addresses.h - the addresses of a name, in the order in which they are tried. Private: installed
 * since tcp.h has it inside.
 */
#ifndef MIGTASK_POSIX_ADDRESSES_H
#define MIGTASK_POSIX_ADDRESSES_H

#include <stdbool.h>
#include <stdint.h>

#include "resolve.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How many silent addresses are remembered; one that is forgotten is tried in its turn again. */
#define MIGTASK_POSIX_SILENT 4

/* All zero: none are known, and none is silent. */
typedef struct migtask_posix_addresses {
    migtask_posix_address list[MIGTASK_POSIX_ADDRESSES];
    uint32_t
        silent[MIGTASK_POSIX_SILENT]; /* addresses that said nothing: hashes, the newest last */
    uint8_t count;
    uint8_t next; /* the first that was not tried yet */
} migtask_posix_addresses;

/* Takes new ones in, after those that were tried: IPv6 and IPv4 by turns, silent ones after all
 * others. Where there is not enough room for both families, each has half of it. */
void migtask_posix_addresses_add(migtask_posix_addresses *addresses,
                                 const migtask_posix_address *found, unsigned count);

/* Notes whether the peer at this address, which was connected to, has said anything. */
void migtask_posix_addresses_note(migtask_posix_addresses *addresses, unsigned at, bool heard);

#ifdef __cplusplus
}
#endif

#endif
