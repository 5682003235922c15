/*
 * wire.h - what the fuzz targets of TLS share: a process whose chance and time repeat, mbedTLS's
 * memory on a heap that ASan watches, and a server that is a list of records.
 */
#ifndef WIRE_H
#define WIRE_H

#include "mbedtls/ssl.h"
#include "migtask_tls.h"
#include "support.h"

/* ---- The process ---- */

/* Begins a case: the same random bytes again, and memory for mbedTLS: the arena as it is, or (heap)
 * a block of the C library's for each block, so that ASan sees what goes past one. The allocation
 * number `fault`, counted from 1, fails; 0: none; from SMALL_ARENA on, without heap: so many bytes
 * more than the least are the arena. Programs link with
 * --wrap=mbedtls_platform_set_calloc_free,--wrap=migtask_arena_reset; a block that is not released
 * when the last stream is closed is a deviation. */
enum { SMALL_ARENA = 0x8000 };
void process_start(bool heap, unsigned fault);

/* The source of random bytes dries up at its call of this number, counted from 1. */
void process_drought(unsigned call);

/* Ends a case in which no stream was open: PSA is shut down, and nothing may be left. */
void process_end(void);

/* The seconds since 1970 that process_clock() tells, and whether it knows them. */
extern int64_t process_time;
extern bool process_time_known;
bool process_clock(void *ctx, int64_t *epoch_s);

/* ---- Input ---- */

/* What is left of a fuzzer's input; reads 0 behind its end. */
typedef struct input {
    const uint8_t *at, *end;
} input;

unsigned input_byte(input *in);
unsigned input_pair(input *in);                 /* two bytes */
migtask_view input_text(input *in, size_t len); /* at most so many */

/* ---- The wire ---- */

enum { ITEMS = 48, ALERT = 21, HANDSHAKE = 22, DATA = 23, PLAIN = 0, SEALED = 1, RAW = 2 };

/* One record of the server. */
typedef struct item {
    uint8_t type; /* of its content */
    uint8_t how;  /* PLAIN; SEALED: with the keys of the server at that time; RAW: no header */
    bool fresh;   /* not to be had in one read with what is before it */
    bool reply;   /* said only when the server was asked */
    uint16_t version;
    textbuf body;
} item;

/* A record as it was recorded. */
typedef struct recorded {
    uint8_t type, how;
    bool fresh;
    uint16_t version;
    const uint8_t *body;
    size_t len;
    bool reply;
} recorded;

typedef struct wire {
    item items[ITEMS];
    size_t count;
    input script;     /* an order for each operation, see obey() in wire.c; then all goes well */
    migtask_tls *tls; /* the client */
    bool disturbed;   /* the script made an operation fail, or ended the stream */
    bool open, ended, failed;
    bool asked;       /* replies may come */
    size_t next;      /* item */
    size_t at;        /* in record */
    textbuf record;   /* what is being read */
    textbuf sent;     /* what the client sent */
    textbuf said;     /* handshake messages that went out to the client */
    textbuf said_how; /* a byte for each byte of them: 's'ealed, 'p'lain, '?' either will do */
    textbuf told;     /* contents of protected data records, the same */
    bool notified;    /* a close_notify went out */
    /* the server's keys, as the client exports them */
    uint8_t key[32], iv[12];
    size_t key_len;
    bool explicit_nonce; /* TLS 1.2 */
    uint64_t sequence;
} wire;

void wire_clear(wire *w);
/* Adds an item behind the others; false: no room. */
bool wire_add(wire *w, const recorded *record);
bool wire_insert(wire *w, size_t place, const recorded *record);
void wire_remove(wire *w, size_t place);
/* A fresh connection for this client; the items stay. */
void wire_begin(wire *w, migtask_tls *tls);
migtask_stream wire_stream(wire *w);
/* Whether all items were read that can be had. */
bool wire_drained(const wire *w);
/* Judges what the client sent: never a piece of the secret, and unless `trusted` no record of data
 * that holds more than an alert. */
void wire_judge_sent(const wire *w, migtask_view secret, bool trusted);

/* ---- Keys, also for record.c ---- */

/* Makes the client export its keys; called when its mbedTLS objects are there. */
void wire_export_keys(wire *w);
/* Unseals a record's body in place; false: it does not fit the key. TLS 1.3's content type and
 * padding stay. */
bool wire_unseal(wire *w, const uint8_t head[5], textbuf *body);

#endif
