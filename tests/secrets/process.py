"""Runs a program and looks into all of its writable memory when it has ended but is still there. Linux, ptrace(2)."""

import ctypes
import os
import signal
import time

_LIBC = ctypes.CDLL(None, use_errno=True)
_TRACEME, _CONT, _SETOPTIONS = 0, 7, 0x4200
_EVENT_EXIT, _EXIT_KILL = 0x40, 0x100000
_AT_EXIT = signal.SIGTRAP | 6 << 8
_PAGE = bytes(4096)


def _ptrace(request, pid=0, data=0):
    if _LIBC.ptrace(ctypes.c_long(request), ctypes.c_long(pid), None, ctypes.c_void_p(data)) < 0:
        raise OSError(ctypes.get_errno(), 'ptrace')


def _mappings(pid):
    """(address, bytes without pages of zeros, name) of all writable memory."""
    with (open(f'/proc/{pid}/maps', encoding='utf-8', errors='replace') as maps,
          open(f'/proc/{pid}/mem', 'rb', 0) as mem):
        for line in maps:
            span, rights, _, _, _, *name = line.split()
            if 'w' not in rights:
                continue
            start, end = (int(part, 16) for part in span.split('-'))
            address, data = start, b''
            for page in range(start, end, len(_PAGE)):
                mem.seek(page)
                content = mem.read(len(_PAGE))
                if content == _PAGE:
                    yield address, data, ''.join(name)
                    address, data = page + len(_PAGE), b''
                else:
                    data += content
            yield address, data, ''.join(name)


def search(pid, secrets, least=8):
    """Where runs of so many and more bytes of the secrets stand: a list of texts."""
    windows = {secret[at:at + least] for secret in secrets for at in range(len(secret) - least + 1)}
    found = []
    for address, data, name in _mappings(pid):
        at = 0
        while at <= len(data) - least:
            if data[at:at + least] not in windows:
                at += 1
                continue
            end = at + least
            while data[end - least + 1:end + 1] in windows and end < len(data):
                end += 1
            found.append(f'{end - at} bytes at {address + at:#x} {name}: {data[at:min(end, at + 24)]!r}')
            at = end
    return found


class Traced:
    """A program that stops before it ends. Its files are descriptors."""

    def __init__(self, arguments, environment, stdin, stdout, stderr):
        self.pid = os.fork()
        if self.pid == 0:
            try:
                for source, number in ((stdin, 0), (stdout, 1), (stderr, 2)):
                    os.dup2(source, number)
                os.setsid()
                _ptrace(_TRACEME)
                os.execve(arguments[0], arguments, environment)
            finally:
                os._exit(127)
        # It stops once the new program is in its memory and has not begun.
        _, status = os.waitpid(self.pid, 0)
        if not os.WIFSTOPPED(status):
            raise OSError('it cannot be traced')
        _ptrace(_SETOPTIONS, self.pid, _EVENT_EXIT | _EXIT_KILL)

    def run_to_end(self, seconds=30):
        """Let it run until it is about to be gone; the status that it will have."""
        deadline = time.monotonic() + seconds
        number = 0
        while True:
            _ptrace(_CONT, self.pid, number)
            while not (changed := os.waitpid(self.pid, os.WNOHANG))[0]:
                if time.monotonic() > deadline:
                    self.kill()
                    raise AssertionError(f'still running after {seconds} s')
                time.sleep(0.002)
            if not os.WIFSTOPPED(changed[1]):
                raise AssertionError(f'it ended unseen: {changed[1]:#x}')
            if changed[1] >> 8 == _AT_EXIT:
                return
            number = changed[1] >> 8 & 0xff

    def finish(self):
        """Let it go; its exit status as subprocess has it."""
        _ptrace(_CONT, self.pid)
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)

    def kill(self):
        """End it at once."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
