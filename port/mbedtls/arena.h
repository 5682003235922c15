/* arena.h - the allocator of mbedTLS: one arena a process, no libc heap. Internal. */
#ifndef MIGTASK_ARENA_H
#define MIGTASK_ARENA_H

#include "migtask_tls.h"

/* Takes the arena over and hands its functions to mbedTLS. False: misaligned, too small or large.
 */
bool migtask_arena_start(void *memory, size_t size);

/* Whether there is an arena (else mbedTLS has an allocator of the program's). */
bool migtask_arena_present(void);

/* Requests that were refused so far. */
uint32_t migtask_arena_refusals(void);

/* Overwrites all that was released, so that no secret stays behind. */
void migtask_arena_wipe(void);

/* Releases and overwrites everything: mbedTLS forgets some blocks when memory runs out. */
void migtask_arena_reset(void);

#endif
