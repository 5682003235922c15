/*
 * Names of registers and bits are those of the LM3S6965's data sheet, chapter "Ethernet
 * Controller". Each frame goes through its FIFOs behind 16 bits of length: of all that lies in the
 * FIFO when receiving (length and CRC included), of the payload behind the 14 bytes of Ethernet
 * header when sending.
 */
#include "lm3s_ethernet.h"

#include <string.h>

#include "cortex_m.h"
#include "frame_fifo.h"

#define MAC 0x40048000u
#define MACRIS REGISTER(MAC + 0x000)
#define MACIACK MACRIS
#define MACIM REGISTER(MAC + 0x004)
#define MACRCTL REGISTER(MAC + 0x008)
#define MACTCTL REGISTER(MAC + 0x00C)
#define MACDATA REGISTER(MAC + 0x010)
#define MACIA0 REGISTER(MAC + 0x014)
#define MACIA1 REGISTER(MAC + 0x018)
#define MACMCTL REGISTER(MAC + 0x020)
#define MACMDV REGISTER(MAC + 0x024)
#define MACMRXD REGISTER(MAC + 0x030)
#define MACNP REGISTER(MAC + 0x034)
#define MACTR REGISTER(MAC + 0x038)
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

/* Of the PHY, behind MACMCTL. */
enum { BASIC_STATUS = 1, IDENTIFIER = 2, ADVERTISED = 4, PARTNER = 5 };
#define STATUS_LINK (1u << 2)
#define ABLE_100_FULL (1u << 8)
#define ABLE_100_HALF (1u << 7)
#define ABLE_10_FULL (1u << 6)

#define HEADER_LEN 14u
#define LENGTH_LEN 2u
#define CRC_LEN 4u
#define MAX_FRAME 1514u

/* A frame takes at most 1.2 ms to send, at 10 Mbit/s. */
#define PATIENCE 100000u

static bool start(struct netif *netif)
{
    uint32_t low = USER_REG0;
    uint32_t high = USER_REG1;
    if ((low & 1) == 0 && low != 0) { /* else nobody has programmed them */
        memcpy(netif->hwaddr, &low, 3);
        memcpy(netif->hwaddr + 3, &high, 3);
    }
    memcpy(&low, netif->hwaddr, 4);
    MACIM = 0;
    MACIACK = RIS_ALL;
    MACMDV = MDV_10;
    MACIA0 = low;
    MACIA1 = (uint32_t)netif->hwaddr[5] << 8 | netif->hwaddr[4];
    MACRCTL = RCTL_RSTFIFO;
    MACTCTL = TCTL_DUPLEX | TCTL_CRC | TCTL_PADEN | TCTL_TXEN;
    MACRCTL = RCTL_BADCRC | RCTL_RXEN;
    return true;
}

static uint32_t phy_read(uint32_t index)
{
    MACMCTL = index << 3 | MCTL_START;
    for (unsigned i = 0; i < PATIENCE && (MACMCTL & MCTL_START) != 0; i++) {
    }
    return MACMRXD & 0xffff;
}

/* The MAC must do what the PHY has negotiated. */
static void set_duplex(void)
{
    uint32_t able = phy_read(ADVERTISED) & phy_read(PARTNER);
    bool full =
        (able & ABLE_100_FULL) != 0 || (able & (ABLE_100_HALF | ABLE_10_FULL)) == ABLE_10_FULL;
    MACTCTL = (full ? TCTL_DUPLEX : 0) | TCTL_CRC | TCTL_PADEN | TCTL_TXEN;
}

/* QEMU has no PHY, which shows by its identifier, and a cable that nobody can see being pulled. */
static bool link_is_up(void)
{
    static bool was_up;
    if (phy_read(IDENTIFIER) == 0) {
        return true;
    }
    bool up = (phy_read(BASIC_STATUS) & STATUS_LINK) != 0;
    if (up && !was_up) {
        set_duplex();
    }
    was_up = up;
    return up;
}

static err_t send_frame(struct netif *netif, struct pbuf *frame)
{
    (void)netif;
    uint32_t len = frame->tot_len;
    if (len < HEADER_LEN || len > MAX_FRAME) {
        return ERR_VAL;
    }
    for (unsigned i = 0; (MACTR & TR_NEWTX) != 0; i++) {
        if (i == PATIENCE) {
            return ERR_BUF; /* lost like a frame on the wire: TCP sends it again */
        }
    }
    struct frame_fifo fifo = {&MACDATA, len - HEADER_LEN, LENGTH_LEN};
    frame_fifo_write(&fifo, frame);
    MACTR = TR_NEWTX;
    return ERR_OK;
}

static struct pbuf *receive_frame(bool *more)
{
    *more = MACNP > 0;
    if (!*more) {
        return NULL;
    }
    uint32_t word = MACDATA;
    uint32_t whole = word & 0xffff; /* bytes in the FIFO */
    if (whole <= LENGTH_LEN + HEADER_LEN + CRC_LEN || whole > LENGTH_LEN + MAX_FRAME + CRC_LEN) {
        MACRCTL |= RCTL_RSTFIFO; /* no frame has such a length: we are out of step */
        return NULL;
    }
    uint32_t words = (whole + 3) / 4 - 1;
    struct pbuf *frame = pbuf_alloc(PBUF_RAW, (u16_t)(whole - LENGTH_LEN - CRC_LEN), PBUF_POOL);
    if (frame != NULL) {
        struct frame_fifo fifo = {&MACDATA, word >> 16, 2};
        frame_fifo_read(&fifo, frame);
        words -= (frame->tot_len - 2u + 3u) / 4;
    }
    while (words-- > 0) { /* the CRC, or a frame that nobody takes */
        (void)MACDATA;
    }
    return frame;
}

const struct ethernet_driver lm3s_ethernet = {start, send_frame, receive_frame, link_is_up};
