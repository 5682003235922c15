/* The stream of the unit tests: see stream_double.h. */
#include "stream_double.h"

#include <stdlib.h>
#include <string.h>

#include "support.h"

/* So that a change of pending data behind the same pointer is seen (FNV-1a). */
static uint32_t checksum(const void *data, size_t len)
{
    const unsigned char *bytes = data;
    uint32_t sum = 2166136261u;
    for (size_t i = 0; i < len; i++) {
        sum = (sum ^ bytes[i]) * 16777619u;
    }
    return sum;
}

static bool line_is(const char *line, const char *name)
{
    for (; *name != '\0'; line++, name++) {
        char c = *line;
        if (c >= 'A' && c <= 'Z') {
            c = (char)(c - 'A' + 'a');
        }
        if (c != *name) {
            return false;
        }
    }
    return true;
}

bool stream_double_complete(stream_double *stream)
{
    while (stream->request_end == 0 && stream->scanned + 4 <= stream->request_len) {
        if (memcmp(stream->request + stream->scanned, "\r\n\r\n", 4) == 0) {
            const char *length = "\ncontent-length:";
            stream->request_end = stream->scanned + 4;
            for (size_t i = 0; i < stream->scanned; i++) {
                if (line_is(stream->request + i, length)) {
                    const char *digits = stream->request + i + strlen(length);
                    stream->request_end += (size_t)strtoul(digits, NULL, 10);
                }
            }
        }
        stream->scanned++;
    }
    return stream->request_end != 0 && stream->request_len >= stream->request_end;
}

/* Counts one operation and checks what holds for all three. True: it shall block. */
static bool blocks(stream_double *stream, int operation)
{
    stream->count[operation]++;
    if (stream->steps_watched && ++stream->in_step > 1) {
        deviation("stream: more than one operation in one step");
    }
    if (stream->closed) {
        deviation("stream: operation %d after close", operation);
    }
    if (stream->failed || stream->ended) {
        deviation("stream: operation %d after the stream ended", operation);
    }
    if (operation != STREAM_CONNECT && !stream->opened) {
        deviation("stream: operation %d before connect was done", operation);
    }
    if (stream->blocked[operation] < stream->plan.blocks) {
        stream->blocked[operation]++;
        stream->waits++;
        return true;
    }
    stream->blocked[operation] = 0;
    return false;
}

static migtask_io would_block(stream_double *stream)
{
    stream->waits++;
    return MIGTASK_IO_WOULD_BLOCK;
}

/* Whether this operation is one that fails. */
static bool is_fault(stream_double *stream)
{
    stream->operations++;
    return stream->operations == stream->plan.faults[0] ||
           stream->operations == stream->plan.faults[1];
}

static migtask_io do_connect(void *ctx)
{
    stream_double *stream = ctx;
    if (stream->opened) {
        deviation("stream: connect after it was done");
    }
    if (blocks(stream, STREAM_CONNECT)) {
        return MIGTASK_IO_WOULD_BLOCK;
    }
    if (stream->plan.handshake > 0) {
        stream->plan.handshake--;
        return would_block(stream);
    }
    if (stream->plan.connect_stuck) {
        return would_block(stream);
    }
    if (is_fault(stream) || stream->plan.connect_fails) {
        stream->failed = true;
        return MIGTASK_IO_FAILED;
    }
    stream->opened = true;
    return MIGTASK_IO_OK;
}

static migtask_io do_send(void *ctx, const void *data, size_t len, size_t *sent)
{
    stream_double *stream = ctx;
    const stream_plan *plan = &stream->plan;
    *sent = 0;
    if (data == NULL || len == 0) {
        deviation("stream: send of nothing");
        return MIGTASK_IO_FAILED;
    }
    uint32_t sum = checksum(data, len);
    if (stream->send_pending && (data != stream->send_data || len != stream->send_len)) {
        deviation("stream: send came again with other arguments");
    } else if (stream->send_pending && sum != stream->send_sum) {
        deviation("stream: send came again with other bytes");
    }
    stream->send_pending = true;
    stream->send_data = data;
    stream->send_len = len;
    stream->send_sum = sum;
    if (stream->send_failed) {
        deviation("stream: send after send failed");
    }
    if (blocks(stream, STREAM_SEND)) {
        return MIGTASK_IO_WOULD_BLOCK;
    }
    if (is_fault(stream)) {
        stream->send_failed = true;
        return MIGTASK_IO_FAILED;
    }
    size_t most = len;
    if (plan->write_max != 0 && most > plan->write_max) {
        most = plan->write_max;
    }
    if (plan->send_fails && most >= plan->fails_at - stream->request_len) {
        most = plan->fails_at - stream->request_len;
        if (most == 0) {
            stream->send_failed = true;
            return MIGTASK_IO_FAILED;
        }
    }
    if (plan->send_stuck && most >= plan->stuck_at - stream->request_len) {
        most = plan->stuck_at - stream->request_len;
        if (most == 0) {
            return would_block(stream);
        }
    }
    if (stream->request_len + most > sizeof(stream->request)) {
        deviation("stream: the request does not end");
        stream->send_failed = true;
        return MIGTASK_IO_FAILED;
    }
    memcpy(stream->request + stream->request_len, data, most);
    stream->request_len += most;
    stream->held = plan->holds;
    stream->send_pending = false;
    *sent = most;
    return MIGTASK_IO_OK;
}

static migtask_io do_recv(void *ctx, void *buf, size_t cap, size_t *got)
{
    stream_double *stream = ctx;
    const stream_plan *plan = &stream->plan;
    *got = 0;
    if (buf == NULL || cap == 0) {
        deviation("stream: recv of nothing");
        return MIGTASK_IO_FAILED;
    }
    if (stream->recv_pending && (buf != stream->recv_buf || cap != stream->recv_cap)) {
        deviation("stream: recv came again with other arguments");
    }
    stream->recv_pending = true;
    stream->recv_buf = buf;
    stream->recv_cap = cap;
    if (blocks(stream, STREAM_RECV)) {
        return MIGTASK_IO_WOULD_BLOCK;
    }
    if (is_fault(stream) || (stream->held && plan->push_fails)) {
        stream->failed = true;
        return MIGTASK_IO_FAILED;
    }
    if (stream->request_len >= plan->early_at && stream->plan.partial > 0) {
        stream->plan.partial--;
        (void)would_block(stream);
        return MIGTASK_IO_PARTIAL;
    }
    bool ready = plan->when == STREAM_EARLY ? stream->request_len >= plan->early_at
                                            : stream_double_complete(stream);
    if (stream->held && !plan->push_stuck && !(plan->when == STREAM_EARLY && ready)) {
        stream->held = false; /* pushed out; what comes now comes later */
        stream->pushed = true;
        return would_block(stream);
    }
    size_t most = plan->response_len - stream->read;
    if (ready && most > 0) {
        if (most > cap) {
            most = cap;
        }
        if (plan->read_max != 0 && most > plan->read_max) {
            most = plan->read_max;
        }
        if (stream->read < plan->cut && most > plan->cut - stream->read) {
            most = plan->cut - stream->read;
        }
        memcpy(buf, plan->response + stream->read, most);
        stream->read += most;
        stream->recv_pending = false;
        *got = most;
        return MIGTASK_IO_OK;
    }
    if (ready && plan->end == STREAM_CLOSED) {
        stream->ended = true;
        return MIGTASK_IO_END;
    }
    if ((ready && plan->end == STREAM_LOST) || stream->send_failed) {
        stream->failed = true;
        return MIGTASK_IO_FAILED;
    }
    return would_block(stream);
}

static void do_close(void *ctx)
{
    stream_double *stream = ctx;
    stream->closed = true;
    stream->closes++;
}

static migtask_retained do_retained(void *ctx)
{
    const stream_double *stream = ctx;
    if (stream->closed) {
        deviation("stream: retained after close");
    }
    return stream->held           ? stream->pushed ? MIGTASK_RETAINED_LATEST : MIGTASK_RETAINED_ALL
           : stream->plan.lingers ? MIGTASK_RETAINED_SOME
                                  : MIGTASK_RETAINED_NONE;
}

static migtask_reason do_failure(void *ctx, const char **sentence)
{
    const stream_double *stream = ctx;
    if (!stream->failed && !stream->send_failed) {
        deviation("stream: failure without a failure");
    }
    *sentence = stream->plan.sentence;
    return stream->plan.reason != MIGTASK_OK ? stream->plan.reason : MIGTASK_CONNECTION_LOST;
}

void stream_double_init(stream_double *stream, const stream_plan *plan)
{
    /* The captured request is left as it is: 40 KB for each of 100,000 calls take time. */
    stream->plan = *plan;
    size_t rest = offsetof(stream_double, request_len);
    memset((char *)stream + rest, 0, sizeof(*stream) - rest);
}

migtask_stream stream_double_stream(stream_double *stream)
{
    static const migtask_stream_ops ops = {
        .connect = do_connect,
        .send = do_send,
        .recv = do_recv,
        .close = do_close,
        .retained = do_retained,
        .failure = do_failure,
    };
    return (migtask_stream){&ops, stream};
}

void stream_double_step(stream_double *stream)
{
    stream->steps_watched = true;
    stream->in_step = 0;
}
