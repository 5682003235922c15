#include "bounded_text.h"

#include <string.h>

#include "unicode.h"
#include "writer.h"

void migtask_text_structure(struct migtask_bounded_text *text, const char *json)
{
    size_t len = strlen(json);
    MIGTASK_ASSERT(len <= text->cap - text->len);
    memcpy(text->buf + text->len, json, len);
    text->len += len;
}

void migtask_text_append(struct migtask_bounded_text *text, const char *ptr, size_t len)
{
    if (text->sink != NULL) {
        text->sink(text->sink_ctx, ptr, len);
    }
    while (len > 0 && !text->cut) {
        char escaped[6];
        const char *from = ptr;
        size_t room = text->end - text->len;
        size_t take = migtask_plain_length(ptr, len);
        size_t size = take;
        size_t units = take;
        if (take > 0) {
            size_t most = room < text->left ? room : text->left;
            if (take > most) {
                text->cut = true;
                take = size = units = most;
            }
        } else {
            take = migtask_escape(ptr, len, true, escaped, &size);
            units = MIGTASK_COUNT_CHARACTERS ? 1 : take;
            from = escaped;
            if (size > room || units > text->left) { /* never a part of a character */
                text->cut = true;
                return;
            }
        }
        memcpy(text->buf + text->len, from, size);
        text->len += size;
        text->left -= (uint32_t)units;
        ptr += take;
        len -= take;
    }
}
