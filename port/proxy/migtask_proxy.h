/*
 * migtask_proxy.h - a way through an HTTP proxy as a migtask_stream over another one: TCP below,
 * TLS above.
 *
 *     static migtask_proxy proxy;
 *     migtask_proxy_init(&proxy, &(migtask_proxy_config){.lower = tcp_to_the_proxy, .proxy = there,
 *                                                        .target = endpoint});
 *     migtask_stream stream = migtask_proxy_stream(&proxy); // the lower one of migtask_tls_config
 *
 * Opening it opens the stream below and asks the proxy with CONNECT (RFC 9110 section 9.3.6) for a
 * connection to the target. Once it is open, bytes pass unchanged both ways: with TLS on top, which
 * checks the target's certificate as ever, the proxy sees nothing of the request. Nothing of that
 * is in the CONNECT either: only the target, the program's name and, where there are any, the
 * credentials for the proxy, which go nowhere else.
 *
 * There is no deadline here: whoever drives the stream has one and calls close().
 *
 * Failures: what the stream below said, with "the proxy: " before its sentence, while the proxy was
 * not reached or the connection to it broke; connection_lost where it closed the connection instead
 * of answering; connect_failed where it answered that it cannot now (408, 429 and 5xx but for 501,
 * 505 and 511): these may be repeated as ever. Else proxy_failed: it refused, or it is no HTTP
 * proxy. A call that ended so is not to be repeated by a program: an answer of 407 counted a few
 * times may lock the account.
 *
 * Takes no heap memory and needs nothing but core/.
 */
#ifndef MIGTASK_PROXY_H
#define MIGTASK_PROXY_H

#include "migtask.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of the CONNECT sent at once, of the proxy's answer read at once, and of the sentence of a
 * failure. RAM: 1 byte a byte of each migtask_proxy. */
#ifndef MIGTASK_PROXY_BUFFER
#define MIGTASK_PROXY_BUFFER MIGTASK_DEFAULT(256, 1024)
#endif
#if MIGTASK_PROXY_BUFFER < 128 || MIGTASK_PROXY_BUFFER > 65536
#error "MIGTASK_PROXY_BUFFER must be 128..65536"
#endif

typedef struct migtask_proxy_config {
    migtask_stream lower;   /* to the proxy, e.g. TCP; its context must outlive the stream */
    migtask_endpoint proxy; /* where that leads, for sentences; the host's memory outlives it too */
    migtask_endpoint target; /* to what a connection is wanted: the service; the same */
    /* "USER:PASSWORD" for Basic authentication (RFC 7617 section 2: no colon in the user, no
     * control characters), any length; none: nothing is sent. By reference: the memory must stay
     * valid until the last close(), and wiping it is its owner's. */
    migtask_view credentials;
} migtask_proxy_config;

/* How far the current or, after close(), the latest opening came. */
typedef enum migtask_proxy_phase {
    MIGTASK_PROXY_CLOSED,     /* never opened */
    MIGTASK_PROXY_CONNECTING, /* the stream below is being opened */
    MIGTASK_PROXY_ASKING,     /* CONNECT is being sent, or its answer is awaited */
    MIGTASK_PROXY_OPEN
} migtask_proxy_phase;

/* The stream's object. Private inside; not to be moved while open. */
typedef struct migtask_proxy {
    migtask_proxy_config config;
    uint8_t state;
    uint8_t phase;      /* migtask_proxy_phase */
    uint8_t reason;     /* migtask_reason, once opening it failed */
    bool answered;      /* bytes of an answer have come */
    bool denied;        /* migtask_proxy_denied() */
    bool takes_basic;   /* its answer names Basic as a way to sign in */
    bool other_scheme;  /* or one that is not known here */
    bool in_quotes;     /* of a challenge, in which words mean nothing */
    const char *scheme; /* the first other one that it names, NULL if none */
    size_t sent;        /* bytes of the CONNECT that the stream below took */
    size_t at, end;     /* buffer[at..end) came behind the answer and waits for recv */
    uint64_t http[13];  /* the reader of the answer: struct migtask_http */
    char buffer[MIGTASK_PROXY_BUFFER];
} migtask_proxy;

/* Prepares a closed stream. False, and the stream fails with invalid_config when it is used: no
 * lower stream, or a host of the two endpoints that is none. */
bool migtask_proxy_init(migtask_proxy *proxy, const migtask_proxy_config *config);

/* The stream; valid as long as *proxy is. After close() it can be opened again. */
migtask_stream migtask_proxy_stream(migtask_proxy *proxy);

/* For progress, and to tell after a timeout whether it was the proxy that stayed silent. */
migtask_proxy_phase migtask_proxy_phase_of(const migtask_proxy *proxy);

/* Whether the latest opening failed of an answer of 401, 403 or 407: this user, or this target,
 * gets nothing from the proxy, however often it is asked. */
bool migtask_proxy_denied(const migtask_proxy *proxy);

#ifdef __cplusplus
}
#endif

#endif
