/*
 * Loaded before the command: writes one line for every call of the heap functions into the file
 * that HEAP_LOG names, with the program or library that the call came from. What the C library
 * does for itself (buffers of stdio, the resolver) comes from libc; a call from the program is a
 * call from our code or from the TLS library linked into it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The C library's own entrances, which need no look-up and so no heap. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

static int log_fd = -1;

static void record(const char *function, size_t size, void *caller)
{
    char line[512];
    Dl_info where = {0};
    int length;

    if (log_fd < 0) {
        return;
    }
    if (dladdr(caller, &where) == 0 || where.dli_fname == NULL) {
        where.dli_fname = "?";
    }
    length = snprintf(line, sizeof line, "%s %zu %s %s+%#tx\n", function, size, where.dli_fname,
                      where.dli_sname != NULL ? where.dli_sname : "",
                      (char *)caller - (char *)where.dli_fbase);
    (void)!write(log_fd, line, (size_t)length);
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("HEAP_LOG");

    if (path != NULL) {
        log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        (void)!write(log_fd, "begin\n", 6);
    }
}

void *malloc(size_t size)
{
    record("malloc", size, __builtin_return_address(0));
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    record("calloc", count * size, __builtin_return_address(0));
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    record("realloc", size, __builtin_return_address(0));
    return __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    record("aligned_alloc", size, __builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    record("posix_memalign", size, __builtin_return_address(0));
    *memory = __libc_memalign(alignment, size);
    return *memory == NULL;
}

void free(void *memory)
{
    if (memory != NULL) {
        record("free", 0, __builtin_return_address(0));
    }
    __libc_free(memory);
}
