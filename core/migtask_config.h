/*
 * migtask_config.h - every compile-time limit of migtask.
 *
 * Three ways to set a value, all equal: -D on the compiler's command line, a header of your own
 * named by MIGTASK_CONFIG_FILE (e.g. -DMIGTASK_CONFIG_FILE='"my_config.h"'; `make menuconfig`
 * writes such a header from Kconfig), or nothing at all: the defaults below are the *mcu*
 * configuration, for a call object of at most 2 KB. MIGTASK_CONFIG_HOST selects the defaults of
 * the *host* configuration, which keeps every documented maximum of the service whole.
 *
 * "RAM" is what one more unit costs in each migtask_call object. Limits of text count bytes of
 * UTF-8 in mcu and characters (code points) in host: MIGTASK_COUNT_CHARACTERS decides.
 */
#ifndef MIGTASK_CONFIG_H
#define MIGTASK_CONFIG_H

#ifdef MIGTASK_CONFIG_FILE
#include MIGTASK_CONFIG_FILE
#endif

/* One set of defaults a configuration; the meaning of each stands with its check below. */
#ifdef MIGTASK_CONFIG_HOST
#define MIGTASK_DEFAULT(mcu, host) (host)
#else
#define MIGTASK_DEFAULT(mcu, host) (mcu)
#endif

/* Whether limits of kept text count characters (1) or bytes of UTF-8 (0). RAM: none. */
#ifndef MIGTASK_COUNT_CHARACTERS
#define MIGTASK_COUNT_CHARACTERS MIGTASK_DEFAULT(0, 1)
#endif
#if MIGTASK_COUNT_CHARACTERS != 0 && MIGTASK_COUNT_CHARACTERS != 1
#error "MIGTASK_COUNT_CHARACTERS must be 0 (bytes) or 1 (characters)"
#endif

/* Bytes taken from the stream at once; while the reply is put together the same bytes hold
 * jsmn's tokens (20 bytes each), see core/call.c. RAM: 1 byte a byte. */
#ifndef MIGTASK_RX_BUFFER
#define MIGTASK_RX_BUFFER MIGTASK_DEFAULT(360, 4096)
#endif
#if MIGTASK_RX_BUFFER < 64 || MIGTASK_RX_BUFFER > 65536
#error "MIGTASK_RX_BUFFER must be 64..65536"
#endif

/* Bytes of the request formatted at once (the token is not copied). RAM: none, they are taken from
 * MIGTASK_REPLY_TEXT, which is not needed before the answer comes. */
#ifndef MIGTASK_TX_WINDOW
#define MIGTASK_TX_WINDOW MIGTASK_DEFAULT(384, 640)
#endif
#if MIGTASK_TX_WINDOW < 32 || MIGTASK_TX_WINDOW > 4096
#error "MIGTASK_TX_WINDOW must be 32..4096"
#endif

/* Bytes of one header section (and, separately, of the trailers) before the reply is given up as
 * http_too_large. It is skipped unstored. RAM: none. */
#ifndef MIGTASK_HEADER_MAX
#define MIGTASK_HEADER_MAX MIGTASK_DEFAULT(16384, 65536)
#endif
#if MIGTASK_HEADER_MAX < 1024 || MIGTASK_HEADER_MAX > 1048576
#error "MIGTASK_HEADER_MAX must be 1024..1048576"
#endif

/* Bytes of one chunk-size line with its extensions, and of the line end behind the chunk's data.
 * RAM: none. */
#ifndef MIGTASK_CHUNK_LINE_MAX
#define MIGTASK_CHUNK_LINE_MAX 1024
#endif
#if MIGTASK_CHUNK_LINE_MAX < 32 || MIGTASK_CHUNK_LINE_MAX > 65535
#error "MIGTASK_CHUNK_LINE_MAX must be 32..65535"
#endif

/* Interim answers (1xx) skipped before the reply is given up as http_too_large. RAM: none. */
#ifndef MIGTASK_INTERIM_MAX
#define MIGTASK_INTERIM_MAX 16
#endif
#if MIGTASK_INTERIM_MAX < 1 || MIGTASK_INTERIM_MAX > 255
#error "MIGTASK_INTERIM_MAX must be 1..255"
#endif

/* Levels of JSON arrays and objects in a body; deeper nesting counts as malformed.
 * RAM: 1 bit a level. */
#ifndef MIGTASK_JSON_DEPTH
#define MIGTASK_JSON_DEPTH 64
#endif
#if MIGTASK_JSON_DEPTH < 8 || MIGTASK_JSON_DEPTH > 1024 || MIGTASK_JSON_DEPTH % 8 != 0
#error "MIGTASK_JSON_DEPTH must be a multiple of 8 in 8..1024"
#endif

/* Bytes for the kept text of a reply (a shortened JSON text). Room for the longest error_code and
 * error_msg is held back from the other members until those two have come. RAM: 1 byte a byte. */
#ifndef MIGTASK_REPLY_TEXT
#define MIGTASK_REPLY_TEXT MIGTASK_DEFAULT(1024, 16056320)
#endif
#if MIGTASK_REPLY_TEXT < 256 || MIGTASK_REPLY_TEXT > 67108864
#error "MIGTASK_REPLY_TEXT must be 256..67108864"
#endif

/* Longest error_code kept. The page of the API documents 255. RAM: in MIGTASK_REPLY_TEXT. */
#ifndef MIGTASK_ERROR_CODE_MAX
#define MIGTASK_ERROR_CODE_MAX 255
#endif
#if MIGTASK_ERROR_CODE_MAX < 16 || MIGTASK_ERROR_CODE_MAX > 65535
#error "MIGTASK_ERROR_CODE_MAX must be 16..65535"
#endif

/* Longest error_msg kept (documented: 255). RAM: in MIGTASK_REPLY_TEXT. */
#ifndef MIGTASK_ERROR_MSG_MAX
#define MIGTASK_ERROR_MSG_MAX 255
#endif
#if MIGTASK_ERROR_MSG_MAX < 16 || MIGTASK_ERROR_MSG_MAX > 65535
#error "MIGTASK_ERROR_MSG_MAX must be 16..65535"
#endif

/* Longest encoded_authorization_message kept (documented: 65535). A sink gets it whole whatever
 * is kept: migtask_call_sink(). RAM: in MIGTASK_REPLY_TEXT. */
#ifndef MIGTASK_ENCODED_MESSAGE_MAX
#define MIGTASK_ENCODED_MESSAGE_MAX MIGTASK_DEFAULT(64, 65535)
#endif
#if MIGTASK_ENCODED_MESSAGE_MAX < 1 || MIGTASK_ENCODED_MESSAGE_MAX > 65535
#error "MIGTASK_ENCODED_MESSAGE_MAX must be 1..65535"
#endif

/* Elements of error_param kept (documented: 20). RAM: two pointers an element. */
#ifndef MIGTASK_ERROR_PARAM_COUNT
#define MIGTASK_ERROR_PARAM_COUNT MIGTASK_DEFAULT(2, 20)
#endif
#if MIGTASK_ERROR_PARAM_COUNT < 1 || MIGTASK_ERROR_PARAM_COUNT > 20
#error "MIGTASK_ERROR_PARAM_COUNT must be 1..20"
#endif

/* Longest element of error_param kept (documented: 65535). RAM: in MIGTASK_REPLY_TEXT. */
#ifndef MIGTASK_ERROR_PARAM_MAX
#define MIGTASK_ERROR_PARAM_MAX MIGTASK_DEFAULT(128, 65535)
#endif
#if MIGTASK_ERROR_PARAM_MAX < 1 || MIGTASK_ERROR_PARAM_MAX > 65535
#error "MIGTASK_ERROR_PARAM_MAX must be 1..65535"
#endif

/* Elements of details kept (documented: 20). RAM: four pointers an element. */
#ifndef MIGTASK_DETAILS_COUNT
#define MIGTASK_DETAILS_COUNT MIGTASK_DEFAULT(1, 20)
#endif
#if MIGTASK_DETAILS_COUNT < 1 || MIGTASK_DETAILS_COUNT > 20
#error "MIGTASK_DETAILS_COUNT must be 1..20"
#endif

/* Longest error_code and error_msg inside details kept (documented: 65535 each).
 * RAM: in MIGTASK_REPLY_TEXT. */
#ifndef MIGTASK_DETAIL_MAX
#define MIGTASK_DETAIL_MAX MIGTASK_DEFAULT(128, 65535)
#endif
#if MIGTASK_DETAIL_MAX < 1 || MIGTASK_DETAIL_MAX > 65535
#error "MIGTASK_DETAIL_MAX must be 1..65535"
#endif

/* Longest request id kept (the gateway's have 32 characters). RAM: 1 byte a byte. */
#ifndef MIGTASK_REQUEST_ID_MAX
#define MIGTASK_REQUEST_ID_MAX MIGTASK_DEFAULT(64, 255)
#endif
#if MIGTASK_REQUEST_ID_MAX < 32 || MIGTASK_REQUEST_ID_MAX > 255
#error "MIGTASK_REQUEST_ID_MAX must be 32..255"
#endif

/* Bytes of service text searched at once for an echoed credential. RAM: 1 byte a byte. */
#ifndef MIGTASK_MASK_WINDOW
#define MIGTASK_MASK_WINDOW MIGTASK_DEFAULT(32, 512)
#endif
#if MIGTASK_MASK_WINDOW < 32 || MIGTASK_MASK_WINDOW > 4096
#error "MIGTASK_MASK_WINDOW must be 32..4096"
#endif

/* 1: an index of the token makes the search for it in a long text fast (host); 0: the token is
 * searched instead (mcu, where the kept text is short). RAM: 16 KiB. */
#ifndef MIGTASK_MASK_INDEX
#define MIGTASK_MASK_INDEX MIGTASK_DEFAULT(0, 1)
#endif
#if MIGTASK_MASK_INDEX != 0 && MIGTASK_MASK_INDEX != 1
#error "MIGTASK_MASK_INDEX must be 0 or 1"
#endif

/* 1: a call may leave its connection open for the next one (migtask_request.keep_open); 0: it is
 * always closed. RAM: none; 100 bytes of Cortex-M code. */
#ifndef MIGTASK_KEEP_OPEN
#define MIGTASK_KEEP_OPEN MIGTASK_DEFAULT(0, 1)
#endif
#if MIGTASK_KEEP_OPEN != 0 && MIGTASK_KEEP_OPEN != 1
#error "MIGTASK_KEEP_OPEN must be 0 or 1"
#endif

/*
 * Limits of the request, documented by the service: not for changing, named here so that nobody
 * needs a number. They cost no RAM: all of these texts stay in the caller's memory.
 */
#define MIGTASK_TASK_ID_MAX 36      /* characters of task_id, ASCII */
#define MIGTASK_TOKEN_MAX 16384     /* bytes of X-Auth-Token, visible ASCII */
#define MIGTASK_TEMPLATE_ID_MAX 255 /* characters (code points) of template_id */
#define MIGTASK_HOST_MAX 253        /* bytes of a host name, RFC 1035 section 2.3.4 less the dots */
#define MIGTASK_TIMEOUT_MAX_MS 86400000u /* one day: the longest total deadline, milliseconds */

#endif
