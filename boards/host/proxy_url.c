#include "proxy_url.h"

#include <string.h>

#define DEFAULT_PORT 1080

static char memory[PROXY_CREDENTIALS_MAX];

static const char wrong_scheme[] =
    "only http:// proxies are supported, not https:// nor socks:// ones (what goes through is "
    "encrypted all the same)";
static const char wrong_place[] =
    "it is http://[USER:PASSWORD@]HOST[:PORT], with a port from 1 to 65535 (1080 if none is given)";
static const char wrong_user[] =
    "in its user and password @ : / ? # and a blank are written %40 %3A %2F %3F %23 %20; control "
    "characters, and a colon in the user, cannot be";
static const char too_long[] = "its user and password have more than 1023 bytes together";
_Static_assert(PROXY_CREDENTIALS_MAX == 1024, "it stands in that sentence");

void proxy_url_wipe(void)
{
    migtask_wipe(memory, sizeof memory);
}

/* Where the scheme ends, 0 if there is none. */
static size_t scheme_length(migtask_view url)
{
    for (size_t i = 0; i + 3 <= url.len; i++) {
        if (memcmp(url.ptr + i, "://", 3) == 0) {
            return i + 3;
        }
    }
    return 0;
}

static bool is_http(const char *scheme, size_t len)
{
    static const char http[] = "http://";
    if (len != sizeof http - 1) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        char c = scheme[i];
        if ((c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c) != http[i]) {
            return false;
        }
    }
    return true;
}

/* Bytes up to and with the last @, 0 if there is none. An @ in a password should be %40, but who
 * forgot that wants it hidden all the same. */
static size_t user_length(migtask_view authority)
{
    size_t len = authority.len;
    while (len > 0 && authority.ptr[len - 1] != '@') {
        len--;
    }
    return len;
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* One character of the user or the password (len >= 1): how many bytes stand for it. */
static size_t decode(const char *at, size_t len, char *out)
{
    if (*at == '%' && len > 2 && hex_value(at[1]) >= 0 && hex_value(at[2]) >= 0) {
        *out = (char)(hex_value(at[1]) << 4 | hex_value(at[2]));
        return 3;
    }
    *out = *at;
    return 1;
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7F;
}

/* USER[:PASSWORD] as "USER:PASSWORD", decoded. RFC 7617 section 2: the first colon ends the user.
 */
static const char *read_user(migtask_view text, migtask_view *credentials)
{
    size_t len = 0;
    bool in_user = true;
    for (size_t at = 0; at < text.len;) {
        char c;
        size_t took = decode(text.ptr + at, text.len - at, &c);
        bool separates = in_user && took == 1 && c == ':';
        if (is_control(c) || (took == 1 && strchr(" @/?#", c) != NULL) ||
            (in_user && c == ':' && !separates)) {
            return wrong_user;
        }
        in_user = in_user && !separates;
        if (len + 1 >= sizeof memory) { /* there is room for one colon more */
            return too_long;
        }
        memory[len++] = c;
        at += took;
    }
    if (in_user) {
        memory[len++] = ':';
    }
    credentials->ptr = memory;
    credentials->len = len;
    return NULL;
}

const char *proxy_url_read(migtask_view url, migtask_endpoint *where, migtask_view *credentials)
{
    size_t scheme = scheme_length(url);
    if (scheme > 0 && !is_http(url.ptr, scheme)) {
        return wrong_scheme;
    }
    migtask_view authority = {url.ptr + scheme, url.len - scheme};
    size_t user = user_length(authority);
    migtask_view place = {authority.ptr + user, authority.len - user};
    if (place.len > 0 && place.ptr[place.len - 1] == '/') {
        place.len--;
    }
    if (!migtask_authority_parse(place, DEFAULT_PORT, where)) {
        return wrong_place;
    }
    *credentials = (migtask_view){NULL, 0};
    return user > 0 ? read_user((migtask_view){authority.ptr, user - 1}, credentials) : NULL;
}

void proxy_url_mask(char *url)
{
    size_t scheme = scheme_length(migtask_text(url));
    size_t user = user_length(migtask_text(url + scheme));
    migtask_wipe(url + scheme, user > 0 ? user - 1 : 0);
    for (size_t i = scheme; i + 1 < scheme + user; i++) {
        url[i] = '*'; /* so that the text goes on as far as before */
    }
}
