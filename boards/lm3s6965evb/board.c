/*
 * The evaluation board of Luminary Micro's (Texas Instruments') LM3S6965: Cortex-M3, 256 KB of
 * flash, 64 KB of RAM. Names of registers are those of the data sheet "Stellaris LM3S6965
 * Microcontroller".
 */
#include "board.h"

#include "cortex_m.h"
#include "lm3s_ethernet.h"
#include "register.h"

#define CLOCK_HZ 50000000u

#define SYSCTL 0x400FE000u
#define RIS REGISTER(SYSCTL + 0x050)
#define RCC REGISTER(SYSCTL + 0x060)
#define RCGC1 REGISTER(SYSCTL + 0x104)
#define RCGC2 REGISTER(SYSCTL + 0x108)
#define RCC_SYSDIV(n) ((n) << 23)
#define RCC_USESYSDIV (1u << 22)
#define RCC_PWRDN (1u << 13)
#define RCC_BYPASS (1u << 11)
#define RCC_XTAL(n) ((n) << 6)
#define RCC_XTAL_MASK (15u << 6)
#define RCC_OSCSRC_MASK (3u << 4)
#define RCC_MOSCDIS (1u << 0)
#define XTAL_8_MHZ 14u
#define RIS_PLLLRIS (1u << 6)
#define RCGC1_UART0 (1u << 0)
#define RCGC2_GPIOA (1u << 0)
#define RCGC2_GPIOF (1u << 5)
#define RCGC2_EMAC0 (1u << 28)
#define RCGC2_EPHY0 (1u << 30)

#define GPIOA 0x40004000u
#define GPIOF 0x40025000u
#define GPIOAFSEL(port) REGISTER((port) + 0x420)
#define GPIODEN(port) REGISTER((port) + 0x51C)
#define PINS_UART0 0x03u
#define PINS_LEDS 0x0Cu /* of the network socket */

#define UART0 0x4000C000u
#define UARTDR REGISTER(UART0 + 0x000)
#define UARTFR REGISTER(UART0 + 0x018)
#define UARTIBRD REGISTER(UART0 + 0x024)
#define UARTFBRD REGISTER(UART0 + 0x028)
#define UARTLCRH REGISTER(UART0 + 0x02C)
#define UARTCTL REGISTER(UART0 + 0x030)
#define FR_TXFF (1u << 5)
#define LCRH_FEN (1u << 4)
#define LCRH_8_BITS (3u << 5)
#define CTL_UARTEN (1u << 0)
#define CTL_TXE (1u << 8)
#define BAUD 115200u

/* The PLL locks within half a millisecond, thousands of instructions. Without it all is just
 * slower. */
#define PLL_PATIENCE 100000u

/* 50 MHz: the PLL's 200 MHz divided by 4. The order is that of the data sheet, section 5.3. */
static void start_clock(void)
{
    uint32_t rcc = (RCC | RCC_BYPASS) & ~RCC_USESYSDIV;
    RCC = rcc;
    rcc &= ~(RCC_XTAL_MASK | RCC_OSCSRC_MASK | RCC_PWRDN | RCC_MOSCDIS);
    rcc |= RCC_XTAL(XTAL_8_MHZ);
    RCC = rcc;
    rcc = (rcc & ~RCC_SYSDIV(15u)) | RCC_SYSDIV(3u) | RCC_USESYSDIV;
    RCC = rcc;
    for (unsigned i = 0; i < PLL_PATIENCE && (RIS & RIS_PLLLRIS) == 0; i++) {
    }
    RCC = rcc & ~RCC_BYPASS;
}

static void start_uart(void)
{
    GPIOAFSEL(GPIOA) |= PINS_UART0;
    GPIODEN(GPIOA) |= PINS_UART0;
    GPIOAFSEL(GPIOF) |= PINS_LEDS;
    GPIODEN(GPIOF) |= PINS_LEDS;
    const uint32_t divisor = (CLOCK_HZ * 4 + BAUD / 2) / BAUD; /* in 64ths */
    UARTIBRD = divisor >> 6;
    UARTFBRD = divisor & 63;
    UARTLCRH = LCRH_8_BITS | LCRH_FEN;
    UARTCTL = CTL_UARTEN | CTL_TXE;
}

void board_init(void)
{
    start_clock();
    RCGC1 |= RCGC1_UART0;
    RCGC2 |= RCGC2_GPIOA | RCGC2_GPIOF | RCGC2_EMAC0 | RCGC2_EPHY0;
    (void)RCGC2; /* a device may be used three clocks later */
    start_uart();
    cortex_m_tick_start(CLOCK_HZ);
}

void board_console(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        while ((UARTFR & FR_TXFF) != 0) {
        }
        UARTDR = (uint8_t)text[i];
    }
}

static const struct ethernet ethernet = {&lm3s_ethernet, 0x40048000u};

err_t board_netif_init(struct netif *netif)
{
    return ethernet_init(netif, &ethernet);
}

void board_netif_poll(struct netif *netif)
{
    ethernet_poll(netif, &ethernet);
}
