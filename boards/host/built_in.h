/* built_in.h - trusted roots that are compiled in, from the PEM file that `make ROOTS=FILE` names.
 */
#ifndef MIGTASK_HOST_BUILT_IN_H
#define MIGTASK_HOST_BUILT_IN_H

#include "migtask_tls.h"

/* How many there are; if any, *trust is a source of them, for ever. */
size_t built_in_trust(migtask_trust *trust);

#endif
