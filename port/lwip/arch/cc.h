/*
 * cc.h - what lwIP wants to know about compiler and platform: gcc or clang, no operating system,
 * nothing of libc but <string.h>.
 *
 * The board provides two functions:
 *     u32_t sys_now(void);               milliseconds, may wrap (declared by lwip/sys.h)
 *     uint32_t migtask_lwip_random(void);
 */
#ifndef MIGTASK_LWIP_CC_H
#define MIGTASK_LWIP_CC_H

#include <stdint.h>

#include "migtask.h"

/* 32 random bits fit for keys: from the source that TLS uses. DNS answers and TCP segments that
 * somebody off the way forges are kept out by these alone. */
uint32_t migtask_lwip_random(void);
#define LWIP_RAND() migtask_lwip_random()

#ifndef BYTE_ORDER
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define BYTE_ORDER BIG_ENDIAN
#else
#define BYTE_ORDER LITTLE_ENDIAN
#endif
#endif

/* lwIP's assertions end in the hook of the core; their texts are not kept. */
#define LWIP_PLATFORM_ASSERT(text) migtask_assert_failed()
#define LWIP_PLATFORM_DIAG(text) ((void)0)

/* No tables of libc. */
#define LWIP_NO_CTYPE_H 1
#define LWIP_NO_INTTYPES_H 1

#endif
