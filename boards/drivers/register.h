/* register.h - a register of 32 bits in memory. */
#ifndef REGISTER_H
#define REGISTER_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

#endif
