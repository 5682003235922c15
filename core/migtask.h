/*
 * migtask.h - one action of the Huawei Cloud Server Migration Service, sent once.
 *
 * The request is POST /v3/tasks/{task_id}/action. It starts disks being formatted, servers being
 * cut over and snapshots being deleted, it cannot be repeated safely and it has no idempotency
 * key. So every call ends with one of four outcomes (accepted, refused, not_sent, unknown) and
 * never claims more than it knows.
 *
 * The library does no I/O, takes no memory, reads no clock and keeps no global state: all
 * objects are yours, all bytes go through a stream that you give (port/ has some), and time is a
 * number that you pass. A call is driven by migtask_call_step(), which never blocks:
 *
 *     migtask_call_begin(&call, &stream, &request, now_ms());
 *     while (migtask_call_step(&call, now_ms()) != MIGTASK_STEP_DONE) { other_work(); }
 *     if (migtask_call_outcome(&call) == MIGTASK_ACCEPTED) ...
 *
 * Objects are not locked: one thread at a time for each call and its stream.
 * "RFC" below: 9110 HTTP semantics, 9112 HTTP/1.1, 8259 JSON.
 */
#ifndef MIGTASK_H
#define MIGTASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "migtask_config.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MIGTASK_VERSION "0.1.0"

/* Text by reference: len bytes at ptr, not NUL-terminated; NUL bytes may stand inside.
 * ptr NULL means "none", which differs from empty. The memory stays its owner's. */
typedef struct migtask_view {
    const char *ptr;
    size_t len;
} migtask_view;

/* A view of a C string (NULL gives none). The string must outlive the view. */
migtask_view migtask_text(const char *string);

/* ---------------------------------------------------------------------------------------------
 * The action: what is asked for. API page "Managing Migration Tasks".
 */

typedef enum migtask_operation {
    MIGTASK_START,
    MIGTASK_STOP,
    MIGTASK_TEST,
    MIGTASK_CUTOVER,
    MIGTASK_CLONE_TEST, /* needs a template_id */
    MIGTASK_RESTART,
    MIGTASK_NETWORK_CHECK,
    MIGTASK_SKIP,
    MIGTASK_CLEAR, /* deletes snapshots: cannot be undone */
    MIGTASK_MIGRATION_TEST,
    MIGTASK_ERROR_FOR_OVERSPEED,
    MIGTASK_OPERATION_COUNT
} migtask_operation;

/* The operation's name on the wire, e.g. "clone_test"; NULL if out of range. Static memory. */
const char *migtask_operation_name(migtask_operation operation);

/* Finds the operation of that name (case-sensitive); false leaves *operation alone. */
bool migtask_operation_find(migtask_view name, migtask_operation *operation);

typedef struct migtask_action {
    migtask_view task_id; /* 1..36 of A-Z a-z 0-9 - _, the first a letter or a digit */
    migtask_operation operation;
    migtask_view template_id; /* none, or up to 255 characters of valid UTF-8; sent when given */
    bool switch_hce;          /* switch the OS to HCE (Linux tasks); sent when true */
    bool consistency_check;   /* is_need_consistency_check; sent when true */
} migtask_action;

/* ---------------------------------------------------------------------------------------------
 * The endpoint: where the service is.
 */

typedef enum migtask_host_kind {
    MIGTASK_HOST_NAME,
    MIGTASK_HOST_IPV4,
    MIGTASK_HOST_IPV6
} migtask_host_kind;

typedef struct migtask_endpoint {
    migtask_view host; /* name or address; IPv6 without its brackets; no trailing dot, no zone */
    uint16_t port;     /* 1..65535 */
    /* So many bytes after host, in the same memory, belong to it where it is looked up or connected
     * to, but not in the certificate nor the Host header: the dot at the end of a name, which keeps
     * search lists out, or the zone of an IPv6 address, "%eth0" or "%25eth0" (RFC 6874). 0: none.
     */
    uint8_t more;
    migtask_host_kind kind;
    uint8_t address[16]; /* network order: 4 bytes for IPv4, 16 for IPv6, unused for a name */
} migtask_endpoint;

/* Reads https://HOST[:PORT][/] (scheme in any case, port 443 if none). HOST is a name, an IPv4
 * address, or an IPv6 address in brackets, which may have a zone: [fe80::1%eth0]. *endpoint refers
 * to url's memory afterwards. False: not such a URL, *endpoint is not to be used. */
bool migtask_endpoint_parse(migtask_view url, migtask_endpoint *endpoint);

/* Reads HOST[:PORT] the same way, with this port if it names none. */
bool migtask_authority_parse(migtask_view text, uint16_t default_port, migtask_endpoint *endpoint);

/* A region in which the service is known to have an endpoint. Both strings are static. */
typedef struct migtask_region {
    const char *name;
    const char *host;
} migtask_region;

/* The known regions, ended by an entry whose name is NULL. */
extern const migtask_region migtask_regions[];

/* The endpoint of a known region; false if the name is not known. */
bool migtask_region_endpoint(migtask_view name, migtask_endpoint *endpoint);

/* ---------------------------------------------------------------------------------------------
 * The request: an action, where it goes, who asks, and how long it may take.
 */

typedef struct migtask_request {
    migtask_action action;
    migtask_endpoint endpoint;
    /* X-Auth-Token: 1..16384 bytes of visible ASCII. Sent from here by reference, never changed
     * and never kept; every view in this struct must stay valid until the call is done. Wiping
     * the token afterwards is the owner's. */
    migtask_view token;
    uint32_t timeout_ms;         /* whole call, 1..86400000 */
    uint32_t connect_timeout_ms; /* name, TCP and TLS, 1..86400000 */
    /* True: after an answer that allows it (RFC 9112 section 9.3) the stream is left open, and the
     * next call over it goes on there; whoever makes the last call closes the stream. An action is
     * never repeated on a connection that died. No effect where MIGTASK_KEEP_OPEN is 0. */
    bool keep_open;
} migtask_request;

/* What is wrong with a request. */
typedef enum migtask_check {
    MIGTASK_CHECK_OK,
    MIGTASK_CHECK_TASK_ID,
    MIGTASK_CHECK_OPERATION,
    MIGTASK_CHECK_TEMPLATE_MISSING, /* clone_test without a template_id, or with an empty one */
    MIGTASK_CHECK_TEMPLATE_ID,
    MIGTASK_CHECK_ENDPOINT,
    MIGTASK_CHECK_TOKEN,
    MIGTASK_CHECK_TIMEOUT,
    MIGTASK_CHECK_COUNT
} migtask_check;

/* Checks everything that can be known before a connection is opened. */
migtask_check migtask_request_check(const migtask_request *request);

/* The same for one part, for messages that come early. */
migtask_check migtask_action_check(const migtask_action *action);
migtask_check migtask_token_check(migtask_view token);

/* A sentence for people: what is wrong and what is right. Static memory. */
const char *migtask_check_text(migtask_check check);

/* Copies bytes skip.. of the HTTP request text into buf (at most cap) with the token shown as
 * "***"; returns how many, 0 at the end. For a dry run in bounded memory. The request has passed
 * migtask_request_check(). */
size_t migtask_request_preview(const migtask_request *request, size_t skip, char *buf, size_t cap);

/* ---------------------------------------------------------------------------------------------
 * Outcome and reason: what the caller may now believe, and why.
 */

typedef enum migtask_outcome {
    MIGTASK_ACCEPTED, /* a complete 2xx response whose body is a yes: none, JSON without an error
                         code anywhere, or plain text. One that cannot be read is none */
    MIGTASK_REFUSED,  /* a complete response that says no */
    MIGTASK_INVALID,  /* nothing was attempted */
    MIGTASK_NOT_SENT, /* failed before the last byte was handed over: repeating is safe */
    MIGTASK_UNKNOWN,  /* handed over, no definitive answer: it may have been done */
    MIGTASK_OUTCOME_COUNT
} migtask_outcome;

typedef enum migtask_reason {
    MIGTASK_OK,
    MIGTASK_HTTP_STATUS,
    MIGTASK_BODY_MALFORMED,
    MIGTASK_HTTP_MALFORMED,
    MIGTASK_HTTP_TOO_LARGE,
    MIGTASK_CONNECTION_LOST,
    MIGTASK_TIMEOUT,
    MIGTASK_RESOLVE_FAILED,
    MIGTASK_CONNECT_FAILED,
    MIGTASK_TLS_FAILED,
    MIGTASK_CERTIFICATE_REJECTED,
    MIGTASK_OUT_OF_MEMORY, /* a static arena is exhausted */
    MIGTASK_NO_ENTROPY,
    MIGTASK_CLOCK_UNSET,
    MIGTASK_CANCELLED,
    MIGTASK_PROXY_FAILED,
    MIGTASK_AUTH_FAILED,
    MIGTASK_INVALID_ARGUMENT,
    MIGTASK_INVALID_CONFIG,
    MIGTASK_REASON_COUNT
} migtask_reason;

/* Stable lower-case words, e.g. "not_sent", "connection_lost". Static memory; never NULL. */
const char *migtask_outcome_name(migtask_outcome outcome);
const char *migtask_reason_name(migtask_reason reason);

/* ---------------------------------------------------------------------------------------------
 * Streams: what a call reads from and writes to. TCP is a stream, TLS is one over another.
 */

typedef enum migtask_io {
    MIGTASK_IO_OK,          /* done, or at least one byte moved */
    MIGTASK_IO_WOULD_BLOCK, /* nothing moved yet: call again later with the same arguments */
    MIGTASK_IO_PARTIAL,     /* recv only: as WOULD_BLOCK, but of what comes next a part is here */
    MIGTASK_IO_END,         /* recv only: the peer ended the stream in order (TLS: close_notify) */
    MIGTASK_IO_FAILED       /* the stream is broken; failure() says why. recv may be tried once
                               more after a failed send, for what had arrived before */
} migtask_io;

/* How much of what send took is still on this side. */
typedef enum migtask_retained {
    MIGTASK_RETAINED_NONE,   /* nothing that this side knows of: when in doubt, it is this */
    MIGTASK_RETAINED_SOME,   /* a part of it, so that the peer cannot have got the whole */
    MIGTASK_RETAINED_LATEST, /* all that the latest successful send took: not a byte of that has
                                left */
    MIGTASK_RETAINED_ALL     /* all that send took since connect was OK: not a byte has left */
} migtask_retained;

/* The functions of a stream. None may block; ctx is the stream's own object. */
typedef struct migtask_stream_ops {
    /* Goes on with opening the stream; OK when data can be sent. An answer belongs to a question,
     * so OK also says that nothing of the peer's data has arrived, not even the part of a record in
     * a buffer; while something has that may yet be no data (a TLS ticket), it is WOULD_BLOCK, and
     * when data has, FAILED with http_malformed. On a stream that the call before left open it
     * looks the same way, and in any doubt ends it and opens a fresh one. (TLS does that; those
     * below it are not asked again before close().) */
    migtask_io (*connect)(void *ctx);
    /* Takes 1..len bytes (len >= 1) and says how many in *sent (0 unless OK). What was taken may be
     * held back to travel with what follows: a recv pushes it out. */
    migtask_io (*send)(void *ctx, const void *data, size_t len, size_t *sent);
    /* Gives 1..cap bytes (cap >= 1) and says how many in *got (0 unless OK). What send held back is
     * pushed out only after it was seen that nothing had come before: what comes first is no answer
     * to it. (Pushing does not wait: reading goes on.) */
    migtask_io (*recv)(void *ctx, void *buf, size_t cap, size_t *got);
    /* Ends the stream in order as far as that goes without waiting, and releases all it holds.
     * Allowed in every state, twice too. */
    void (*close)(void *ctx);
    /* How much of what send took is still on this side; the last one that is certain. */
    migtask_retained (*retained)(void *ctx);
    /* After FAILED: why, never MIGTASK_OK. *sentence gets a text for people, NUL-terminated and
     * valid until the stream is opened again, or NULL. */
    migtask_reason (*failure)(void *ctx, const char **sentence);
} migtask_stream_ops;

typedef struct migtask_stream {
    const migtask_stream_ops *ops;
    void *ctx;
} migtask_stream;

/* ---------------------------------------------------------------------------------------------
 * The reply: what the service answered. All texts are valid UTF-8 in which any run of 16 or more
 * characters of the token (a shorter token: where it stands whole) is replaced by "***". They
 * lie inside the call object and are valid until the next migtask_call_begin().
 */

/* Members of the reply that may have been cut; bits of migtask_reply.truncated. */
typedef enum migtask_member {
    MIGTASK_MEMBER_ERROR_CODE,
    MIGTASK_MEMBER_ERROR_MSG,
    MIGTASK_MEMBER_ENCODED_AUTHORIZATION_MESSAGE,
    MIGTASK_MEMBER_ERROR_PARAM,
    MIGTASK_MEMBER_DETAILS,
    MIGTASK_MEMBER_REQUEST_ID,
    MIGTASK_MEMBER_COUNT
} migtask_member;

/* The member's name in JSON, e.g. "error_msg". Static memory. */
const char *migtask_member_name(migtask_member member);

typedef struct migtask_detail {
    migtask_view error_code; /* none if absent */
    migtask_view error_msg;
} migtask_detail;

#define MIGTASK_HEADER_TEXT 30 /* an HTTP date of 29 characters, and a NUL */

typedef struct migtask_reply {
    uint16_t http_status;      /* 100..599; 0 until a final header section was complete */
    bool has_error_param;      /* an array stood there, perhaps an empty one */
    bool has_details;          /* the same */
    uint8_t error_param_count; /* 0..MIGTASK_ERROR_PARAM_COUNT */
    uint8_t details_count;     /* 0..MIGTASK_DETAILS_COUNT */
    uint8_t truncated;         /* bits 1 << MIGTASK_MEMBER_... */
    /* Headers as they came, "" if they did not or were longer, but for a number, which is cut;
     * NUL-terminated. A Retry-After is a number of seconds or a date: migtask_retry_next() reads
     * it. */
    char retry_after[MIGTASK_HEADER_TEXT];
    char date[MIGTASK_HEADER_TEXT]; /* the server's clock */
    /* As the service names them; else what stands for them in other shapes of a body: code, message
     * and their like at any place, RFC 9457's detail or title, the beginning of plain text. */
    migtask_view error_code;
    migtask_view error_msg;
    migtask_view encoded_authorization_message;
    migtask_view request_id; /* X-Request-Id, else the body's */
    migtask_view error_param[MIGTASK_ERROR_PARAM_COUNT];
    migtask_detail details[MIGTASK_DETAILS_COUNT];
} migtask_reply;

/* ---------------------------------------------------------------------------------------------
 * The call: one action on its way.
 */

/* Bytes of a call object: its buffers, and what goes with them (see core/call.c). */
#define MIGTASK_CALL_SIZE                                                                          \
    (MIGTASK_REPLY_TEXT + MIGTASK_RX_BUFFER + MIGTASK_MASK_WINDOW + MIGTASK_JSON_DEPTH / 8 +       \
     (MIGTASK_ERROR_PARAM_COUNT + 2 * MIGTASK_DETAILS_COUNT) * sizeof(migtask_view) +              \
     MIGTASK_MASK_INDEX * 16396 + 38 * sizeof(void *) + 296)

/* One call with its reply. Its inside is private; allocate it wherever you like (static memory,
 * not a small stack). It must not be moved while the call is under way or its reply in use. */
typedef struct migtask_call {
    uint64_t opaque[(MIGTASK_CALL_SIZE + 7) / 8];
} migtask_call;

typedef enum migtask_step {
    MIGTASK_STEP_MOVED,   /* something was done: step again at once */
    MIGTASK_STEP_WAITING, /* the stream would block: step again when it is ready, or in a while */
    MIGTASK_STEP_DONE     /* the outcome is final; the stream is closed, but see keep_open */
} migtask_step;

typedef enum migtask_phase {
    MIGTASK_PHASE_CONNECTING,
    MIGTASK_PHASE_SENDING,
    MIGTASK_PHASE_WAITING, /* for the reply, all is sent */
    MIGTASK_PHASE_RECEIVING,
    MIGTASK_PHASE_DONE
} migtask_phase;

/* Starts a call. *stream is copied, its context must outlive the call; *request is copied, the
 * memory of its views must outlive the call. now_ms is a millisecond count that may start
 * anywhere and wrap at 2^32. A request that fails migtask_request_check() ends the call at once:
 * invalid, invalid_argument, no stream function called. */
void migtask_call_begin(migtask_call *call, const migtask_stream *stream,
                        const migtask_request *request, uint32_t now_ms);

/* Receives decoded text of encoded_authorization_message, masked, whole however long it is, in
 * pieces that may end inside a UTF-8 sequence. Text of a reply that turns out to be malformed
 * later has been given already. */
typedef void (*migtask_sink)(void *ctx, const char *data, size_t len);

/* Registers a sink; call between begin and the first step. */
void migtask_call_sink(migtask_call *call, migtask_sink sink, void *ctx);

/* Does one piece of work: at most one stream operation, no waiting. The stream's connect may do
 * public-key work for as long as a handshake step takes (seconds on a slow Cortex-M). */
migtask_step migtask_call_step(migtask_call *call, uint32_t now_ms);

/* Ends the call now: not_sent or unknown, reason cancelled. No effect once it is done. */
void migtask_call_cancel(migtask_call *call);

/* Milliseconds until the nearest deadline, 0 if it has passed: how long a wait may be. */
uint32_t migtask_call_time_left(const migtask_call *call, uint32_t now_ms);

migtask_phase migtask_call_phase(const migtask_call *call);

/* Final once step said DONE; before that, what would be true if the call ended now. */
migtask_outcome migtask_call_outcome(const migtask_call *call);
migtask_reason migtask_call_reason(const migtask_call *call);

/* What the stream said about its failure, for people; NULL if it had nothing to say. Valid until
 * the stream is opened again. (What is wrong with an invalid request: migtask_check_text().) */
const char *migtask_call_sentence(const migtask_call *call);

/* The reply; its members are set once the call is done (http_status: once the header was). */
const migtask_reply *migtask_call_reply(const migtask_call *call);

/* ---------------------------------------------------------------------------------------------
 * On top: a blocking helper and the retry policy.
 */

/* What a blocking loop needs of its surroundings. */
typedef struct migtask_waiter {
    /* The millisecond count, monotonic, may wrap. */
    uint32_t (*now_ms)(void *ctx);
    /* Waits until the stream may move again, at most max_ms (>= 1); may return early. */
    void (*wait)(void *ctx, uint32_t max_ms);
    void *ctx;
} migtask_waiter;

/* Steps a call that was begun until it is done. */
migtask_outcome migtask_call_run(migtask_call *call, const migtask_waiter *waiter);

/* The retry policy, all attempts within one total deadline. Repeats after not_sent for network
 * reasons and after a refusal with 429 or 503; never after unknown, never after 401. */
#define MIGTASK_NO_DATE INT64_MIN /* no time of day is known */

typedef struct migtask_retry {
    uint32_t start_ms;
    uint32_t timeout_ms;
    uint32_t backoff_ms; /* cap of the next random pause */
    uint16_t left;       /* repeats still allowed */
    uint16_t attempts;   /* calls begun */
} migtask_retry;

/* retries: 0..100 repeats; timeout_ms: for all attempts together, from now on. */
void migtask_retry_init(migtask_retry *retry, uint16_t retries, uint32_t timeout_ms,
                        uint32_t now_ms);

/* Milliseconds left of the total: the timeout_ms of the next call; 0 if none is left. */
uint32_t migtask_retry_time_left(const migtask_retry *retry, uint32_t now_ms);

/* Whether to repeat a call that is done, and after what pause (*pause_ms). epoch_s is the time
 * of day in seconds since 1970, or MIGTASK_NO_DATE where no clock is known: a Retry-After date is
 * held against it where the reply has no Date of its own. random is any 32 random bits. */
bool migtask_retry_next(migtask_retry *retry, const migtask_call *call, uint32_t now_ms,
                        int64_t epoch_s, uint32_t random, uint32_t *pause_ms);

/* ---------------------------------------------------------------------------------------------
 * Reporting: the same JSON object from every board.
 */

typedef struct migtask_result {
    migtask_outcome outcome;
    migtask_reason reason;
    migtask_view operation;     /* as the caller named it; none if it did not */
    migtask_view task_id;       /* the same */
    const migtask_reply *reply; /* NULL if there was none */
    migtask_view message; /* what happened and why, for people, such as migtask_call_sentence();
                           * none if there is no sentence */
    uint32_t attempts;
    migtask_view advice; /* what to do about it; none if unknown */
} migtask_result;

/* Where text goes: returns false when it could not be written (the rest is then dropped). */
typedef bool (*migtask_output)(void *ctx, const char *data, size_t len);

/* Writes one JSON object and a line feed: valid UTF-8 (an invalid byte becomes U+FFFD), control,
 * DEL, C1, bidirectional and line-separator characters escaped. False if output failed. */
bool migtask_report_json(const migtask_result *result, migtask_output output, void *ctx);

/* Writes text for people: those same characters shown as \u00XX, all else as it is. */
bool migtask_report_text(migtask_view text, migtask_output output, void *ctx);

/* Overwrites memory in a way that the compiler keeps. */
void migtask_wipe(void *memory, size_t len);

/* Contract violations (a NULL stream function, an impossible state) end in this hook; define it
 * before including core files or leave it, then it traps. Run-time failures never come here. */
#ifndef MIGTASK_ASSERT
#define MIGTASK_ASSERT(condition) ((condition) ? (void)0 : migtask_assert_failed())
#endif
void migtask_assert_failed(void);

#ifdef __cplusplus
}
#endif

#endif
