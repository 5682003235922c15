/*
 * frame_fifo.h - moves Ethernet frames between pbufs and a device's register of 32-bit words, the
 * first byte of the frame in the lowest bits.
 */
#ifndef FRAME_FIFO_H
#define FRAME_FIFO_H

#include "lwip/pbuf.h"

struct frame_fifo {
    volatile uint32_t *port;
    uint32_t word;  /* bytes of a word that is not complete yet, or not used up */
    unsigned bytes; /* how many, 0..3 */
};

/* Writes a whole frame, filled up to a word. word and bytes hold what goes before it. */
void frame_fifo_write(struct frame_fifo *fifo, const struct pbuf *frame);

/* Reads as many bytes as frame has. word and bytes hold what was read too much before. */
void frame_fifo_read(struct frame_fifo *fifo, struct pbuf *frame);

#endif
