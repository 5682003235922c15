/* What CBMC's own C library lacks: memchr() as C17 7.24.5.1 has it. */
#include <stddef.h>

#pragma CPROVER check push
#pragma CPROVER check disable "conversion"

void *memchr(const void *memory, int wanted, size_t len)
{
    const unsigned char *at = memory;
    for (; len > 0; at++, len--) {
        if (*at == (unsigned char)wanted) {
            return (void *)at;
        }
    }
    return NULL;
}
#pragma CPROVER check pop
