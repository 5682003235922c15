#include "frame_fifo.h"

void frame_fifo_write(struct frame_fifo *fifo, const struct pbuf *frame)
{
    for (const struct pbuf *piece = frame; piece != NULL; piece = piece->next) {
        const uint8_t *data = piece->payload;
        for (size_t i = 0; i < piece->len; i++) {
            fifo->word |= (uint32_t)data[i] << 8 * fifo->bytes++;
            if (fifo->bytes == 4) {
                *fifo->port = fifo->word;
                fifo->word = 0;
                fifo->bytes = 0;
            }
        }
    }
    if (fifo->bytes > 0) {
        *fifo->port = fifo->word;
    }
}

void frame_fifo_read(struct frame_fifo *fifo, struct pbuf *frame)
{
    for (struct pbuf *piece = frame; piece != NULL; piece = piece->next) {
        uint8_t *data = piece->payload;
        for (size_t i = 0; i < piece->len; i++) {
            if (fifo->bytes == 0) {
                fifo->word = *fifo->port;
                fifo->bytes = 4;
            }
            data[i] = (uint8_t)fifo->word;
            fifo->word >>= 8;
            fifo->bytes--;
        }
    }
}
