#!/usr/bin/env python3
"""Nothing of a token is left in memory after a call: of the library, and of the command.

tests/secrets/run.py [--binary build/host/migtask] [--programs build/tests/secrets] [-k PATTERN]

`make -f tests/secrets.mk run` builds the programs before. The last line is `N passed, N failed`; the status is not zero
if one failed or none ran.
"""

import argparse
import functools
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent / 'command'), str(HERE.parent / 'service')]

import pki  # noqa: E402
from simulator import Simulator  # noqa: E402

# What call.c is asked for: task, length of the token, bytes of a run that counts. Of text that the service sends, runs
# of fewer than 16 characters stay by design.
CALLS = (('fault-slow-0', 6000, 8), ('fault-slow-0', 16384, 8), ('fault-echo', 1500, 16), ('fault-cut-30', 1500, 8),
         ('fault-reset', 1500, 8), ('fault-silent', 1500, 8), ('fault-early494', 16384, 8))


def call(program, version, *arguments):
    """One run of call.c; its last line."""
    folder = os.environ['MIGTASK_TEST_PKI']
    with Simulator(folder, tls=version) as service:
        done = subprocess.run([program, str(service.port), f'{folder}/roots.pem', *map(str, arguments)], check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=60)
    assert done.returncode == 0, f'exit {done.returncode}\n{done.stdout[-3000:]}'
    return done.stdout.splitlines()[-1]


def rows(arguments):
    """(name, function) of all; a function returns None, or a text to show."""
    import command  # Reads the environment.
    import waiting
    for configuration in ('host', 'mcu'):
        program = pathlib.Path(arguments.programs) / f'call-{configuration}'
        for version in ('1.2', '1.3'):
            for task, length, least in CALLS:
                yield (f'library, {configuration}, TLS {version}, {task}, token of {length}',
                       functools.partial(call, program, version, task, length, least))
        yield (f'library, {configuration}: wiping switched off is found',
               functools.partial(call, program, '1.3', 'fault-slow-0', 1500, 8, 'unwiped'))
    if not command.can_trace():
        print('note: nothing can be traced here, so the memory of the command is not looked at')
        return
    for name, source in command.pairs():
        yield (f'command, {name}, token from {source}',
               functools.partial(command.check, os.environ['MIGTASK_TEST_BINARY'], name, source))
    for name, function in waiting.rows():
        yield f'command, while it waits: {name}', functools.partial(function, os.environ['MIGTASK_TEST_BINARY'])
    yield ('command: wiping switched off is found',
           functools.partial(command.check_unwiped, pathlib.Path(arguments.programs) / 'migtask-unwiped'))


def main():
    """The program."""
    parser = argparse.ArgumentParser(description='Nothing of a token is left in memory after a call.')
    parser.add_argument('--binary', metavar='PATH', default=ROOT / 'build/host/migtask')
    parser.add_argument('--programs', metavar='DIR', default=ROOT / 'build/tests/secrets')
    parser.add_argument('-k', metavar='PATTERN', default='', help='only rows whose name has it')
    arguments = parser.parse_args()
    os.environ.update(MIGTASK_TEST_BINARY=str(pathlib.Path(arguments.binary).resolve()), MIGTASK_TEST_STATIC='',
                      MIGTASK_TEST_PKI=str(pki.make(ROOT / 'build/pki')))
    passed = failed = 0
    started = time.monotonic()
    for name, function in rows(arguments):
        if arguments.k not in name:
            continue
        try:
            said = function()
            passed += 1
            if said and ('slow-0, token of 6000' in name or 'waits' in name):
                print(f'note: {name}: {said}', flush=True)
        except AssertionError as error:
            failed += 1
            print(f'FAIL  {name}: {str(error)[:3000]}', flush=True)
    print(f'{time.monotonic() - started:.1f} s')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
