#!/usr/bin/env python3
"""Runs the tests of port/lwip: every test of the test_*.py beside this file, several at a time, each in its own process.

tests/lwip/run.py [--programs build/tests/lwip] [--pki DIR] [--jobs N] [-k PATTERN]

`make -f tests/lwip.mk run` builds the programs before. The last line is `N passed, N failed`; the status is not zero
if one failed or none ran.
"""

import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent / 'service')]

import pki  # noqa: E402

# These take longest, and are started first.
LONGEST = ('test_line', 'Ipv6', 'test_sockets', 'largest', 'one_after', 'cancelled', 'cable')

# No test may take longer; the usual time is a tenth of it.
TEST_SECONDS = 200


def names_of(suite):
    """The names of all tests in a suite."""
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from names_of(test)
        else:
            yield test.id()


def rank(name):
    """Where a test stands in the order of starting."""
    return next((i for i, part in enumerate(LONGEST) if part in name), len(LONGEST))


def run_apart(name, environment):
    """One test in a child process: its name, whether it passed, what it said, how long it took."""
    started = time.monotonic()
    try:
        child = subprocess.run([sys.executable, '-m', 'unittest', '-q', name], cwd=HERE, env=environment,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               errors='replace', timeout=TEST_SECONDS, check=False)
        passed, output = child.returncode == 0, child.stdout
    except subprocess.TimeoutExpired as error:
        passed, output = False, f'{error.stdout or ""}\nit did not end in time'
    return name, passed, output, time.monotonic() - started


def main():
    """The program."""
    parser = argparse.ArgumentParser(description='Tests of port/lwip.')
    parser.add_argument('--programs', metavar='DIR', default=ROOT / 'build/tests/lwip')
    parser.add_argument('--pki', metavar='DIR', default=ROOT / 'build/pki', help='certificates, made if not there')
    # The tests mostly wait for time-outs, though time is short in them.
    parser.add_argument('--jobs', metavar='N', type=int, default=4 * (os.cpu_count() or 1))
    parser.add_argument('-k', metavar='PATTERN', action='append', default=[], help='only tests whose name has it')
    arguments = parser.parse_args()
    if not os.access(pathlib.Path(arguments.programs) / 'calls', os.X_OK):
        parser.error('no programs; make -f tests/lwip.mk')
    environment = {**os.environ, 'MIGTASK_LWIP_PROGRAMS': str(pathlib.Path(arguments.programs).resolve()),
                   'MIGTASK_TEST_PKI': str(pki.make(arguments.pki))}
    suite = unittest.defaultTestLoader.loadTestsFromNames(sorted(path.stem for path in HERE.glob('test_*.py')))
    names = [name for name in names_of(suite) if not arguments.k or any(part in name for part in arguments.k)]
    passed = failed = 0
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        runs = [pool.submit(run_apart, name, environment) for name in sorted(names, key=rank)]
        for run in concurrent.futures.as_completed(runs):
            name, good, output, seconds = run.result()
            passed += good
            failed += not good
            notes = [line for line in output.splitlines() if line.startswith('note: ')]
            print('\n'.join([f'{"ok" if good else "FAIL":4}  {name:50} {seconds:6.1f} s', *notes]), flush=True)
            if not good:
                print(output, flush=True)
    print(f'{time.monotonic() - started:.0f} s')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
