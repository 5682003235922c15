/* Names of registers and bits are those of the LAN9118 data sheet, DS00002266. */
#include "lan9118.h"

#include <string.h>

#include "cortex_m.h"
#include "frame_fifo.h"

#define BASE 0x40200000u

#define RX_DATA_FIFO REGISTER(BASE + 0x00)
#define TX_DATA_FIFO REGISTER(BASE + 0x20)
#define RX_STATUS_FIFO REGISTER(BASE + 0x40)
#define TX_STATUS_FIFO REGISTER(BASE + 0x48)
#define BYTE_TEST REGISTER(BASE + 0x64)
#define TX_CFG REGISTER(BASE + 0x70)
#define HW_CFG REGISTER(BASE + 0x74)
#define RX_DP_CTRL REGISTER(BASE + 0x78)
#define RX_FIFO_INF REGISTER(BASE + 0x7C)
#define TX_FIFO_INF REGISTER(BASE + 0x80)
#define PMT_CTRL REGISTER(BASE + 0x84)
#define MAC_CSR_CMD REGISTER(BASE + 0xA4)
#define MAC_CSR_DATA REGISTER(BASE + 0xA8)

/* Behind MAC_CSR_CMD. */
enum { MAC_CR = 1, ADDRH = 2, ADDRL = 3, MII_ACC = 6, MII_DATA = 7 };
/* Of the PHY, behind MII_ACC. */
enum { BASIC_CONTROL = 0, BASIC_STATUS = 1, ADVERTISED = 4, PARTNER = 5 };

#define CSR_BUSY (1u << 31)
#define CSR_READ (1u << 30)
#define MII_PHY (1u << 11)
#define MII_WRITE (1u << 1)
#define MII_BUSY (1u << 0)
#define CR_FULL_DUPLEX (1u << 20)
#define CR_TXEN (1u << 3)
#define CR_RXEN (1u << 2)
#define HW_MUST_BE_ONE (1u << 20)
#define HW_TX_FIFO_5K (5u << 16)
#define HW_SRST (1u << 0)
#define PMT_READY (1u << 0)
#define TX_ON (1u << 1)
#define TX_FIRST_AND_LAST (3u << 12)
#define RX_ERROR (1u << 15)
#define RX_FFWD (1u << 31)
#define CONTROL_NEGOTIATE (1u << 12)
#define CONTROL_RESTART (1u << 9)
#define STATUS_LINK (1u << 2)
#define ABLE_100_FULL (1u << 8)
#define ABLE_100_HALF (1u << 7)
#define ABLE_10_FULL (1u << 6)

#define CRC_LEN 4u
#define MAX_FRAME 1514u

/* Reading the controller takes about 100 ns: reset takes up to 5 ms, all else microseconds. */
#define PATIENCE 100000u

static bool wait_for(const volatile uint32_t *reg, uint32_t mask, uint32_t value)
{
    for (unsigned i = 0; i < PATIENCE; i++) {
        if ((*reg & mask) == value) {
            return true;
        }
    }
    return false;
}

static uint32_t mac_read(uint32_t index)
{
    MAC_CSR_CMD = CSR_BUSY | CSR_READ | index;
    (void)wait_for(&MAC_CSR_CMD, CSR_BUSY, 0);
    return MAC_CSR_DATA;
}

static void mac_write(uint32_t index, uint32_t value)
{
    MAC_CSR_DATA = value;
    MAC_CSR_CMD = CSR_BUSY | index;
    (void)wait_for(&MAC_CSR_CMD, CSR_BUSY, 0);
}

static void phy_ready(void)
{
    for (unsigned i = 0; i < PATIENCE && (mac_read(MII_ACC) & MII_BUSY) != 0; i++) {
    }
}

static uint32_t phy_read(uint32_t index)
{
    mac_write(MII_ACC, MII_PHY | index << 6 | MII_BUSY);
    phy_ready();
    return mac_read(MII_DATA);
}

static void phy_write(uint32_t index, uint32_t value)
{
    mac_write(MII_DATA, value);
    mac_write(MII_ACC, MII_PHY | index << 6 | MII_WRITE | MII_BUSY);
    phy_ready();
}

static bool start(struct netif *netif)
{
    if (!wait_for(&PMT_CTRL, PMT_READY, PMT_READY) || BYTE_TEST != 0x87654321u) {
        return false;
    }
    HW_CFG = HW_SRST;
    if (!wait_for(&HW_CFG, HW_SRST, 0)) {
        return false;
    }
    HW_CFG = HW_MUST_BE_ONE | HW_TX_FIFO_5K;
    uint32_t low = mac_read(ADDRL); /* loaded from the EEPROM; all ones if that is empty */
    uint32_t high = mac_read(ADDRH);
    if ((low & 1) == 0 && low != 0) {
        memcpy(netif->hwaddr, &low, 4);
        memcpy(netif->hwaddr + 4, &high, 2);
    }
    memcpy(&low, netif->hwaddr, 4);
    mac_write(ADDRL, low);
    mac_write(ADDRH, (uint32_t)netif->hwaddr[5] << 8 | netif->hwaddr[4]);
    phy_write(BASIC_CONTROL, CONTROL_NEGOTIATE | CONTROL_RESTART);
    TX_CFG = TX_ON;
    return true;
}

/* The MAC must do what the PHY has negotiated. */
static void set_duplex(void)
{
    uint32_t able = phy_read(ADVERTISED) & phy_read(PARTNER);
    bool full =
        (able & ABLE_100_FULL) != 0 || (able & (ABLE_100_HALF | ABLE_10_FULL)) == ABLE_10_FULL;
    mac_write(MAC_CR, (full ? CR_FULL_DUPLEX : 0) | CR_TXEN | CR_RXEN);
}

static bool link_is_up(void)
{
    static bool was_up;
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
    if (len > MAX_FRAME) {
        return ERR_VAL;
    }
    while ((TX_FIFO_INF >> 16 & 0xff) > 0) {
        (void)TX_STATUS_FIFO; /* nobody wants to know, but it must not run full */
    }
    for (unsigned i = 0; (TX_FIFO_INF & 0xffff) < len + 16; i++) {
        if (i == PATIENCE) {
            return ERR_BUF; /* lost like a frame on the wire: TCP sends it again */
        }
    }
    TX_DATA_FIFO = TX_FIRST_AND_LAST | len; /* command A */
    TX_DATA_FIFO = len;                     /* command B */
    struct frame_fifo fifo = {.port = &TX_DATA_FIFO};
    frame_fifo_write(&fifo, frame);
    return ERR_OK;
}

/* Words of a frame that nobody takes. The controller skips them by itself, but only four or more.
 */
static void skip(uint32_t words)
{
    if (words >= 4) {
        RX_DP_CTRL = RX_FFWD;
        (void)wait_for(&RX_DP_CTRL, RX_FFWD, 0);
    } else {
        while (words-- > 0) {
            (void)RX_DATA_FIFO;
        }
    }
}

static struct pbuf *receive_frame(bool *more)
{
    *more = (RX_FIFO_INF >> 16 & 0xff) > 0;
    if (!*more) {
        return NULL;
    }
    uint32_t status = RX_STATUS_FIFO;
    uint32_t len = status >> 16 & 0x3fff;
    uint32_t words = (len + 3) / 4;
    struct pbuf *frame = NULL;
    if ((status & RX_ERROR) == 0 && len > CRC_LEN && len <= MAX_FRAME + CRC_LEN) {
        frame = pbuf_alloc(PBUF_RAW, (u16_t)(len - CRC_LEN), PBUF_POOL);
    }
    if (frame == NULL) {
        skip(words);
        return NULL;
    }
    struct frame_fifo fifo = {.port = &RX_DATA_FIFO};
    frame_fifo_read(&fifo, frame);
    for (uint32_t taken = (len - CRC_LEN + 3) / 4; taken < words; taken++) {
        (void)RX_DATA_FIFO;
    }
    return frame;
}

const struct ethernet_driver lan9118 = {start, send_frame, receive_frame, link_is_up};
