#!/usr/bin/env python3
"""deny.py NUMBERS WHAT... -- COMMAND...: runs a command whose descriptors NUMBERS (such as 01) are closed, and which may
not open what WHAT names: directory (a system call that opens one), socket (of the kind AF_UNIX). By seccomp."""

import ctypes
import os
import socket
import struct
import sys

NUMBERS = {'x86_64': (257, 41), 'aarch64': (56, 198), 'riscv64': (56, 198), 'armv7l': (322, 281)}
EACCES = 13
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 22, 38
LOAD, EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06
REFUSE, ALLOW = 0x00050000 | EACCES, 0x7fff0000
NUMBER, FIRST_ARGUMENT = 0, 16  # Where they stand in struct seccomp_data.


def install(what):
    """Forbid it to this process for ever."""
    open_at, open_socket = NUMBERS[os.uname().machine]
    program = []
    if 'directory' in what:
        program += [(LOAD, 0, 0, NUMBER), (EQUAL, 0, 3, open_at), (LOAD, 0, 0, FIRST_ARGUMENT + 2 * 8),
                    (ANY_BIT, 0, 1, os.O_DIRECTORY), (RETURN, 0, 0, REFUSE)]
    if 'socket' in what:
        program += [(LOAD, 0, 0, NUMBER), (EQUAL, 0, 3, open_socket), (LOAD, 0, 0, FIRST_ARGUMENT),
                    (EQUAL, 0, 1, socket.AF_UNIX), (RETURN, 0, 0, REFUSE)]
    program.append((RETURN, 0, 0, ALLOW))
    code = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *line) for line in program))
    head = ctypes.create_string_buffer(struct.pack('HxxxxxxP' if ctypes.sizeof(ctypes.c_void_p) == 8 else 'HxxP',
                                                   len(program), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, 2, head, 0, 0):
        sys.exit(f'no seccomp: {os.strerror(ctypes.get_errno())}')


def main():
    """The program."""
    divide = sys.argv.index('--')
    for number in sys.argv[1]:
        os.close(int(number))
    install(sys.argv[2:divide])
    os.execv(sys.argv[divide + 1], sys.argv[divide + 1:])


if __name__ == '__main__':
    main()
