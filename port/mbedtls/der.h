/* der.h - the little of DER that is needed before or beside mbedTLS's parser. Internal. */
#ifndef MIGTASK_DER_H
#define MIGTASK_DER_H

#include "migtask_tls.h"

/* One element: its tag, its content, and the whole with tag and length. */
struct migtask_der {
    uint8_t tag;
    migtask_bytes content;
    migtask_bytes whole;
};

enum { MIGTASK_DER_SEQUENCE = 0x30, MIGTASK_DER_OID = 0x06 };

/* Takes the next element off *rest. False: none, or not DER, or it reaches beyond rest. Strictly
 * DER: the shortest lengths, up to 16 MB, and tags of one byte. */
bool migtask_der_next(migtask_bytes *rest, struct migtask_der *element);

/* The same with this tag. */
bool migtask_der_expect(migtask_bytes *rest, uint8_t tag, struct migtask_der *element);

/* Finds the subject, a Name with tag and length, in the first bytes of a certificate. Returns 0 if
 * it was found, SIZE_MAX if this is no certificate, else how many bytes must be there to go on.
 * subject->len is right as soon as the length is known, and 0 before. */
size_t migtask_der_subject(migtask_bytes start, migtask_bytes *subject);

/* Whether two Names could be the same: equal but for the case of letters and the kind of string. */
bool migtask_der_similar(migtask_bytes a, migtask_bytes b);

/* What cannot be read must not count as what is not there. */
enum migtask_der_found { MIGTASK_DER_ABSENT, MIGTASK_DER_PRESENT, MIGTASK_DER_UNREADABLE };

/* Whether the extensions of a certificate (SEQUENCE OF Extension; none: no bytes) have this object
 * identifier. */
enum migtask_der_found migtask_der_find_extension(migtask_bytes extensions, migtask_bytes oid);

/* Whether trust settings as OpenSSL writes them behind a certificate (X509_CERT_AUX: the uses that
 * it is trusted for, if they are limited, and those that it is rejected for) leave it trusted for
 * servers. False if they cannot be read. */
bool migtask_der_trusts_servers(migtask_bytes settings);

#endif
