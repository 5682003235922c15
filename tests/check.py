#!/usr/bin/env python3
"""All tests: runs the stages below, keeps their logs in build/check, and adds up what they count.

check.py [check|verify|rest|STAGE...]: those of `make check` (the host's), all (the default), all
but those of check, or these. The last line is `N passed, N failed`; the status is not zero if one
failed. A test that is skipped has failed unless tests/skips.txt names it; with SKIPS=none always.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import threading
import time
import typing

TOP = pathlib.Path(__file__).resolve().parent.parent
LOGS = TOP / 'build/check'
PYTHON = sys.executable
KCONFIG_PYTHON = os.environ.get('KCONFIG_PYTHON', '/usr/bin/python3')
MAKE = ['make', '--no-print-directory', '-j', str(os.cpu_count() or 1)]
MACHINE = os.uname().machine
SIGN_OF_LIFE = 30  # seconds


class Stage(typing.NamedTuple):
    """One line of the table: its name, the longest time in seconds, what it does, how."""
    name: str
    seconds: int
    what: str
    command: list


# Groups run one after the other, the stages of a group side by side; those that measure time or
# need what others build come last. The longest time is some ten times the usual one.
GROUPS = [
    [
        Stage('build', 200, 'builds the command', [*MAKE, 'all']),
        Stage('static-native', 200, 'builds it as one static file for this machine',
              [*MAKE, 'native-static']),
    ],
    [
        Stage('static', 900, 'builds the static files for all machines', [*MAKE, 'static']),
        Stage('lint', 600, 'style and static analysis of the host\'s files', [*MAKE, 'lint']),
        Stage('unit-host', 600, 'unit tests, limits of the host, under ASan and UBSan',
              [*MAKE, '-f', 'tests/unit.mk', 'CONFIGURATION=host']),
        Stage('unit-mcu', 600, 'unit tests, limits of a microcontroller, under ASan and UBSan',
              [*MAKE, '-f', 'tests/unit.mk', 'CONFIGURATION=mcu']),
        Stage('warnings-gcc', 100, 'compiles all with gcc, warnings are errors',
              [*MAKE, 'objects', 'OUT=build/check/gcc', 'WERROR=1', 'CC=gcc']),
        Stage('warnings-clang', 100, 'compiles all with clang, warnings are errors',
              [*MAKE, 'objects', 'OUT=build/check/clang', 'WERROR=1', 'CC=clang']),
        Stage('c++', 30, 'the public header as C++',
              ['clang++', '-std=c++11', '-Wall', '-Wextra', '-Werror', '-fsyntax-only',
               '-x', 'c++', 'core/migtask.h']),
        Stage('build-test', 200, 'what the build promises', ['tests/build_test.sh']),
        Stage('config', 60, 'Kconfig and core/migtask_config.h agree',
              [KCONFIG_PYTHON, 'tests/config_test.py']),
        Stage('readme', 60, 'the README\'s program compiles',
              ['tests/readme_example.sh', 'build/host']),
        Stage('size', 100, 'flash and stack of the core, beside their budgets',
              [PYTHON, 'tests/size/size.py']),
        Stage('lwip-build', 400, 'builds lwIP with our port for this machine',
              [*MAKE, '-f', 'tests/lwip.mk']),
        Stage('lwip-lint', 200, 'static analysis of port/lwip', [*MAKE, '-f', 'tests/lwip.mk', 'lint']),
        Stage('coverage', 400, 'what the unit tests reach of the core',
              [*MAKE, '-f', 'tests/coverage.mk', 'check']),
        Stage('mutants', 400, 'whether the unit tests notice changes of the core',
              [*MAKE, '-f', 'tests/coverage.mk', 'mutants']),
        *(Stage(f'lint-{board}', 200, 'static analysis of a board\'s files',
                [*MAKE, 'lint', f'BOARD={board}', 'CONFIG=full'])
          for board in ('lm3s6965evb', 'mps2-an385')),
    ],
    [
        Stage('service', 300, 'the simulator of the service',
              [PYTHON, 'tests/service/test_service.py']),
        Stage('deb', 900, 'the Debian packages', [PYTHON, 'tests/packaging/deb_test.py']),
        Stage('recipes', 900, 'the recipes for OpenWrt and Yocto',
              [PYTHON, 'tests/packaging/recipes_test.py']),
        Stage('packaging', 600, 'what `make install` installs',
              [PYTHON, '-m', 'unittest', 'discover', '-s', 'tests/packaging']),
        Stage('faults', 600, 'every system call fails, and every two of them',
              [*MAKE, '-f', 'tests/faults.mk', 'calls']),
        Stage('faults-memory', 900, 'every third allocation of TLS fails',
              [*MAKE, '-f', 'tests/faults.mk', 'memory', 'EVERY=3']),
        Stage('static-run', 900, 'the static files of all machines, under QEMU',
              [PYTHON, 'tests/static/run.py']),
    ],
    [
        Stage('tls', 600, 'hostile and good TLS servers, and certificates',
              [*MAKE, '-f', 'tests/tls.mk', 'plain']),
        Stage('secrets', 600, 'what is left of secrets in memory',
              [*MAKE, '-f', 'tests/secrets.mk', 'run']),
    ],
    [
        Stage('tls-sanitized', 900, 'each third of them under ASan and UBSan',
              [*MAKE, '-f', 'tests/tls.mk', 'sanitized', 'EVERY=3']),
        Stage('prove', 1200, 'proofs of the core, and that they reject each third seeded bug',
              [*MAKE, '-f', 'tests/proof.mk', 'prove', 'EVERY=3']),
        Stage('fuzz', 900, 'fuzz targets: their corpus, and some seconds of each',
              [*MAKE, '-f', 'tests/fuzz.mk', 'check']),
        Stage('coverage-port', 1200, 'what all tests reach of the ports',
              [*MAKE, '-f', 'tests/coverage.mk', 'port']),
    ],
    [
        Stage('lwip', 600, 'calls over lwIP: loss, delay, little memory',
              [*MAKE, '-f', 'tests/lwip.mk', 'run']),
        Stage('rescue', 600, 'the rescue image under QEMU', [PYTHON, 'tests/rescue/run.py']),
    ],
    [
        Stage('board', 900, 'firmware under QEMU', [PYTHON, 'tests/board/run.py']),
    ],
    [
        Stage('memory', 300, 'flash, RAM and stack of the firmware, beside the README',
              [PYTHON, 'tests/board/memory.py', '--check', 'README.md']),
    ],
    [
        Stage('command', 900, 'the command against the service and strange peers',
              [PYTHON, 'tests/command/run.py', '--binary', 'build/host/migtask',
               '--static', f'build/static/migtask-{MACHINE}']),
    ],
]

# What `make check` runs: the host's, which need no compiler but the machine's own.
CHECK = ('build', 'static-native', 'unit-host', 'unit-mcu', 'warnings-gcc', 'build-test', 'config',
         'readme', 'service', 'faults', 'tls', 'secrets', 'command')


def allowed_skips():
    """The patterns of skips.txt: a line `STAGE: PATTERN`, after a comment that says why."""
    if os.environ.get('SKIPS') == 'none':
        return []
    lines = (TOP / 'tests/skips.txt').read_text(encoding='utf-8').splitlines()
    return [line for line in lines if line and not line.startswith('#')]


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
        passed = sum(map(int, unittest)) - failed - sum(map(int, re.findall(r'skipped=(\d+)', text)))
    elif cmocka:
        passed = sum(int(n) for word, n in cmocka if word == 'PASSED')
        failed = sum(int(n) for word, n in cmocka if word == 'FAILED')
    elif status == 0:
        passed = 1
    if status != 0 and failed == 0:
        failed = 1
    return passed, failed


def skips(name, text):
    """What was skipped, and of that what must not be."""
    told = re.findall(r'^skipped: (.*)', text, re.M)
    untold = (sum(map(int, re.findall(r'skipped=(\d+)', text))) +
              sum(map(int, re.findall(r'^\[  SKIPPED \] (\d+) test', text, re.M))))
    told += ['a test that does not say why'] * max(0, untold - len(told))
    allowed = [line.partition(': ')[2] for line in allowed_skips() if line.startswith(f'{name}: ')]
    return told, [line for line in told if not any(re.search(one, line) for one in allowed)]


class Watch:
    """What runs, so that there is a sign of life."""

    def __init__(self):
        self.lock = threading.Lock()
        self.running = {}
        self.last = time.monotonic()

    def say(self, *lines):
        with self.lock:
            self.last = time.monotonic()
            print(*lines, sep='\n', flush=True)

    def keep_telling(self):
        while True:
            time.sleep(1)
            now = time.monotonic()
            if self.running and now - self.last >= SIGN_OF_LIFE:
                self.say('  ... ' + ', '.join(f'{name} {now - since:.0f} s'
                                              for name, since in sorted(self.running.items())))


WATCH = Watch()


def run(stage):
    start = time.monotonic()
    WATCH.running[stage.name] = start
    WATCH.say(f'{stage.name:<14} begins: {stage.what}')
    log = LOGS / f'{stage.name}.log'
    with open(log, 'wb') as output:
        status = subprocess.run([PYTHON, TOP / 'tests/reaper.py', str(stage.seconds),
                                 *stage.command], cwd=TOP, stdin=subprocess.DEVNULL, stdout=output,
                                stderr=subprocess.STDOUT, check=False).returncode
    text = log.read_text(encoding='utf-8', errors='replace')
    passed, failed = count(text, status)
    told, forbidden = skips(stage.name, text)
    failed += len(forbidden)
    del WATCH.running[stage.name]
    used = re.findall(r'^processor: .*', text, re.M)
    lines = [f'{stage.name:<14} {passed:>5} passed, {failed} failed '
             f'{time.monotonic() - start:>7.1f} s  ({"".join(used[-1:])})']
    lines += [f'    {line}' for line in re.findall(r'^note: .*', text, re.M)]
    lines += [f'    skipped{", which is a failure" if line in forbidden else ""}: {line}'
              for line in told]
    lines += [f'    {line}' for line in re.findall(r'^(?:no end after|left behind:) .*', text, re.M)]
    if failed:
        lines += [f'    {line}' for line in text.splitlines()[-40:]]
        lines += [f'    (all of it: {log.relative_to(TOP)})']
    WATCH.say(*lines)
    return passed, failed


def choose(words):
    """The names of the stages that are meant."""
    names = [stage.name for group in GROUPS for stage in group]
    if words in ([], ['verify']):
        return names
    if words == ['check']:
        return list(CHECK)
    if words == ['rest']:
        return [name for name in names if name not in CHECK]
    if unknown := set(words) - set(names):
        sys.exit(f'check: no stage {" ".join(sorted(unknown))}; there are: {" ".join(names)}')
    return words


def main():
    wanted = choose(sys.argv[1:])
    LOGS.mkdir(parents=True, exist_ok=True)
    os.environ['PATH'] = f'{TOP}/build/tools/usr/sbin:{os.environ["PATH"]}:/usr/sbin'
    for name in ('MAKEFLAGS', 'MFLAGS', 'MAKELEVEL'):
        os.environ.pop(name, None)
    threading.Thread(target=WATCH.keep_telling, daemon=True).start()
    start = time.monotonic()
    results = []
    for group in GROUPS:
        stages = [stage for stage in group if stage.name in wanted]
        with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            results += zip(stages, pool.map(run, stages))
    passed, failed = (sum(column) for column in zip(*(result for _, result in results)))
    print(f'{time.monotonic() - start:.0f} s')
    for stage, result in results:
        if result[1]:
            print(f'{stage.name}: {result[1]} failed, see build/check/{stage.name}.log')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
