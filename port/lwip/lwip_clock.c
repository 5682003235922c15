#include "migtask_lwip.h"

#include "lwip/opt.h"
#include "lwip/sys.h"
#if MIGTASK_LWIP_SNTP
#include "lwip/apps/sntp.h"
#endif

#define FLOOR ((int64_t)MIGTASK_LWIP_CLOCK_FLOOR)
#define CEILING (FLOOR + (int64_t)MIGTASK_LWIP_CLOCK_YEARS * 31556952)

/* Seconds from 1970 to 2036-02-07 06:28:16, from where lwIP counts those of NTP. */
#define FROM_1970_TO_2036 INT64_C(2085978496)

/* The board's. */
static struct {
    int64_t epoch_s; /* the time at the moment at_ms; 0: not known */
    uint32_t at_ms;  /* of sys_now() */
} now;

void migtask_lwip_time_set(int64_t epoch_s)
{
    if (epoch_s >= FLOOR && epoch_s <= CEILING) {
        now.epoch_s = epoch_s;
        now.at_ms = sys_now();
    }
}

bool migtask_lwip_time(void *ctx, int64_t *epoch_s)
{
    uint32_t passed_s;

    (void)ctx;
    if (now.epoch_s == 0) {
        return false;
    }
    passed_s = (sys_now() - now.at_ms) / 1000;
    now.epoch_s += passed_s;
    now.at_ms += passed_s * 1000;
    *epoch_s = now.epoch_s;
    return true;
}

#if MIGTASK_LWIP_SNTP

void migtask_lwip_time_start(const char *server)
{
    sntp_stop();
    sntp_setoperatingmode(SNTP_OPMODE_POLL);
    sntp_servermode_dhcp(server == NULL);
    if (server != NULL) {
        sntp_setservername(0, server);
    }
    sntp_init();
}

/* lwIP got an answer: seconds since 2036, negative before. 0 stands for "not known" in NTP
 * (RFC 5905 section 6). */
void migtask_lwip_time_answer(int32_t since_2036)
{
    if (since_2036 != 0) {
        migtask_lwip_time_set(FROM_1970_TO_2036 + since_2036);
    }
}

#endif
