/*
 * semihosting.h - what a debugger (or QEMU) does for a program on a Cortex-M, by the breakpoint of
 * Arm's "Semihosting for AArch32 and AArch64". Without a debugger that breakpoint is a fault, so
 * this is for boards that are made for tests.
 */
#ifndef SEMIHOSTING_H
#define SEMIHOSTING_H

#include <stdbool.h>
#include <stddef.h>

/* Reads the command line, ended by a NUL, into buf; false if there is none or it is too long. */
bool semihosting_command_line(char *buf, size_t cap);

/* Reads at most cap bytes of a file of the debugger's machine, and says how many; false if it
 * cannot be opened or read. name need not end in a NUL; name_len counts up to 255. */
bool semihosting_read_file(const char *name, size_t name_len, void *buf, size_t cap, size_t *got);

_Noreturn void semihosting_exit(int status);

#endif
