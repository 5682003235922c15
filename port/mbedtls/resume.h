/*
 * resume.h - TLS sessions kept for the next connection (RFC 5077, RFC 8446 section 2.2).
 *
 * What is kept is the session as mbedTLS writes it, without the server's certificate. Internal.
 */
#ifndef MIGTASK_RESUME_H
#define MIGTASK_RESUME_H

#include "mbedtls/ssl.h"
#include "migtask_tls.h"

/* Switches tickets on for this stream, or off. */
void migtask_resume_configure(const migtask_tls *tls, mbedtls_ssl_config *conf);

/* Offers the kept session to the server, once: a ticket is not used twice (RFC 8446 appendix C.4),
 * and what led to a failure is not tried again. Without one, or with one that cannot be used, the
 * handshake is a full one. */
void migtask_resume_offer(migtask_tls *tls, mbedtls_ssl_context *ssl);

/* If mbedTLS stands before a ticket that came after the handshake (TLS 1.3): keeps the session that
 * is made of it. True: there was one, and mbedTLS can go on reading, whatever became of the ticket.
 * One that is strange, or that there is no memory for, is ignored: it is nothing but an offer. */
bool migtask_resume_ticket(migtask_tls *tls, mbedtls_ssl_context *ssl);

/* Keeps the session of a connection whose handshake is over (TLS 1.2). One that does not fit is not
 * kept. */
void migtask_resume_keep(migtask_tls *tls, mbedtls_ssl_context *ssl);

#endif
