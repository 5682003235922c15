#!/usr/bin/env python3
"""Runs the static binaries against the simulator of the service: all of them under QEMU, that of
this machine natively too.

tests/static/run.py [MACHINE...]        default: all of boards/host/static.txt

Builds them first. The last line is `N passed, N failed`; the status is not zero if one failed or
none ran.
"""

import concurrent.futures
import io
import os
import pathlib
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / 'command'), str(HERE.parent / 'service')]

import machines  # noqa: E402
import pki  # noqa: E402

ROOT = machines.ROOT
os.environ['MIGTASK_TEST_BINARY'] = ''   # each test names its own
os.environ['MIGTASK_TEST_STATIC'] = ''
os.environ['MIGTASK_TEST_PKI'] = str(pki.make(ROOT / 'build/pki'))

import calls  # noqa: E402
import files  # noqa: E402


def run(case):
    """Run the tests of one class: (its name, the result, what to show of failures)."""
    output = io.StringIO()
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(case)
    result = unittest.TextTestRunner(stream=output, verbosity=0).run(suite)
    return case.__name__, result, output.getvalue()


def main():
    """The program."""
    chosen = machines.table()
    if unknown := set(sys.argv[1:]) - {machine.name for machine in chosen}:
        sys.exit(f'no machine {" ".join(sorted(unknown))} in {machines.TABLE}')
    if sys.argv[1:]:
        chosen = [machine for machine in chosen if machine.name in sys.argv[1:]]
    jobs = os.cpu_count() or 1
    subprocess.run(['make', '--no-print-directory', '-j', str(jobs), 'static',
                    f'ARCH={" ".join(machine.name for machine in chosen)}'], cwd=ROOT, check=True)
    # The longest first.
    cases = [files.reproducible(chosen)]
    for machine in chosen:
        cases += [calls.emulated(machine), files.of_machine(machine)]
        if machine.is_this_one():
            cases.append(calls.native(machine))
    passed = failed = 0
    remarks = []
    with concurrent.futures.ThreadPoolExecutor(jobs + 1) as pool:    # some only wait
        for name, result, output in pool.map(run, cases):
            bad = (*result.failures, *result.errors)
            broken = len({getattr(test, 'test_case', test).id() for test, _ in bad})
            good = max(0, result.testsRun - broken - len(result.skipped))
            passed += good
            failed += broken
            print(f'{"FAIL" if broken else "ok":4}  {name:22} {good:3} passed {broken:3} failed',
                  flush=True)
            if broken:
                print(output, flush=True)
            remarks += [f'skipped: {name}: {test.id().split(".")[-1]}: {why}'
                        for test, why in result.skipped]
    for machine in chosen:
        print(f'note: migtask-{machine.name}: {machine.binary.stat().st_size} bytes')
    for remark in remarks:
        print(remark)
    print(f'{passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
