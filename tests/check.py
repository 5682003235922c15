#!/usr/bin/env python3
"""All tests: runs the stages below, keeps their logs in build/check, and adds up what they count.

check.py [STAGE...]: only these. The last line is `N passed, N failed`; the status is not zero if
one failed.
"""

import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
LOGS = TOP / 'build/check'
PYTHON = sys.executable
KCONFIG_PYTHON = os.environ.get('KCONFIG_PYTHON', '/usr/bin/python3')
MAKE = ['make', '--no-print-directory', '-j', str(os.cpu_count() or 1)]

# Groups run one after the other, the stages of a group side by side; those that measure time or
# need what others build come last. (name, longest time in seconds, command)
GROUPS = [
    [
        ('build', 200, [*MAKE, 'all']),
        ('static', 500, [*MAKE, 'static']),
    ],
    [
        ('lint', 600, [*MAKE, 'lint']),
        ('unit-host', 600, [*MAKE, '-f', 'tests/unit.mk', 'CONFIGURATION=host']),
        ('unit-mcu', 600, [*MAKE, '-f', 'tests/unit.mk', 'CONFIGURATION=mcu']),
        ('warnings-gcc', 100, [*MAKE, 'objects', 'OUT=build/check/gcc', 'WERROR=1', 'CC=gcc']),
        ('warnings-clang', 100, [*MAKE, 'objects', 'OUT=build/check/clang', 'WERROR=1',
                                 'CC=clang']),
        ('c++', 30, ['clang++', '-std=c++11', '-Wall', '-Wextra', '-Werror', '-fsyntax-only',
                     '-x', 'c++', 'core/migtask.h']),
        ('build-test', 60, ['tests/build_test.sh']),
        ('config', 60, [KCONFIG_PYTHON, 'tests/config_test.py']),
        ('readme', 60, ['tests/readme_example.sh', 'build/host']),
        ('size', 100, [PYTHON, 'tests/size/size.py']),
        ('lwip-build', 400, [*MAKE, '-f', 'tests/lwip.mk']),
        ('lwip-lint', 200, [*MAKE, '-f', 'tests/lwip.mk', 'lint']),
        ('coverage', 400, [*MAKE, '-f', 'tests/coverage.mk', 'check']),
        ('mutants', 400, [*MAKE, '-f', 'tests/coverage.mk', 'mutants']),
        *((f'lint-{board}', 200, [*MAKE, 'lint', f'BOARD={board}', 'CONFIG=full'])
          for board in ('lm3s6965evb', 'mps2-an385')),
    ],
    [
        ('service', 120, [PYTHON, 'tests/service/test_service.py']),
        ('deb', 600, [PYTHON, 'tests/packaging/deb_test.py']),
        ('recipes', 400, [PYTHON, 'tests/packaging/recipes_test.py']),
        ('packaging', 300, [PYTHON, '-m', 'unittest', 'discover', '-s', 'tests/packaging']),
        ('faults', 400, [*MAKE, '-f', 'tests/faults.mk', 'run']),
        ('static-run', 400, [PYTHON, 'tests/static/run.py']),
    ],
    [
        ('tls', 600, [*MAKE, '-f', 'tests/tls.mk', 'run']),
        ('secrets', 300, [*MAKE, '-f', 'tests/secrets.mk', 'run']),
    ],
    [
        ('prove', 1200, [*MAKE, '-f', 'tests/proof.mk', 'prove']),
        ('fuzz', 400, [*MAKE, '-f', 'tests/fuzz.mk', 'check']),
        ('coverage-port', 900, [*MAKE, '-f', 'tests/coverage.mk', 'port']),
    ],
    [
        ('lwip', 300, [*MAKE, '-f', 'tests/lwip.mk', 'run']),
    ],
    [
        ('rescue', 300, [PYTHON, 'tests/rescue/run.py']),
    ],
    [
        ('board', 600, [PYTHON, 'tests/board/run.py']),
    ],
    [
        ('memory', 300, [PYTHON, 'tests/board/memory.py', '--check', 'README.md']),
    ],
    [
        ('command', 600, [PYTHON, 'tests/command/run.py', '--binary', 'build/host/migtask',
                          '--static', f'build/static/migtask-{os.uname().machine}']),
    ],
]


def count(text, status):
    """(passed, failed) of a log: our own last line, unittest's, cmocka's, else the exit status."""
    passed = failed = 0
    own = re.findall(r'^(\d+) passed, (\d+) failed$', text, re.M)
    unittest = re.findall(r'^Ran (\d+) tests?', text, re.M)
    cmocka = re.findall(r'^\[  (PASSED|FAILED)  \] (\d+) test\(s\)', text, re.M)
    if own:
        passed, failed = map(int, own[-1])
    elif unittest:
        failed = sum(int(n) for n in re.findall(r'(?:failures|errors)=(\d+)', text))
        passed = sum(map(int, unittest)) - failed
    elif cmocka:
        passed = sum(int(n) for word, n in cmocka if word == 'PASSED')
        failed = sum(int(n) for word, n in cmocka if word == 'FAILED')
    elif status == 0:
        passed = 1
    if status != 0 and failed == 0:
        failed = 1
    return passed, failed


def run(stage):
    name, seconds, command = stage
    start = time.monotonic()
    log = LOGS / f'{name}.log'
    with open(log, 'wb') as output:
        try:
            child = subprocess.Popen(command, cwd=TOP, stdin=subprocess.DEVNULL, stdout=output,
                                     stderr=subprocess.STDOUT, start_new_session=True)
            status = child.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            status = child.wait()
            output.write(f'\nno end after {seconds} s\n'.encode())
        except OSError as error:
            output.write(f'{error}\n'.encode())
            status = 127
    text = log.read_text(encoding='utf-8', errors='replace')
    passed, failed = count(text, status)
    print(f'{name:<16} {passed:>5} passed, {failed} failed {time.monotonic() - start:>7.1f} s',
          flush=True)
    for line in re.findall(r'^(?:note|skipped): .*', text, re.M):
        print(f'    {line}', flush=True)
    if failed:
        for line in text.splitlines()[-40:]:
            print(f'    {line}')
        print(f'    (all of it: {log.relative_to(TOP)})', flush=True)
    return passed, failed


def main():
    wanted = sys.argv[1:]
    unknown = set(wanted) - {name for group in GROUPS for name, _, _ in group}
    if unknown:
        sys.exit(f'check: no stage {" ".join(sorted(unknown))}')
    LOGS.mkdir(parents=True, exist_ok=True)
    os.environ['PATH'] = f'{TOP}/build/tools/usr/sbin:{os.environ["PATH"]}:/usr/sbin'
    for name in ('MAKEFLAGS', 'MFLAGS', 'MAKELEVEL'):
        os.environ.pop(name, None)
    start = time.monotonic()
    results = []
    for group in GROUPS:
        stages = [stage for stage in group if not wanted or stage[0] in wanted]
        with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            results += pool.map(run, stages)
    passed, failed = (sum(column) for column in zip(*results))
    print(f'{time.monotonic() - start:.0f} s')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
