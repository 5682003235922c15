#!/usr/bin/env python3
"""Hostile and good TLS servers against the command.

tests/tls/run.py [--binary build/host/migtask] [--sanitized PATH] [-k PATTERN] [-v] [PART...]

Parts: certificates, handshakes, before, after, resumed, flips. All are run, or those named, with the command as it is
built or with a sanitized build. The last line is `N passed, N failed`; the status is not zero if one failed or none ran.
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

PARTS = ('certificates', 'handshakes', 'before', 'after', 'resumed', 'flips')
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def attempt(function):
    """None, or what went wrong."""
    try:
        return function()
    except AssertionError as error:
        return error
    except Exception:  # A broken row must not end the others.
        return traceback.format_exc()


def run_part(part, arguments, label):
    """Run the rows of one part, two at a time; (passed, failed)."""
    started = time.monotonic()
    module = importlib.import_module(part)
    rows = [row for row in module.rows() if arguments.k in row[0]][::arguments.every]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for (name, _), problem in zip(rows, pool.map(lambda row: attempt(row[1]), rows)):
            failed += problem is not None
            if problem is not None or arguments.v:
                print(f'{"FAIL" if problem else "ok":4}  {part}: {name}\n{problem or ""}'.rstrip(), flush=True)
    print(f'{label:10} {part:12} {len(rows) - failed:4} passed {failed:3} failed {time.monotonic() - started:6.1f} s',
          flush=True)
    if hasattr(module, 'note'):
        print(f'note: {label}, {module.note()}', flush=True)
    return len(rows) - failed, failed


def main():
    """The program."""
    parser = argparse.ArgumentParser(description='Hostile and good TLS servers against the command.')
    parser.add_argument('--binary', metavar='PATH', default=ROOT / 'build/host/migtask')
    parser.add_argument('--sanitized', metavar='PATH', help='the command built with sanitizers, instead')
    parser.add_argument('-k', metavar='PATTERN', default='', help='only rows whose name has it')
    parser.add_argument('--every', metavar='N', type=int, default=1, help='only each Nth row of a part')
    parser.add_argument('-v', action='store_true', help='name every row')
    parser.add_argument('part', nargs='*', help=', '.join(PARTS))
    arguments = parser.parse_args()
    label, binary = ('sanitized', arguments.sanitized) if arguments.sanitized else ('plain', arguments.binary)
    if not os.access(binary, os.X_OK):
        parser.error(f'no program at {binary}')
    os.environ['MIGTASK_TEST_BINARY'] = str(pathlib.Path(binary).resolve())
    import judge  # Reads the environment.
    passed = failed = 0
    try:
        for part in arguments.part or PARTS:
            good, bad = run_part(part, arguments, label)
            passed += good
            failed += bad
    finally:
        shutil.rmtree(judge.SCRATCH)
    print(f'{passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
