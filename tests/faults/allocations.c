/*
 * Linked into the command with -Wl,--wrap=mbedtls_platform_set_calloc_free: the arena runs out
 * once, at the allocation that MIGTASK_TEST_ALLOCATION names (counted from 1). At the end of the
 * program the file MIGTASK_TEST_REPORT gets the number of allocations and the bytes of the arena
 * that are still in use.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "migtask_tls.h"

typedef void *calloc_function(size_t, size_t);
typedef void free_function(void *);

int __real_mbedtls_platform_set_calloc_free(calloc_function *, free_function *);
int __wrap_mbedtls_platform_set_calloc_free(calloc_function *, free_function *);

static calloc_function *arena_calloc;
static long fault, count;

static void *faulty_calloc(size_t number, size_t size)
{
    count++;
    /* Refused by the arena itself, which keeps count of that. */
    return count == fault ? arena_calloc(1, SIZE_MAX / 2) : arena_calloc(number, size);
}

static void report(void)
{
    const char *path = getenv("MIGTASK_TEST_REPORT");
    FILE *file = path == NULL ? NULL : fopen(path, "w");
    if (file != NULL) {
        fprintf(file, "%ld %zu\n", count, migtask_tls_arena().used);
        fclose(file);
    }
}

int __wrap_mbedtls_platform_set_calloc_free(calloc_function *calloc, free_function *free)
{
    const char *number = getenv("MIGTASK_TEST_ALLOCATION");
    fault = number == NULL ? 0 : strtol(number, NULL, 10);
    arena_calloc = calloc;
    atexit(report);
    return __real_mbedtls_platform_set_calloc_free(faulty_calloc, free);
}
