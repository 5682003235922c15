/*
 * test_network.h - a network inside the process: a line that loses, delays, doubles and reorders
 * frames, libslirp at its other end (DHCP, and TCP to servers on this machine's loopback), name and
 * time servers, and a clock that skips the time in which nothing happens.
 *
 * The other end is 10.0.2.2 (and fec0::2), which stands for 127.0.0.1 (and ::1).
 */
#ifndef TEST_NETWORK_H
#define TEST_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETWORK_FRAME 1600

/* What the line does to each frame, in both directions. Chances are in percent. */
typedef struct network_faults {
    unsigned loss;
    unsigned duplicate;
    unsigned reorder;  /* up to 60 ms later than those behind it */
    unsigned delay_ms; /* of every frame */
    unsigned jitter_ms;
} network_faults;

/* What the name and time servers answer. */
typedef struct network_answers {
    bool names_silent;
    bool has_ipv6;        /* names have an IPv6 address too */
    bool ipv6_dead;       /* and it does not answer */
    bool names_ipv6_slow; /* the name server answers questions for it after 2 s */
    int64_t time;         /* seconds since 1970; 0: the time server is silent */
    bool time_forged;     /* it does not repeat the random bits */
} network_answers;

/* Starts it. received gets the frames for this side, seed is for the line's faults. */
void network_start(uint64_t seed, void (*received)(const uint8_t *frame, size_t len));

void network_set_faults(const network_faults *faults);
void network_set_answers(const network_answers *answers);

/* Unplugs the cable, or plugs it in again. */
void network_plug(bool in);

/* Puts a frame of this side on the line. */
void network_send(const uint8_t *frame, size_t len);

/* Moves what is due. idle: this side has nothing to do, so that time may be skipped. */
void network_step(bool idle);

/* The clock skips nothing. */
void network_real_time(void);

/* Whether no frame is on the line. */
bool network_is_quiet(void);

/* The clock. */
uint32_t network_now_ms(void);

/* A frame that was not lost, for the name and time servers: writes their answer into reply and says
 * how long it is and after what time it comes; 0: it is not for them. Silence: 0 with *taken. */
size_t network_answer(const network_answers *answers, const uint8_t *frame, size_t len,
                      uint8_t reply[NETWORK_FRAME], uint32_t *after_ms, bool *taken);

/* Seeded random numbers, of the test itself. */
uint32_t network_random(void);

#endif
