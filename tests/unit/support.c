/* What the unit tests share: see support.h. */
#define _GNU_SOURCE 1 /* memmem, MAP_ANONYMOUS */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* --- deviations --- */

enum { SHOWN = 12 }; /* deviations printed of one test */

static char where[160];
static char first[400];
static unsigned deviations;

void context(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(where, sizeof(where), format, args);
    va_end(args);
}

void deviation(const char *format, ...)
{
    char what[220];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    if (deviations == 0) {
        snprintf(first, sizeof(first), "%s: %s", where, what);
    }
    if (deviations++ < SHOWN) {
        print_error("%s: %s\n", where, what);
    }
}

void end_of_cases(void)
{
    unsigned found = deviations;
    deviations = 0;
    if (found != 0) {
        fail_msg("%u deviations, the first: %s", found, first);
    }
}

/* --- memory --- */

char *guarded_room(guarded *area, size_t len)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (area->map == NULL || area->room < len) {
        if (area->map != NULL) {
            munmap(area->map, area->room + page);
        }
        area->room = (len / page + 1) * page;
        area->map = mmap(NULL, area->room + page, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        assert_true(area->map != MAP_FAILED);
        assert_int_equal(mprotect(area->map + area->room, page, PROT_NONE), 0);
    }
    return area->map + area->room - len;
}

migtask_view guarded_copy(guarded *area, migtask_view text)
{
    char *copy = guarded_room(area, text.len);
    if (text.len > 0) {
        memcpy(copy, text.ptr, text.len);
    }
    return (migtask_view){copy, text.len};
}

void text_clear(textbuf *t)
{
    t->len = 0;
}

void text_add(textbuf *t, const void *data, size_t len)
{
    if (t->len + len + 1 > t->room) {
        t->room = 2 * (t->len + len + 1);
        t->ptr = realloc(t->ptr, t->room);
        assert_non_null(t->ptr);
    }
    if (len > 0) {
        memcpy(t->ptr + t->len, data, len);
    }
    t->len += len;
    t->ptr[t->len] = '\0';
}

void text_put(textbuf *t, const char *string)
{
    text_add(t, string, strlen(string));
}

void text_format(textbuf *t, const char *format, ...)
{
    char piece[1024];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(piece, sizeof(piece), format, args);
    va_end(args);
    assert_true(len >= 0 && (size_t)len < sizeof(piece));
    text_add(t, piece, (size_t)len);
}

void text_repeat(textbuf *t, const char *piece, size_t times)
{
    /* Doubling what is there: texts of 16 MB are made of this. */
    size_t len = strlen(piece);
    size_t begin = t->len;
    size_t end = begin + len * times;
    text_add(t, piece, times > 0 ? len : 0);
    while (t->len < end) {
        size_t more = t->len - begin < end - t->len ? t->len - begin : end - t->len;
        if (t->len + more + 1 > t->room) {
            t->room = 2 * (t->len + more + 1);
            t->ptr = realloc(t->ptr, t->room);
            assert_non_null(t->ptr);
        }
        memcpy(t->ptr + t->len, t->ptr + begin, more);
        t->len += more;
        t->ptr[t->len] = '\0';
    }
}

migtask_view text_view(const textbuf *t)
{
    return (migtask_view){t->ptr != NULL ? t->ptr : "", t->len};
}

/* --- views --- */

bool same(migtask_view a, migtask_view b)
{
    return (a.ptr == NULL) == (b.ptr == NULL) && a.len == b.len &&
           (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool same_string(migtask_view a, const char *string)
{
    return same(a, (migtask_view){string, string != NULL ? strlen(string) : 0});
}

/* Length of the well-formed UTF-8 sequence at p (Unicode table 3-7), 0 if there is none. */
static size_t utf8_sequence(const unsigned char *p, size_t len)
{
    if (p[0] < 0x80) {
        return 1;
    }
    static const struct {
        unsigned char first, last, low, high, more;
    } rows[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 1}, {0xe0, 0xe0, 0xa0, 0xbf, 2}, {0xe1, 0xec, 0x80, 0xbf, 2},
        {0xed, 0xed, 0x80, 0x9f, 2}, {0xee, 0xef, 0x80, 0xbf, 2}, {0xf0, 0xf0, 0x90, 0xbf, 3},
        {0xf1, 0xf3, 0x80, 0xbf, 3}, {0xf4, 0xf4, 0x80, 0x8f, 3},
    };
    for (size_t row = 0; row < COUNT_OF(rows); row++) {
        if (p[0] < rows[row].first || p[0] > rows[row].last) {
            continue;
        }
        size_t more = rows[row].more;
        if (more >= len || p[1] < rows[row].low || p[1] > rows[row].high) {
            return 0;
        }
        for (size_t i = 2; i <= more; i++) {
            if ((p[i] & 0xc0) != 0x80) {
                return 0;
            }
        }
        return more + 1;
    }
    return 0;
}

bool valid_utf8(migtask_view v)
{
    for (size_t at = 0, step; at < v.len; at += step) {
        step = utf8_sequence((const unsigned char *)v.ptr + at, v.len - at);
        if (step == 0) {
            return false;
        }
    }
    return true;
}

migtask_view cut_to(migtask_view v, size_t limit)
{
    size_t at = 0;
    size_t used = 0;
    while (at < v.len) {
        size_t step = utf8_sequence((const unsigned char *)v.ptr + at, v.len - at);
        assert_true(step > 0);
        used += MIGTASK_COUNT_CHARACTERS ? 1 : step;
        if (used > limit) {
            break;
        }
        at += step;
    }
    return (migtask_view){v.ptr, at};
}

static bool hex4(const char *p, const char *end, uint32_t *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++, p++) {
        if (p >= end) {
            return false;
        }
        char c = *p;
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                : 99;
        if (digit == 99) {
            return false;
        }
        *code = *code * 16 + digit;
    }
    return true;
}

static void add_code_point(textbuf *out, uint32_t code)
{
    unsigned char b[4];
    size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len; i-- > 1; code >>= 6) {
        b[i] = (unsigned char)(0x80 | (code & 0x3f));
    }
    b[0] = (unsigned char)(lead[len] | code);
    text_add(out, b, len);
}

bool json_unescape(migtask_view inside, textbuf *out)
{
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    const char *end = inside.ptr + inside.len;
    text_clear(out);
    for (const char *p = inside.ptr; p < end; p++) {
        uint32_t code;
        uint32_t low;
        if (*p == '"' || (unsigned char)*p < 0x20) {
            return false;
        }
        if (*p != '\\') {
            text_add(out, p, 1);
            continue;
        }
        if (++p >= end) {
            return false;
        }
        const char *name = *p != '\0' ? strchr(names, *p) : NULL;
        if (name != NULL) {
            text_add(out, &values[name - names], 1);
            continue;
        }
        if (*p != 'u' || !hex4(p + 1, end, &code)) {
            return false;
        }
        p += 4;
        if (code >= 0xd800 && code <= 0xdbff && end - p > 6 && p[1] == '\\' && p[2] == 'u' &&
            hex4(p + 3, end, &low) && low >= 0xdc00 && low <= 0xdfff) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            p += 6;
        } else if (code >= 0xd800 && code <= 0xdfff) {
            code = 0xfffd;
        }
        add_code_point(out, code);
    }
    return true;
}

/* --- one trip of a call --- */

const char trip_token[65] = "MIIPAgYJKoZIhvcNAQcCoIIO8zCCDu8CAQExDTALBglghkgBZQMEAgEwgg0TBgkq";

void trip_init(trip *t)
{
    static guarded area;
    static guarded token, task_id, host;
    memset(&t->request, 0, sizeof(t->request));
    t->call = (migtask_call *)(void *)guarded_room(&area, sizeof(migtask_call));
    t->request.action.task_id = guarded_copy(&task_id, VIEW("8abda8635e09d185015e09d188dd0001"));
    t->request.action.operation = MIGTASK_START;
    t->request.endpoint.host = guarded_copy(&host, VIEW("sms.example.test"));
    t->request.endpoint.port = 443;
    t->request.endpoint.kind = MIGTASK_HOST_NAME;
    t->request.token = guarded_copy(&token, (migtask_view){trip_token, strlen(trip_token)});
    t->request.timeout_ms = 30000;
    t->request.connect_timeout_ms = 10000;
    t->clock = 5000;
    t->tick = 0;
    t->steps = 0;
}

void trip_begin(trip *t, const stream_plan *plan)
{
    /* What was in the object before must not matter. */
    static const int fills[] = {0xa5, 0x00, 0xff, 0x22};
    static size_t begun;
    int fill = fills[begun++ % COUNT_OF(fills)];
    size_t dirty = sizeof(*t->call) < 4096 ? sizeof(*t->call) : 4096;
    memset(t->call, fill, dirty);
    memset((char *)t->call + sizeof(*t->call) - dirty, fill, dirty);
    stream_double_init(&t->stream, plan);
    migtask_stream stream = stream_double_stream(&t->stream);
    t->steps = 0;
    migtask_call_begin(t->call, &stream, &t->request, t->clock);
}

migtask_step trip_step(trip *t)
{
    stream_double_step(&t->stream);
    unsigned before = t->stream.waits;
    t->clock += t->tick;
    t->steps++;
    migtask_step step = migtask_call_step(t->call, t->clock);
    if (step == MIGTASK_STEP_WAITING && t->stream.waits == before) {
        deviation("step said WAITING though the stream did not block");
    }
    if ((step == MIGTASK_STEP_DONE) != (migtask_call_phase(t->call) == MIGTASK_PHASE_DONE)) {
        deviation("step and phase disagree about DONE");
    }
    return step;
}

void trip_finish(trip *t)
{
    enum { IDLE = 64, ENOUGH = 3000000 };
    size_t moved = 0;
    unsigned idle = 0;
    bool waited = false;
    for (;;) {
        migtask_step step = trip_step(t);
        if (step == MIGTASK_STEP_DONE) {
            break;
        }
        size_t now = t->stream.request_len + t->stream.read;
        idle = now == moved ? idle + 1 : 0;
        moved = now;
        waited = waited || step == MIGTASK_STEP_WAITING;
        if (idle > IDLE) {
            if (!waited) {
                deviation("nothing moves, and no step says WAITING");
            }
            t->clock += migtask_call_time_left(t->call, t->clock);
            idle = 0;
            waited = false;
        }
        if (t->steps > ENOUGH) {
            deviation("the call does not end");
            migtask_call_cancel(t->call);
            return;
        }
    }
    if (t->stream.closes == 0 && !(MIGTASK_KEEP_OPEN && t->request.keep_open)) {
        deviation("DONE, but the stream was not closed");
    }
}

void trip_run(trip *t, const stream_plan *plan)
{
    trip_begin(t, plan);
    trip_finish(t);
}

void trip_reach(trip *t, migtask_phase phase)
{
    for (unsigned i = 0; i < 1000000 && migtask_call_phase(t->call) < phase; i++) {
        if (trip_step(t) == MIGTASK_STEP_DONE) {
            return;
        }
    }
    if (migtask_call_phase(t->call) != phase) {
        deviation("phase %d was not reached", (int)phase);
    }
}

void trip_expect(const trip *t, migtask_outcome outcome, migtask_reason reason, int status)
{
    migtask_outcome got = migtask_call_outcome(t->call);
    migtask_reason why = migtask_call_reason(t->call);
    int got_status = migtask_call_reply(t->call)->http_status;
    if (got != outcome || why != reason || (status >= 0 && got_status != status)) {
        deviation("%s/%s/%d instead of %s/%s/%d", migtask_outcome_name(got),
                  migtask_reason_name(why), got_status, migtask_outcome_name(outcome),
                  migtask_reason_name(reason), status);
    }
}

static void show(textbuf *out, const char *name, migtask_view v)
{
    if (v.ptr == NULL) {
        text_format(out, " %s=none", name);
    } else {
        text_format(out, " %s=%zu:", name, v.len);
        text_add(out, v.ptr, v.len);
    }
}

void trip_snapshot(const trip *t, textbuf *out)
{
    const migtask_reply *r = migtask_call_reply(t->call);
    text_clear(out);
    text_format(out, "%s/%s/%u retry=%s date=%s truncated=%x",
                migtask_outcome_name(migtask_call_outcome(t->call)),
                migtask_reason_name(migtask_call_reason(t->call)), r->http_status, r->retry_after,
                r->date, r->truncated);
    show(out, "code", r->error_code);
    show(out, "msg", r->error_msg);
    show(out, "encoded", r->encoded_authorization_message);
    show(out, "id", r->request_id);
    text_format(out, " param=%d:%u", r->has_error_param, r->error_param_count);
    for (size_t i = 0; i < r->error_param_count; i++) {
        show(out, "", r->error_param[i]);
    }
    text_format(out, " details=%d:%u", r->has_details, r->details_count);
    for (size_t i = 0; i < r->details_count; i++) {
        show(out, "", r->details[i].error_code);
        show(out, "", r->details[i].error_msg);
    }
}

static void check_view(const trip *t, const char *name, migtask_view v)
{
    const char *begin = (const char *)t->call;
    const char *end = begin + sizeof(*t->call);
    if (v.ptr == NULL) {
        if (v.len != 0) {
            deviation("%s: none with a length", name);
        }
        return;
    }
    if (v.len > 0 && (v.ptr < begin || v.ptr > end || v.len > (size_t)(end - v.ptr))) {
        deviation("%s: lies outside the call object", name);
    } else if (!valid_utf8(v)) {
        deviation("%s: not valid UTF-8", name);
    }
}

void trip_check_reply(const trip *t)
{
    const migtask_reply *r = migtask_call_reply(t->call);
    check_view(t, "error_code", r->error_code);
    check_view(t, "error_msg", r->error_msg);
    check_view(t, "encoded_authorization_message", r->encoded_authorization_message);
    check_view(t, "request_id", r->request_id);
    CHECK(memchr(r->retry_after, '\0', sizeof(r->retry_after)) != NULL);
    CHECK(memchr(r->date, '\0', sizeof(r->date)) != NULL);
    CHECK(r->error_param_count <= MIGTASK_ERROR_PARAM_COUNT);
    CHECK(r->details_count <= MIGTASK_DETAILS_COUNT);
    CHECK(r->has_error_param || r->error_param_count == 0);
    CHECK(r->has_details || r->details_count == 0);
    CHECK(r->truncated >> MIGTASK_MEMBER_COUNT == 0);
    CHECK(r->http_status == 0 || (r->http_status >= 100 && r->http_status <= 599));
    for (size_t i = 0; i < r->error_param_count; i++) {
        check_view(t, "error_param", r->error_param[i]);
    }
    for (size_t i = 0; i < r->details_count; i++) {
        check_view(t, "details.error_code", r->details[i].error_code);
        check_view(t, "details.error_msg", r->details[i].error_msg);
    }
}

void trip_check_wiped(const trip *t)
{
    /* Every run of 16 holds one of the token's aligned pieces of 8: look for those, then see how
     * long the run around each is. */
    const char *token = t->request.token.ptr;
    size_t len = t->request.token.len;
    size_t piece = len < 16 ? len : 8;
    size_t secret = len < 16 ? len : 16;
    const char *begin = (const char *)t->call;
    const char *end = begin + sizeof(*t->call);
    for (size_t at = 0; at + piece <= len; at += piece) {
        const char *hit = begin;
        while ((hit = memmem(hit, (size_t)(end - hit), token + at, piece)) != NULL) {
            size_t before = 0;
            size_t after = 0;
            while (before < at && hit - before > begin &&
                   hit[-1 - (ptrdiff_t)before] == token[at - 1 - before]) {
                before++;
            }
            while (at + after < len && hit + after < end && hit[after] == token[at + after]) {
                after++;
            }
            if (before + after >= secret) {
                deviation("%zu bytes of the token stay in the call object at offset %zu",
                          before + after, (size_t)(hit - begin) - before);
                return;
            }
            hit++;
        }
    }
}

void answer(textbuf *out, const char *status, const char *headers, migtask_view body)
{
    text_clear(out);
    text_format(out, "HTTP/1.1 %s\r\n", status);
    text_put(out, headers);
    text_format(out, "Content-Length: %zu\r\n\r\n", body.len);
    text_add(out, body.ptr, body.len);
}
