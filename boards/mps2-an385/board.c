/*
 * Arm's MPS2 board with the image AN385 (Cortex-M3), as QEMU has it. Addresses are from Arm's
 * application note AN385, registers of the UART from the "Cortex-M System Design Kit" manual.
 */
#include "board.h"

#include "cortex_m.h"
#include "lan9118.h"
#include "register.h"

#define CLOCK_HZ 25000000u

#define UART0 0x40004000u
#define UART_DATA REGISTER(UART0 + 0x000)
#define UART_STATE REGISTER(UART0 + 0x004)
#define UART_CTRL REGISTER(UART0 + 0x008)
#define UART_BAUDDIV REGISTER(UART0 + 0x010)
#define STATE_TX_FULL (1u << 0)
#define CTRL_TX_ENABLE (1u << 0)
#define BAUD 115200u

void board_init(void)
{
    UART_BAUDDIV = CLOCK_HZ / BAUD;
    UART_CTRL = CTRL_TX_ENABLE;
    cortex_m_tick_start(CLOCK_HZ);
}

void board_console(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        while ((UART_STATE & STATE_TX_FULL) != 0) {
        }
        UART_DATA = (uint8_t)text[i];
    }
}

static const struct ethernet ethernet = {&lan9118, 0x40200000u};

err_t board_netif_init(struct netif *netif)
{
    return ethernet_init(netif, &ethernet);
}

void board_netif_poll(struct netif *netif)
{
    ethernet_poll(netif, &ethernet);
}
