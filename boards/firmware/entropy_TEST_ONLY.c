/*
 * Numbers that look random and are not: for boards that have no source of randomness, under test.
 * Whoever knows the program knows its keys.
 */
#include "board.h"

#ifndef MIGTASK_TEST_ONLY_ENTROPY
#error "this board has no source of randomness, so it cannot be a product: see boards/README.md. \
Its test configurations set MIGTASK_TEST_ONLY_ENTROPY"
#endif

/* Marsaglia's xorshift with 64 bits of state: the same numbers in each run at the same speed. */
int board_entropy_TEST_ONLY(void *ctx, void *buf, size_t len)
{
    static uint64_t state;
    (void)ctx;
    if (state == 0) {
        state = 0x9E3779B97F4A7C15u;
    }
    state += board_millis();
    uint8_t *bytes = buf;
    for (size_t i = 0; i < len; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes[i] = (uint8_t)(state >> 32);
    }
    return 0;
}
