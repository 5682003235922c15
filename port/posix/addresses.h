/* addresses.h - the addresses of a name, in the order in which they are tried. Internal. */
#ifndef MIGTASK_POSIX_ADDRESSES_H
#define MIGTASK_POSIX_ADDRESSES_H

#include "migtask_posix.h"

/* Takes new ones in, after those that were tried: IPv6 and IPv4 by turns, silent ones after all
 * others. Where there is not enough room for both families, each has half of it. */
void migtask_posix_addresses_add(migtask_posix_addresses *addresses,
                                 const migtask_posix_address *found, unsigned count);

/* Notes whether the peer at this address, which was connected to, has said anything. */
void migtask_posix_addresses_note(migtask_posix_addresses *addresses, unsigned at, bool heard);

#endif
