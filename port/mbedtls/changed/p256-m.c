/* See read_for.h. */
#include "p256.h"

#include "../3rdparty/p256-m/p256-m/p256-m.c"
