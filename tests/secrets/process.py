"""Runs a program and looks into all of its writable memory: while it waits, or when it has ended but is still there. Linux,
ptrace(2)."""

import ctypes
import os
import signal
import time

_LIBC = ctypes.CDLL(None, use_errno=True)
_TRACEME, _CONT, _DETACH, _SETOPTIONS, _GETEVENTMSG = 0, 7, 17, 0x4200, 0x4201
_EVENT_FORK, _EVENT_CLONE, _EVENT_EXIT, _EXIT_KILL = 0x2 | 0x4, 0x8, 0x40, 0x100000
_AT_FORK = tuple(signal.SIGTRAP | event << 8 for event in (1, 2, 3))
_AT_EXIT = signal.SIGTRAP | 6 << 8
_ANY_CHILD = 0x40000000
_PAGE = bytes(4096)


def _ptrace(request, pid=0, data=0):
    if _LIBC.ptrace(ctypes.c_long(request), ctypes.c_long(pid), None, ctypes.c_void_p(data)) < 0:
        raise OSError(ctypes.get_errno(), 'ptrace')


class Memory:
    """All writable memory of a process. Opened before the process forbids that to anybody but root, it stays open."""

    def __init__(self, pid):
        self._maps = open(f'/proc/{pid}/maps', encoding='utf-8', errors='replace')
        self._mem = open(f'/proc/{pid}/mem', 'rb', 0)

    def close(self):
        """No more looks."""
        self._maps.close()
        self._mem.close()

    def mappings(self):
        """(address, bytes without pages of zeros, name) of each."""
        self._maps.seek(0)
        for line in self._maps:
            span, rights, _, _, _, *name = line.split()
            if 'w' not in rights:
                continue
            start, end = (int(part, 16) for part in span.split('-'))
            address, data = start, b''
            for page in range(start, end, len(_PAGE)):
                self._mem.seek(page)
                content = self._mem.read(len(_PAGE))
                if content == _PAGE:
                    yield address, data, ''.join(name)
                    address, data = page + len(_PAGE), b''
                else:
                    data += content
            yield address, data, ''.join(name)


def search(memory, secrets, least=8, only=''):
    """Where runs of so many and more bytes of the secrets stand: a list of texts. only: in mappings of that name."""
    windows = {secret[at:at + least] for secret in secrets for at in range(len(secret) - least + 1)}
    found = []
    for address, data, name in memory.mappings():
        if only not in name:
            continue
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


def _execute(arguments, environment):
    """execve(2); the environment is a list, in which a name may stand twice."""
    vectors = [(ctypes.c_char_p * (len(texts) + 1))(*map(os.fsencode, texts), None) for texts in (arguments, environment)]
    _LIBC.execve(os.fsencode(arguments[0]), *vectors)


class Traced:
    """A program that stops before it ends. Its files are descriptors; its environment is a dict, or a list of NAME=VALUE."""

    def __init__(self, arguments, environment, stdin, stdout, stderr):
        if isinstance(environment, dict):
            environment = [f'{name}={value}' for name, value in environment.items()]
        self.pid = os.fork()
        if self.pid == 0:
            try:
                for source, number in ((stdin, 0), (stdout, 1), (stderr, 2)):
                    os.dup2(source, number)
                os.setsid()
                _ptrace(_TRACEME)
                _execute(arguments, environment)
            finally:
                os._exit(127)
        # It stops once the new program is in its memory and has not begun.
        _, status = os.waitpid(self.pid, 0)
        if not os.WIFSTOPPED(status):
            raise OSError('it cannot be traced')
        _ptrace(_SETOPTIONS, self.pid, _EVENT_EXIT | _EXIT_KILL)
        self.memory = Memory(self.pid)

    def run_until(self, condition, seconds=10):
        """Let it run until the condition holds; AssertionError if it does not in time, or ends before."""
        deadline = time.monotonic() + seconds
        _ptrace(_CONT, self.pid)
        while not (found := condition()):
            changed = os.waitpid(self.pid, os.WNOHANG)
            if changed[0]:
                assert os.WIFSTOPPED(changed[1]) and changed[1] >> 8 != _AT_EXIT, 'it ended'
                _ptrace(_CONT, self.pid, changed[1] >> 8 & 0xff)
            assert time.monotonic() < deadline, 'waited in vain'
            time.sleep(0.01)
        return found

    def run_to_child(self, look):
        """Let it run to the end; look(pid) is called with each process that it starts, before that does anything."""
        _ptrace(_SETOPTIONS, self.pid, _EVENT_FORK | _EVENT_CLONE | _EVENT_EXIT | _EXIT_KILL)

        def started(_):
            child = ctypes.c_ulong()
            _ptrace(_GETEVENTMSG, self.pid, ctypes.addressof(child))
            os.waitpid(child.value, _ANY_CHILD)
            try:
                look(child.value)
            finally:
                _ptrace(_DETACH, child.value)

        self.run_to_end(started=started)

    def run_to_end(self, seconds=30, started=None):
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
            if changed[1] >> 8 in _AT_FORK:
                started(changed)
                number = 0
            else:
                number = changed[1] >> 8 & 0xff

    def finish(self):
        """Let it go; its exit status as subprocess has it."""
        self.memory.close()
        _ptrace(_CONT, self.pid)
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)

    def kill(self):
        """End it at once."""
        self.memory.close()
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
