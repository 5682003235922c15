#!/usr/bin/env python3
"""What the firmware needs: flash and RAM of every board and profile, beside the budgets.

tests/board/memory.py [--no-build] [--markdown] [--check README.md]

Sizes come from the images, peaks of stack and TLS memory from calls under QEMU: in the full and the small profile with
chains of three certificates as large as those of public services, RSA and ECDSA. RAM is what is static, and those two
peaks; what is set aside for them is a little more (the margins). --markdown prints the tables for README.md, --check
compares with them: two percent are allowed (or 16 bytes), and nothing is compared where compiler or libraries are of
other versions than the tables'. The last line is `N passed, N failed`.
"""

import argparse
import concurrent.futures
import dataclasses
import itertools
import os
import pathlib
import re
import sys
import tempfile

import elf
import machine
from machine import BOARDS, PROFILES, ROOT, TOKEN, build, call, image, run

from simulator import Simulator  # noqa: E402 # machine.py says where it is

# Bytes; the trusted roots are the user's and not counted.
FLASH_BUDGET = {'full': 120000, 'small': 84000}
# A figure that misses its budget may at least not grow: what it was when that was last looked into.
FLASH_ACCEPTED = {'full': 121500, 'small': 87500}
RAM_BUDGET = {'full': 58000, 'small': 26000, 'smallest': 21000}
TOLERANCE = 0.02

FLASH_HEAD = ('board', 'profile', 'flash', *elf.COLUMNS, 'texts')
RAM_HEAD = ('board', 'profile', 'RAM', *elf.COLUMNS, 'TLS peak', 'of', 'stack peak', 'of')


@dataclasses.dataclass
class Row:
    """One image."""

    board: str
    profile: str
    split: elf.Split
    arena: int
    stack: int

    @property
    def flash(self):
        """Bytes of flash without the roots."""
        return self.split.flash_total - self.split.roots

    @property
    def ram(self):
        """Bytes of RAM in use at most."""
        return self.split.ram_other + self.arena + self.stack

    def tables(self):
        """Its lines in the two tables, without board and profile."""
        return ((self.flash, *(self.split.flash[part] for part in elf.COLUMNS), self.split.texts),
                (self.ram, *(self.split.ram[part] for part in elf.COLUMNS), self.arena, self.split.arena, self.stack,
                 self.split.stack))


def versions():
    """What the figures belong to."""
    found = {'gcc': elf.compiler()}
    for name in ('mbedtls', 'lwip'):
        folder = pathlib.Path(os.environ.get(f'{name.upper()}_DIR', ROOT / 'build/deps' / name))
        if name == 'mbedtls':
            text = (folder / 'include/mbedtls/build_info.h').read_text(encoding='utf-8')
            found['mbedTLS'] = re.search(r'MBEDTLS_VERSION_STRING\s+"(.*)"', text)[1]
        else:
            text = (folder / 'src/include/lwip/init.h').read_text(encoding='utf-8')
            found['lwIP'] = '.'.join(re.search(rf'LWIP_VERSION_{part}\s+(\d+)', text)[1]
                                     for part in ('MAJOR', 'MINOR', 'REVISION'))
    return ', '.join(f'{name} {version}' for name, version in found.items())


JOBS = [(board, profile) for board in BOARDS for profile in PROFILES]

# The largest chains that a profile is made for, and the versions; the simulator's own for the smallest.
CHAINS = {'full': (('public-rsa', '1.2'), ('public-rsa', '1.3'), ('public-rsa4096', '1.3')), 'small': (('public-ec', '1.2'),),
          'smallest': (('ec', '1.2'),)}


def build_all():
    """All images; whether that went well."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return all(output is not None for output in pool.map(lambda job: build(*job), JOBS))


def measure(board, profile):
    """The peaks over calls that need much: (arena, stack)."""
    peaks = []
    with tempfile.NamedTemporaryFile('w') as token:
        token.write((TOKEN * 60)[:16384])
        token.flush()
        for cert, version in CHAINS[profile]:
            for task, outcome in (('ready-1', 'accepted'), ('fault-max403', 'refused')):
                with Simulator(machine.PKI, cert=cert, tls=version) as service:
                    result = run(board, image(board, profile), call(service.port, task=task, token='@' + token.name, report='memory',
                                                   timeout=60, connect_timeout=50))
                    if result.json.get('outcome') != outcome:
                        raise AssertionError(f'{outcome} expected: {result}')
                    peaks.append((result.memory['arena'], result.memory['stack']))
    return tuple(map(max, zip(*peaks)))


def tables(rows):
    """The two tables: lists of lines, which are tuples of cells; the head first."""
    return [[head, *((row.board, row.profile, *row.tables()[number]) for row in rows)]
            for number, head in enumerate((FLASH_HEAD, RAM_HEAD))]


def show(rows):
    """The tables for people."""
    for lines in tables(rows):
        widths = [max(len(str(line[column])) for line in lines) for column in range(len(lines[0]))]
        for line in lines:
            print('  '.join(str(cell).rjust(width) if number > 1 else str(cell).ljust(width)
                            for number, (cell, width) in enumerate(zip(line, widths))))
        print()


def show_markdown(rows):
    """The tables for README.md."""
    print(f'Bytes, with {versions()}:')
    for head, *lines in tables(rows):
        print('\n| ' + ' | '.join(head) + ' |')
        print('|---|---|' + '---:|' * (len(head) - 2))
        for line in lines:
            print('| ' + ' | '.join(f'{cell:,}' if isinstance(cell, int) else cell for cell in line) + ' |')


def judge(rows):
    """(checks, what is wrong) beside the budgets."""
    checks, wrong = 0, []
    for row in rows:
        for what, value, budgets, accepted in (('flash', row.flash, FLASH_BUDGET, FLASH_ACCEPTED),
                                               ('RAM', row.ram, RAM_BUDGET, {})):
            budget = budgets.get(row.profile)
            if budget is not None:
                checks += 1
                limit = accepted.get(row.profile, budget)
                note = ('' if value <= budget else f'  over budget, accepted up to {limit:,}' if value <= limit
                        else '  OVER BUDGET')
                print(f'{row.board} {row.profile}: {what} {value:,} of {budget:,}{note}')
                if value > limit:
                    wrong.append(f'{row.board} {row.profile}: {what}')
        for what, peak, size in (('TLS memory', row.arena, row.split.arena), ('stack', row.stack, row.split.stack)):
            checks += 1
            if peak * 1.1 > size:
                wrong.append(f'{row.board} {row.profile}: {what} has a margin of {size - peak} bytes only')
    return checks, wrong


def compare(rows, file):
    """(checks, what is wrong) beside the table in a file."""
    text = pathlib.Path(file).read_text(encoding='utf-8')
    written = re.search(r'^Bytes, with (gcc .*):$', text, re.M)
    if not written or written[1] != versions():
        print(f'note: {file}: not compared, its table is for {written[1] if written else "nothing"}, this is {versions()}')
        return 0, []
    checks, wrong = 0, []
    for row in rows:
        lines = re.findall(rf'^\| {row.board} \| {row.profile} \| ([\d, |]+) \|$', text, re.M)
        written = [[int(cell.replace(',', '')) for cell in line.split(' | ')] for line in lines]
        for old, now in itertools.zip_longest(written, row.tables(), fillvalue=()):
            checks += 1
            if len(old) != len(now) or any(abs(was - cell) > max(TOLERANCE * cell, 16) for was, cell in zip(old, now)):
                wrong.append(f'{file}: {row.board} {row.profile} is {now} now; memory.py --markdown makes the tables')
    return checks, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--no-build', action='store_true')
    parser.add_argument('--markdown', action='store_true')
    parser.add_argument('--check', metavar='FILE', help='compare with the table in this file')
    options = parser.parse_args()
    if not options.no_build and not build_all():
        print('0 passed, 1 failed')
        return 1
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        splits = pool.map(lambda job: elf.Split(image(*job)), JOBS)
        peaks = pool.map(lambda job: measure(*job), JOBS)
        rows = [Row(*job, split, *peak) for job, split, peak in zip(JOBS, splits, peaks)]
    if options.markdown:
        show_markdown(rows)
        return 0
    show(rows)
    checks, wrong = judge(rows)
    if options.check:
        more, also_wrong = compare(rows, options.check)
        checks, wrong = checks + more, wrong + also_wrong
    for problem in wrong:
        print(problem)
    print(f'{checks - len(wrong)} passed, {len(wrong)} failed')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
