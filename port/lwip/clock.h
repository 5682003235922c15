/*
 * clock.h - the time of day on a board without a clock, by SNTP (RFC 4330) with a floor.
 *
 * SNTP is not authenticated: whoever sits on the way to the time server can answer any time at all.
 * What that means for the dates of certificates, which are always checked:
 * - The time is never earlier than the floor, the date of the build: such an answer is ignored. So
 * a certificate that had expired when the firmware was built stays expired for ever. One that
 *   expired later could be made to look valid by a liar on the way, who would need its private key
 *   as well.
 * - The time is never later than MIGTASK_LWIP_CLOCK_YEARS after the floor. A liar can still make
 *   valid certificates look expired; the call then ends with not_sent, as if the cable was pulled.
 * - Answers of others than the server asked, or without the 64 random bits of the question, are
 *   ignored: a liar must be on the way.
 * - Until an answer came the time is not known, and a TLS stream ends with clock_unset.
 * A board with a battery-backed clock, or a console, sets the time itself: migtask_lwip_time_set().
 */
#ifndef MIGTASK_LWIP_CLOCK_H
#define MIGTASK_LWIP_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An answer later than this many years after the floor is ignored. */
#ifndef MIGTASK_LWIP_CLOCK_YEARS
#define MIGTASK_LWIP_CLOCK_YEARS 40
#endif

/* Seconds since 1970 of the build. Give -DMIGTASK_LWIP_CLOCK_FLOOR=... in the Makefile, e.g. from
 * SOURCE_DATE_EPOCH or `date +%s`, for the file clock.c; the default is the day this was written.
 */
#ifndef MIGTASK_LWIP_CLOCK_FLOOR
#define MIGTASK_LWIP_CLOCK_FLOOR 1760000000
#endif

/* Begins to ask, and goes on every hour. server: name or address of the time server, valid for
 * ever; NULL: the one that DHCP names (option 42). Call once the network interface is up; again to
 * ask anew at once. Until an answer comes it is repeated after 2, 3, 5, 9, ... seconds. */
void migtask_lwip_time_start(const char *server);

/* Sets the time from another source that is trusted (the floor and ceiling hold here too). */
void migtask_lwip_time_set(int64_t epoch_s);

/* Seconds since 1970; false until the time is known. Fits migtask_tls_config.clock; ctx is not
 * used. Between two answers it counts by sys_now(), and has to be called once in 49 days if none
 * come. */
bool migtask_lwip_time(void *ctx, int64_t *epoch_s);

#ifdef __cplusplus
}
#endif

#endif
