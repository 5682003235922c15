/* flash_roots.h - the trusted root certificates in flash, made by roots.py from the PEM file that
 * `make CA=FILE` names. */
#ifndef FIRMWARE_FLASH_ROOTS_H
#define FIRMWARE_FLASH_ROOTS_H

#include "migtask_tls.h"

extern const migtask_bytes firmware_roots[];
extern const size_t firmware_roots_count;

#endif
