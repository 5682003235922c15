/*
 * x509.h - certificates for the fuzz targets: changing and writing them, and a second, simple
 * reader, which shares nothing with port/mbedtls and mbedTLS.
 */
#ifndef X509_H
#define X509_H

#include "support.h"
#include "wire.h"

/* Puts these bytes where `remove` others were. */
void text_splice(textbuf *t, size_t at, size_t remove, migtask_view bytes);

/* One edit of a certificate: what (two bits of kind, see x509.c), where, how many bytes, and those.
 * Elements of DER are changed so that the lengths around them stay right. */
void x509_edit(textbuf *der, input *in);

/* Appends a PEM section with lines of so many characters, line ends by `ends` % 3. */
void x509_put_pem(textbuf *out, migtask_view der, size_t line, unsigned ends);

/* The first element of *rest, which loses it. False: there is none whole. */
typedef struct element {
    uint8_t tag;
    migtask_view whole, content;
} element;
bool x509_next(migtask_view *rest, element *found);

/* What was signed (the TBSCertificate) and the signature; false: not to be found. */
bool x509_parts(migtask_view der, element *signed_part, element *signature);

/* The content of the octet string of an extension, by the last byte of its OID 2.5.29.x. */
bool x509_extension(migtask_view der, uint8_t last, migtask_view *content);

/* Whether it is for this host: a name or an address among the subject alternative names. */
bool x509_is_for(migtask_view der, const migtask_endpoint *endpoint);

/* First and last second of its validity; false: not readable. */
bool x509_dates(migtask_view der, int64_t *from, int64_t *to);

/* Whether basic constraints say that it is an authority. */
bool x509_is_authority(migtask_view der);

#endif
