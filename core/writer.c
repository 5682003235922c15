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

void migtask_put(struct migtask_writer *w, const char *ptr, size_t len)
{
    size_t start = w->total;
    w->total += len;
    if (w->buf == NULL || w->full || w->total <= w->skip) {
        return;
    }
    if (start < w->skip) {
        ptr += w->skip - start;
        len = w->total - w->skip;
    }
    while (len > 0 && !w->full) {
        size_t room = w->cap - w->len;
        size_t take = len < room ? len : room;
        memcpy(w->buf + w->len, ptr, take);
        w->len += take;
        ptr += take;
        len -= take;
        if (len > 0) {
            if (w->flush != NULL) {
                (void)migtask_writer_flush(w);
            } else {
                w->full = true;
            }
        }
    }
}

void migtask_put_ref(struct migtask_writer *w, migtask_view piece)
{
    size_t start = w->total;
    w->total += piece.len;
    if (w->buf == NULL || w->full || w->total <= w->skip) {
        return;
    }
    w->full = true;
    if (w->len == 0) { /* else the window before it ends here */
        size_t skip = start < w->skip ? w->skip - start : 0;
        w->by_ref.ptr = piece.ptr + skip;
        w->by_ref.len = piece.len - skip;
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

size_t migtask_escape(const char *ptr, size_t len, bool json, char out[6], size_t *size)
{
    static const char hex[] = "0123456789abcdef";
    uint32_t character;
    size_t took = migtask_utf8_decode(ptr, len, &character);
    if (took == 0) {
        *size = 3;
        memcpy(out, MIGTASK_REPLACEMENT, 3);
        return 1;
    }
    *size = took;
    memcpy(out, ptr, took);
    if (migtask_is_unsafe(character)) {
        *size = 6;
        out[0] = '\\';
        out[1] = 'u';
        for (int i = 5; i >= 2; i--) {
            out[i] = hex[character & 15];
            character >>= 4;
        }
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
