#!/usr/bin/env python3
"""Hostile and good TLS servers against the command.

tests/tls/run.py [--binary build/host/migtask] [-k PATTERN] [PART...]

Parts: certificates, handshakes, after, flips (the default is all). The last line is `N passed, N failed`; the status is
not zero if one failed or none ran.
"""

import argparse
import concurrent.futures
import importlib
import os
import pathlib
import shutil
import sys
import time
import traceback

PARTS = ('certificates', 'handshakes', 'after', 'flips')
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def attempt(function):
    """None, or what went wrong."""
    try:
        return function()
    except AssertionError as error:
        return error
    except Exception:  # A broken row must not end the others.
        return traceback.format_exc()


def main():
    """The program."""
    parser = argparse.ArgumentParser(description='Hostile and good TLS servers against the command.')
    parser.add_argument('--binary', metavar='PATH', default=ROOT / 'build/host/migtask')
    parser.add_argument('-k', metavar='PATTERN', default='', help='only rows whose name has it')
    parser.add_argument('-v', action='store_true', help='name every row')
    parser.add_argument('part', nargs='*', help=', '.join(PARTS))
    arguments = parser.parse_args()
    os.environ['MIGTASK_TEST_BINARY'] = str(pathlib.Path(arguments.binary).resolve())
    import judge  # Reads the environment.
    passed = failed = 0
    try:
        for part in arguments.part or PARTS:
            started, before = time.monotonic(), (passed, failed)
            rows = [row for row in importlib.import_module(part).rows() if arguments.k in row[0]]
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                for (name, _), problem in zip(rows, pool.map(lambda row: attempt(row[1]), rows)):
                    passed += problem is None
                    failed += problem is not None
                    if problem is not None or arguments.v:
                        print(f'{"ok" if problem is None else "FAIL":4}  {part}: {name}\n{problem or ""}'.rstrip(),
                              flush=True)
            print(f'{part:12} {passed - before[0]:4} passed {failed - before[1]:3} failed '
                  f'{time.monotonic() - started:6.1f} s', flush=True)
    finally:
        shutil.rmtree(judge.SCRATCH)
    print(f'{passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
