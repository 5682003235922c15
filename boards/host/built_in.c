#include "built_in.h"

#ifdef BUILT_IN_ROOTS

#include "roots.inc"

size_t built_in_trust(migtask_trust *trust)
{
    static migtask_trust_array array = {.certificates = built_in_roots};
    array.count = built_in_roots_count;
    *trust = migtask_trust_from_array(&array);
    return array.count;
}

#else

size_t built_in_trust(migtask_trust *trust)
{
    (void)trust;
    return 0;
}

#endif
