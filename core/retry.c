/* When a call may be repeated, and after what pause. */
#include "http_date.h"
#include "migtask.h"

#define FIRST_BACKOFF_MS 500u
#define LAST_BACKOFF_MS 32000u

void migtask_retry_init(migtask_retry *retry, uint16_t retries, uint32_t timeout_ms,
                        uint32_t now_ms)
{
    retry->start_ms = now_ms;
    retry->timeout_ms = timeout_ms;
    retry->backoff_ms = FIRST_BACKOFF_MS;
    retry->left = retries;
    retry->attempts = 1;
}

uint32_t migtask_retry_time_left(const migtask_retry *retry, uint32_t now_ms)
{
    uint32_t elapsed = now_ms - retry->start_ms;
    return elapsed < retry->timeout_ms ? retry->timeout_ms - elapsed : 0;
}

/* Whether this end of a call is one that another attempt may mend without doing harm. */
static bool may_repeat(const migtask_call *call)
{
    if (migtask_call_outcome(call) == MIGTASK_REFUSED) {
        uint16_t status = migtask_call_reply(call)->http_status;
        return status == 429 || status == 503;
    }
    if (migtask_call_outcome(call) != MIGTASK_NOT_SENT) {
        return false;
    }
    switch (migtask_call_reason(call)) {
    case MIGTASK_RESOLVE_FAILED:
    case MIGTASK_CONNECT_FAILED:
    case MIGTASK_TLS_FAILED:
    case MIGTASK_CONNECTION_LOST:
    case MIGTASK_TIMEOUT:
        return true;
    default: /* among them proxy_failed: a 407 for each attempt may lock the proxy's account */
        return false;
    }
}

/* The service's own wish in milliseconds; false if it has none that can be read. */
static bool wished_pause(const migtask_reply *reply, int64_t epoch_s, uint64_t *pause_ms)
{
    uint32_t seconds;
    if (migtask_http_seconds(migtask_text(reply->retry_after), &seconds)) {
        *pause_ms = (uint64_t)seconds * 1000;
        return true;
    }
    int64_t date = migtask_http_date(migtask_text(reply->retry_after));
    int64_t now =
        migtask_http_date(migtask_text(reply->date)); /* of the clock that it is said by */
    now = now != MIGTASK_NO_DATE ? now : epoch_s;
    if (date == MIGTASK_NO_DATE || now == MIGTASK_NO_DATE) {
        return false;
    }
    *pause_ms = date > now ? (uint64_t)(date - now) * 1000 : 0;
    return true;
}

bool migtask_retry_next(migtask_retry *retry, const migtask_call *call, uint32_t now_ms,
                        int64_t epoch_s, uint32_t random, uint32_t *pause_ms)
{
    uint64_t pause;
    if (retry->left == 0 || !may_repeat(call)) {
        return false;
    }
    bool refused = migtask_call_outcome(call) == MIGTASK_REFUSED;
    if (!refused || !wished_pause(migtask_call_reply(call), epoch_s, &pause)) {
        /* Full jitter: anything from nothing to the cap, so that many clients spread out. */
        pause = ((uint64_t)random * (retry->backoff_ms + 1)) >> 32;
        retry->backoff_ms *= retry->backoff_ms < LAST_BACKOFF_MS ? 2 : 1;
    }
    if (pause >= migtask_retry_time_left(retry, now_ms)) {
        return false;
    }
    retry->left--;
    retry->attempts++;
    *pause_ms = (uint32_t)pause;
    return true;
}
