#!/usr/bin/env python3
"""Faults of everything that a call stands on, one at a time and by pairs: its outcome stays the truth.

tests/faults/run.py [-k PART-OF-A-NAME] [--every N]

`make -f tests/faults.mk run` builds the programs before. (Streams fail in tests/unit/test_faults.c.) The last line is `N passed, N failed`.
"""

import argparse
import functools
import sys
import time

import allocations
import syscalls


PARTS = {
    'each system call fails, to an address': syscalls.to_an_address,
    'each system call fails, to a name': syscalls.to_a_name,
    'each system call fails, through a proxy': syscalls.through_a_proxy,
    'each two system calls fail': syscalls.pairs,
    **{f'each allocation fails, TLS {version}, {cert}': functools.partial(allocations.alone, tls=version, cert=cert)
       for version in ('1.2', '1.3') for cert in ('ec', 'rsa-inter')},
    'an allocation of one of four calls at a time fails': allocations.side_by_side,
}


def main():
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('-k', default='', help='only parts whose name holds this')
    parser.add_argument('--every', type=int, default=1, help='of the allocations only each Nth fails')
    arguments = parser.parse_args()
    allocations.STEP = arguments.every
    passed = failed = 0
    for name, function in PARTS.items():
        if arguments.k not in name:
            continue
        started = time.monotonic()
        wrong, runs = function()
        for problem in wrong[:20]:
            print(f'FAIL  {problem}', flush=True)
        print(f'note: {name}: {runs} runs, {len(wrong)} wrong, {time.monotonic() - started:.1f} s', flush=True)
        passed += not wrong
        failed += bool(wrong)
    print(f'{passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
