#define _GNU_SOURCE 1 /* memmem */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "mbedtls/gcm.h"
#include "mbedtls/hkdf.h"
#include "mbedtls/platform.h"
#include "psa/crypto.h"

enum { TAG = 16, MOST_BLOCKS = 4096, ALERT_RECORD = 2 + 8 + TAG };

/* ---- Chance and time ---- */

int64_t process_time;
bool process_time_known;

static uint64_t chance;
static unsigned random_calls, drought; /* 0: none */

bool process_clock(void *ctx, int64_t *epoch_s)
{
    (void)ctx;
    *epoch_s = process_time;
    return process_time_known;
}

/* SplitMix64: the same bytes in every case. */
static int random_bytes(void *ctx, void *buf, size_t len)
{
    (void)ctx;
    uint8_t *out = buf;
    if (drought != 0 && ++random_calls >= drought) {
        return -1;
    }
    while (len > 0) {
        chance += 0x9e3779b97f4a7c15u;
        uint64_t word = chance;
        word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9u;
        word = (word ^ word >> 27) * 0x94d049bb133111ebu;
        word ^= word >> 31;
        size_t take = len < sizeof word ? len : sizeof word;
        memcpy(out, &word, take);
        out += take;
        len -= take;
    }
    return 0;
}

/* ---- Memory ---- */

typedef void *calloc_function(size_t, size_t);
typedef void free_function(void *);

int __real_mbedtls_platform_set_calloc_free(calloc_function *, free_function *);
int __wrap_mbedtls_platform_set_calloc_free(calloc_function *, free_function *);
void __real_migtask_arena_reset(void);
void __wrap_migtask_arena_reset(void);

static struct {
    bool heap;
    unsigned fault, count;
    size_t credit; /* bytes that tls.c has made sure of: see has_reserve() there */
    void *blocks[MOST_BLOCKS];
    size_t live;
    calloc_function *arena_calloc;
    free_function *arena_free;
} memory;

/* Whether this allocation is the one to fail. What tls.c has just tried with a block of 512 bytes,
 * mbedTLS 3.6.6 relies on (it reads past a hash that it could not compute, where the extended
 * master secret is made), so the fault waits until that is used up. */
static bool is_due(size_t number, size_t size)
{
    enum { RESERVE = 512, HEAD = 8 };
    size_t len = number * size + HEAD;
    memory.count++;
    if (memory.fault != 0 && memory.count >= memory.fault && len > memory.credit) {
        memory.fault = 0;
        return true;
    }
    memory.credit -= len < memory.credit ? len : memory.credit;
    if (number == 1 && size == RESERVE) {
        memory.credit = RESERVE + HEAD;
    }
    return false;
}

static void *watched_calloc(size_t number, size_t size)
{
    if (is_due(number, size) || (memory.heap && memory.live == MOST_BLOCKS)) {
        /* Refused by the arena itself, which keeps count of that. */
        return memory.arena_calloc(1, SIZE_MAX / 2);
    }
    if (!memory.heap) {
        return memory.arena_calloc(number, size);
    }
    void *block = number == 0 || size == 0 ? NULL : calloc(number, size);
    if (block != NULL) {
        memory.blocks[memory.live++] = block;
    }
    return block;
}

static void watched_free(void *block)
{
    if (!memory.heap) {
        memory.arena_free(block);
        return;
    }
    for (size_t i = memory.live; i > 0 && block != NULL; i--) {
        if (memory.blocks[i - 1] == block) { /* mostly one of the latest */
            memory.blocks[i - 1] = memory.blocks[--memory.live];
            free(block);
            return;
        }
    }
    CHECK(block == NULL); /* else it was never allocated */
}

int __wrap_mbedtls_platform_set_calloc_free(calloc_function *allocate, free_function *release)
{
    memory.arena_calloc = allocate;
    memory.arena_free = release;
    return __real_mbedtls_platform_set_calloc_free(watched_calloc, watched_free);
}

void __wrap_migtask_arena_reset(void)
{
    if (migtask_arena_refusals() == 0) { /* else mbedTLS forgets some, as arena.h says */
        CHECK(memory.heap ? memory.live == 0 : migtask_tls_arena().used == 0);
    }
    while (memory.live > 0) {
        free(memory.blocks[--memory.live]);
    }
    __real_migtask_arena_reset();
}

void process_start(bool heap, unsigned fault)
{
    static uint64_t arena[MIGTASK_TLS_ARENA / 8];
    CHECK(memory.live == 0);
    memory.heap = heap;
    bool small = !heap && fault >= SMALL_ARENA;
    memory.fault = small ? 0 : fault;
    memory.count = 0;
    memory.credit = 0;
    chance = drought = random_calls = 0;
    migtask_tls_process process = {.arena = arena,
                                   .arena_size = small ? 1024 + fault - SMALL_ARENA : sizeof arena,
                                   .random = random_bytes};
    if (process.arena_size > sizeof arena) {
        process.arena_size = sizeof arena;
    }
    CHECK(migtask_tls_start(&process));
}

void process_drought(unsigned call)
{
    drought = call;
}

void process_end(void)
{
    mbedtls_psa_crypto_free();
    __wrap_migtask_arena_reset();
}

/* ---- Input ---- */

unsigned input_byte(input *in)
{
    return in->at < in->end ? *in->at++ : 0;
}

unsigned input_pair(input *in)
{
    unsigned high = input_byte(in);
    return high << 8 | input_byte(in);
}

migtask_view input_text(input *in, size_t len)
{
    size_t left = (size_t)(in->end - in->at);
    migtask_view text = {(const char *)in->at, len < left ? len : left};
    in->at += text.len;
    return text;
}

/* ---- Items ---- */

static void fill(item *item, const recorded *record)
{
    item->type = record->type;
    item->how = record->how;
    item->fresh = record->fresh;
    item->version = record->version;
    item->reply = record->reply;
    text_clear(&item->body);
    text_add(&item->body, record->body, record->len);
}

void wire_clear(wire *w)
{
    w->count = 0;
}

bool wire_insert(wire *w, size_t place, const recorded *record)
{
    if (w->count == ITEMS || place > w->count) {
        return false;
    }
    item spare = w->items[w->count]; /* its memory is used again */
    memmove(w->items + place + 1, w->items + place, (w->count - place) * sizeof *w->items);
    fill(&spare, record);
    w->items[place] = spare;
    w->count++;
    return true;
}

bool wire_add(wire *w, const recorded *record)
{
    return wire_insert(w, w->count, record);
}

void wire_remove(wire *w, size_t place)
{
    item spare = w->items[place];
    w->count--;
    memmove(w->items + place, w->items + place + 1, (w->count - place) * sizeof *w->items);
    w->items[w->count] = spare;
}

void wire_begin(wire *w, migtask_tls *tls)
{
    w->tls = tls;
    w->disturbed = w->open = w->ended = w->failed = w->notified = w->asked = false;
    w->next = w->at = w->key_len = 0;
    w->sequence = 0;
    text_clear(&w->record);
    text_clear(&w->sent);
    text_clear(&w->said);
    text_clear(&w->said_how);
    text_clear(&w->told);
}

/* Whether there is a next item and it may be said. */
static bool has_next(const wire *w)
{
    return w->next < w->count && (w->asked || !w->items[w->next].reply);
}

bool wire_drained(const wire *w)
{
    return !has_next(w) && w->at == w->record.len;
}

/* ---- Keys. RFC 8446 section 7.3, RFC 5246 section 6.3 and RFC 5288 ---- */

static bool expand(const uint8_t *secret, size_t len, const char *label, uint8_t *out, size_t want)
{
    const mbedtls_md_info_t *hash =
        mbedtls_md_info_from_type(len == 48 ? MBEDTLS_MD_SHA384 : MBEDTLS_MD_SHA256);
    uint8_t info[32] = {0, (uint8_t)want, (uint8_t)(6 + strlen(label))};
    memcpy(info + 3, "tls13 ", 6);
    memcpy(info + 9, label, strlen(label));
    return mbedtls_hkdf_expand(hash, secret, len, info, 10 + strlen(label), out, want) == 0;
}

static void take_keys(void *ctx, mbedtls_ssl_key_export_type type, const unsigned char *secret,
                      size_t len, const unsigned char client_random[32],
                      const unsigned char server_random[32], mbedtls_tls_prf_types prf)
{
    wire *w = ctx;
    bool good = true;
    switch (type) {
    case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_HANDSHAKE_TRAFFIC_SECRET:
    case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_APPLICATION_TRAFFIC_SECRET:
        w->explicit_nonce = false;
        w->key_len = len == 48 ? 32 : 16;
        good = expand(secret, len, "key", w->key, w->key_len) &&
               expand(secret, len, "iv", w->iv, sizeof w->iv);
        break;
    case MBEDTLS_SSL_KEY_EXPORT_TLS12_MASTER_SECRET: {
        uint8_t randoms[64], block[2 * 32 + 2 * 4];
        memcpy(randoms, server_random, 32);
        memcpy(randoms + 32, client_random, 32);
        w->explicit_nonce = true;
        w->key_len = prf == MBEDTLS_SSL_TLS_PRF_SHA384 ? 32 : 16;
        good = mbedtls_ssl_tls_prf(prf, secret, len, "key expansion", randoms, sizeof randoms,
                                   block, 2 * w->key_len + 8) == 0;
        memcpy(w->key, block + w->key_len, w->key_len);
        memcpy(w->iv, block + 2 * w->key_len + 4, 4);
        break;
    }
    default:
        return;
    }
    w->sequence = 0;
    CHECK(good || migtask_arena_refusals() > 0);
}

void wire_export_keys(wire *w)
{
    /* The first member of tls.c's struct migtask_tls_session. */
    mbedtls_ssl_set_export_keys_cb((mbedtls_ssl_context *)(void *)w->tls->session, take_keys, w);
}

/* A GCM context outside of the memory that is watched: it is no block of mbedTLS's client. */
static int crypt(wire *w, int mode, const uint8_t nonce[12], const uint8_t *more, size_t more_len,
                 uint8_t *data, size_t len, uint8_t tag[TAG])
{
    mbedtls_gcm_context gcm;
    unsigned fault = memory.fault;
    memory.fault = 0;
    mbedtls_gcm_init(&gcm);
    int result = mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, w->key, (unsigned)w->key_len * 8);
    if (result == 0 && mode == MBEDTLS_GCM_ENCRYPT) {
        result = mbedtls_gcm_crypt_and_tag(&gcm, mode, len, nonce, 12, more, more_len, data, data,
                                           TAG, tag);
    } else if (result == 0) {
        result =
            mbedtls_gcm_auth_decrypt(&gcm, len, nonce, 12, more, more_len, tag, TAG, data, data);
    }
    mbedtls_gcm_free(&gcm);
    memory.fault = fault;
    w->sequence++;
    return result;
}

static void put_number(uint8_t *out, uint64_t number, size_t octets)
{
    for (size_t i = 0; i < octets; i++) {
        out[i] = (uint8_t)(number >> 8 * (octets - 1 - i));
    }
}

/* The nonce of the next record, and what is authenticated besides it. */
static size_t prepare(const wire *w, const uint8_t head[5], size_t len, uint8_t nonce[12],
                      uint8_t more[13])
{
    uint8_t sequence[8];
    put_number(sequence, w->sequence, 8);
    memcpy(nonce, w->iv, 12);
    if (w->explicit_nonce) {
        memcpy(nonce + 4, sequence, 8);
        memcpy(more, sequence, 8);
        memcpy(more + 8, head, 3);
        put_number(more + 11, len, 2);
        return 13;
    }
    for (size_t i = 0; i < 8; i++) {
        nonce[4 + i] ^= sequence[i];
    }
    memcpy(more, head, 5);
    return 5;
}

bool wire_unseal(wire *w, const uint8_t head[5], textbuf *body)
{
    size_t skip = w->explicit_nonce ? 8 : 0;
    if (body->len < skip + TAG || w->key_len == 0) {
        return false;
    }
    uint8_t nonce[12], more[13];
    size_t len = body->len - skip - TAG;
    size_t more_len = prepare(w, head, len, nonce, more);
    if (w->explicit_nonce) {
        memcpy(nonce + 4, body->ptr, 8);
    }
    uint8_t *data = (uint8_t *)body->ptr + skip;
    if (crypt(w, MBEDTLS_GCM_DECRYPT, nonce, more, more_len, data, len, data + len) != 0) {
        return false;
    }
    memmove(body->ptr, data, len);
    body->len = len;
    return true;
}

static void seal(wire *w, const item *item)
{
    uint8_t head[5] = {item->type, (uint8_t)(item->version >> 8), (uint8_t)item->version};
    uint8_t nonce[12], more[13], tag[TAG];
    uint8_t type = item->type;
    size_t len = item->body.len;
    size_t prefix = w->explicit_nonce ? 8 : 0;
    if (!w->explicit_nonce) {
        head[0] = DATA;
        len++;
    }
    put_number(head + 3, prefix + len + TAG, 2);
    size_t more_len = prepare(w, head, len, nonce, more);
    text_add(&w->record, head, sizeof head);
    text_add(&w->record, nonce + 4, prefix);
    size_t start = w->record.len;
    text_add(&w->record, item->body.ptr, item->body.len);
    text_add(&w->record, &type, w->explicit_nonce ? 0 : 1);
    text_add(&w->record, tag, TAG); /* room for it */
    CHECK(crypt(w, MBEDTLS_GCM_ENCRYPT, nonce, more, more_len, (uint8_t *)w->record.ptr + start,
                len, (uint8_t *)w->record.ptr + start + len) == 0);
}

/* ---- The stream ---- */

/* Where the message at `at` of what was said ends; SIZE_MAX if it is not whole, or none is there.
 */
static size_t message_end(const wire *w, size_t at)
{
    const uint8_t *said = (const uint8_t *)w->said.ptr + at;
    if (w->said.len < at + 4) {
        return SIZE_MAX;
    }
    size_t len = (size_t)said[1] << 16 | (size_t)said[2] << 8 | said[3];
    return len <= w->said.len - at - 4 ? at + 4 + len : SIZE_MAX;
}

/* RFC 8446 section 5.1 wants an end of the handshake where a ServerHello or HelloRetryRequest does
 * not end its record. mbedTLS 3.6.6 goes on, as this target found: it drops what stands behind a
 * HelloRetryRequest there, which then counts for nothing, and takes in clear what stands behind a
 * ServerHello, of which the Finished has to agree with every byte. */
static void note_behind_hello(wire *w, size_t before)
{
    static const uint8_t retry[] = {0xcf, 0x21, 0xad, 0x74}; /* begins its random bytes */
    size_t at = 0;
    size_t end;
    while ((end = message_end(w, at)) != SIZE_MAX && w->said.ptr[at] == 2) {
        if (before < end && end < w->said.len) {
            if (end > at + 10 && memcmp(w->said.ptr + at + 6, retry, sizeof retry) == 0) {
                w->said.len = w->said_how.len = end;
            } else {
                memset(w->said_how.ptr + end, '?', w->said.len - end);
            }
        }
        at = end;
    }
}

/* Makes the next record, behind what is there. */
static void make_record(wire *w)
{
    const item *item = &w->items[w->next++];
    bool sealed = item->how == SEALED && w->key_len > 0;
    if (item->how == RAW) {
        text_add(&w->record, item->body.ptr, item->body.len);
        return;
    }
    if (sealed) {
        seal(w, item);
    } else {
        uint8_t head[5] = {item->type, (uint8_t)(item->version >> 8), (uint8_t)item->version};
        put_number(head + 3, item->body.len, 2);
        text_add(&w->record, head, sizeof head);
        text_add(&w->record, item->body.ptr, item->body.len);
    }
    if (item->type == HANDSHAKE) {
        text_add(&w->said, item->body.ptr, item->body.len);
        for (size_t i = 0; i < item->body.len; i++) {
            text_add(&w->said_how, sealed ? "s" : "p", 1);
        }
        if (!sealed) {
            note_behind_hello(w, w->said.len - item->body.len);
        }
    }
    if (item->type == DATA && sealed) {
        text_add(&w->told, item->body.ptr, item->body.len);
    }
    w->notified |= item->type == ALERT && item->body.len >= 2 && item->body.ptr[1] == 0;
}

/* What the script says about an operation: at most so many bytes, or what is returned at once. */
static migtask_io obey(wire *w, size_t *most)
{
    unsigned order = w->script.at < w->script.end ? *w->script.at++ : 0;
    *most = SIZE_MAX;
    if (order < 0x80) {
        *most = order > 0 ? order : SIZE_MAX;
    } else if (order < 0xc0) {
        return MIGTASK_IO_WOULD_BLOCK;
    } else if (order < 0xd0) {
        w->disturbed = w->failed = true;
    } else if (order < 0xe0) {
        w->disturbed = w->ended = true;
    } else if (order < 0xf0) { /* the clock is lost */
        w->disturbed = true;
        process_time_known = false;
    } else {
        *most = 16 * (order - 0xef);
    }
    return w->failed ? MIGTASK_IO_FAILED : MIGTASK_IO_OK;
}

static migtask_io wire_connect(void *ctx)
{
    wire *w = ctx;
    size_t most;
    if (!w->open) {
        wire_export_keys(w);
        w->open = true;
    }
    return obey(w, &most);
}

static migtask_io wire_send(void *ctx, const void *data, size_t len, size_t *sent)
{
    wire *w = ctx;
    size_t most;
    migtask_io io = obey(w, &most);
    CHECK(w->open && len > 0);
    if (io == MIGTASK_IO_OK) {
        *sent = len < most ? len : most;
        text_add(&w->sent, data, *sent);
    }
    return io;
}

static migtask_io wire_recv(void *ctx, void *buf, size_t cap, size_t *got)
{
    wire *w = ctx;
    size_t most;
    migtask_io io = obey(w, &most);
    CHECK(w->open && cap > 0);
    if (io != MIGTASK_IO_OK) {
        return io;
    }
    if (w->at == w->record.len) {
        text_clear(&w->record);
        w->at = 0;
    }
    while (has_next(w) && w->record.len - w->at < cap &&
           (w->record.len == 0 || !w->items[w->next].fresh)) {
        make_record(w);
    }
    size_t have = w->record.len - w->at;
    if (have == 0 || w->ended) { /* the server says no more */
        return w->ended ? MIGTASK_IO_END : MIGTASK_IO_WOULD_BLOCK;
    }
    most = most < cap ? most : cap;
    *got = have < most ? have : most;
    memcpy(buf, w->record.ptr + w->at, *got);
    w->at += *got;
    return MIGTASK_IO_OK;
}

static void wire_close(void *ctx)
{
    wire *w = ctx;
    CHECK(w->open);
    w->open = false;
}

static migtask_retained wire_retained(void *ctx)
{
    (void)ctx;
    return MIGTASK_RETAINED_NONE;
}

static migtask_reason wire_failure(void *ctx, const char **sentence)
{
    (void)ctx;
    *sentence = "the wire broke";
    return MIGTASK_CONNECTION_LOST;
}

migtask_stream wire_stream(wire *w)
{
    static const migtask_stream_ops ops = {wire_connect, wire_send,     wire_recv,
                                           wire_close,   wire_retained, wire_failure};
    migtask_stream stream = {&ops, w};
    return stream;
}

void wire_judge_sent(const wire *w, migtask_view secret, bool trusted)
{
    const uint8_t *at = (const uint8_t *)w->sent.ptr;
    size_t left = w->sent.len;
    CHECK(left == 0 || memmem(at, left, secret.ptr, secret.len) == NULL);
    while (left >= 5) {
        size_t len = (size_t)at[3] << 8 | at[4];
        CHECK(at[0] >= 20 && at[0] <= DATA);
        CHECK(at[1] == 3 || at[0] == ALERT); /* mbedTLS repeats the server's version there */
        CHECK(at[0] != DATA || len <= ALERT_RECORD || trusted);
        at += left < 5 + len ? left : 5 + len;
        left -= left < 5 + len ? left : 5 + len;
    }
}
