/* connect_text.h - what is said to a proxy, and about it. Internal to port/proxy. */
#ifndef MIGTASK_CONNECT_TEXT_H
#define MIGTASK_CONNECT_TEXT_H

#include "migtask_proxy.h"
#include "writer.h"

/* The CONNECT request, whole: header section and nothing behind it. */
void migtask_connect_write(struct migtask_writer *w, const migtask_proxy_config *config);

/* "sms.example.com port 443", "[::1] port 443" */
void migtask_put_place(struct migtask_writer *w, const migtask_endpoint *endpoint);

/* A sentence for people: why the proxy opened no connection if it answered with this status
 * (100..599, not 2xx), and what can be done. scheme: the way to sign in that it wants, if Basic is
 * none that it takes; else NULL. */
void migtask_refusal_write(struct migtask_writer *w, const migtask_proxy_config *config,
                           unsigned status, const char *scheme);

#endif
