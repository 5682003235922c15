/* Wiping, and where a broken contract ends. */
#include <string.h>

#include "migtask.h"

void migtask_wipe(void *memory, size_t len)
{
#ifdef __GNUC__
    memset(memory, 0, len);
    __asm__ volatile("" : : "r"(memory) : "memory"); /* somebody might look at it now */
#else
    for (volatile unsigned char *byte = memory; len > 0; len--) {
        *byte++ = 0;
    }
#endif
}

void migtask_assert_failed(void)
{
#ifdef __GNUC__
    __builtin_trap();
#else
    for (;;) {
    }
#endif
}
