#include "writer.h"

#include <string.h>

#include "unicode.h"

bool migtask_writer_flush(struct migtask_writer *w)
{
    if (!w->full && w->len > 0 && !w->flush(w->flush_ctx, w->buf, w->len)) {
        w->full = true;
    }
    w->len = 0;
    return !w->full;
}

/* Counts a piece; returns how much of its front is not wanted, all of it if none is. */
static size_t count(struct migtask_writer *w, size_t len)
{
    size_t start = w->total;
    w->total += len;
    if (w->buf == NULL || w->full || w->total <= w->skip) {
        return len;
    }
    return start < w->skip ? w->skip - start : 0;
}

void migtask_put(struct migtask_writer *w, const char *ptr, size_t len)
{
    size_t at = count(w, len);
    while (at < len && !w->full) {
        size_t take = w->cap - w->len;
        take = take < len - at ? take : len - at;
        memcpy(w->buf + w->len, ptr + at, take);
        w->len += take;
        at += take;
        if (at < len) {
            w->full = w->flush == NULL || !w->flush(w->flush_ctx, w->buf, w->len);
            w->len = w->full ? w->len : 0;
        }
    }
}

void migtask_put_ref(struct migtask_writer *w, migtask_view piece)
{
    size_t skip = count(w, piece.len);
    if (skip < piece.len) {
        w->full = true;
        if (w->len == 0) { /* else the window before it ends here */
            w->by_ref.ptr = piece.ptr + skip;
            w->by_ref.len = piece.len - skip;
        }
    }
}

void migtask_put_string(struct migtask_writer *w, const char *string)
{
    migtask_put(w, string, strlen(string));
}

void migtask_put_number(struct migtask_writer *w, uint32_t number)
{
    char digits[10];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    migtask_put(w, digits + at, sizeof digits - at);
}

/* A unit of UTF-16 as \uXXXX. */
static void write_unit(char out[6], unsigned unit)
{
    static const char hex[] = "0123456789abcdef";
    out[0] = '\\';
    out[1] = 'u';
    for (int i = 5; i >= 2; i--) {
        out[i] = hex[unit & 15];
        unit >>= 4;
    }
}

void migtask_put_ascii(struct migtask_writer *w, migtask_view text)
{
    while (text.len > 0) {
        size_t take = migtask_plain_length(text.ptr, text.len);
        if (take > 0) {
            migtask_put(w, text.ptr, take);
        } else {
            char units[12];
            uint32_t character = 0;
            take = migtask_utf8_decode(text.ptr, text.len, &character);
            MIGTASK_ASSERT(take > 0 && take <= text.len);
            bool pair = character > 0xFFFF;
            write_unit(units, pair ? 0xD7C0 + (character >> 10) : character);
            write_unit(units + 6, 0xDC00 | (character & 0x3FF));
            migtask_put(w, units, pair ? 12 : 6);
        }
        text.ptr += take;
        text.len -= take;
    }
}

size_t migtask_escape(const char *ptr, size_t len, bool json, char out[6], size_t *size)
{
    uint32_t character;
    size_t took = migtask_utf8_decode(ptr, len, &character);
    if (took == 0 || took > len) {
        *size = 3;
        memcpy(out, MIGTASK_REPLACEMENT, 3);
        return 1;
    }
    *size = took;
    memcpy(out, ptr, took);
    if (migtask_is_unsafe(character)) {
        *size = 6;
        write_unit(out, character);
    } else if (json && (character == '"' || character == '\\')) {
        *size = 2;
        out[0] = '\\';
        out[1] = (char)character;
    }
    return took;
}

void migtask_put_escaped(struct migtask_writer *w, migtask_view text, bool json)
{
    while (text.len > 0) {
        char escaped[6];
        const char *from = text.ptr;
        size_t take = migtask_plain_length(text.ptr, text.len);
        size_t size = take;
        if (take == 0) {
            take = migtask_escape(text.ptr, text.len, json, escaped, &size);
            from = escaped;
        }
        migtask_put(w, from, size);
        text.ptr += take;
        text.len -= take;
    }
}
