/* What the contract asks of a Cortex-M that has neither a watchdog nor a clock of its own. */
#include "board.h"

#include "cortex_m.h"

uint32_t board_millis(void)
{
    return cortex_m_millis();
}

void board_idle(void)
{
    cortex_m_sleep();
}

void board_busy(void)
{
}

bool board_clock(int64_t *epoch_s)
{
    *epoch_s = 0;
    return false;
}
