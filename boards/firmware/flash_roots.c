/* The trusted root certificates, see roots.py. */
#include "flash_roots.h"

#include "roots.inc"
