/*
 * Fuzz target: the files of the command, read by its own readers. The first byte chooses what the
 * rest is: a token file, a token from the environment, a PEM text, a certificate.
 */
#define _GNU_SOURCE 1 /* memfd_create, memmem */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "der.h"
#include "judge.h"
#include "migtask_posix.h"
#include "secrets.h"
#include "token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file with this in it; its name. */
static const char *make_file(migtask_view bytes)
{
    static char name[40];
    static int fd = -1;
    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    }
    if (fd < 0 || ftruncate(fd, 0) != 0 ||
        pwrite(fd, bytes.ptr, bytes.len, 0) != (ssize_t)bytes.len) {
        deviation("no file");
    }
    return name;
}

/* ---- tokens ---- */

/* What people take for a token: it may be refused though all of it is visible. */
static bool is_suspicious(migtask_view text)
{
    static const char *const words[] = {"null", "(null)", "nil", "none", "undefined", "false"};
    char *copy = strndup(text.ptr, text.len);
    size_t name = strcspn(copy, ":=");
    bool has_value = name + 1 < text.len && copy[name + 1] != '=';
    bool found = strchr("{[<$\"'`", copy[0]) != NULL || strncmp(copy, "-----BEGIN", 10) == 0 ||
                 strncmp(copy, "HTTP/", 5) == 0 || strchr("\"'`,", copy[text.len - 1]) != NULL ||
                 (text.len >= 3 && (strcmp(copy + text.len - 3, "...") == 0 ||
                                    strcmp(copy + text.len - 3, "***") == 0));
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        found = found || strcasecmp(copy, words[i]) == 0;
    }
    copy[name] = '\0';
    found = found || (has_value && (strcasestr(copy, "token") != NULL ||
                                    strcasecmp(copy, "authorization") == 0));
    free(copy);
    return found;
}

/* Design, section 3: one LF or CRLF is stripped; then 1..16384 bytes of visible ASCII. */
static bool is_token(migtask_view *text)
{
    if (text->len > 0 && text->ptr[text->len - 1] == '\n') {
        text->len -= text->len > 1 && text->ptr[text->len - 2] == '\r' ? 2 : 1;
    }
    for (size_t i = 0; i < text->len; i++) {
        if (text->ptr[i] < '!' || text->ptr[i] > '~') {
            return false;
        }
    }
    return text->len >= 1 && text->len <= 16384;
}

static void try_token(migtask_view bytes, bool file)
{
    migtask_posix_patience patience = {.start_ms = migtask_posix_now_ms(NULL), .timeout_ms = 1000};
    struct complaint complaint = {0};
    struct options options = {.token_file = file ? make_file(bytes) : NULL};
    migtask_view token = {NULL, 0};
    uint32_t typing_ms;
    char *copy = NULL;
    unsetenv("MIGTASK_TOKEN");
    unsetenv("HW_AUTH_TOKEN");
    if (!file) {
        copy = strndup(bytes.ptr, bytes.len);
        bytes = migtask_text(copy);
        setenv(bytes.len % 2 != 0 ? "MIGTASK_TOKEN" : "HW_AUTH_TOKEN", copy, 1);
    }
    token_take();
    enum token_status status = token_read(&options, &patience, &token, &typing_ms, &complaint);
    if (is_token(&bytes) && !is_suspicious(bytes)) {
        CHECK(status == TOKEN_OK && same(token, bytes));
    } else {
        CHECK(status == TOKEN_WRONG && complaint.what != NULL && complaint.hint != NULL);
    }
    if (!file && bytes.len > 16) { /* the environment's copy is gone */
        const char *left = getenv("MIGTASK_TOKEN");
        left = left != NULL ? left : getenv("HW_AUTH_TOKEN");
        CHECK(left == NULL || left[0] == '\0');
    }
    secrets_wipe();
    free(copy);
}

/* ---- certificates ---- */

struct text {
    migtask_view bytes;
    size_t at, most;
};

static bool text_rewind(void *ctx)
{
    ((struct text *)ctx)->at = 0;
    return true;
}

static bool text_read(void *ctx, void *buf, size_t cap, size_t *got)
{
    struct text *text = ctx;
    size_t left = text->bytes.len - text->at;
    *got = left < cap ? left : cap;
    *got = *got < text->most ? *got : text->most;
    memcpy(buf, text->bytes.ptr + text->at, *got);
    text->at += *got;
    return true;
}

static bool file_read(void *ctx, void *buf, size_t cap, size_t *got)
{
    return migtask_posix_reader_read(ctx, buf, cap, got) == 0;
}

static migtask_view as_text(migtask_bytes bytes)
{
    return (migtask_view){(const char *)bytes.ptr, bytes.len};
}

/* All certificates that a source finds for a name, one after the other. */
static size_t find_all(const migtask_trust *trust, migtask_bytes name, textbuf *found)
{
    size_t count = 0;
    migtask_bytes der, subject;
    text_clear(found);
    CHECK(trust->ops->rewind(trust->ctx));
    while (trust->ops->next(trust->ctx, name, &der) == MIGTASK_TRUST_FOUND) {
        migtask_bytes rest = der;
        struct migtask_der whole;
        CHECK(migtask_der_next(&rest, &whole) && rest.len == 0);
        CHECK(migtask_der_subject(der, &subject) == 0);
        CHECK(name.ptr == NULL || migtask_der_similar(name, subject));
        text_add(found, der.ptr, der.len);
        count++;
    }
    return count;
}

static void try_pem(migtask_view bytes)
{
    static const migtask_bytes any = {NULL, 0};
    static migtask_trust_pem pem;
    static textbuf all, again, named;
    migtask_posix_reader reader;
    if (migtask_posix_reader_open(&reader, make_file(bytes)) != MIGTASK_POSIX_FILE_OK) {
        deviation("no reader");
        return;
    }
    migtask_trust_text source = {migtask_posix_reader_rewind, file_read, &reader};
    migtask_trust trust = migtask_trust_from_pem(&pem, &source);
    size_t count = find_all(&trust, any, &all);
    migtask_posix_reader_close(&reader);

    /* In other pieces; and each by its own name. */
    struct text text = {bytes, 0, 1};
    source = (migtask_trust_text){text_rewind, text_read, &text};
    trust = migtask_trust_from_pem(&pem, &source);
    CHECK(find_all(&trust, any, &again) == count && same(text_view(&all), text_view(&again)));
    text.most = 100;
    migtask_bytes rest = {(const uint8_t *)text_view(&all).ptr, all.len};
    struct migtask_der certificate;
    for (size_t i = 0; i < 8 && migtask_der_next(&rest, &certificate); i++) {
        migtask_bytes subject;
        CHECK(migtask_der_subject(certificate.whole, &subject) == 0);
        CHECK(find_all(&trust, subject, &named) >= 1);
        CHECK(memmem(text_view(&named).ptr, named.len, certificate.whole.ptr,
                     certificate.whole.len) != NULL);
    }
}

/* The subject is found the same, however much of the certificate is there. */
static void try_der(migtask_view bytes)
{
    static guarded area;
    static const uint8_t constraints[] = {0x55, 0x1d, 0x1e};
    migtask_view copy = guarded_copy(&area, bytes);
    migtask_bytes whole = {(const uint8_t *)copy.ptr, copy.len};
    migtask_bytes subject, part_subject;
    size_t need = migtask_der_subject(whole, &subject);
    CHECK(need == 0 || need > whole.len); /* SIZE_MAX: it is none */
    if (need == 0) {
        CHECK(subject.ptr >= whole.ptr && subject.len <= whole.len &&
              (size_t)(subject.ptr - whole.ptr) <= whole.len - subject.len);
    }
    migtask_bytes part = {whole.ptr, 0};
    size_t step;
    while ((step = migtask_der_subject(part, &part_subject)) != 0 && step <= whole.len) {
        CHECK(step > part.len);
        part.len = step > part.len ? step : whole.len;
    }
    CHECK((step == 0) == (need == 0) && (step != SIZE_MAX || need == SIZE_MAX));
    CHECK(step != 0 || same(as_text(subject), as_text(part_subject)));
    (void)migtask_der_find_extension(whole, (migtask_bytes){constraints, sizeof constraints});
    (void)migtask_der_trusts_servers(whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    migtask_view rest = {(const char *)data + 1, size - 1};
    switch (data[0] % 4) {
    case 0:
        try_token(rest, true);
        break;
    case 1:
        try_token(rest, false);
        break;
    case 2:
        try_pem(rest);
        break;
    default:
        try_der(rest);
        break;
    }
    end_of_cases();
    return 0;
}
