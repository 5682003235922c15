#include "no_proxy.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool same_name(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (lower(a[i]) != lower(b[i])) {
            return false;
        }
    }
    return true;
}

/* The entry is the host's name, or its end from a dot on. */
static bool names_host(migtask_view entry, migtask_view host)
{
    if (entry.len > 0 && entry.ptr[entry.len - 1] == '.') {
        entry.len--;
    }
    if (entry.len > 0 && entry.ptr[0] == '.') {
        entry.ptr++;
        entry.len--;
    }
    if (entry.len == 0 || entry.len > host.len) {
        return false;
    }
    const char *end = host.ptr + host.len - entry.len;
    return (entry.len == host.len || end[-1] == '.') && same_name(entry.ptr, end, entry.len);
}

/* An address, IPv6 with or without its brackets, and nothing else. */
static bool read_address(migtask_view text, migtask_endpoint *address)
{
    char bracketed[64];
    if (text.len > 0 && text.ptr[0] != '[' && memchr(text.ptr, ':', text.len) != NULL &&
        text.len + 2 <= sizeof bracketed) {
        bracketed[0] = '[';
        memcpy(bracketed + 1, text.ptr, text.len);
        bracketed[text.len + 1] = ']';
        text = (migtask_view){bracketed, text.len + 2};
    }
    size_t brackets = text.len > 0 && text.ptr[0] == '[' ? 2 : 0;
    return migtask_authority_parse(text, 1, address) && address->kind != MIGTASK_HOST_NAME &&
           address->host.len + brackets == text.len; /* no port and no dot behind it */
}

/* Digits, up to max; none are 0. */
static bool read_prefix(const char *at, const char *end, unsigned max, unsigned *prefix)
{
    *prefix = 0;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9' || *prefix > max) {
            return false;
        }
        *prefix = *prefix * 10 + (unsigned)(*at - '0');
    }
    return *prefix <= max;
}

/* The entry is the host's address, or a network that it is in. */
static bool names_address(migtask_view entry, const migtask_endpoint *host)
{
    const unsigned bits = host->kind == MIGTASK_HOST_IPV4 ? 32 : 128;
    const char *slash = memchr(entry.ptr, '/', entry.len);
    const char *end = entry.ptr + entry.len;
    unsigned prefix = 0;
    migtask_endpoint network;
    if (slash != NULL) {
        if (!read_prefix(slash + 1, end, bits, &prefix)) {
            return false;
        }
        entry.len = (size_t)(slash - entry.ptr);
    }
    if (!read_address(entry, &network) || network.kind != host->kind) {
        return false;
    }
    prefix = prefix == 0 ? bits : prefix;
    unsigned whole = prefix / 8;
    unsigned rest = prefix % 8;
    if (memcmp(network.address, host->address, whole) != 0) {
        return false;
    }
    return rest == 0 || ((network.address[whole] ^ host->address[whole]) >> (8 - rest)) == 0;
}

bool no_proxy_names(const char *list, const migtask_endpoint *endpoint)
{
    if (strcmp(list, "*") == 0) {
        return true;
    }
    while (*list != '\0') {
        while (is_blank(*list) || *list == ',') {
            list++;
        }
        migtask_view entry = {list, 0};
        while (*list != '\0' && !is_blank(*list) && *list != ',') {
            list++;
            entry.len++;
        }
        if (entry.len > 0 &&
            (endpoint->kind == MIGTASK_HOST_NAME ? names_host(entry, endpoint->host)
                                                 : names_address(entry, endpoint))) {
            return true;
        }
    }
    return false;
}
