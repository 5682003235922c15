/*
 * Fuzz target: the server's side of a TLS handshake, and some data behind it, as one wants it. What
 * a good server said (tests/fuzz/material.py) is changed by edits before it is protected, so that
 * a change inside of an encrypted message gets as far as one that is not.
 *
 * Input: flags (see below), the recording, two bytes with the allocation that fails (or, with
 * DROUGHT, with when random bytes run out), the length of
 * the script and the script (a byte an operation of the stream below, see obey() in wire.c), edits
 * (see edit()).
 */
#define _GNU_SOURCE 1 /* memmem */
#include <string.h>

#include "judge.h"
#include "material.h"
#include "wire.h"
#include "x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAP = 1, DRIBBLE = 2, BUSY = 4, AGAIN = 0x18, DROUGHT = 0x60 };
enum { MOST_EDITS = 40 };

/* What the client says once it is let, with a secret in it that nobody must see before. */
#define SECRET "the token that must not be seen"
static const char request[] = "POST / HTTP/1.1\r\nX-Auth-Token: " SECRET "\r\n\r\n{}";

static wire server;

/* ---- Edits ---- */

static void cut_body(item *item, size_t at, size_t len)
{
    size_t left = item->body.len - at;
    text_splice(&item->body, at, len < left ? len : left, (migtask_view){NULL, 0});
}

/* The length in the header of the first message of an item is set right again. */
static void mend_length(item *item)
{
    if (item->body.len >= 4) {
        size_t len = item->body.len - 4;
        item->body.ptr[1] = (char)(len >> 16);
        item->body.ptr[2] = (char)(len >> 8);
        item->body.ptr[3] = (char)len;
    }
}

static recorded record_of(const item *item)
{
    recorded record = {
        item->type,     item->how,  item->fresh, item->version, (const uint8_t *)item->body.ptr,
        item->body.len, item->reply};
    return record;
}

/* What is behind `at` becomes a record of its own. */
static void split(wire *w, size_t place, size_t at)
{
    static textbuf rest;
    item *item = &w->items[place];
    recorded record = record_of(item);
    text_clear(&rest);
    text_add(&rest, item->body.ptr + at, item->body.len - at);
    record.body = (const uint8_t *)rest.ptr;
    record.len = rest.len;
    record.fresh = false;
    if (wire_insert(w, place + 1, &record)) {
        w->items[place].body.len = at;
    }
}

static void copy(wire *w, size_t place, size_t from)
{
    static textbuf body;
    recorded record = record_of(&w->items[from]);
    text_clear(&body);
    text_add(&body, record.body, record.len);
    record.body = (const uint8_t *)body.ptr;
    record.reply = false;
    (void)wire_insert(w, place, &record);
}

/* One edit: what, which item, where in it, how many bytes, and for some the bytes. */
static void edit(wire *w, input *in)
{
    unsigned what = input_byte(in) % 12;
    size_t place = input_byte(in);
    size_t at = input_pair(in);
    size_t len = input_byte(in);
    if (w->count == 0) {
        return;
    }
    place %= w->count;
    item *item = &w->items[place];
    size_t lies_at = at;
    at %= item->body.len + 1;
    migtask_view bytes = {NULL, 0};
    if (what <= 2 || what == 6) {
        bytes = input_text(in, len);
    }
    switch (what) {
    case 0: /* flip bits */
        for (size_t i = 0; i < bytes.len && at + i < item->body.len; i++) {
            item->body.ptr[at + i] ^= bytes.ptr[i];
        }
        break;
    case 1: /* put others there */
        cut_body(item, at, bytes.len);
        text_splice(&item->body, at, 0, bytes);
        break;
    case 2: /* put more there */
        text_splice(&item->body, at, 0, bytes);
        break;
    case 3:
        cut_body(item, at, len);
        break;
    case 4:
        wire_remove(w, place);
        break;
    case 5: /* say it again, later */
        copy(w, place + len % (w->count - place) + 1, place);
        break;
    case 6: { /* a record from nowhere */
        recorded record = {(uint8_t)(lies_at >> 8),
                           (uint8_t)(lies_at % 3),
                           (lies_at & 4) != 0,
                           0x303,
                           (const uint8_t *)bytes.ptr,
                           bytes.len,
                           false};
        (void)wire_insert(w, place, &record);
        break;
    }
    case 7:
        item->type = (uint8_t)len;
        item->how = (uint8_t)(lies_at % 3);
        item->fresh = (lies_at & 4) != 0;
        break;
    case 8:
        item->version = (uint16_t)lies_at;
        break;
    case 9:
        split(w, place, at);
        break;
    case 10: /* one record with the next */
        if (place + 1 < w->count) {
            text_splice(&item->body, item->body.len, 0, text_view(&item[1].body));
            wire_remove(w, place + 1);
        }
        break;
    default:
        mend_length(item);
        break;
    }
}

/* ---- The recording ---- */

/* What the good server said in its handshake, and how: see struct wire. */
static textbuf good_said, good_how;

static void load(const recording *recording)
{
    wire_clear(&server);
    text_clear(&good_said);
    text_clear(&good_how);
    for (size_t i = 0; i < recording->count; i++) {
        const recorded *record = &recording->records[i];
        CHECK(wire_add(&server, record));
        if (record->type == HANDSHAKE && i < recording->handshake) {
            text_add(&good_said, record->body, record->len);
            for (size_t n = 0; n < record->len; n++) {
                text_add(&good_how, record->how == SEALED ? "s" : "p", 1);
            }
        }
    }
}

/* Whether the client was told every byte of the handshake as the good server said it, before
 * anything else of that kind. */
static bool is_intact(void)
{
    if (server.said.len < good_said.len ||
        memcmp(server.said.ptr, good_said.ptr, good_said.len) != 0) {
        return false;
    }
    for (size_t i = 0; i < good_how.len; i++) {
        if (server.said_how.ptr[i] != good_how.ptr[i] && server.said_how.ptr[i] != '?') {
            return false;
        }
    }
    return true;
}

/* ---- The client ---- */

static migtask_tls client;
static textbuf received;
static bool droughts;

static int no_random(void *ctx, void *buf, size_t len)
{
    (void)ctx;
    (void)buf;
    (void)len;
    return -1;
}

static void busy(void *ctx)
{
    ++*(unsigned *)ctx;
}

/* Repeats what would block until the script and the records are used up. */
static bool goes_on(migtask_io io, unsigned *turns)
{
    return (io == MIGTASK_IO_WOULD_BLOCK || io == MIGTASK_IO_PARTIAL) && ++*turns < 2000 &&
           (server.script.at < server.script.end || !wire_drained(&server) || *turns < 4);
}

static migtask_io send_request(migtask_stream stream, unsigned *turns)
{
    migtask_io io = MIGTASK_IO_OK;
    for (size_t at = 0; at < sizeof request - 1;) {
        size_t sent = 0;
        io = stream.ops->send(stream.ctx, request + at, sizeof request - 1 - at, &sent);
        CHECK(sent <= sizeof request - 1 - at && (io == MIGTASK_IO_OK) == (sent > 0));
        at += sent;
        if (io != MIGTASK_IO_OK && !goes_on(io, turns)) {
            return io;
        }
    }
    CHECK(stream.ops->retained(stream.ctx) >= MIGTASK_RETAINED_LATEST);
    return io;
}

static migtask_io receive(migtask_stream stream, size_t cap, unsigned *turns)
{
    static uint8_t buf[512];
    for (;;) {
        size_t got = 0;
        migtask_io io = stream.ops->recv(stream.ctx, buf, cap, &got);
        CHECK(got <= cap && (io == MIGTASK_IO_OK) == (got > 0));
        text_add(&received, buf, got);
        if (io != MIGTASK_IO_OK && !goes_on(io, turns)) {
            return io;
        }
    }
}

static void judge_failure(migtask_stream stream)
{
    const char *sentence = NULL;
    migtask_reason reason = stream.ops->failure(stream.ctx, &sentence);
    CHECK(reason != MIGTASK_OK && sentence != NULL && sentence[0] != '\0');
    judge_safe("sentence", migtask_text(sentence));
    CHECK(reason != MIGTASK_OUT_OF_MEMORY || migtask_tls_arena().refusals > 0);
    CHECK(reason != MIGTASK_NO_ENTROPY || droughts);
    CHECK(reason != MIGTASK_INVALID_CONFIG);
    CHECK(reason != MIGTASK_CLOCK_UNSET || !process_time_known);
}

/* A stream that is not open takes and gives nothing. */
static void judge_shut(migtask_stream stream)
{
    char byte;
    size_t count = 1;
    CHECK(stream.ops->send(stream.ctx, request, sizeof request - 1, &count) == MIGTASK_IO_FAILED);
    CHECK(count == 0 && stream.ops->retained(stream.ctx) == MIGTASK_RETAINED_NONE);
    CHECK(stream.ops->recv(stream.ctx, &byte, 1, &count) == MIGTASK_IO_FAILED && count == 0);
    CHECK(migtask_tls_version(&client) == NULL && migtask_tls_suite(&client) == NULL);
}

/* One connection. Undisturbed: nothing was changed and nothing fails. */
static void connect_once(size_t cap, bool undisturbed)
{
    migtask_stream stream = migtask_tls_stream(&client);
    unsigned turns = 0;
    migtask_io io;
    wire_begin(&server, &client);
    text_clear(&received);
    do {
        io = stream.ops->connect(stream.ctx);
        CHECK((io == MIGTASK_IO_OK) == (migtask_tls_get_phase(&client) == MIGTASK_TLS_OPEN));
        wire_judge_sent(&server, VIEW(SECRET), is_intact());
    } while (goes_on(io, &turns));
    CHECK(io != MIGTASK_IO_END);
    if (io == MIGTASK_IO_OK) {
        CHECK(is_intact());
        CHECK(server.told.len == 0 || server.at < server.record.len); /* nothing but on its way */
        server.asked = true;
        CHECK(migtask_tls_version(&client) != NULL && migtask_tls_suite(&client) != NULL);
        migtask_io sent = send_request(stream, &turns);
        io = receive(stream, cap, &turns);
        CHECK(received.len <= server.told.len);
        CHECK(received.len == 0 || memcmp(received.ptr, server.told.ptr, received.len) == 0);
        CHECK(io != MIGTASK_IO_END || server.notified);
        CHECK(!undisturbed || (sent == MIGTASK_IO_OK && io == MIGTASK_IO_END));
        CHECK(!undisturbed || (received.len > 0 && received.len == server.told.len));
        CHECK(memmem(server.sent.ptr, server.sent.len, SECRET, sizeof SECRET - 1) == NULL);
    } else {
        CHECK(!undisturbed);
        if (io == MIGTASK_IO_FAILED) {
            judge_failure(stream);
        }
        judge_shut(stream);
    }
    stream.ops->close(stream.ctx);
    CHECK(!server.open && migtask_tls_get_phase(&client) == MIGTASK_TLS_CLOSED);
    CHECK(migtask_tls_arena().used == 0);
    stream.ops->close(stream.ctx);
    wire_judge_sent(&server, VIEW(SECRET), is_intact());
}

/* What cannot be a process or a stream is told, once for all inputs. */
static void judge_contract(const migtask_tls_config *good)
{
    static bool done;
    static uint64_t arena[256];
    static const migtask_tls_process bad[] = {
        {.arena = arena, .arena_size = sizeof arena},
        {.arena = (uint8_t *)arena + 4, .arena_size = sizeof arena - 8, .random = no_random},
        {.arena = arena, .arena_size = 1023, .random = no_random},
        {.arena = arena, .arena_size = (1u << 30) + 1, .random = no_random}};
    for (size_t i = 0; i < COUNT_OF(bad) && !done; i++) {
        CHECK(!migtask_tls_start(&bad[i]));
    }
    for (unsigned i = 0; i < 6 && !done; i++) {
        migtask_tls_config config = *good;
        const char *sentence;
        config.lower.ops = i == 0 ? NULL : config.lower.ops;
        config.trust.ops = i == 1 ? NULL : config.trust.ops;
        config.clock = i == 2 ? NULL : config.clock;
        config.endpoint.host.ptr = i == 3 ? NULL : config.endpoint.host.ptr;
        config.endpoint.host.len = i == 4 ? 0 : i == 5 ? MIGTASK_HOST_MAX + 1 : 1;
        CHECK(!migtask_tls_init(&client, &config));
        migtask_stream stream = migtask_tls_stream(&client);
        CHECK(stream.ops->connect(stream.ctx) == MIGTASK_IO_FAILED);
        CHECK(stream.ops->failure(stream.ctx, &sentence) == MIGTASK_INVALID_CONFIG);
        stream.ops->close(stream.ctx);
    }
    done = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static migtask_trust_array roots;
    static unsigned beats;
    input in = {data, data + size};
    unsigned flags = input_byte(&in);
    const recording *recording = &recordings[input_byte(&in) % recordings_count];
    unsigned fault = input_pair(&in);
    migtask_view script = input_text(&in, input_byte(&in));
    load(recording);
    bool edited = in.at < in.end;
    for (unsigned n = 0; in.at < in.end && n < MOST_EDITS; n++) {
        edit(&server, &in);
    }
    server.script = (input){(const uint8_t *)script.ptr, (const uint8_t *)script.ptr + script.len};

    droughts = (flags & DROUGHT) == DROUGHT;
    process_start((flags & HEAP) != 0, droughts ? 0 : fault);
    process_drought(droughts ? fault : 0);
    process_time = material_time;
    process_time_known = true;
    roots = (migtask_trust_array){recorded_roots, recorded_roots_count, 0};
    migtask_tls_config config = {.lower = wire_stream(&server),
                                 .trust = migtask_trust_from_array(&roots),
                                 .clock = process_clock,
                                 .busy = (flags & BUSY) != 0 ? busy : NULL,
                                 .busy_ctx = &beats};
    CHECK(migtask_authority_parse(migtask_text(recording->host), 443, &config.endpoint));
    judge_contract(&config);
    CHECK(migtask_tls_init(&client, &config));
    bool calm = script.len == 0 && fault == 0;
    connect_once((flags & DRIBBLE) != 0 ? 7 : 512, !edited && calm);
    if ((flags & AGAIN) == AGAIN) { /* nothing of it is left: a good server is believed now */
        process_start((flags & HEAP) != 0, 0);
        process_time_known = true;
        server.script = (input){NULL, NULL};
        load(recording);
        connect_once(512, true);
    }
    end_of_cases();
    return 0;
}
