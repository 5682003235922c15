/* memcpy() of any length. It is proved that it may be; of the bytes only the one counts that the
 * proof watches, and of that not what it is, but where it came from. */
#include "copy.h"

#include "proof.h"

size_t watched;
struct copy copied;

void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
    size_t first = __CPROVER_POINTER_OFFSET(to);
    prove(__CPROVER_w_ok(to, len) && __CPROVER_r_ok(from, len));
    prove(!__CPROVER_same_object(to, from));
    if (watched >= first && watched - first < len) {
        copied.times++;
        copied.from = (const char *)from + (watched - first);
    }
    return to;
}
