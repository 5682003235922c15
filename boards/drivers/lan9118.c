/* Names of registers and bits are those of the LAN9118 data sheet, DS00002266; the macro of a
 * register takes the base address of the controller. */
#include "lan9118.h"

#include <string.h>

#include "frame_fifo.h"
#include "register.h"

#define RX_DATA_FIFO(base) REGISTER((base) + 0x00)
#define TX_DATA_FIFO(base) REGISTER((base) + 0x20)
#define RX_STATUS_FIFO(base) REGISTER((base) + 0x40)
#define TX_STATUS_FIFO(base) REGISTER((base) + 0x48)
#define BYTE_TEST(base) REGISTER((base) + 0x64)
#define TX_CFG(base) REGISTER((base) + 0x70)
#define HW_CFG(base) REGISTER((base) + 0x74)
#define RX_DP_CTRL(base) REGISTER((base) + 0x78)
#define RX_FIFO_INF(base) REGISTER((base) + 0x7C)
#define TX_FIFO_INF(base) REGISTER((base) + 0x80)
#define PMT_CTRL(base) REGISTER((base) + 0x84)
#define MAC_CSR_CMD(base) REGISTER((base) + 0xA4)
#define MAC_CSR_DATA(base) REGISTER((base) + 0xA8)

/* Registers of the MAC, by way of MAC_CSR_CMD. */
enum { MAC_CR = 1, ADDRH = 2, ADDRL = 3, MII_ACC = 6, MII_DATA = 7 };
/* A register of the PHY, by way of MII_ACC. */
enum { BASIC_CONTROL = 0 };

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

static uint32_t mac_read(uintptr_t base, uint32_t index)
{
    MAC_CSR_CMD(base) = CSR_BUSY | CSR_READ | index;
    (void)wait_for(&MAC_CSR_CMD(base), CSR_BUSY, 0);
    return MAC_CSR_DATA(base);
}

static void mac_write(uintptr_t base, uint32_t index, uint32_t value)
{
    MAC_CSR_DATA(base) = value;
    MAC_CSR_CMD(base) = CSR_BUSY | index;
    (void)wait_for(&MAC_CSR_CMD(base), CSR_BUSY, 0);
}

static void phy_ready(uintptr_t base)
{
    for (unsigned i = 0; i < PATIENCE && (mac_read(base, MII_ACC) & MII_BUSY) != 0; i++) {
    }
}

static uint32_t phy_read(uintptr_t base, uint32_t index)
{
    mac_write(base, MII_ACC, MII_PHY | index << 6 | MII_BUSY);
    phy_ready(base);
    return mac_read(base, MII_DATA);
}

static void phy_write(uintptr_t base, uint32_t index, uint32_t value)
{
    mac_write(base, MII_DATA, value);
    mac_write(base, MII_ACC, MII_PHY | index << 6 | MII_WRITE | MII_BUSY);
    phy_ready(base);
}

static bool start(uintptr_t base, uint8_t hwaddr[NETIF_MAX_HWADDR_LEN])
{
    if (!wait_for(&PMT_CTRL(base), PMT_READY, PMT_READY) || BYTE_TEST(base) != 0x87654321u) {
        return false;
    }
    HW_CFG(base) = HW_SRST;
    if (!wait_for(&HW_CFG(base), HW_SRST, 0)) {
        return false;
    }
    HW_CFG(base) = HW_MUST_BE_ONE | HW_TX_FIFO_5K;
    uint32_t low = mac_read(base, ADDRL); /* loaded from the EEPROM; all ones if that is empty */
    uint32_t high = mac_read(base, ADDRH);
    if ((low & 1) == 0 && low != 0) {
        memcpy(hwaddr, &low, 4);
        memcpy(hwaddr + 4, &high, 2);
    }
    memcpy(&low, hwaddr, 4);
    mac_write(base, ADDRL, low);
    mac_write(base, ADDRH, (uint32_t)hwaddr[5] << 8 | hwaddr[4]);
    phy_write(base, BASIC_CONTROL, CONTROL_NEGOTIATE | CONTROL_RESTART);
    TX_CFG(base) = TX_ON;
    return true;
}

static void start_sending(uintptr_t base, bool full)
{
    mac_write(base, MAC_CR, (full ? CR_FULL_DUPLEX : 0) | CR_TXEN | CR_RXEN);
}

static err_t send_frame(struct netif *netif, struct pbuf *frame)
{
    uintptr_t base = ethernet_base(netif);
    uint32_t len = frame->tot_len;
    if (len > MAX_FRAME) {
        return ERR_VAL;
    }
    while ((TX_FIFO_INF(base) >> 16 & 0xff) > 0) {
        (void)TX_STATUS_FIFO(base); /* nobody wants to know, but it must not run full */
    }
    for (unsigned i = 0; (TX_FIFO_INF(base) & 0xffff) < len + 16; i++) {
        if (i == PATIENCE) {
            return ERR_BUF; /* lost like a frame on the wire: TCP sends it again */
        }
    }
    TX_DATA_FIFO(base) = TX_FIRST_AND_LAST | len; /* command A */
    TX_DATA_FIFO(base) = len;                     /* command B */
    struct frame_fifo fifo = {.port = &TX_DATA_FIFO(base)};
    frame_fifo_write(&fifo, frame);
    return ERR_OK;
}

/* Words of a frame that nobody takes. The controller skips them by itself, but only four or more.
 */
static void skip(uintptr_t base, uint32_t words)
{
    if (words >= 4) {
        RX_DP_CTRL(base) = RX_FFWD;
        (void)wait_for(&RX_DP_CTRL(base), RX_FFWD, 0);
    } else {
        while (words-- > 0) {
            (void)RX_DATA_FIFO(base);
        }
    }
}

static struct pbuf *receive_frame(uintptr_t base, bool *more)
{
    *more = (RX_FIFO_INF(base) >> 16 & 0xff) > 0;
    if (!*more) {
        return NULL;
    }
    uint32_t status = RX_STATUS_FIFO(base);
    uint32_t len = status >> 16 & 0x3fff;
    uint32_t words = (len + 3) / 4;
    struct pbuf *frame = NULL;
    if ((status & RX_ERROR) == 0 && len > CRC_LEN && len <= MAX_FRAME + CRC_LEN) {
        frame = pbuf_alloc(PBUF_RAW, (u16_t)(len - CRC_LEN), PBUF_POOL);
    }
    if (frame == NULL) {
        skip(base, words);
        return NULL;
    }
    struct frame_fifo fifo = {.port = &RX_DATA_FIFO(base)};
    frame_fifo_read(&fifo, frame);
    for (uint32_t taken = (len - CRC_LEN + 3) / 4; taken < words; taken++) {
        (void)RX_DATA_FIFO(base);
    }
    return frame;
}

const struct ethernet_driver lan9118 = {start, send_frame, receive_frame, phy_read, start_sending};
