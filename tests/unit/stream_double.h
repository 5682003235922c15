/*
 * stream_double.h - a stream for tests: plays a recorded answer, fails where it is told to, keeps
 * what was sent, and reports every breach of the stream contract (migtask_stream_ops).
 */
#ifndef STREAM_DOUBLE_H
#define STREAM_DOUBLE_H

#include "migtask.h"

/* What comes after the last byte of the answer. */
typedef enum stream_end {
    STREAM_SILENT, /* nothing, ever: the connection stays open */
    STREAM_CLOSED, /* END: the peer said close_notify */
    STREAM_LOST    /* FAILED: the connection broke */
} stream_end;

/* When the answer can be read. */
typedef enum stream_when {
    STREAM_AFTER_REQUEST, /* once the request is complete */
    STREAM_EARLY          /* once early_at bytes of it have come */
} stream_when;

/* How the stream behaves. All zero: no answer, one that never comes. */
typedef struct stream_plan {
    const char *response;
    size_t response_len;
    stream_end end;
    stream_when when;
    size_t early_at;

    size_t cut;         /* no read goes over this offset of the answer; 0: no such offset */
    size_t read_max;    /* most bytes of one read; 0: no limit */
    size_t write_max;   /* most bytes of one send; 0: no limit */
    unsigned blocks;    /* would-block answers before every operation */
    unsigned handshake; /* would-block answers before connect is done */

    unsigned partial; /* once early_at bytes have come: so many recvs say that a part is here */

    bool connect_stuck; /* connect never gets done */
    bool connect_fails;
    bool send_stuck; /* send would-block for ever once stuck_at bytes were taken */
    size_t stuck_at;
    bool send_fails; /* send fails once fails_at bytes were taken; the answer can still be read */
    size_t fails_at;
    bool holds;      /* what a send took stays here until a recv pushes it out */
    bool push_fails; /* that recv fails, nothing was pushed out */
    bool push_stuck; /* no recv can push it out; reading goes on */
    bool lingers;    /* it leaves, but a part of it stays on this side as far as anyone can tell */

    unsigned faults[2]; /* which operations fail, counted from 1; 0: none */

    migtask_reason reason; /* of a failure; MIGTASK_OK stands for connection_lost */
    const char *sentence;
} stream_plan;

#define STREAM_REQUEST_MAX 40960

enum { STREAM_CONNECT, STREAM_SEND, STREAM_RECV, STREAM_OPERATIONS };

typedef struct stream_double {
    stream_plan plan;
    char request[STREAM_REQUEST_MAX]; /* every byte that send took */
    size_t request_len;
    size_t request_end; /* length of the whole request, 0 until its header section came */
    size_t scanned;
    size_t read; /* bytes of the answer that were given */
    bool opened, closed, failed, send_failed, ended, held, pushed;
    unsigned blocked[STREAM_OPERATIONS]; /* would-block answers since the last real one */
    unsigned count[STREAM_OPERATIONS];
    unsigned operations; /* those that did not block */
    unsigned waits;      /* would-block answers in all */
    unsigned closes;
    unsigned in_step; /* operations since stream_double_step() */
    bool steps_watched;
    /* The arguments that must come again after a would-block. */
    bool send_pending, recv_pending;
    const void *send_data;
    size_t send_len;
    uint32_t send_sum;
    void *recv_buf;
    size_t recv_cap;
} stream_double;

/* A fresh stream that follows this plan (copied; the answer is not). */
void stream_double_init(stream_double *stream, const stream_plan *plan);

/* The stream as the core sees it. */
migtask_stream stream_double_stream(stream_double *stream);

/* Says that a step of the call begins: from here on at most one operation is right. */
void stream_double_step(stream_double *stream);

/* Whether the request that came so far is complete: header section and Content-Length bytes. */
bool stream_double_complete(stream_double *stream);

#endif
