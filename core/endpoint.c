/* Where the service is: URLs, host names, addresses, regions. */
#include <string.h>

#include "migtask.h"

/* Hosts found in the service's documents and SDKs; there is one endpoint a site, not one a
 * region, so the list is short. The target server may be in any region all the same. */
const migtask_region migtask_regions[] = {
    {"cn-north-4", "sms.cn-north-4.myhuaweicloud.com"},
    {"ap-southeast-1", "sms.ap-southeast-1.myhuaweicloud.com"},
    {"ap-southeast-3", "sms.ap-southeast-3.myhuaweicloud.com"},
    {"my-kualalumpur-1", "sms.my-kualalumpur-1.myhuaweicloud.com"},
    {"ru-moscow-1", "sms-api.ru-moscow-1.myhuaweicloud.com"},
    {NULL, NULL},
};

#define ZONE_MAX 32 /* Linux has names of up to 15 bytes */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static int hex_value(char c)
{
    c = lower(c);
    return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four decimal numbers 0..255 without leading zeros (RFC 3986 section 3.2.2). */
static bool parse_ipv4(const char *at, const char *end, uint8_t out[4])
{
    for (int i = 0; i < 4; i++) {
        const char *start = at;
        unsigned value = 0;
        while (at < end && at - start < 4 && is_digit(*at)) {
            value = value * 10 + (unsigned)(*at++ - '0');
        }
        if (at == start || value > 255 || (*start == '0' && at - start > 1)) {
            return false;
        }
        out[i] = (uint8_t)value;
        if (i < 3 && (at == end || *at++ != '.')) {
            return false;
        }
    }
    return at == end;
}

/* The name or number of a network interface, and what RFC 6874 allows of one in a URL. */
static bool is_zone(const char *at, const char *end)
{
    if (at == end || end - at > ZONE_MAX) {
        return false;
    }
    for (; at < end; at++) {
        char c = lower(*at);
        if (!is_digit(c) && !(c >= 'a' && c <= 'z') && (c == '\0' || strchr("%-._~", c) == NULL)) {
            return false;
        }
    }
    return true;
}

/* RFC 4291 section 2.2, all three forms; no zone. */
static bool parse_ipv6(const char *at, const char *end, uint8_t out[16])
{
    size_t len = 0;
    size_t gap = SIZE_MAX; /* where "::" stands */
    if (end - at >= 2 && at[0] == ':' && at[1] == ':') {
        gap = 0;
        at += 2;
    }
    while (at < end) {
        const char *start = at;
        unsigned value = 0;
        if (len == 16) {
            return false;
        }
        while (at < end && at - start < 4 && hex_value(*at) >= 0) {
            value = value << 4 | (unsigned)hex_value(*at++);
        }
        if (at < end && *at == '.') { /* the last 32 bits written as IPv4 */
            if (len > 12 || !parse_ipv4(start, end, out + len)) {
                return false;
            }
            len += 4;
            break;
        }
        if (at == start) {
            return false;
        }
        out[len++] = (uint8_t)(value >> 8);
        out[len++] = (uint8_t)value;
        if (at == end) {
            break;
        }
        if (*at++ != ':' || at == end) {
            return false;
        }
        if (*at == ':') {
            if (gap != SIZE_MAX) {
                return false;
            }
            gap = len;
            at++;
        }
    }
    if (gap == SIZE_MAX) {
        return len == 16;
    }
    if (len > 14) { /* "::" stands for at least one group */
        return false;
    }
    memmove(out + 16 - (len - gap), out + gap, len - gap);
    memset(out + gap, 0, 16 - len);
    return true;
}

/* A host name, or an IPv4 address: a last label of digits alone can only be the latter (some
 * resolvers would read "127.1" as an address). */
static bool parse_name(const char *at, const char *end, migtask_endpoint *endpoint)
{
    if (at < end && end[-1] == '.') { /* the root's dot is not part of the certificate's name */
        end--;
        endpoint->more = 1;
    }
    if (at == end || end - at > MIGTASK_HOST_MAX) {
        return false;
    }
    bool digits_only = true;
    const char *label = at;
    for (const char *p = at;; p++) {
        if (p == end || *p == '.') {
            if (p == label || p - label > 63) {
                return false;
            }
            if (p == end) {
                break;
            }
            label = p + 1;
            digits_only = true;
        } else if (!is_digit(*p)) {
            char c = lower(*p);
            if (!(c >= 'a' && c <= 'z') && c != '-') {
                return false;
            }
            digits_only = false;
        }
    }
    endpoint->host.ptr = at;
    endpoint->host.len = (size_t)(end - at);
    endpoint->kind = digits_only ? MIGTASK_HOST_IPV4 : MIGTASK_HOST_NAME;
    return !digits_only || parse_ipv4(at, end, endpoint->address);
}

bool migtask_authority_parse(migtask_view text, uint16_t default_port, migtask_endpoint *endpoint)
{
    const char *at = text.ptr;
    const char *end = at + text.len;
    const char *host_end;
    memset(endpoint, 0, sizeof *endpoint);
    if (text.len > 0 && *at == '[') {
        host_end = memchr(at, ']', text.len);
        if (host_end == NULL) {
            return false;
        }
        const char *zone = memchr(at, '%', (size_t)(host_end - at));
        const char *address_end = zone != NULL ? zone : host_end;
        if (!parse_ipv6(at + 1, address_end, endpoint->address) ||
            (zone != NULL && !is_zone(zone + 1, host_end))) {
            return false;
        }
        endpoint->host.ptr = at + 1;
        endpoint->host.len = (size_t)(address_end - at - 1);
        endpoint->more = (uint8_t)(host_end - address_end);
        endpoint->kind = MIGTASK_HOST_IPV6;
        host_end++;
    } else {
        host_end = text.len > 0 ? memchr(at, ':', text.len) : NULL;
        host_end = host_end != NULL ? host_end : end;
        if (!parse_name(at, host_end, endpoint)) {
            return false;
        }
    }
    uint32_t port = default_port;
    if (host_end < end) {
        const char *digit = host_end + 1;
        if (*host_end != ':' || digit == end) {
            return false;
        }
        for (port = 0; digit < end; digit++) {
            if (!is_digit(*digit) || port > 65535) {
                return false;
            }
            port = port * 10 + (uint32_t)(*digit - '0');
        }
    }
    endpoint->port = (uint16_t)port;
    return port >= 1 && port <= 65535;
}

bool migtask_endpoint_parse(migtask_view url, migtask_endpoint *endpoint)
{
    static const char scheme[] = "https://";
    const size_t scheme_len = sizeof scheme - 1;
    if (url.ptr == NULL || url.len <= scheme_len) {
        return false;
    }
    for (size_t i = 0; i < scheme_len; i++) {
        if (lower(url.ptr[i]) != scheme[i]) {
            return false;
        }
    }
    migtask_view authority = {url.ptr + scheme_len, url.len - scheme_len};
    if (authority.ptr[authority.len - 1] == '/') {
        authority.len--;
    }
    return migtask_authority_parse(authority, 443, endpoint);
}

bool migtask_region_endpoint(migtask_view name, migtask_endpoint *endpoint)
{
    for (const migtask_region *region = migtask_regions; region->name != NULL; region++) {
        if (strlen(region->name) == name.len && memcmp(region->name, name.ptr, name.len) == 0) {
            return migtask_authority_parse(migtask_text(region->host), 443, endpoint);
        }
    }
    return false;
}
