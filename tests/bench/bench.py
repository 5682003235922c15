#!/usr/bin/env python3
"""What one call costs, beside its budget, its aim and what people use now. `make bench`.

bench.py [--quick] [--record]: counts the instructions of the core alone, and measures on one nginx the static build of
the command against curl, wget and python3 with requests, all by turns. Takes five minutes, --quick one and a half.
The tables also go to build/bench/results.md and the chart to build/bench/chart.svg; --record keeps both in tests/bench.

Times are told and never judged; the status is not zero only if something could not be measured. MIGTASK_TEST_BINARY and
MIGTASK_TEST_STATIC name other builds.
"""

import argparse
import dataclasses
import itertools
import os
import pathlib
import re
import shutil
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
import chart  # noqa: E402
import core  # noqa: E402
import many  # noqa: E402
import measure  # noqa: E402
import programs  # noqa: E402
import servers  # noqa: E402
from programs import Call  # noqa: E402
from support import BINARY, ROOTS, STATIC, SYSTEM_ROOTS  # noqa: E402
from tables import Row, Table  # noqa: E402

ANSWERS = {'200': servers.ACCEPTED, f'403, {answers.SMALL_BYTES} B': servers.REFUSED, '403, 1.4 MB': servers.LARGEST}
CHAIN_NAMES = {'ec': 'ECDSA', 'rsa': 'RSA'}
FIRST = ('200', 'ec', '1.3')    # the case that the budgets are for

# The figures of every case, in the order of the chart: their names, how they are written, whether python3's is only
# counted in a few cases, since it takes long.
FIGURES = {'wall': ('wall time, ms', '{:.1f}'), 'ratio': ("wall time, ratio to curl's", '{:.2f}'),
           'cpu': ('CPU time, ms', '{:.1f}'), 'instructions': ('instructions, millions', '{:,.1f}'),
           'calls': ('system calls', '{:,.0f}'), 'memory': ('peak resident memory, KiB', '{:,.0f}'),
           'sent': ('TCP payload sent, B', '{:,.0f}')}


@dataclasses.dataclass(frozen=True)
class Extent:
    """How much is measured."""

    cases: list
    first_rounds: int   # of the times of the first case
    rounds: int         # of the others
    many: dict
    slow: list          # the cases in which instructions of slow programs are counted


ALL_CASES = list(itertools.product(ANSWERS, servers.CHAINS, servers.VERSIONS))
FULL = Extent(ALL_CASES, 30, 10, many.COUNTS, [case for case in ALL_CASES if case[1:] == FIRST[1:]])
QUICK = Extent([case for case in ALL_CASES if case[1:] == FIRST[1:] or case == ('200', 'rsa', '1.2')], 12, 6, many.FEW,
               [])


class Bench:
    """Measures everything, and keeps what could not be measured."""

    def __init__(self, extent):
        self.extent = extent
        self.failures = []
        self.notes = []
        self.figures = {}   # {figure: {case: [of each program]}}

    def note(self, text):
        """Keep a line for the end, once."""
        if text not in self.notes:
            self.notes.append(text)

    def attempt(self, what, function, *arguments, otherwise=None):
        """What the function returns, or `otherwise` and a note for the end."""
        if sys.stderr.isatty():
            print(f'\r\x1b[K{what.strip()} ...', end='', file=sys.stderr, flush=True)
        try:
            return function(*arguments)
        except (OSError, subprocess.SubprocessError, AssertionError, unittest.SkipTest) as error:
            self.failures.append(f'{what.strip()}: {" ".join(str(error).split())}')
            return otherwise
        finally:
            if sys.stderr.isatty():
                print('\r\x1b[K', end='', file=sys.stderr, flush=True)

    def core(self):
        """The core alone."""
        configurations = {'mcu -O2': ['-O2'], 'host -O2': ['-O2', '-DMIGTASK_CONFIG_HOST'], 'mcu -Os': ['-Os']}
        counted = [self.attempt(f'the core, {name}', core.instructions, flags, otherwise={})
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

    def measure_cases(self, everyone, calls):
        """Everything that is measured of each case, into self.figures."""
        self.figures = {figure: {} for figure in FIGURES}
        counted = {'calls': measure.system_calls, 'memory': measure.peak_memory, 'sent': measure.sent}
        for case in self.extent.cases:
            call = calls[case]
            told = f'{case[0]}, {CHAIN_NAMES[case[1]]}, TLS {case[2]}'
            turns = [(program, program.command(call), program.expected(call)) for program in everyone]
            taken = self.attempt(f'times, {told}', measure.times, turns,
                                 self.extent.first_rounds if case == FIRST else self.extent.rounds)
            if taken:
                for figure, values in zip(('wall', 'cpu', 'ratio'), measure.medians(taken, 1)):
                    self.figures[figure][case] = values
            for figure, function in counted.items():
                self.figures[figure][case] = [
                    self.attempt(f'{figure}, {told}, {program.name}', function, program, call) for program in everyone]
            self.figures['instructions'][case] = [
                None if isinstance(program, programs.Requests) and case not in self.extent.slow else
                self.attempt(f'instructions, {told}, {program.name}', measure.instructions, program, call)
                for program in everyone]

    def against_budgets(self, everyone, calls, bundle):
        """The figures that have a budget, which is for the first program."""
        table = Table(f'One call over verified TLS with a token of {answers.TOKEN_BYTES} bytes',
                      [program.name for program in everyone])
        call = calls[FIRST]

        def of_each(figure, function, *arguments, otherwise=None):
            return [self.attempt(f'{figure}, {program.name}', function, program, *arguments, otherwise=otherwise)
                    for program in everyone]

        def row(figure, measured, budget=None, aim=None, form='{:,.0f}'):
            table.rows.append(Row(figure, list(measured), budget, aim, form))

        sizes = list(zip(*of_each('size', measure.size, otherwise=(None, None))))
        row('size, B', sizes[0], 260e3, 235e3)
        row('  of the libraries and scripts it loads', sizes[1])
        row('peak resident memory, KiB', self.figures['memory'][FIRST], 400, 300)
        row('system calls, to an address', self.figures['calls'][FIRST], 45, 20)
        row('  to a name, its resolver included',
            of_each('system calls to a name', measure.system_calls, dataclasses.replace(call, way=programs.NAME)),
            60, 20)
        if bundle:
            row('  to an address, with all roots of a machine',
                of_each('system calls, all roots', measure.system_calls, dataclasses.replace(call, roots=bundle)))
        default = programs.Migtask('migtask', BINARY)
        row('heap calls (of migtask: the default build)', [
            self.attempt(f'heap calls, {program.name}', measure.heap_calls, program, call)
            for program in (default, *everyone[1:])], 1, 0)
        for version, budgets, aims in (('1.3', (2600, 3), (2570, 3)), ('1.2', (None, 4), (None, 4))):
            found = list(zip(*of_each(f'on the wire, TLS {version}', measure.on_the_wire, calls['200', 'ec', version],
                                      otherwise=(None, None)))) if ('200', 'ec', version) in calls else ()
            for figure, measured, budget, aim in zip(
                    (f'TCP payload sent, TLS {version}, B', '  round trips until the answer'), found, budgets, aims):
                row(figure, measured, budget, aim)
        for case, measured in self.figures['instructions'].items():
            if case[0] == '200':
                row(f'instructions, {CHAIN_NAMES[case[1]]}, TLS {case[2]}, millions',
                    [value and value / 1e6 for value in measured],
                    *{'ec': (49.5, 35), 'rsa': (23, 20)}[case[1]], form='{:,.1f}')
        if bundle:
            row('  ECDSA, TLS 1.3, with all roots of a machine', [
                None if isinstance(program, programs.Requests) else value and value / 1e6 for program, value in
                zip(everyone, of_each('instructions, all roots', self._fast_instructions,
                                      dataclasses.replace(call, roots=bundle)))], form='{:,.1f}')
        if FIRST in self.figures['ratio']:
            row("wall time, ratio to curl's", self.figures['ratio'][FIRST], 0.5, 0.35, '{:.2f}')
        return table

    @staticmethod
    def _fast_instructions(program, call):
        return None if isinstance(program, programs.Requests) else measure.instructions(program, call)

    def by_case(self, everyone):
        """A table for each figure."""
        tables = []
        for figure, (name, form) in FIGURES.items():
            table = Table(name[0].upper() + name[1:], [program.name for program in everyone], beside=False)
            for (answer, chain, version), measured in self.figures[figure].items():
                if figure == 'instructions':
                    measured = [value and value / 1e6 for value in measured]
                table.rows.append(Row(f'{answer}; {CHAIN_NAMES[chain]}, TLS {version}', measured, form=form))
            tables.append(table)
        return tables

    def for_chart(self, everyone):
        """[(label, text of the first program's figure, [ratio to curl of each program])]: the chart's rows."""
        rows = []
        for label, figure, case, form in (
                ('time: 200', 'ratio', FIRST, None),
                ('time: 403, 611 B', 'ratio', (f'403, {answers.SMALL_BYTES} B', *FIRST[1:]), None),
                ('time: 403, 1.4 MB', 'ratio', ('403, 1.4 MB', *FIRST[1:]), None),
                ('time: 200, RSA, TLS 1.2', 'ratio', ('200', 'rsa', '1.2'), None),
                ('CPU time', 'cpu', FIRST, '{:.1f} ms'), ('instructions', 'instructions', FIRST, '{:,.0f}'),
                ('system calls', 'calls', FIRST, '{:,.0f}'), ('peak memory', 'memory', FIRST, '{:,.0f} KiB'),
                ('bytes sent', 'sent', FIRST, '{:,.0f}')):
            values = self.figures[figure].get(case)
            if not values or not values[1]:
                continue
            if figure == 'ratio':
                shown, form = self.figures['wall'][case], '{:.1f} ms'
            else:
                shown, values = values, [value and value / values[1] for value in values]
            if figure == 'instructions':
                shown, form = [value and value / 1e6 for value in shown], '{:.0f} M'
            rows.append((label, [None if value is None else form.format(value) for value in shown], values))
        return [program.name for program in everyone], rows


def versions():
    """What the figures belong to."""
    found = []
    compiler = os.environ.get('CC', 'gcc')
    for command, pattern in ((f'{compiler} --version', r'(gcc|clang)\b.* ([\d.]+)'),
                             ('curl --version', r'(curl) ([\d.]+)'),
                             ('wget --version', r'GNU (Wget) ([\d.]+)'),
                             ('/usr/bin/python3 --version', r'(Python) ([\d.]+)'),
                             ('/usr/bin/python3 -c import\xa0requests;print("requests",requests.__version__)',
                              r'(requests) ([\d.]+)'),
                             ('nginx -v', r'(nginx)/([\d.]+)'),
                             ('valgrind --version', r'(valgrind)-([\d.]+)')):
        try:
            told = subprocess.run([word.replace('\xa0', ' ') for word in command.split(' ')], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, timeout=10, check=False).stdout
            found.append(' '.join(re.search(pattern, told.splitlines()[0]).groups()))
        except (OSError, subprocess.SubprocessError, AttributeError, IndexError):
            pass
    return ', '.join((os.uname().machine, *found))


def measure_all(bench, folder):
    """All tables, and the chart's text."""
    tables = [bench.core()]
    (folder / 'none').mkdir()
    everyone = [programs.Migtask('migtask', STATIC), programs.Curl('curl', shutil.which('curl') or 'curl', 22),
                programs.Wget('wget', shutil.which('wget') or 'wget', 8, str(folder / 'none')),
                programs.Requests('requests', '/usr/bin/python3')]
    bundle = None
    if SYSTEM_ROOTS.exists():
        bundle = f'{folder}/roots.pem'
        pathlib.Path(bundle).write_bytes(SYSTEM_ROOTS.read_bytes() + pathlib.Path(ROOTS).read_bytes())
    with servers.Servers() as server:
        calls = {case: Call(server.ports[case[1:]], ANSWERS[case[0]]) for case in ALL_CASES}
        bench.measure_cases(everyone, calls)
        tables.append(bench.against_budgets(everyone, calls, bundle))
        tables += bench.by_case(everyone)
        table, lines = many.compare(bench, everyone, calls[FIRST], bench.extent.many)
        tables.append(table)
    return tables, chart.draw(*bench.for_chart(everyone), lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--quick', action='store_true', help='the main cases only')
    parser.add_argument('--record', action='store_true', help='keep tables and chart in tests/bench')
    arguments = parser.parse_args()
    os.environ['PATH'] = f'{ROOT}/build/tools/usr/sbin:{os.environ["PATH"]}:/usr/sbin'
    bench = Bench(QUICK if arguments.quick else FULL)
    with tempfile.TemporaryDirectory(prefix='migtask-') as name:
        tables, drawing = measure_all(bench, pathlib.Path(name))
    for table in tables:
        print(table.text())
    marks = ('No mark: within the aim. +: within the budget, above the aim. !: above the budget. '
             'Times are not judged.')
    print(f'{marks}\nMeasured with {versions()}.')
    for folder in (ROOT / 'build/bench', *([ROOT / 'tests/bench'] if arguments.record else ())):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / 'chart.svg').write_text(drawing)
        (folder / 'results.md').write_text('\n'.join((
            '# What `make bench` measured\n', *(table.markdown() for table in tables),
            f'{marks} Measured with {versions()}.\n')))
        print(f'Written: {(folder / "results.md").relative_to(ROOT)}, {(folder / "chart.svg").relative_to(ROOT)}')
    for note in bench.notes:
        print(f'note: {note}')
    for failure in bench.failures:
        print(f'could not be measured: {failure}', file=sys.stderr)
    return 1 if bench.failures else 0


if __name__ == '__main__':
    sys.exit(main())
