/* See read_for.h. */
#include "plain_points.h"

#include "../library/ecp.c"
