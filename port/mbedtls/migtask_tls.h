/*
 * migtask_tls.h - TLS 1.2 and 1.3 as a migtask_stream over another one, by mbedTLS 3.6.
 *
 *     static uint64_t arena[MIGTASK_TLS_ARENA / 8];
 *     static migtask_tls tls;
 *
 *     migtask_tls_start(&(migtask_tls_process){.arena = arena, .arena_size = sizeof arena,
 *                                              .random = board_random});
 *     if (!migtask_tls_init(&tls, &(migtask_tls_config){.lower = tcp, .endpoint = endpoint,
 *                                                       .trust = trust, .clock = board_clock})) ...
 *     migtask_stream stream = migtask_tls_stream(&tls);
 *
 * The server's certificate, its chain, its dates and its name are always checked: there is no way
 * to switch that off, and a stream without trusted roots, name or clock cannot be made.
 *
 * mbedTLS and PSA keep process-wide state, so memory and randomness are the process's, and all TLS
 * streams of a process must be used by one thread at a time.
 *
 * Time: a step of the handshake that does public-key work takes milliseconds on a PC and up to
 * seconds on a slow Cortex-M; migtask_tls_config.busy is called between such steps.
 */
#ifndef MIGTASK_TLS_H
#define MIGTASK_TLS_H

#include "migtask.h"
#include "migtask_tls_config.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------------------------------------
 * The process: memory and randomness.
 */

/* Bytes of arena for one stream; a process with several at a time gives so many times as much.
 * Measured with TLS 1.3, IN 16384 and OUT 512, three RSA-2048 certificates of public size and their
 * root: 31048 on Cortex-M3, 35384 on x86-64; four of RSA-4096 with 150 names: 45328 on x86-64. What
 * is never used costs a PC nothing, so the host's default is ample. See migtask_tls_arena(). */
#ifndef MIGTASK_TLS_ARENA
#define MIGTASK_TLS_ARENA                                                                          \
    (MIGTASK_TLS_RECORD_IN + MIGTASK_TLS_RECORD_OUT + MIGTASK_DEFAULT(16384, 65536))
#endif

/* Fills buf with len bytes fit for keys; 0, or anything else if the source failed (the call then
 * ends with no_entropy, never with weak keys). Must not block for long. */
typedef int (*migtask_tls_random)(void *ctx, void *buf, size_t len);

typedef struct migtask_tls_process {
    /* All memory of mbedTLS, aligned to 8 bytes, the caller's for ever. It is emptied, and PSA shut
     * down, when the last stream is closed; so a program that uses mbedTLS for anything else too
     * gives NULL here and mbedTLS an allocator of its own. */
    void *arena;
    size_t arena_size; /* bytes */
    migtask_tls_random random;
    void *random_ctx;
} migtask_tls_process;

/* Once a process, before anything else here; again only while no stream is open. False: no random
 * function, or an arena that is misaligned, below 1 KB or above 1 GB, or one for a mbedTLS that has
 * no MBEDTLS_PLATFORM_MEMORY and so keeps its allocator. */
bool migtask_tls_start(const migtask_tls_process *process);

typedef struct migtask_tls_memory {
    size_t size;       /* bytes of the arena */
    size_t used;       /* bytes in use now, block headers included */
    size_t peak;       /* an arena of this many bytes would have been enough so far */
    uint32_t refusals; /* requests that did not fit */
} migtask_tls_memory;

/* What the arena has seen since migtask_tls_start(). */
migtask_tls_memory migtask_tls_arena(void);

/* ---------------------------------------------------------------------------------------------
 * Trusted roots.
 *
 * A trust source is searched anew for the issuer of each certificate, so that its size costs no
 * memory. Two are here: a PEM text that is streamed (host), and DER certificates in flash.
 * A root that mbedTLS cannot parse is passed over.
 */

typedef struct migtask_bytes {
    const uint8_t *ptr;
    size_t len;
} migtask_bytes;

typedef enum migtask_trust_step {
    MIGTASK_TRUST_FOUND,
    MIGTASK_TRUST_END,   /* no more */
    MIGTASK_TRUST_FAILED /* the source could not be read */
} migtask_trust_step;

/* The functions of a trust source; ctx is its own object. */
typedef struct migtask_trust_ops {
    /* Begins a search: back to the first certificate. False: the source cannot be read. */
    bool (*rewind)(void *ctx);
    /* Gives the next certificate, DER, whose subject could be this name (the DER of a Name; ptr
     * NULL: any). May give too many, never too few. Valid until the next call. */
    migtask_trust_step (*next)(void *ctx, migtask_bytes name, migtask_bytes *certificate);
    /* What next gives stays valid and unchanged for ever (flash): it need not be copied. */
    bool lasting;
} migtask_trust_ops;

typedef struct migtask_trust {
    const migtask_trust_ops *ops;
    void *ctx;
} migtask_trust;

/* A source of text that can be read again and again from its start, e.g. an open file. */
typedef struct migtask_trust_text {
    bool (*rewind)(void *ctx); /* to the start; false: failed */
    /* Reads 1..cap bytes, says how many; *got 0 at the end, and again there. False: failed. */
    bool (*read)(void *ctx, void *buf, size_t cap, size_t *got);
    void *ctx;
} migtask_trust_text;

/* A PEM text as trust source. Reads sections that begin with CERTIFICATE, X509 CERTIFICATE or
 * TRUSTED CERTIFICATE; of the last kind those are skipped whose settings do not trust them for
 * servers. What stands between sections, others and those that are not base64 are skipped too.
 * Lines end in LF or CRLF, of any length. Private inside; MIGTASK_TRUST_BLOCK + MIGTASK_TRUST_DER
 * bytes of buffers. */
typedef struct migtask_trust_pem {
    migtask_trust_text text;
    size_t at, end; /* what is left of block */
    size_t first;   /* bytes of block, if they are the start of the text; else 0 */
    bool rewound;   /* the text is at its start */
    size_t der_len; /* bytes of the certificate decoded so far */
    uint32_t bits;  /* base64 digits that do not fill three bytes yet */
    uint8_t digits; /* how many */
    bool text_ended;
    bool text_failed;
    bool section_ended; /* no more digits in this section */
    bool with_settings; /* trust settings may follow the certificate in it */
    uint8_t block[MIGTASK_TRUST_BLOCK];
    uint8_t der[MIGTASK_TRUST_DER];
} migtask_trust_pem;

/* *text is copied, its context must outlive the source. */
migtask_trust migtask_trust_from_pem(migtask_trust_pem *pem, const migtask_trust_text *text);

/* An array of DER certificates, e.g. in flash, as trust source. Array and certificates must
 * outlive it. */
typedef struct migtask_trust_array {
    const migtask_bytes *certificates;
    size_t count;
    size_t at; /* private */
} migtask_trust_array;

migtask_trust migtask_trust_from_array(migtask_trust_array *array);

typedef enum migtask_trust_state {
    MIGTASK_TRUST_USABLE, /* at least one certificate that can be parsed */
    MIGTASK_TRUST_EMPTY,  /* none */
    MIGTASK_TRUST_UNREADABLE,
    MIGTASK_TRUST_NO_MEMORY /* the arena is too small to parse one */
} migtask_trust_state;

/* Looks for the first usable certificate. Call after migtask_tls_start(), while no TLS stream
 * uses the source. */
migtask_trust_state migtask_trust_check(const migtask_trust *trust);

/* ---------------------------------------------------------------------------------------------
 * The stream.
 */

/* Seconds since 1970 into *epoch_s; false while the time is not known: the call then ends with
 * clock_unset before a connection is opened. */
typedef bool (*migtask_tls_clock)(void *ctx, int64_t *epoch_s);

#if MIGTASK_TLS_RESUME
/* What one connection leaves for the next to the same server; all zero at first. The caller's. It
 * holds keys: migtask_tls_forget() when no more connections follow. */
typedef struct migtask_tls_resumption {
    size_t len; /* bytes of session, 0: none */
    uint8_t session[MIGTASK_TLS_SESSION];
} migtask_tls_resumption;

/* Wipes it. */
void migtask_tls_forget(migtask_tls_resumption *resumption);
#endif

typedef struct migtask_tls_config {
    migtask_stream lower; /* carries the records, e.g. TCP; its context must outlive the stream */
    /* Whose certificate to expect: the name goes out as SNI, an address does not. The memory of the
     * host must outlive the stream. */
    migtask_endpoint endpoint;
    migtask_trust trust; /* the roots; its context must outlive the stream */
    migtask_tls_clock clock;
    void *clock_ctx;
    /* NULL, or called between the public-key operations of a handshake: feed a watchdog here. */
    void (*busy)(void *ctx);
    void *busy_ctx;
#if MIGTASK_TLS_RESUME
    /* NULL: each handshake is a full one. Else the session is kept here, and the next connection
     * offers it: the server proves by it that it is the one whose certificate was checked then.
     * Must outlive the stream; for one endpoint and one set of roots only. */
    migtask_tls_resumption *resumption;
#endif
} migtask_tls_config;

typedef enum migtask_tls_phase {
    MIGTASK_TLS_CLOSED,
    MIGTASK_TLS_CONNECTING, /* the stream below is being opened */
    MIGTASK_TLS_SECURING,   /* the handshake is under way */
    MIGTASK_TLS_OPEN,
    MIGTASK_TLS_BROKEN /* failed; close() it */
} migtask_tls_phase;

/* One TLS stream: 120 bytes (Cortex-M) or 200 (64-bit) and its three buffers. Private inside;
 * not to be moved after init. */
typedef struct migtask_tls {
    migtask_tls_config config;
    struct migtask_tls_session *session; /* mbedTLS's objects, in the arena while connected */
    uint8_t phase;                       /* migtask_tls_phase */
    uint8_t reason;                      /* migtask_reason, once anything failed */
    uint8_t finding;                     /* gravest fault found in the certificates */
    bool push_failed;                    /* the stream below takes no more */
    bool lower_open;
    bool lower_ended;   /* the stream below came to its end */
    bool blocked;       /* the stream below had nothing to read */
    bool held;          /* the latest send is still in out */
    bool some_left;     /* something has left since connect was OK */
    bool misdated;      /* the failure is a certificate's date */
    bool looking;       /* for what arrived, without pushing anything out */
    bool offered;       /* a kept session was offered to the server */
    uint8_t reads_left; /* of the stream below in this operation */
    bool rooted;        /* a root has the name of the last issuer looked up */
    uint8_t lookups;    /* certificates whose issuer was looked up among the roots */
    bool starved;       /* the arena has refused something to this connection */
    bool parched;       /* the random source has */
    uint32_t refusals;  /* of the arena, but for those to this connection */
    uint32_t droughts;  /* of the random source, the same */
    size_t out_pushed;  /* out[out_pushed..out_sealed) are records on their way, and then come */
    size_t out_sealed;  /* out_plain bytes of plaintext not yet sealed */
    size_t out_plain;
    size_t out_latest; /* where the record of the latest send begins */
    size_t in_at, in_end;
    const void *pinned; /* a server certificate that is itself among the roots */
    const char *said;   /* the sentence of the failure */
    char sentence[MIGTASK_TLS_SENTENCE];
    uint8_t out[MIGTASK_TLS_OUT];
    uint8_t in[MIGTASK_TLS_IN > 0 ? MIGTASK_TLS_IN : 1];
} migtask_tls;

/* Prepares a stream; nothing is opened. False, and the stream fails with invalid_config when it is
 * used: no lower stream, no trust, no clock, no host, or migtask_tls_start() was not called. */
bool migtask_tls_init(migtask_tls *tls, const migtask_tls_config *config);

/* The stream to hand to migtask_call_begin(). After close() it can be opened again. What send took
 * and nothing has pushed is dropped by close(), never sent. */
migtask_stream migtask_tls_stream(migtask_tls *tls);

/* For progress and -v. Version ("TLSv1.3") and suite are NULL unless the phase is OPEN. */
migtask_tls_phase migtask_tls_get_phase(const migtask_tls *tls);
const char *migtask_tls_version(const migtask_tls *tls);
const char *migtask_tls_suite(const migtask_tls *tls);

/* Whether the latest connection failed because a certificate is not valid at the time that the
 * clock tells: then one of the two is wrong. */
bool migtask_tls_misdated(const migtask_tls *tls);

#ifdef __cplusplus
}
#endif

#endif
