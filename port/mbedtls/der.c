/* The little of DER that is needed before or beside mbedTLS's parser. X.690, RFC 5280 section 4.1.
 */
#include "der.h"

#include <string.h>

/* Reads tag and length at the start of rest. Returns 0, SIZE_MAX if it is not DER, or how many
 * bytes are needed to know. */
static size_t read_head(migtask_bytes rest, size_t *head, size_t *len)
{
    if (rest.len < 2) {
        return 2;
    }
    size_t first = rest.ptr[1];
    if (first < 0x80) {
        *head = 2;
        *len = first;
        return 0;
    }
    size_t count = first & 0x7f;
    if (count < 1 || count > 3) {
        return SIZE_MAX;
    }
    if (rest.len < 2 + count) {
        return 2 + count;
    }
    *len = 0;
    for (size_t i = 0; i < count; i++) {
        *len = *len << 8 | rest.ptr[2 + i];
    }
    *head = 2 + count;
    return 0;
}

static migtask_bytes after(migtask_bytes bytes, size_t count)
{
    migtask_bytes rest = {bytes.ptr + count, bytes.len - count};
    return rest;
}

bool migtask_der_next(migtask_bytes *rest, struct migtask_der *element)
{
    size_t head, len;
    if (read_head(*rest, &head, &len) != 0 || len > rest->len - head) {
        return false;
    }
    element->tag = rest->ptr[0];
    element->content.ptr = rest->ptr + head;
    element->content.len = len;
    element->whole.ptr = rest->ptr;
    element->whole.len = head + len;
    *rest = after(*rest, head + len);
    return true;
}

bool migtask_der_expect(migtask_bytes *rest, uint8_t tag, struct migtask_der *element)
{
    return migtask_der_next(rest, element) && element->tag == tag;
}

size_t migtask_der_subject(migtask_bytes start, migtask_bytes *subject)
{
    /* Certificate and TBSCertificate are entered, then version (optional), serial number, signature
     * algorithm, issuer and validity are passed over. */
    migtask_bytes rest = start;
    int entered = 0;
    int passed = 0;
    subject->len = 0;
    for (;;) {
        size_t head, len;
        size_t need = read_head(rest, &head, &len);
        if (need == SIZE_MAX) {
            return SIZE_MAX;
        }
        size_t before = start.len - rest.len;
        if (need != 0) {
            return before + need;
        }
        uint8_t tag = rest.ptr[0];
        if (entered < 2) {
            if (tag != MIGTASK_DER_SEQUENCE) {
                return SIZE_MAX;
            }
            entered++;
            rest = after(rest, head);
            continue;
        }
        if (passed == 4) {
            subject->ptr = rest.ptr;
            subject->len = head + len;
        }
        if (rest.len - head < len) {
            return before + head + len;
        }
        if (passed == 4) {
            return tag == MIGTASK_DER_SEQUENCE ? 0 : SIZE_MAX;
        }
        if (passed > 0 || tag != 0xa0) {
            passed++;
        }
        rest = after(rest, head + len);
    }
}

static uint8_t fold(uint8_t byte)
{
    enum { UTF8_STRING = 0x0c, PRINTABLE_STRING = 0x13 };
    if (byte >= 'A' && byte <= 'Z') {
        return (uint8_t)(byte + 'a' - 'A');
    }
    return byte == UTF8_STRING ? PRINTABLE_STRING : byte;
}

bool migtask_der_similar(migtask_bytes a, migtask_bytes b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (a.ptr[i] != b.ptr[i] && fold(a.ptr[i]) != fold(b.ptr[i])) {
            return false;
        }
    }
    return true;
}

bool migtask_der_has_extension(migtask_bytes extensions, migtask_bytes oid)
{
    struct migtask_der list, extension, id;
    if (!migtask_der_expect(&extensions, MIGTASK_DER_SEQUENCE, &list)) {
        return false;
    }
    while (migtask_der_expect(&list.content, MIGTASK_DER_SEQUENCE, &extension)) {
        if (migtask_der_expect(&extension.content, MIGTASK_DER_OID, &id) &&
            id.content.len == oid.len && memcmp(id.content.ptr, oid.ptr, oid.len) == 0) {
            return true;
        }
    }
    return false;
}
