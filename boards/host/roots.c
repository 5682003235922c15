#define _POSIX_C_SOURCE 200809L

#include "roots.h"

#include <errno.h>

#include "built_in.h"
#include "environment.h"
#include "migtask_posix.h"

static const char *const places[] = {
    "/etc/ssl/certs/ca-certificates.crt",                /* Debian, Alpine, OpenWrt */
    "/etc/pki/tls/certs/ca-bundle.crt",                  /* RHEL, Fedora */
    "/etc/ssl/ca-bundle.pem",                            /* SUSE */
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* RHEL, Fedora: what the others lead to */
    "/etc/ssl/cert.pem",                                 /* Alpine, FreeBSD */
    "/usr/local/share/certs/ca-root-nss.crt",            /* FreeBSD */
    NULL,
};

static migtask_posix_reader reader;
static migtask_trust_pem pem;
static const char *in_use;
static bool is_open;

static bool read_text(void *ctx, void *buf, size_t cap, size_t *got)
{
    return migtask_posix_reader_read(ctx, buf, cap, got) == 0;
}

const char *roots_file(void)
{
    return in_use;
}

void roots_put_usage(struct terminal *t, bool all)
{
    migtask_trust trust;
    size_t count = built_in_trust(&trust);
    if (count > 0) {
        terminal_put(t, "Without --ca-file the roots compiled into this program are used: ");
        terminal_put_number(t, (uint32_t)count);
        terminal_put(t, ".\n");
        return;
    }
    if (!all) {
        return;
    }
    terminal_put(t,
                 "Without --ca-file and SSL_CERT_FILE the first of these that is there is used:\n");
    for (size_t i = 0; places[i] != NULL; i++) {
        terminal_put(t, "  ");
        terminal_put(t, places[i]);
        terminal_put(t, "\n");
    }
}

void roots_close(void)
{
    if (is_open) {
        migtask_posix_reader_close(&reader);
        is_open = false;
    }
}

/* Whether there is a certificate in it; else *complaint says what is wrong. */
static bool check(const migtask_trust *trust, struct complaint *complaint, bool *no_memory)
{
    switch (migtask_trust_check(trust)) {
    case MIGTASK_TRUST_USABLE:
        return true;
    case MIGTASK_TRUST_NO_MEMORY:
        *no_memory = true;
        return false;
    case MIGTASK_TRUST_UNREADABLE:
        complaint->what = "the CA file cannot be read";
        complaint->hint = migtask_posix_file_text(MIGTASK_POSIX_FILE_NOT_READ, reader.error);
        break;
    default:
        complaint->what = "the CA file holds no certificate that can be used";
        complaint->hint = "it is a PEM text with -----BEGIN CERTIFICATE----- in it";
        break;
    }
    complaint->value = in_use;
    return false;
}

/* Opens the first of the known places that is there; false if none is. One that is there and cannot
 * be used is not passed over: who takes the rights to it away may mean that, and another bundle may
 * hold other roots. */
static bool open_known(migtask_posix_file_status *status)
{
    for (size_t i = 0; places[i] != NULL; i++) {
        in_use = places[i];
        *status = migtask_posix_reader_open(&reader, in_use);
        if (*status != MIGTASK_POSIX_FILE_NOT_OPENED || (errno != ENOENT && errno != ENOTDIR)) {
            return true;
        }
    }
    return false;
}

bool roots_open(const char *file, migtask_trust *trust, struct complaint *complaint,
                bool *no_memory)
{
    migtask_posix_file_status status = MIGTASK_POSIX_FILE_NOT_OPENED;
    const char *from_environment = environment_get("SSL_CERT_FILE");
    bool is_named = true;
    *no_memory = false;
    in_use = file;
    if (file == NULL && from_environment != NULL && *from_environment != '\0') {
        in_use = from_environment;
    }
    if (in_use != NULL) {
        status = migtask_posix_reader_open(&reader, in_use);
    } else if (built_in_trust(trust) > 0) {
        in_use = "those compiled into this program";
        return check(trust, complaint, no_memory);
    } else {
        is_named = open_known(&status);
    }
    if (!is_named) {
        complaint->what = "no trusted root certificates are on this machine";
        complaint->hint = "give a PEM file of them with --ca-file FILE (copied from another "
                          "machine), install the package ca-certificates, or build migtask with "
                          "ROOTS=FILE";
        return false;
    }
    if (status != MIGTASK_POSIX_FILE_OK) {
        complaint->what = file == NULL && in_use == from_environment
                              ? "the CA file that SSL_CERT_FILE names cannot be used"
                              : "the CA file cannot be used";
        complaint->hint = migtask_posix_file_text(status, errno);
        complaint->value = in_use;
        return false;
    }
    is_open = true;
    migtask_trust_text text = {migtask_posix_reader_rewind, read_text, &reader};
    *trust = migtask_trust_from_pem(&pem, &text);
    if (!check(trust, complaint, no_memory)) {
        roots_close();
        return false;
    }
    return true;
}
