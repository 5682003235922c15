/*
 * core.c - one call over a stream in memory, for counting the instructions of the core alone.
 *
 *     core TOKEN_FILE RESPONSE_FILE    prints outcome, status and error code
 *
 * Only one_call() is to be counted, without the functions of the stream: callgrind's
 * --toggle-collect with the name of each of them.
 */
#include <stdio.h>
#include <string.h>

#include "migtask.h"

/* What the stream holds: the response, how much of it was read, and whether the request is there.
 */
struct memory {
    const char *response;
    size_t len, at;
    bool asked;
};

static char response[2 << 20];
static char token[MIGTASK_TOKEN_MAX];
static migtask_call call;

migtask_io memory_connect(void *ctx);
migtask_io memory_send(void *ctx, const void *data, size_t len, size_t *sent);
migtask_io memory_recv(void *ctx, void *buf, size_t cap, size_t *got);
void memory_close(void *ctx);
migtask_retained memory_retained(void *ctx);
migtask_reason memory_failure(void *ctx, const char **sentence);
void one_call(const migtask_stream *stream, const migtask_request *request);

migtask_io memory_connect(void *ctx)
{
    (void)ctx;
    return MIGTASK_IO_OK;
}

migtask_io memory_send(void *ctx, const void *data, size_t len, size_t *sent)
{
    struct memory *memory = ctx;
    memory->asked = ((const char *)data)[len - 1] == '}'; /* its body is what comes last */
    *sent = len;
    return MIGTASK_IO_OK;
}

migtask_io memory_recv(void *ctx, void *buf, size_t cap, size_t *got)
{
    struct memory *memory = ctx;
    size_t left = memory->asked ? memory->len - memory->at : 0;
    *got = left < cap ? left : cap;
    memcpy(buf, memory->response + memory->at, *got);
    memory->at += *got;
    return *got > 0 ? MIGTASK_IO_OK : memory->asked ? MIGTASK_IO_END : MIGTASK_IO_WOULD_BLOCK;
}

void memory_close(void *ctx)
{
    (void)ctx;
}

migtask_retained memory_retained(void *ctx)
{
    (void)ctx;
    return MIGTASK_RETAINED_NONE;
}

migtask_reason memory_failure(void *ctx, const char **sentence)
{
    (void)ctx;
    *sentence = NULL;
    return MIGTASK_CONNECTION_LOST;
}

/* What is counted. */
__attribute__((noinline)) void one_call(const migtask_stream *stream,
                                        const migtask_request *request)
{
    migtask_call_begin(&call, stream, request, 0);
    while (migtask_call_step(&call, 0) != MIGTASK_STEP_DONE) {
    }
}

static size_t read_file(const char *path, char *buf, size_t cap)
{
    FILE *file = fopen(path, "rb");
    size_t len = file != NULL ? fread(buf, 1, cap, file) : 0;
    if (file != NULL) {
        (void)fclose(file);
    }
    return len;
}

int main(int argc, char *argv[])
{
    static const migtask_stream_ops ops = {memory_connect, memory_send,     memory_recv,
                                           memory_close,   memory_retained, memory_failure};
    if (argc != 3) {
        return 2;
    }
    struct memory memory = {response, read_file(argv[2], response, sizeof response), 0, false};
    const migtask_stream stream = {&ops, &memory};
    migtask_request request = {
        .action = {.task_id = migtask_text("8abda8635e09d185015e09d188dd0001"),
                   .operation = MIGTASK_START},
        .token = {token, read_file(argv[1], token, sizeof token)},
        .timeout_ms = 30000,
        .connect_timeout_ms = 10000,
    };
    if (!migtask_endpoint_parse(migtask_text("https://sms.ap-southeast-3.myhuaweicloud.com"),
                                &request.endpoint)) {
        return 2;
    }
    one_call(&stream, &request);
    const migtask_reply *reply = migtask_call_reply(&call);
    printf("%s %u %.*s\n", migtask_outcome_name(migtask_call_outcome(&call)),
           (unsigned)reply->http_status, (int)reply->error_code.len, reply->error_code.ptr);
    return 0;
}
