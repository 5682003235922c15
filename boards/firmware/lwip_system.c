/* What lwIP and port/lwip ask of the system they run on: the time, and random numbers. */
#include "board.h"
#include "lwip/sys.h"

u32_t sys_now(void)
{
    return board_millis();
}

uint32_t migtask_lwip_random(void)
{
    uint32_t bits;
    /* Without randomness TLS fails for certain, so nothing is at stake any more. */
    if (BOARD_ENTROPY(NULL, &bits, sizeof bits) != 0) {
        bits = board_millis();
    }
    return bits;
}
