/*
 * read_for.h - the version of mbedTLS that the changes in this folder were read for.
 *
 * The files here are compiled instead of mbedTLS's files of the same name. Each is that file with
 * something before it, whose header says what and why. Other versions of 3.6 are compiled without
 * what could go wrong in them without a word.
 */
#ifndef MIGTASK_READ_FOR_H
#define MIGTASK_READ_FOR_H

#include "common.h" /* mbedTLS's own, which must come first in its files */

#define MIGTASK_MBEDTLS_READ (MBEDTLS_VERSION_NUMBER == 0x03060600)

#endif
