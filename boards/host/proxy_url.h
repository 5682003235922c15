/* proxy_url.h - the URL of a proxy: [http://][USER[:PASSWORD]@]HOST[:PORT][/] */
#ifndef MIGTASK_HOST_PROXY_URL_H
#define MIGTASK_HOST_PROXY_URL_H

#include "migtask.h"

/* Bytes of the longest user and password together, decoded, with the colon between them. */
#define PROXY_CREDENTIALS_MAX 1024

/* Reads such a URL. NULL, and then *where refers to the URL's memory and *credentials to
 * secrets->proxy (none: the URL has no user); else what is wrong with the URL, a
 * sentence that holds nothing of it. As with curl the port is 1080 if none is given, and a % that
 * is not followed by two hexadecimal digits stands for itself. */
const char *proxy_url_read(const char *url, migtask_endpoint *where, migtask_view *credentials);

/* Overwrites user and password where they stand, whatever else is wrong with the URL. */
void proxy_url_mask(char *url);

#endif
