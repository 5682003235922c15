/* The trusted root certificates, see roots.py. */
#include "roots.h"

#include "roots.inc"
