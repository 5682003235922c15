/* The little of DER that is needed before or beside mbedTLS's parser. X.690, RFC 5280 section 4.1.
 */
#include "der.h"

#include <string.h>

/* Reads tag and length at the start of rest. Returns 0, SIZE_MAX if it is not DER, or how many
 * bytes are needed to know. As strict as DER is: mbedTLS follows more (lengths in more bytes than
 * it takes), and what it follows otherwise than we do must be unreadable here. */
static size_t read_head(migtask_bytes rest, size_t *head, size_t *len)
{
    enum { LONG_TAG = 0x1f, LONG_LENGTH = 0x80, MOST = 3 };
    if (rest.len >= 1 && (rest.ptr[0] & LONG_TAG) == LONG_TAG) {
        return SIZE_MAX;
    }
    if (rest.len < 2) {
        return 2;
    }
    size_t first = rest.ptr[1];
    if (first < LONG_LENGTH) {
        *head = 2;
        *len = first;
        return 0;
    }
    size_t count = first - LONG_LENGTH;
    if (count < 1 || count > MOST) {
        return SIZE_MAX;
    }
    if (rest.len < 2 + count) {
        return 2 + count;
    }
    *len = 0;
    for (size_t i = 0; i < count; i++) {
        *len = *len << 8 | rest.ptr[2 + i];
    }
    if (*len < LONG_LENGTH || *len >> 8 * (count - 1) == 0) {
        return SIZE_MAX;
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

/* Whether a list of object identifiers has this one; UNREADABLE if it is no such list. */
static enum migtask_der_found find_oid(migtask_bytes list, migtask_bytes oid)
{
    enum migtask_der_found found = MIGTASK_DER_ABSENT;
    struct migtask_der id;
    while (list.len > 0) {
        if (!migtask_der_expect(&list, MIGTASK_DER_OID, &id)) {
            return MIGTASK_DER_UNREADABLE;
        }
        if (id.content.len == oid.len && memcmp(id.content.ptr, oid.ptr, oid.len) == 0) {
            found = MIGTASK_DER_PRESENT;
        }
    }
    return found;
}

enum migtask_der_found migtask_der_find_extension(migtask_bytes extensions, migtask_bytes oid)
{
    enum migtask_der_found found = MIGTASK_DER_ABSENT;
    struct migtask_der list, extension, id;
    if (extensions.len == 0) {
        return MIGTASK_DER_ABSENT;
    }
    if (!migtask_der_expect(&extensions, MIGTASK_DER_SEQUENCE, &list) || extensions.len > 0) {
        return MIGTASK_DER_UNREADABLE;
    }
    while (list.content.len > 0) {
        if (!migtask_der_expect(&list.content, MIGTASK_DER_SEQUENCE, &extension) ||
            !migtask_der_expect(&extension.content, MIGTASK_DER_OID, &id)) {
            return MIGTASK_DER_UNREADABLE;
        }
        if (find_oid(id.whole, oid) == MIGTASK_DER_PRESENT) {
            found = MIGTASK_DER_PRESENT;
        }
    }
    return found;
}

bool migtask_der_trusts_servers(migtask_bytes settings)
{
    enum { TRUST = MIGTASK_DER_SEQUENCE, REJECT = 0xa0, ALIAS = 0x0c, KEY_ID = 0x04, OTHER = 0xa1 };
    static const uint8_t server_auth[] = {0x2b, 6, 1, 5, 5, 7, 3, 1};
    static const uint8_t any_usage[] = {0x55, 0x1d, 0x25, 0};
    static const migtask_bytes purposes[] = {{server_auth, sizeof server_auth},
                                             {any_usage, sizeof any_usage}};
    struct migtask_der all, part;
    bool limited = false;
    bool trusted = false;
    if (!migtask_der_expect(&settings, MIGTASK_DER_SEQUENCE, &all) || settings.len > 0) {
        return false;
    }
    while (all.content.len > 0) {
        if (!migtask_der_next(&all.content, &part)) {
            return false;
        }
        switch (part.tag) {
        case TRUST:
        case REJECT:
            limited |= part.tag == TRUST;
            for (size_t i = 0; i < sizeof purposes / sizeof purposes[0]; i++) {
                enum migtask_der_found found = find_oid(part.content, purposes[i]);
                if (found == MIGTASK_DER_UNREADABLE ||
                    (found == MIGTASK_DER_PRESENT && part.tag == REJECT)) {
                    return false;
                }
                trusted |= found == MIGTASK_DER_PRESENT;
            }
            break;
        case ALIAS:
        case KEY_ID:
        case OTHER:
            break;
        default:
            return false;
        }
    }
    return trusted || !limited;
}
