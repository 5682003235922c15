/* tls_random.h - the randomness of mbedTLS and PSA: the caller's function. Internal. */
#ifndef MIGTASK_TLS_RANDOM_H
#define MIGTASK_TLS_RANDOM_H

#include "migtask_tls.h"

void migtask_random_start(migtask_tls_random function, void *ctx);

/* Whether there is a function. */
bool migtask_random_present(void);

/* How often the function failed so far. */
uint32_t migtask_random_droughts(void);

/* For mbedtls_ssl_conf_rng(). */
int migtask_random_fill(void *ctx, unsigned char *buf, size_t len);

#endif
