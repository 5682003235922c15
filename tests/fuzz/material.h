/*
 * material.h - what material.py made: recordings of good servers, and certificates, good and bad.
 */
#ifndef MATERIAL_H
#define MATERIAL_H

#include "wire.h"

/* What a good server said in one call, without protection. */
typedef struct recording {
    const char *name;
    const char *host;
    const recorded *records;
    size_t count;
    size_t handshake; /* so many of them belong to the handshake */
} recording;

extern const recording recordings[];
extern const size_t recordings_count;
extern const migtask_bytes recorded_roots[]; /* that they are to be trusted by */
extern const size_t recorded_roots_count;

/* One certificate of tests/tls/certificates.py. */
typedef struct certificate {
    uint16_t key; /* by which inputs name it */
    migtask_bytes der;
    const uint16_t *signers; /* those whose keys made its signature, by OpenSSL */
    size_t signers_count;
} certificate;

extern const certificate certificates[];
extern const size_t certificates_count;

/* The certificate whose key is the next from this one: so inputs keep their meaning when others
 * come or go. */
static inline uint16_t certificate_by_key(unsigned key)
{
    size_t best = 0;
    for (size_t i = 1; i < certificates_count; i++) {
        if ((uint16_t)(certificates[i].key - key) < (uint16_t)(certificates[best].key - key)) {
            best = i;
        }
    }
    return (uint16_t)best;
}

/* A file of roots of it: the certificates by their index. */
typedef struct root_set {
    const uint16_t *members;
    size_t count;
} root_set;

extern const root_set root_sets[];
extern const size_t root_sets_count;

/* A row of the matrix. */
typedef struct chain_row {
    const char *name;
    uint8_t host; /* in chain.c's table */
    uint8_t root_set;
    const uint16_t *members;
    size_t count;
    bool accepted;
} chain_row;

extern const chain_row chain_rows[];
extern const size_t chain_rows_count;

extern const int64_t material_time; /* when all of this was made, seconds since 1970 */

#endif
