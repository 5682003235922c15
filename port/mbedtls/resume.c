#include "resume.h"

#if MIGTASK_TLS_RESUME

#include "mbedtls/x509_crt.h"

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
    if (mbedtls_ssl_session_load(&session, kept->session, kept->len) == 0) {
        (void)mbedtls_ssl_set_session(ssl, &session);
    }
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

void migtask_resume_keep(migtask_tls *tls, mbedtls_ssl_context *ssl)
{
    (void)tls;
    (void)ssl;
}

#endif
