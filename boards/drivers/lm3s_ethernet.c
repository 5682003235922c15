/*
 * Names of registers and bits are those of the LM3S6965's data sheet, chapter "Ethernet
 * Controller"; the macro of a register of the controller takes its base address. Each frame goes
 * through the FIFOs after 16 bits of length: of all that lies in the FIFO when receiving (length
 * and CRC included), of the payload after the 14 bytes of Ethernet header when sending.
 */
#include "lm3s_ethernet.h"

#include <string.h>

#include "frame_fifo.h"
#include "register.h"

#define MACRIS(base) REGISTER((base) + 0x000)
#define MACIACK(base) MACRIS(base)
#define MACIM(base) REGISTER((base) + 0x004)
#define MACRCTL(base) REGISTER((base) + 0x008)
#define MACTCTL(base) REGISTER((base) + 0x00C)
#define MACDATA(base) REGISTER((base) + 0x010)
#define MACIA0(base) REGISTER((base) + 0x014)
#define MACIA1(base) REGISTER((base) + 0x018)
#define MACMCTL(base) REGISTER((base) + 0x020)
#define MACMDV(base) REGISTER((base) + 0x024)
#define MACMRXD(base) REGISTER((base) + 0x030)
#define MACNP(base) REGISTER((base) + 0x034)
#define MACTR(base) REGISTER((base) + 0x038)
#define USER_REG0 REGISTER(0x400FE1E0u) /* the board's address, three bytes in each */
#define USER_REG1 REGISTER(0x400FE1E4u)

#define RIS_ALL 0x7Fu
#define RCTL_RSTFIFO (1u << 4)
#define RCTL_BADCRC (1u << 3)
#define RCTL_RXEN (1u << 0)
#define TCTL_DUPLEX (1u << 4)
#define TCTL_CRC (1u << 2)
#define TCTL_PADEN (1u << 1)
#define TCTL_TXEN (1u << 0)
#define TR_NEWTX (1u << 0)
#define MCTL_START (1u << 0)
#define MDV_10 10u /* 50 MHz / 22: below the 2.5 MHz of the PHY's interface */

#define HEADER_LEN 14u
#define LENGTH_LEN 2u
#define CRC_LEN 4u
#define MAX_FRAME 1514u

/* A frame takes at most 1.2 ms to send, at 10 Mbit/s. */
#define PATIENCE 100000u

static bool start(uintptr_t base, uint8_t hwaddr[NETIF_MAX_HWADDR_LEN])
{
    uint32_t low = USER_REG0;
    uint32_t high = USER_REG1;
    if ((low & 1) == 0 && low != 0) { /* else nobody has programmed them */
        memcpy(hwaddr, &low, 3);
        memcpy(hwaddr + 3, &high, 3);
    }
    memcpy(&low, hwaddr, 4);
    MACIM(base) = 0;
    MACIACK(base) = RIS_ALL;
    MACMDV(base) = MDV_10;
    MACIA0(base) = low;
    MACIA1(base) = (uint32_t)hwaddr[5] << 8 | hwaddr[4];
    MACRCTL(base) = RCTL_RSTFIFO;
    MACRCTL(base) = RCTL_BADCRC | RCTL_RXEN;
    return true;
}

static uint32_t phy_read(uintptr_t base, uint32_t index)
{
    MACMCTL(base) = index << 3 | MCTL_START;
    for (unsigned i = 0; i < PATIENCE && (MACMCTL(base) & MCTL_START) != 0; i++) {
    }
    return MACMRXD(base) & 0xffff;
}

static void start_sending(uintptr_t base, bool full)
{
    MACTCTL(base) = (full ? TCTL_DUPLEX : 0) | TCTL_CRC | TCTL_PADEN | TCTL_TXEN;
}

static err_t send_frame(struct netif *netif, struct pbuf *frame)
{
    uintptr_t base = ethernet_base(netif);
    uint32_t len = frame->tot_len;
    if (len < HEADER_LEN || len > MAX_FRAME) {
        return ERR_VAL;
    }
    for (unsigned i = 0; (MACTR(base) & TR_NEWTX) != 0; i++) {
        if (i == PATIENCE) {
            return ERR_BUF; /* lost like a frame on the wire: TCP sends it again */
        }
    }
    struct frame_fifo fifo = {&MACDATA(base), len - HEADER_LEN, LENGTH_LEN};
    frame_fifo_write(&fifo, frame);
    MACTR(base) = TR_NEWTX;
    return ERR_OK;
}

static struct pbuf *receive_frame(uintptr_t base, bool *more)
{
    *more = MACNP(base) > 0;
    if (!*more) {
        return NULL;
    }
    uint32_t word = MACDATA(base);
    uint32_t whole = word & 0xffff; /* bytes in the FIFO */
    if (whole <= LENGTH_LEN + HEADER_LEN + CRC_LEN || whole > LENGTH_LEN + MAX_FRAME + CRC_LEN) {
        MACRCTL(base) |= RCTL_RSTFIFO; /* no frame has such a length: we are out of step */
        return NULL;
    }
    uint32_t words = (whole + 3) / 4 - 1;
    struct pbuf *frame = pbuf_alloc(PBUF_RAW, (u16_t)(whole - LENGTH_LEN - CRC_LEN), PBUF_POOL);
    if (frame != NULL) {
        struct frame_fifo fifo = {&MACDATA(base), word >> 16, 2};
        frame_fifo_read(&fifo, frame);
        words -= (frame->tot_len - 2u + 3u) / 4;
    }
    while (words-- > 0) { /* the CRC, or a frame that nobody takes */
        (void)MACDATA(base);
    }
    return frame;
}

const struct ethernet_driver lm3s_ethernet = {start, send_frame, receive_frame, phy_read,
                                              start_sending};
