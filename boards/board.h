/*
 * board.h - the contract between the firmware and a board.
 *
 * The firmware (boards/firmware/) is one super-loop without an operating system. A board is a
 * folder that defines the functions below, a linker script and a board.mk; boards/README.md walks
 * through adding one. All functions are called from the super-loop, none from an interrupt, and
 * none may block for longer than it says.
 */
#ifndef MIGTASK_BOARD_H
#define MIGTASK_BOARD_H

#include "lwip/netif.h"
#include "migtask.h"

/* Called once and first: clocks, console, the millisecond tick, a watchdog. */
void board_init(void);

/* Milliseconds since the start; wraps at 2^32. */
uint32_t board_millis(void);

/* Nothing is to be done: sleeps until an interrupt, at most some milliseconds, since the network is
 * polled. May return at once. */
void board_idle(void);

/* Called in every turn of the super-loop, and between the public-key operations of a TLS handshake,
 * each of which can take seconds on a slow part (boards/README.md has figures): feed a watchdog. */
void board_busy(void);

/* Writes to the console, waiting until the hardware has taken it all. */
void board_console(const char *text, size_t len);

/* A line about what is going on, without its line feed: an address came, an attempt failed. It
 * holds no credential. May do nothing; boards/firmware/log_console.c writes it to the console. */
void board_log(const char *line);

/* For lwIP's netif_add(): starts the Ethernet hardware and sets hwaddr, hwaddr_len, mtu, flags,
 * output (etharp_output) and linkoutput. */
err_t board_netif_init(struct netif *netif);

/* Hands frames that have arrived to netif->input, a bounded number of them, and tells lwIP of a
 * cable that was plugged or pulled by netif_set_link_up() and netif_set_link_down(). */
void board_netif_poll(struct netif *netif);

/* Fills buf with len bytes fit for keys, from a hardware source; 0, or anything else if it failed
 * (the call then ends with no_entropy). A migtask_tls_random.
 *
 * A board without such a source cannot be a product. For tests it may have the other function,
 * which is only compiled and only called with MIGTASK_TEST_ONLY_ENTROPY; see boards/firmware/. */
#ifdef MIGTASK_TEST_ONLY_ENTROPY
int board_entropy_TEST_ONLY(void *ctx, void *buf, size_t len);
#define BOARD_ENTROPY board_entropy_TEST_ONLY
#else
int board_entropy(void *ctx, void *buf, size_t len);
#define BOARD_ENTROPY board_entropy
#endif

/* The value of a parameter (boards/README.md lists them: endpoint, task, operation, token, ...),
 * from wherever this board keeps such things: a page of flash, a console, a debugger. The memory
 * stays valid and unchanged. False: it is not set. */
bool board_parameter(const char *name, migtask_view *value);

/* Seconds since 1970 by a clock of the board's own that can be trusted. False: it has none, or it
 * is not set; the time then comes by SNTP. */
bool board_clock(int64_t *epoch_s);

/* The end. The status is the outcome's number, or BOARD_FAULT. A board in the field resets, or
 * sleeps until there is something to do. */
_Noreturn void board_exit(int status);

/* The program itself is broken (a fault of the processor, a failed assertion): what was under way
 * must be taken as unknown. */
#define BOARD_FAULT 70

#endif
