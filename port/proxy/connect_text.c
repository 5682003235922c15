#include "connect_text.h"

static void put_host(struct migtask_writer *w, const migtask_endpoint *endpoint)
{
    bool ipv6 = endpoint->kind == MIGTASK_HOST_IPV6;
    migtask_put(w, "[", ipv6);
    migtask_put(w, endpoint->host.ptr, endpoint->host.len);
    migtask_put(w, "]", ipv6);
}

/* Both the request's target and the Host: RFC 9112 section 3.2.3, always with the port. */
static void put_authority(struct migtask_writer *w, const migtask_endpoint *endpoint)
{
    put_host(w, endpoint);
    migtask_put(w, ":", 1);
    migtask_put_number(w, endpoint->port);
}

/* RFC 4648 section 4, with padding; straight from where the text lies, so that no copy is left. */
static void put_base64(struct migtask_writer *w, migtask_view text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t at = 0; at < text.len; at += 3) {
        size_t left = text.len - at;
        uint32_t bits = (uint32_t)(uint8_t)text.ptr[at] << 16;
        bits |= left > 1 ? (uint32_t)(uint8_t)text.ptr[at + 1] << 8 : 0;
        bits |= left > 2 ? (uint32_t)(uint8_t)text.ptr[at + 2] : 0;
        char group[4] = {digits[bits >> 18], digits[bits >> 12 & 63],
                         left > 1 ? digits[bits >> 6 & 63] : '=',
                         left > 2 ? digits[bits & 63] : '='};
        migtask_put(w, group, sizeof group);
    }
}

void migtask_connect_write(struct migtask_writer *w, const migtask_proxy_config *config)
{
    migtask_put_string(w, "CONNECT ");
    put_authority(w, &config->target);
    migtask_put_string(w, " HTTP/1.1\r\nHost: ");
    put_authority(w, &config->target);
    if (config->credentials.ptr != NULL) {
        migtask_put_string(w, "\r\nProxy-Authorization: Basic ");
        put_base64(w, config->credentials);
    }
    migtask_put_string(w, "\r\nUser-Agent: migtask/" MIGTASK_VERSION "\r\n\r\n");
}

void migtask_put_place(struct migtask_writer *w, const migtask_endpoint *endpoint)
{
    put_host(w, endpoint);
    migtask_put_string(w, " port ");
    migtask_put_number(w, endpoint->port);
}

void migtask_refusal_write(struct migtask_writer *w, const migtask_proxy_config *config,
                           unsigned status, const char *scheme)
{
    const char *says = " opens no connection to ";
    const char *advice = ": see its log";
    bool signs_in = status == 401 || status == 407; /* 401: of some, for wrong ones */
    switch (status) {
    case 403:
        says = " does not allow a connection to ";
        advice = ": ask those who run it to allow this host and port";
        break;
    case 401:
    case 407:
        says = config->credentials.ptr != NULL ? " does not accept this user and password"
                                               : " wants a user and a password";
        advice = ": give them as http://USER:PASSWORD@HOST:PORT";
        break;
    case 400:
    case 404:
    case 405:
    case 501:
        advice = ": is it a proxy, and is this its port?";
        break;
    case 502:
    case 503:
    case 504:
        says = " cannot reach ";
        advice = ": is that host right, and may the proxy's machine reach it and resolve its name?";
        break;
    default:
        break;
    }
    migtask_put_string(w, "the proxy ");
    migtask_put_place(w, &config->proxy);
    if (signs_in && scheme != NULL) {
        says = " wants a sign-in by ";
        advice = ", and Basic alone is known here: have it let this machine through without one, "
                 "or go by a proxy in between that knows it, such as cntlm";
    }
    migtask_put_string(w, says);
    if (!signs_in) {
        migtask_put_place(w, &config->target);
    } else if (scheme != NULL) {
        migtask_put_string(w, scheme);
    }
    migtask_put_string(w, " (HTTP ");
    migtask_put_number(w, status);
    migtask_put_string(w, ")");
    migtask_put_string(w, advice);
}
