#!/usr/bin/env python3
"""Runs one command and leaves no process behind: reaper.py SECONDS COMMAND...

What the command started and left, in whatever session it is, becomes a child of this process and is
ended here. Both are faults, and said on a line: no end in time (status 124), a process that was
left (status 125, if the command's own is 0). Ended itself, it ends all of them too. The last line
is the processor time that all of it took.
"""

import ctypes
import os
import pathlib
import resource
import signal
import subprocess
import sys
import time

SET_DEATH_SIGNAL, SET_SUBREAPER = 1, 36  # prctl()
GRACE = 3  # seconds for those that are just ending


def descendants():
    """{process: command line} of all that are alive below this process."""
    parents, names = {}, {}
    for folder in pathlib.Path('/proc').glob('[0-9]*'):
        try:
            state, parent = (folder / 'stat').read_text().rpartition(')')[2].split()[:2]
            line = (folder / 'cmdline').read_bytes().replace(b'\0', b' ').decode(errors='replace')
        except OSError:
            continue
        if state != 'Z':
            parents[int(folder.name)] = int(parent)
            names[int(folder.name)] = line.strip()
    below = {os.getpid()}
    while more := {child for child, parent in parents.items() if parent in below} - below:
        below |= more
    return {process: names[process] for process in below - {os.getpid()}}


def bury():
    """Takes the status of those that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def end_all():
    while alive := descendants():
        for process in alive:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.02)
        bury()


def left_behind():
    """Those that are still there after a while."""
    end = time.monotonic() + GRACE
    bury()
    while (alive := descendants()) and time.monotonic() < end:
        time.sleep(0.05)
        bury()
    return alive


def main():
    seconds, command = int(sys.argv[1]), sys.argv[2:]
    libc = ctypes.CDLL(None)
    libc.prctl(SET_SUBREAPER, 1, 0, 0, 0)
    libc.prctl(SET_DEATH_SIGNAL, signal.SIGTERM, 0, 0, 0)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(143))
    try:
        child = subprocess.Popen(command, start_new_session=True)
        try:
            status = child.wait(seconds)
        except subprocess.TimeoutExpired:
            print(f'\nno end after {seconds} s: killed, with what it had started', flush=True)
            return 124
        left = left_behind()
        for process, line in sorted(left.items()):
            print(f'left behind: process {process}: {line}', flush=True)
        return 125 if left and status == 0 else status if status >= 0 else 128 - status
    except OSError as error:
        print(error)
        return 127
    finally:
        end_all()
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f'processor: {used.ru_utime + used.ru_stime:.1f} s', flush=True)


if __name__ == '__main__':
    sys.exit(main())
