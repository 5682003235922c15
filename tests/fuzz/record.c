/*
 * One call of a good server by the client of the fuzz targets, whose random bytes are always the
 * same: what the server says is printed without protection, for material.py.
 *
 *     record HOST PORT TIME ROOT.der...
 *
 * A line for each record: type, how, fresh, version, whether of the handshake, content in hex.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

enum { ROOTS = 8, MOST = 20000, SILENCE_MS = 300 };

static const char request[] =
    "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Auth-Token: t\r\n\r\n";

static wire server; /* for its keys and its memory of a record */
static migtask_tls client;
static int tcp;
static bool is_open;
static bool is_asked;

static void give_up(const char *why)
{
    fprintf(stderr, "record: %s\n", why);
    exit(1);
}

/* Reads so many bytes; false at the end. */
static bool read_all(uint8_t *buf, size_t len)
{
    while (len > 0) {
        ssize_t got = read(tcp, buf, len);
        if (got <= 0) {
            return false;
        }
        buf += got;
        len -= (size_t)got;
    }
    return true;
}

static void print_record(const uint8_t head[5], textbuf *body)
{
    bool sealed = server.key_len > 0 && head[0] != 20;
    bool fresh = sealed && server.sequence == 0;
    uint8_t type = head[0];
    if (sealed) {
        if (!wire_unseal(&server, head, body)) {
            give_up("a record does not fit its key");
        }
        while (!server.explicit_nonce && body->len > 0) { /* padding, then the type */
            type = (uint8_t)body->ptr[--body->len];
            if (type != 0) {
                break;
            }
        }
    }
    printf("%u %d %d %u %d ", type, sealed, fresh, head[1] << 8 | head[2], !is_open);
    for (size_t i = 0; i < body->len; i++) {
        printf("%02x", (uint8_t)body->ptr[i]);
    }
    printf("\n");
}

static migtask_io tcp_connect(void *ctx)
{
    (void)ctx;
    wire_export_keys(&server);
    return MIGTASK_IO_OK;
}

static migtask_io tcp_send(void *ctx, const void *data, size_t len, size_t *sent)
{
    (void)ctx;
    ssize_t taken = write(tcp, data, len);
    is_asked = is_open; /* the request has gone */
    *sent = taken > 0 ? (size_t)taken : 0;
    return taken > 0 ? MIGTASK_IO_OK : MIGTASK_IO_FAILED;
}

/* A record at a time: the keys of the next one may come out of this one. */
static migtask_io tcp_recv(void *ctx, void *buf, size_t cap, size_t *got)
{
    static textbuf body;
    static uint8_t rest[MOST];
    (void)ctx;
    if (server.at == server.record.len) {
        uint8_t head[5];
        struct pollfd watched = {.fd = tcp, .events = POLLIN};
        if (!is_asked && poll(&watched, 1, SILENCE_MS) == 0) {
            return MIGTASK_IO_WOULD_BLOCK; /* the handshake is over, and nothing was asked yet */
        }
        if (!read_all(head, sizeof head)) {
            return MIGTASK_IO_END;
        }
        size_t len = (size_t)head[3] << 8 | head[4];
        if (len > sizeof rest || !read_all(rest, len)) {
            return MIGTASK_IO_FAILED;
        }
        server.at = 0;
        text_clear(&server.record);
        text_add(&server.record, head, sizeof head);
        text_add(&server.record, rest, len);
        text_clear(&body);
        text_add(&body, rest, len);
        print_record(head, &body);
    }
    size_t have = server.record.len - server.at;
    *got = have < cap ? have : cap;
    memcpy(buf, server.record.ptr + server.at, *got);
    server.at += *got;
    return MIGTASK_IO_OK;
}

static void tcp_close(void *ctx)
{
    (void)ctx;
}

static migtask_retained tcp_retained(void *ctx)
{
    (void)ctx;
    return MIGTASK_RETAINED_NONE;
}

static migtask_reason tcp_failure(void *ctx, const char **sentence)
{
    (void)ctx;
    *sentence = "TCP failed";
    return MIGTASK_CONNECTION_LOST;
}

static void read_root(const char *path, migtask_bytes *root)
{
    uint8_t *der = malloc(MOST);
    FILE *file = fopen(path, "rb");
    if (der == NULL || file == NULL) {
        give_up(path);
        return;
    }
    root->len = fread(der, 1, MOST, file);
    root->ptr = der;
    fclose(file);
}

static void call(migtask_stream stream)
{
    char text[1024];
    size_t count = 0;
    migtask_io io;
    do {
        io = stream.ops->connect(stream.ctx);
    } while (io == MIGTASK_IO_WOULD_BLOCK);
    is_open = io == MIGTASK_IO_OK;
    if (is_open) {
        io = stream.ops->send(stream.ctx, request, sizeof request - 1, &count);
    }
    while (io != MIGTASK_IO_END && io != MIGTASK_IO_FAILED) {
        io = stream.ops->recv(stream.ctx, text, sizeof text, &count);
    }
    const char *sentence = NULL;
    stream.ops->failure(stream.ctx, &sentence);
    if (!is_open || io != MIGTASK_IO_END) {
        give_up(sentence != NULL ? sentence : "no end");
    }
    stream.ops->close(stream.ctx);
}

int main(int argc, char **argv)
{
    static const migtask_stream_ops ops = {tcp_connect, tcp_send,     tcp_recv,
                                           tcp_close,   tcp_retained, tcp_failure};
    static migtask_bytes roots[ROOTS];
    static migtask_trust_array array = {.certificates = roots};
    struct sockaddr_in to = {.sin_family = AF_INET};
    if (argc < 5 || argc > 4 + ROOTS) {
        give_up("HOST PORT TIME ROOT...");
    }
    for (int i = 4; i < argc; i++) {
        read_root(argv[i], &roots[array.count++]);
    }
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons((uint16_t)atoi(argv[2]));
    tcp = socket(AF_INET, SOCK_STREAM, 0);
    if (tcp < 0 || connect(tcp, (struct sockaddr *)&to, sizeof to) != 0) {
        give_up("no connection");
    }
    alarm(30);
    process_start(true, 0);
    process_time = atoll(argv[3]);
    process_time_known = true;
    migtask_tls_config config = {
        .lower = {&ops, NULL}, .trust = migtask_trust_from_array(&array), .clock = process_clock};
    if (!migtask_authority_parse(migtask_text(argv[1]), 443, &config.endpoint) ||
        !migtask_tls_init(&client, &config)) {
        give_up("no client");
    }
    wire_begin(&server, &client);
    call(migtask_tls_stream(&client));
    close(tcp);
    end_of_cases();
    return 0;
}
