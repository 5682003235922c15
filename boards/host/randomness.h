/* randomness.h - the wait for the kernel's random numbers, early after boot. */
#ifndef MIGTASK_HOST_RANDOMNESS_H
#define MIGTASK_HOST_RANDOMNESS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* Waits until there are random numbers, until timeout_ms milliseconds after start_ms at the most,
 * and says so on standard error (not if quiet). wait_mask: signals are let in only while waiting;
 * *cancelled is set by one that ends it. False: there are none yet. It is true as well where they
 * will fail for another reason, which TLS then tells. */
bool randomness_wait(uint32_t start_ms, uint32_t timeout_ms, bool quiet, const sigset_t *wait_mask,
                     const volatile sig_atomic_t *cancelled);

/* The sentence about a wait that came to its end in vain. */
extern const char randomness_missing[];

#endif
