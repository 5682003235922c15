#!/usr/bin/env python3
"""Runs the tests of the command: all test_*.py beside this file, several at a time, each in its own process.

tests/command/run.py --binary build/host/migtask [--static build/static/migtask-x86_64] [--jobs N] [-k PATTERN]

The last line is `N passed, N failed`; the status is not zero if one failed or none ran.
"""

import argparse
import concurrent.futures
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / 'service'))  # The simulator; this folder is there already.

import pki  # noqa: E402

# The modules that take longest are started first, so that none of them is left alone at the end.
LONGEST = ('test_limits', 'test_retries', 'test_deaths', 'test_terminal', 'test_proxy', 'test_outcomes')

# No module may take longer; the usual time is a tenth of it. From then on every run of the command fails at once, so
# that the module comes to its end and ends what it started; if it does not even so, it is killed a little later.
MODULE_SECONDS = 200


def run_module(name, patterns, report):
    """In a process of its own: run one module and write what came of it."""
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f'*{pattern}*' for pattern in patterns] or None
    suite = loader.loadTestsFromName(name)
    output = io.StringIO()
    result = unittest.TextTestRunner(stream=output, verbosity=0).run(suite)
    broken = {broken_id(test) for test, _ in (*result.failures, *result.errors)}
    support = sys.modules.get('support')
    pathlib.Path(report).write_text(json.dumps({
        'run': result.testsRun, 'failed': len(broken), 'skipped': [(test.id(), why) for test, why in result.skipped],
        'notes': support.NOTES if support else [], 'output': output.getvalue() if broken else ''}))


def broken_id(test):
    """Many broken cases of one test count as one test."""
    return getattr(test, 'test_case', test).id()


def run_apart(name, arguments, folder):
    """Run one module in a child process; its report, whatever happens to the child."""
    report = folder / f'{name}.json'
    started = time.monotonic()
    environment = {**os.environ, 'MIGTASK_TEST_END': str(started + MODULE_SECONDS)}
    command = [sys.executable, __file__, '--module', name, '--report', str(report)]
    for pattern in arguments.k:
        command += ['-k', pattern]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, errors='replace', env=environment)
    try:
        output, _ = child.communicate(timeout=MODULE_SECONDS + 30)
    except subprocess.TimeoutExpired:
        child.kill()
        output, _ = child.communicate()
        output += '\nkilled: it did not end in time'
    try:
        facts = json.loads(report.read_text())
        facts['output'] += output
    except (OSError, ValueError):
        facts = {'run': 1, 'failed': 1, 'skipped': [], 'notes': [], 'output': output}
    return name, facts, time.monotonic() - started


def run_all(arguments):
    """Run every module; the status of the program."""
    os.environ['MIGTASK_TEST_BINARY'] = str(pathlib.Path(arguments.binary).resolve())
    os.environ['MIGTASK_TEST_STATIC'] = str(pathlib.Path(arguments.static).resolve())
    os.environ['MIGTASK_TEST_PKI'] = str(pki.make(arguments.pki))
    names = sorted(path.stem for path in HERE.glob('test_*.py'))
    names.sort(key=lambda name: LONGEST.index(name) if name in LONGEST else len(LONGEST))
    passed = failed = 0
    remarks = []
    with (tempfile.TemporaryDirectory(prefix='migtask-command-') as folder,
          concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool):
        runs = [pool.submit(run_apart, name, arguments, pathlib.Path(folder)) for name in names]
        for run in concurrent.futures.as_completed(runs):
            name, facts, seconds = run.result()
            good = max(0, facts['run'] - facts['failed'] - len(facts['skipped']))
            passed += good
            failed += facts['failed']
            if facts['run']:
                print(f'{"FAIL" if facts["failed"] else "ok":4}  {name:18} {good:3} passed {facts["failed"]:3} failed '
                      f'{seconds:6.1f} s', flush=True)
            if facts['output']:
                print(facts['output'], flush=True)
            remarks += [f'skipped: {test}: {why}' for test, why in facts['skipped']]
            remarks += [f'note: {text}' for text in facts['notes']]
    for remark in remarks:
        print(remark)
    print(f'{passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


def main():
    """The program."""
    parser = argparse.ArgumentParser(description='Tests of the command.')
    parser.add_argument('--binary', metavar='PATH', default=ROOT / 'build/host/migtask')
    parser.add_argument('--static', metavar='PATH', default=ROOT / f'build/static/migtask-{os.uname().machine}',
                        help='the same command linked statically, for the count of system calls; need not be there')
    parser.add_argument('--pki', metavar='DIR', default=ROOT / 'build/pki', help='certificates, made if not there')
    # Many tests wait for a deadline, so more modules than processors keep the processors busy.
    parser.add_argument('--jobs', metavar='N', type=int, default=2 * (os.cpu_count() or 1))
    parser.add_argument('-k', metavar='PATTERN', action='append', default=[], help='only tests whose name has it')
    parser.add_argument('--module', help=argparse.SUPPRESS)
    parser.add_argument('--report', help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.module:
        return run_module(arguments.module, arguments.k, arguments.report)
    if not os.access(arguments.binary, os.X_OK):
        parser.error(f'no program at {arguments.binary}')
    return run_all(arguments)


if __name__ == '__main__':
    sys.exit(main())
