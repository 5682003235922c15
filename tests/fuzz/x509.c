#define _GNU_SOURCE 1 /* timegm */
#include "x509.h"

#include <string.h>
#include <strings.h>
#include <time.h>

enum { DEPTH = 16, MOST = 20000 };

void text_splice(textbuf *t, size_t at, size_t remove, migtask_view bytes)
{
    size_t behind = t->len - at - remove;
    if (t->len - remove + bytes.len > MOST) {
        return;
    }
    text_add(t, bytes.ptr, bytes.len); /* room */
    memmove(t->ptr + at + bytes.len, t->ptr + at + remove, behind);
    if (bytes.len > 0) {
        memcpy(t->ptr + at, bytes.ptr, bytes.len);
    }
    t->len -= remove;
}

/* ---- Reading ---- */

bool x509_next(migtask_view *rest, element *found)
{
    const uint8_t *p = (const uint8_t *)rest->ptr;
    size_t head = 2;
    if (rest->len < 2) {
        return false;
    }
    size_t len = p[1];
    if (len > 0x80 && len <= 0x84) {
        size_t count = len - 0x80;
        if (rest->len < 2 + count) {
            return false;
        }
        for (len = 0; head < 2 + count; head++) {
            len = len << 8 | p[head];
        }
    } else if (len >= 0x80) {
        return false;
    }
    if (len > rest->len - head) {
        return false;
    }
    found->tag = p[0];
    found->whole = (migtask_view){rest->ptr, head + len};
    found->content = (migtask_view){rest->ptr + head, len};
    rest->ptr += head + len;
    rest->len -= head + len;
    return true;
}

bool x509_parts(migtask_view der, element *signed_part, element *signature)
{
    element whole, algorithm;
    return x509_next(&der, &whole) && x509_next(&whole.content, signed_part) &&
           x509_next(&whole.content, &algorithm) && x509_next(&whole.content, signature);
}

/* The fields of a TBSCertificate behind its version: serial number 0, algorithm 1, issuer 2,
 * validity 3, subject 4, key 5, and what is optional. */
static bool field(migtask_view der, unsigned number, element *found)
{
    element body, signature;
    if (!x509_parts(der, &body, &signature)) {
        return false;
    }
    migtask_view rest = body.content;
    for (unsigned passed = 0; x509_next(&rest, found);) {
        if (found->tag == 0xa0 && passed == 0) {
            continue;
        }
        if (passed++ == number) {
            return true;
        }
    }
    return false;
}

bool x509_extension(migtask_view der, uint8_t last, migtask_view *content)
{
    const uint8_t oid[] = {0x55, 0x1d, last};
    element list, sequence, extension, part;
    for (unsigned number = 6; field(der, number, &list); number++) {
        if (list.tag != 0xa3 || !x509_next(&list.content, &sequence)) {
            continue;
        }
        while (x509_next(&sequence.content, &extension)) {
            if (!x509_next(&extension.content, &part) || part.content.len != sizeof oid ||
                memcmp(part.content.ptr, oid, sizeof oid) != 0) {
                continue;
            }
            while (x509_next(&extension.content, &part)) {
                if (part.tag == 4) {
                    *content = part.content;
                    return true;
                }
            }
        }
    }
    return false;
}

static bool name_matches(migtask_view pattern, migtask_view host)
{
    if (pattern.len > 2 && pattern.ptr[0] == '*' && pattern.ptr[1] == '.') {
        const char *dot = memchr(host.ptr, '.', host.len);
        if (dot == NULL || dot == host.ptr ||
            memchr(pattern.ptr + 2, '.', pattern.len - 2) == NULL) {
            return false;
        }
        host.len -= (size_t)(dot - host.ptr);
        host.ptr = dot;
        pattern.ptr++;
        pattern.len--;
    }
    return pattern.len == host.len && memchr(pattern.ptr, '\0', pattern.len) == NULL &&
           strncasecmp(pattern.ptr, host.ptr, host.len) == 0;
}

bool x509_is_for(migtask_view der, const migtask_endpoint *endpoint)
{
    static const uint8_t address_len[] = {
        [MIGTASK_HOST_IPV4] = 4, [MIGTASK_HOST_IPV6] = 16, [MIGTASK_HOST_NAME] = 0};
    migtask_view content;
    element names, name;
    if (!x509_extension(der, 17, &content) || !x509_next(&content, &names)) {
        return false;
    }
    size_t len = address_len[endpoint->kind];
    while (x509_next(&names.content, &name)) {
        if (len == 0 && name.tag == 0x82 && name_matches(name.content, endpoint->host)) {
            return true;
        }
        if (len != 0 && name.tag == 0x87 && name.content.len == len &&
            memcmp(name.content.ptr, endpoint->address, len) == 0) {
            return true;
        }
    }
    return false;
}

bool x509_is_authority(migtask_view der)
{
    migtask_view content;
    element sequence, flag;
    return x509_extension(der, 19, &content) && x509_next(&content, &sequence) &&
           x509_next(&sequence.content, &flag) && flag.tag == 1 && flag.content.len == 1 &&
           flag.content.ptr[0] != 0;
}

static bool digits(migtask_view *text, size_t count, int *number)
{
    *number = 0;
    for (size_t i = 0; i < count; i++) {
        if (i >= text->len || text->ptr[i] < '0' || text->ptr[i] > '9') {
            return false;
        }
        *number = 10 * *number + (text->ptr[i] - '0');
    }
    text->ptr += count;
    text->len -= count;
    return true;
}

/* UTCTime or GeneralizedTime, RFC 5280 section 4.1.2.5. */
static bool read_time(const element *time, int64_t *seconds)
{
    struct tm tm = {0};
    migtask_view text = time->content;
    if (!digits(&text, time->tag == 0x17 ? 2 : 4, &tm.tm_year) || !digits(&text, 2, &tm.tm_mon) ||
        !digits(&text, 2, &tm.tm_mday) || !digits(&text, 2, &tm.tm_hour) ||
        !digits(&text, 2, &tm.tm_min) || !digits(&text, 2, &tm.tm_sec) || tm.tm_mon > 12 ||
        tm.tm_mday > 31 || tm.tm_hour > 24 || tm.tm_min > 60) {
        return false;
    }
    if (time->tag == 0x17) {
        tm.tm_year += tm.tm_year < 50 ? 100 : 0;
    } else {
        tm.tm_year -= 1900;
    }
    tm.tm_mon--;
    *seconds = timegm(&tm);
    return true;
}

bool x509_dates(migtask_view der, int64_t *from, int64_t *to)
{
    element validity, first, second;
    return field(der, 3, &validity) && x509_next(&validity.content, &first) &&
           x509_next(&validity.content, &second) && read_time(&first, from) &&
           read_time(&second, to);
}

/* ---- Changing ---- */

/* Where the element with that number is, counted from the outside and the front, and the elements
 * that it is in. Returns its depth, or -1. Octet strings are looked into. */
static int find(const textbuf *der, unsigned number, element path[DEPTH], migtask_view rests[DEPTH])
{
    int depth = 0;
    rests[0] = text_view(der);
    for (;;) {
        while (!x509_next(&rests[depth], &path[depth])) {
            if (depth-- == 0) {
                return -1;
            }
        }
        if (number-- == 0) {
            return depth;
        }
        if (((path[depth].tag & 0x20) != 0 || path[depth].tag == 4) && depth + 1 < DEPTH) {
            depth++;
            rests[depth] = path[depth - 1].content;
        }
    }
}

static size_t put_head(char head[6], uint8_t tag, size_t len)
{
    head[0] = (char)tag;
    if (len < 0x80) {
        head[1] = (char)len;
        return 2;
    }
    size_t count = len > 0xffff ? 3 : len > 0xff ? 2 : 1;
    head[1] = (char)(0x80 | count);
    for (size_t i = 0; i < count; i++) {
        head[2 + i] = (char)(len >> 8 * (count - 1 - i));
    }
    return 2 + count;
}

/* Replaces the bytes [from, to) in the element at path[depth], and sets the lengths right. */
static void replace(textbuf *der, const element path[DEPTH], int depth, size_t from, size_t to,
                    migtask_view bytes)
{
    size_t offsets[DEPTH], lens[DEPTH], heads[DEPTH];
    for (int i = 0; i <= depth; i++) {
        offsets[i] = (size_t)(path[i].whole.ptr - der->ptr);
        heads[i] = path[i].whole.len - path[i].content.len;
        lens[i] = path[i].content.len;
    }
    size_t before = der->len;
    text_splice(der, from, to - from, bytes);
    for (int i = depth; i >= 0; i--) {
        char head[6];
        size_t len = lens[i] + der->len - before; /* may wrap on its way, ends right */
        size_t head_len = put_head(head, (uint8_t)der->ptr[offsets[i]], len);
        text_splice(der, offsets[i], heads[i], (migtask_view){head, head_len});
    }
}

enum { SET, BEHIND, DROP, TWICE, TAG, BEFORE, KINDS };

static void edit_element(textbuf *der, unsigned kind, unsigned number, migtask_view bytes)
{
    element path[DEPTH];
    migtask_view rests[DEPTH];
    int depth = find(der, number % 160, path, rests);
    if (depth < 0) {
        return;
    }
    static textbuf copy;
    const element *it = &path[depth];
    size_t start = (size_t)(it->whole.ptr - der->ptr);
    size_t content = (size_t)(it->content.ptr - der->ptr);
    size_t end = start + it->whole.len;
    text_clear(&copy);
    text_add(&copy, it->whole.ptr, it->whole.len);
    switch (kind) {
    case SET:
        replace(der, path, depth, content, end, bytes);
        break;
    case BEHIND:
        replace(der, path, depth, end, end, bytes);
        break;
    case DROP:
        replace(der, path, depth - 1, start, end, (migtask_view){NULL, 0});
        break;
    case TWICE:
        replace(der, path, depth - 1, start, start, text_view(&copy));
        break;
    case TAG:
        der->ptr[start] = bytes.len > 0 ? bytes.ptr[0] : 0;
        break;
    default:
        replace(der, path, depth - 1, start, start, bytes);
        break;
    }
}

void x509_edit(textbuf *der, input *in)
{
    unsigned kind = input_byte(in) % (KINDS + 3);
    unsigned where = input_pair(in);
    migtask_view bytes = input_text(in, input_byte(in));
    if (kind < KINDS) {
        edit_element(der, kind, where, bytes);
        return;
    }
    size_t at = where % (der->len + 1);
    size_t left = der->len - at;
    if (kind == KINDS) { /* flip bits */
        for (size_t i = 0; i < bytes.len && i < left; i++) {
            der->ptr[at + i] ^= bytes.ptr[i];
        }
    } else if (kind == KINDS + 1) { /* insert */
        text_splice(der, at, 0, bytes);
    } else { /* remove as many as the first byte says */
        size_t len = bytes.len > 0 ? (uint8_t)bytes.ptr[0] : 1;
        text_splice(der, at, len < left ? len : left, (migtask_view){NULL, 0});
    }
}

/* ---- PEM ---- */

void x509_put_pem(textbuf *out, migtask_view der, size_t line, unsigned ends)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char *const line_ends[] = {"\n", "\r\n", " \t\n"};
    const char *end = line_ends[ends % 3];
    text_put(out, "-----BEGIN CERTIFICATE-----");
    text_put(out, end);
    size_t column = 0;
    for (size_t i = 0; i < der.len; i += 3) {
        size_t have = der.len - i < 3 ? der.len - i : 3;
        uint32_t bits = 0;
        for (size_t n = 0; n < 3; n++) {
            bits = bits << 8 | (n < have ? (uint8_t)der.ptr[i + n] : 0);
        }
        for (size_t n = 0; n < 4; n++) {
            text_add(out, n <= have ? &digit[bits >> (18 - 6 * n) & 63] : "=", 1);
            if (++column == line) {
                text_put(out, end);
                column = 0;
            }
        }
    }
    text_put(out, column > 0 ? end : "");
    text_put(out, "-----END CERTIFICATE-----");
    text_put(out, end);
}
