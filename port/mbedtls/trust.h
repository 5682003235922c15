/* trust.h - parsed root certificates from a trust source. Internal. */
#ifndef MIGTASK_TRUST_H
#define MIGTASK_TRUST_H

#include "mbedtls/x509_crt.h"
#include "migtask_tls.h"

/* Whether a result of mbedTLS's parsers says that memory ran out. */
bool migtask_is_memory_error(int result);

/* Parses a root into *crt, initialised; without a copy if its DER is lasting. Returns 0 or an error
 * of mbedTLS. */
int migtask_root_parse(mbedtls_x509_crt *crt, migtask_bytes der, bool lasting);

#endif
