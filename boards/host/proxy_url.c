#include "proxy_url.h"

#include <string.h>

#include "secrets.h"

#define DEFAULT_PORT 1080

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

/* Where the scheme ends, 0 if there is none. */
static size_t scheme_length(const char *url)
{
    const char *end = strstr(url, "://");
    return end != NULL ? (size_t)(end - url) + 3 : 0;
}

static bool is_http(const char *url, size_t scheme)
{
    static const char http[] = "http://";
    bool same = scheme == sizeof http - 1;
    for (size_t i = 0; i < scheme && same; i++) {
        same = (url[i] | 0x20) == http[i]; /* in any case */
    }
    return same;
}

/* Bytes up to and with the last @, 0 if there is none. An @ in a password should be %40, but who
 * forgot that wants it hidden all the same. */
static size_t user_length(const char *authority)
{
    const char *at = strrchr(authority, '@');
    return at != NULL ? (size_t)(at - authority) + 1 : 0;
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

/* USER[:PASSWORD] as "USER:PASSWORD", decoded. RFC 7617 section 2: the first colon ends the user.
 */
static const char *read_user(migtask_view text, migtask_view *credentials)
{
    char *memory = secrets->proxy;
    size_t len = 0;
    bool in_user = true;
    for (size_t at = 0; at < text.len;) {
        char c;
        size_t took = decode(text.ptr + at, text.len - at, &c);
        bool separates = in_user && took == 1 && c == ':';
        bool plain = took > 1 || strchr(" @/?#", c) == NULL;
        if ((unsigned char)c < 0x20 || c == 0x7F || !plain || (in_user && c == ':' && !separates)) {
            return wrong_user;
        }
        in_user = in_user && !separates;
        if (len + 1 >= sizeof secrets->proxy) { /* there is room for one colon more */
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

const char *proxy_url_read(const char *url, migtask_endpoint *where, migtask_view *credentials)
{
    size_t scheme = scheme_length(url);
    if (scheme > 0 && !is_http(url, scheme)) {
        return wrong_scheme;
    }
    const char *authority = url + scheme;
    size_t user = user_length(authority);
    migtask_view place = migtask_text(authority + user);
    if (place.len > 0 && place.ptr[place.len - 1] == '/') {
        place.len--;
    }
    if (!migtask_authority_parse(place, DEFAULT_PORT, where)) {
        return wrong_place;
    }
    *credentials = (migtask_view){NULL, 0};
    return user > 0 ? read_user((migtask_view){authority, user - 1}, credentials) : NULL;
}

void proxy_url_mask(char *url)
{
    char *at = url + scheme_length(url);
    for (size_t left = user_length(at); left > 1; left--) {
        *at++ = '*'; /* not NUL, for the text goes on */
    }
}
