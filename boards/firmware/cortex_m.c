/*
 * Start-up of a Cortex-M3 or larger, its tick and its faults. Names of registers are those of the
 * "ARMv7-M Architecture Reference Manual".
 */
#include "cortex_m.h"

#include <string.h>

#include "board.h"
#include "firmware_config.h"
#include "register.h"

/* The linker script puts it at the lower end of RAM, for that it cannot overflow unnoticed. */
__attribute__((section(".bss.stack"), used)) uint32_t stack_bottom[MIGTASK_FIRMWARE_STACK / 4];
#define stack_top (stack_bottom + MIGTASK_FIRMWARE_STACK / 4)

/* Defined by the linker script. */
extern uint32_t data_start[], data_end[], bss_start[], bss_end[];
extern const uint32_t data_source[];

#define SYST_CSR REGISTER(0xE000E010)
#define SYST_RVR REGISTER(0xE000E014)
#define SYST_CVR REGISTER(0xE000E018)
enum { SYST_ENABLE = 1, SYST_TICKINT = 2, SYST_CLKSOURCE = 4 };

#define PAINT 0xC5C5C5C5u

static volatile uint32_t millis;

_Noreturn void reset(void);

_Noreturn void reset(void)
{
    /* Not memset(): it would have its frame in what is painted here. */
    const uint32_t *stack_pointer;
    __asm__ volatile("mov %0, sp" : "=r"(stack_pointer));
    for (uint32_t *word = stack_bottom; word < stack_pointer; word++) {
        *(volatile uint32_t *)word = PAINT;
    }
    memcpy(data_start, data_source, (size_t)((uintptr_t)data_end - (uintptr_t)data_start));
    memset(bss_start, 0, (size_t)((uintptr_t)bss_end - (uintptr_t)bss_start));
    firmware_main();
}

size_t cortex_m_stack_size(void)
{
    return (uintptr_t)stack_top - (uintptr_t)stack_bottom;
}

size_t cortex_m_stack_peak(void)
{
    const uint32_t *word = stack_bottom;
    while (word < stack_top && *word == PAINT) {
        word++;
    }
    return (uintptr_t)stack_top - (uintptr_t)word;
}

/* ---- The tick ---- */

void cortex_m_tick_start(uint32_t clock_hz)
{
    SYST_RVR = clock_hz / 1000 - 1;
    SYST_CVR = 0;
    SYST_CSR = SYST_CLKSOURCE | SYST_TICKINT | SYST_ENABLE;
}

static void on_tick(void)
{
    millis++;
}

uint32_t cortex_m_millis(void)
{
    return millis;
}

void cortex_m_sleep(void)
{
    __asm__ volatile("wfi");
}

/* ---- Faults ---- */

static void put(const char *text)
{
    board_console(text, strlen(text));
}

/* For a product: note it where the next start finds it, and reset. */
static _Noreturn void stop(uint32_t address)
{
    char text[] = " 00000000\n";
    for (size_t i = 0; i < 8; i++) {
        text[8 - i] = "0123456789abcdef"[address & 15];
        address >>= 4;
    }
    put("fault at");
    put(text);
    board_exit(BOARD_FAULT);
}

/* The processor has put eight registers on the stack, the program counter being the seventh. After
 * an overflow the stack pointer lies outside of RAM, so it is set anew before anything else is
 * done. */
static __attribute__((naked)) void on_fault(void)
{
    __asm__ volatile("mov  r1, sp\n"
                     "ldr  r2, =stack_bottom\n"
                     "ldr  r3, =stack_bottom + %c1\n"
                     "mov  sp, r3\n"
                     "movs r0, #0\n"
                     "cmp  r1, r2\n"
                     "blo  1f\n"
                     "ldr  r0, [r1, #24]\n"
                     "1: b %c0\n"
                     ".ltorg\n"
                     :
                     : "i"(stop), "i"(MIGTASK_FIRMWARE_STACK));
}

/* Only the tick is used: devices are polled. */
extern void (*const vectors[16])(void);
__attribute__((section(".vectors"), used)) void (*const vectors[16])(void) = {
    (void (*)(void))stack_top,
    (void (*)(void))reset,
    on_fault, /* NMI */
    on_fault, /* HardFault, to which all others are escalated */
    [15] = on_tick,
};
