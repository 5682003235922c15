/* copy.h - what copy.c tells a proof of one byte, any one, of the object that is copied to. */
#ifndef COPY_H
#define COPY_H

#include <stddef.h>

extern size_t watched; /* its place */

extern struct copy {
    const char *from; /* what was copied there last */
    unsigned times;   /* how often */
} copied;

#endif
