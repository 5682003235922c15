#include "resume.h"

#if MIGTASK_TLS_RESUME

#include "arena.h"
#include "mbedtls/x509_crt.h"
#if MIGTASK_TLS_1_3
#include "psa/crypto.h"
#endif

void migtask_resume_configure(const migtask_tls *tls, mbedtls_ssl_config *conf)
{
    bool wanted = tls->config.resumption != NULL;
    mbedtls_ssl_conf_session_tickets(conf, wanted ? MBEDTLS_SSL_SESSION_TICKETS_ENABLED
                                                  : MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
#if MIGTASK_TLS_1_3
    if (wanted) { /* by the kept key, with a fresh one besides: forward secrecy stays */
        mbedtls_ssl_conf_tls13_key_exchange_modes(
            conf, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ALL);
        mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
            conf, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
    }
#endif
}

void migtask_resume_offer(migtask_tls *tls, mbedtls_ssl_context *ssl)
{
    migtask_tls_resumption *kept = tls->config.resumption;
    if (kept == NULL || kept->len == 0) {
        return;
    }
    mbedtls_ssl_session session;
    mbedtls_ssl_session_init(&session);
    tls->offered = mbedtls_ssl_session_load(&session, kept->session, kept->len) == 0 &&
                   mbedtls_ssl_set_session(ssl, &session) == 0;
    mbedtls_ssl_session_free(&session);
    migtask_tls_forget(kept);
}

void migtask_resume_keep(migtask_tls *tls, mbedtls_ssl_context *ssl)
{
    migtask_tls_resumption *kept = tls->config.resumption;
    mbedtls_ssl_session *session = ssl->MBEDTLS_PRIVATE(session);
    if (kept == NULL || session == NULL) {
        return;
    }
    /* The certificate has done its work, and with parse_in_place.h its text is gone already. */
    mbedtls_x509_crt *certificate = session->MBEDTLS_PRIVATE(peer_cert);
    session->MBEDTLS_PRIVATE(peer_cert) = NULL;
    size_t len = 0;
    if (mbedtls_ssl_session_save(session, kept->session, sizeof kept->session, &len) == 0) {
        kept->len = len;
    } else {
        migtask_tls_forget(kept);
    }
    session->MBEDTLS_PRIVATE(peer_cert) = certificate;
}

#if MIGTASK_TLS_1_3

/* Whether mbedTLS can make a session of a NewSessionTicket (RFC 8446 section 4.6.1) that we can
 * keep. What it cannot it takes for a fault of the whole connection: a lifetime above seven days,
 * a long nonce, an empty ticket. Extensions are taken off, as nothing is done with any. */
static bool is_usable(uint8_t *at, size_t len)
{
    enum { LIFETIME = 4, AGE = 4, LONGEST = 7 * 24 * 3600 };
    const size_t nonce = LIFETIME + AGE;
    if (len < nonce + 1) {
        return false;
    }
    uint32_t lifetime =
        (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    size_t ticket = nonce + 1 + at[nonce];
    if (lifetime > LONGEST || at[nonce] > PSA_HASH_MAX_SIZE || len < ticket + 2) {
        return false;
    }
    size_t ticket_len = (size_t)at[ticket] << 8 | at[ticket + 1];
    size_t extensions = ticket + 2 + ticket_len;
    if (ticket_len == 0 || ticket_len > MIGTASK_TLS_SESSION || len < extensions + 2) {
        return false;
    }
    at[extensions] = at[extensions + 1] = 0;
    return true;
}

bool migtask_resume_ticket(migtask_tls *tls, mbedtls_ssl_context *ssl)
{
    enum { HEAD = 4 }; /* of a handshake message: type and length */
    if (ssl->MBEDTLS_PRIVATE(state) != MBEDTLS_SSL_TLS1_3_NEW_SESSION_TICKET) {
        return false;
    }
    bool usable =
        is_usable(ssl->MBEDTLS_PRIVATE(in_msg) + HEAD, ssl->MBEDTLS_PRIVATE(in_hslen) - HEAD);
    if (usable && mbedtls_ssl_handshake_step(ssl) == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
        migtask_resume_keep(tls, ssl);
    }
    /* Whatever has happened, this message is done with. */
    ssl->MBEDTLS_PRIVATE(state) = MBEDTLS_SSL_HANDSHAKE_OVER;
    ssl->MBEDTLS_PRIVATE(keep_current_message) = 0;
    tls->refusals = migtask_arena_refusals();
    return true;
}

#else

bool migtask_resume_ticket(migtask_tls *tls, mbedtls_ssl_context *ssl)
{
    (void)tls;
    (void)ssl;
    return false;
}

#endif

void migtask_tls_forget(migtask_tls_resumption *resumption)
{
    migtask_wipe(resumption, sizeof *resumption);
}

#else

void migtask_resume_configure(const migtask_tls *tls, mbedtls_ssl_config *conf)
{
    (void)tls;
    (void)conf;
}

void migtask_resume_offer(migtask_tls *tls, mbedtls_ssl_context *ssl)
{
    (void)tls;
    (void)ssl;
}

bool migtask_resume_ticket(migtask_tls *tls, mbedtls_ssl_context *ssl)
{
    (void)tls;
    (void)ssl;
    return false;
}

void migtask_resume_keep(migtask_tls *tls, mbedtls_ssl_context *ssl)
{
    (void)tls;
    (void)ssl;
}

#endif
