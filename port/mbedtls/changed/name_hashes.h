/*
 * name_hashes.h - for mbedTLS's oid.c.
 *
 * mbedTLS cannot parse a certificate that is signed with a hash it does not have, though the
 * signature of a trusted root is never looked at, and a third of the public roots are signed with
 * SHA-1. So all the hashes get their names here. None can be computed by that: a signature of
 * which one would have to be verified is rejected, and with the right sentence.
 */
#ifndef MIGTASK_NAME_HASHES_H
#define MIGTASK_NAME_HASHES_H

#include "common.h"

#include "mbedtls/md.h"

#ifndef MBEDTLS_MD_CAN_MD5
#define MBEDTLS_MD_CAN_MD5
#endif
#ifndef MBEDTLS_MD_CAN_SHA1
#define MBEDTLS_MD_CAN_SHA1
#endif
#ifndef MBEDTLS_MD_CAN_SHA384
#define MBEDTLS_MD_CAN_SHA384
#endif
#ifndef MBEDTLS_MD_CAN_SHA512
#define MBEDTLS_MD_CAN_SHA512
#endif

#endif
