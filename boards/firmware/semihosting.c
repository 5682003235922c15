#include "semihosting.h"

#include <stdint.h>
#include <string.h>

enum {
    SYS_OPEN = 0x01,
    SYS_CLOSE = 0x02,
    SYS_READ = 0x06,
    SYS_GET_CMDLINE = 0x15,
    SYS_EXIT_EXTENDED = 0x20,
    MODE_READ_BINARY = 1,
    APPLICATION_EXIT = 0x20026, /* ADP_Stopped_ApplicationExit */
};

/* The operation's number in r0, its block of arguments in r1, its result in r0. */
static int call(int operation, const volatile uintptr_t *block)
{
    register int r0 __asm__("r0") = operation;
    register const volatile uintptr_t *r1 __asm__("r1") = block;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

bool semihosting_command_line(char *buf, size_t cap)
{
    volatile uintptr_t block[] = {(uintptr_t)buf, cap};
    return call(SYS_GET_CMDLINE, block) == 0;
}

bool semihosting_read_file(const char *name, size_t name_len, void *buf, size_t cap, size_t *got)
{
    char path[256];
    *got = 0;
    if (name_len >= sizeof path) {
        return false;
    }
    memcpy(path, name, name_len);
    path[name_len] = '\0';
    volatile uintptr_t open[] = {(uintptr_t)path, MODE_READ_BINARY, name_len};
    int handle = call(SYS_OPEN, open);
    if (handle == -1) {
        return false;
    }
    volatile uintptr_t read[] = {(uintptr_t)handle, (uintptr_t)buf, cap};
    size_t missing = (size_t)call(SYS_READ, read); /* how many bytes were not read */
    volatile uintptr_t close[] = {(uintptr_t)handle};
    (void)call(SYS_CLOSE, close);
    if (missing > cap) {
        return false;
    }
    *got = cap - missing;
    return true;
}

_Noreturn void semihosting_exit(int status)
{
    volatile uintptr_t block[] = {APPLICATION_EXIT, (uintptr_t)status};
    for (;;) {
        (void)call(SYS_EXIT_EXTENDED, block);
    }
}
