/*
 * cortex_m.h - what all boards with a Cortex-M3 or larger share: start-up, the tick, faults, sleep.
 */
#ifndef CORTEX_M_H
#define CORTEX_M_H

#include <stddef.h>
#include <stdint.h>

/* The program; called by the start-up code, never returns. */
_Noreturn void firmware_main(void);

/* Starts the tick of one millisecond. clock_hz is the processor's clock, up to 16 GHz. */
void cortex_m_tick_start(uint32_t clock_hz);

/* Milliseconds since then. */
uint32_t cortex_m_millis(void);

/* Sleeps until the next interrupt, which is the tick if nothing else. */
void cortex_m_sleep(void);

/* The stack: how many bytes it has, and how many were in use at most. The start-up code paints it,
 * and what is still painted was never used. */
size_t cortex_m_stack_size(void);
size_t cortex_m_stack_peak(void);

#endif
