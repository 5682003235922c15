#!/usr/bin/env python3
"""What one call costs, beside its budget, its aim and curl. `make bench`.

bench.py [--markdown]: counts the instructions of the core alone, and measures the host command on one nginx: the static
build, the default build and Debian's curl. Takes one to two minutes. Times are told and never judged; the status is not
zero only if something could not be measured. MIGTASK_TEST_BINARY and MIGTASK_TEST_STATIC name other builds.
"""

import argparse
import dataclasses
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / 'tests/command'), str(ROOT / 'tests/service')]

import pki  # noqa: E402

os.environ.setdefault('MIGTASK_TEST_BINARY', str(ROOT / 'build/host/migtask'))
os.environ.setdefault('MIGTASK_TEST_STATIC', str(ROOT / f'build/static/migtask-{os.uname().machine}'))
os.environ.setdefault('MIGTASK_TEST_PKI', str(pki.make(ROOT / 'build/pki')))

# What the tests of the command stand on needs all of the above.
import answers  # noqa: E402
import programs  # noqa: E402
import servers  # noqa: E402
from programs import Call  # noqa: E402
from support import BINARY, ROOTS, STATIC, SYSTEM_ROOTS  # noqa: E402

ROUNDS = 40         # of the times that have a budget
OTHER_ROUNDS = 12   # of the others
CHAIN_NAMES = {'ec': 'ECDSA', 'rsa': 'RSA'}


@dataclasses.dataclass
class Row:
    """A figure: what was measured of each program, and what it should be."""

    figure: str
    measured: list      # numbers or None
    budget: float | None = None
    aim: float | None = None
    form: str = '{:,.0f}'
    judged: int = 1     # how many of the measured the budget is for, from the left

    def _cell(self, value):
        return '-' if value is None else self.form.format(value)

    def _mark(self, number, value):
        if number >= self.judged or value is None or self.budget is None:
            return ''
        return '!' if value > self.budget else '+' if self.aim is not None and value > self.aim else ''

    def cells(self):
        """The texts of a line."""
        return [self.figure, *(self._cell(value) + self._mark(number, value)
                               for number, value in enumerate(self.measured)),
                self._cell(self.budget), self._cell(self.aim)]


class Table:
    """Rows about the same programs."""

    def __init__(self, title, columns):
        self.title = title
        self.columns = columns
        self.rows = []

    def _lines(self):
        return [['', *self.columns, 'budget', 'aim'], *(row.cells() for row in self.rows)]

    def show(self):
        """As plain text."""
        lines = self._lines()
        widths = [max(map(len, column)) for column in zip(*lines)]
        print(self.title)
        for first, *others in lines:
            print(f'  {first:<{widths[0]}}' + ''.join(
                f'  {cell:>{width}}' for cell, width in zip(others, widths[1:])))
        print()

    def show_markdown(self):
        """For the README."""
        first, *others = self._lines()
        print(f'{self.title}\n\n| {" | ".join(first)} |\n|---|{"---:|" * (len(first) - 1)}')
        for line in others:
            print(f'| {" | ".join(line)} |')
        print()


class Bench:
    """Measures everything, and keeps what could not be measured."""

    def __init__(self):
        self.failures = []

    def attempt(self, what, measure, *arguments, otherwise=None):
        """What `measure` returns, or `otherwise` and a note for the end."""
        if sys.stderr.isatty():
            print(f'\r\x1b[K{what.strip()} ...', end='', file=sys.stderr, flush=True)
        try:
            return measure(*arguments)
        except (OSError, subprocess.SubprocessError, AssertionError, unittest.SkipTest) as error:
            self.failures.append(f'{what.strip()}: {" ".join(str(error).split())}')
            return otherwise
        finally:
            if sys.stderr.isatty():
                print('\r\x1b[K', end='', file=sys.stderr, flush=True)

    def core(self):
        """The first table: no TLS, no sockets."""
        configurations = {'mcu -O2': ['-O2'], 'host -O2': ['-O2', '-DMIGTASK_CONFIG_HOST'], 'mcu -Os': ['-Os']}
        counted = [self.attempt(f'the core, {name}', programs.core_instructions, flags, otherwise={})
                   for name, flags in configurations.items()]
        table = Table(f'The core alone, one call with a token of {answers.TOKEN_BYTES} bytes: instructions',
                      list(configurations))
        for figure, name, budget, aim in (
                ("200 '{}'", 'accepted', 10e3, 6e3),
                (f'403 of {answers.SMALL_BYTES} B', 'refused', 20e3, 12e3),
                (f'403 of {answers.LARGEST_BYTES:,} B, every documented maximum', 'largest', 17e6, 8e6)):
            table.rows.append(Row(figure, [counts.get(name) for counts in counted], budget, aim,
                                  judged=len(counted)))
        return table

    def command(self, server, bundle):
        """The second table: whole programs. Budgets and aims are for the static one."""
        everyone = [programs.Migtask(STATIC), programs.Migtask(BINARY),
                    programs.Curl(shutil.which('curl') or 'curl')]
        table = Table(f'The host command, one call over verified TLS with a token of {answers.TOKEN_BYTES} bytes',
                      ['static', 'default', 'curl'])
        calls = {kind: Call(port) for kind, port in server.ports.items()}
        call = calls['ec', '1.3']
        to_name = dataclasses.replace(call, way=programs.NAME)
        largest = dataclasses.replace(call, task=servers.LARGEST)
        all_roots = dataclasses.replace(call, roots=bundle)

        def row(figure, measure, of_call, budget=None, aim=None, leave_out=(), judged=1):
            measured = [None if program in leave_out else
                        self.attempt(f'{figure}, {program.file}', measure, program, of_call) for program in everyone]
            table.rows.append(Row(figure, measured, budget, aim, judged=judged))

        def two_rows(figures, measure, *arguments, budgets, aims):
            pairs = [self.attempt(f'{figures[0]}, {program.file}', measure, program, *arguments,
                                  otherwise=(None, None)) for program in everyone]
            for figure, measured, budget, aim in zip(figures, zip(*pairs), budgets, aims):
                table.rows.append(Row(figure, list(measured), budget, aim))

        two_rows(('size, B', '  of the libraries it loads'), programs.size, budgets=(260e3, None), aims=(235e3, None))
        row('peak resident memory, KiB', programs.peak_memory, call, 400, 300)
        row('  403 of 1.4 MB', programs.peak_memory, largest)
        row('system calls, to an address', programs.system_calls, call, 45, 20)
        row('  to a name, its resolver included', programs.system_calls, to_name, 60, 20)
        if bundle:
            row('  to an address, with all roots of a machine', programs.system_calls, all_roots)
        row('heap calls', programs.heap_calls, call, 1, 0, leave_out=everyone[:1], judged=2)
        for version, budgets, aims in (('1.3', (2600, 3), (2570, 3)), ('1.2', (None, 4), (None, 4))):
            two_rows((f'TCP payload sent, TLS {version}, B', '  round trips until the answer'), programs.on_the_wire,
                     calls['ec', version], budgets=budgets, aims=aims)
        for (chain, version), of_call in calls.items():
            row(f'instructions, {CHAIN_NAMES[chain]}, TLS {version}', programs.instructions, of_call,
                *{'ec': (49.5e6, 35e6), 'rsa': (23e6, 20e6)}[chain])
        if bundle:
            row('  ECDSA, TLS 1.3, with all roots of a machine', programs.instructions, all_roots)
        row('  ECDSA, TLS 1.3, 403 of 1.4 MB', programs.instructions, largest)
        for figure, of_call, rounds, budget, aim in (
                ('ECDSA, TLS 1.3', call, ROUNDS, 0.5, 0.35),
                ('ECDSA, TLS 1.2', calls['ec', '1.2'], OTHER_ROUNDS, None, None),
                ('RSA, TLS 1.3', calls['rsa', '1.3'], OTHER_ROUNDS, None, None),
                ('RSA, TLS 1.2', calls['rsa', '1.2'], OTHER_ROUNDS, None, None),
                ('403 of 611 B', dataclasses.replace(call, task=servers.REFUSED), OTHER_ROUNDS, None, None),
                ('403 of 1.4 MB', largest, OTHER_ROUNDS, None, None)):
            taken = self.attempt(f'times, {figure}', programs.times, everyone, of_call, rounds)
            if taken:
                table.rows += self._times(figure, taken, budget, aim)
        return table

    @staticmethod
    def _times(figure, taken, budget, aim):
        """Rows of the median times of each program, and of the median ratio to the last one in the same round."""
        wall, cpu = ([statistics.median(1000 * call[number] for call in calls) for calls in taken] for number in (0, 1))
        ratios = [statistics.median(call[0] / other[0] for call, other in zip(calls, taken[-1])) for calls in taken]
        return [Row(f'wall time, {figure}, ms', wall, form='{:.1f}'),
                Row("  ratio to curl's", ratios, budget, aim, '{:.2f}', judged=0),
                Row('  CPU time, ms', cpu, form='{:.1f}')]


def versions():
    """What the figures belong to."""
    found = []
    compiler = os.environ.get('CC', 'gcc')
    for command, pattern in ((f'{compiler} --version', r'(gcc|clang)\b.* ([\d.]+)'),
                             ('curl --version', r'(curl) ([\d.]+)'),
                             ('nginx -v', r'(nginx)/([\d.]+)'),
                             ('valgrind --version', r'(valgrind)-([\d.]+)')):
        try:
            told = subprocess.run(command.split(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  timeout=10, check=False).stdout
            found.append(' '.join(re.search(pattern, told.splitlines()[0]).groups()))
        except (OSError, subprocess.SubprocessError, AttributeError, IndexError):
            pass
    return ', '.join((os.uname().machine, *found))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--markdown', action='store_true', help='print the tables for the README')
    arguments = parser.parse_args()
    os.environ['PATH'] = f'{ROOT}/build/tools/usr/sbin:{os.environ["PATH"]}:/usr/sbin'
    bench = Bench()
    tables = [bench.core()]
    with tempfile.TemporaryDirectory(prefix='migtask-') as folder:
        bundle = None
        if SYSTEM_ROOTS.exists():
            bundle = f'{folder}/roots.pem'
            pathlib.Path(bundle).write_bytes(SYSTEM_ROOTS.read_bytes() + pathlib.Path(ROOTS).read_bytes())
        try:
            with servers.Servers() as server:
                tables.append(bench.command(server, bundle))
        except (OSError, AssertionError) as error:
            bench.failures.append(f'the host command: {error}')
    for table in tables:
        if arguments.markdown:
            table.show_markdown()
        else:
            table.show()
    print('No mark: within the aim. +: within the budget, above the aim. !: above the budget. Times are not judged.')
    print(f'Measured with {versions()}.')
    for failure in bench.failures:
        print(f'could not be measured: {failure}', file=sys.stderr)
    return 1 if bench.failures else 0


if __name__ == '__main__':
    sys.exit(main())
