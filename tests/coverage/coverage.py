#!/usr/bin/env python3
"""What the tests do not reach, and whether tests/coverage/exceptions.txt has a reason for it.

coverage.py core SUFFIX FOLDER...: each line, branch and MC/DC condition of core/ must be reached in
one of the folders, one a configuration. A folder has the programs, *.profraw of their runs, and in
`log` the compiler's warnings. SUFFIX is that of llvm's tools, e.g. -19.

coverage.py port SUFFIX FOLDER...: lines and branches of port/, in any of the folders, for each file
as many of a hundred as stand there.
"""

import collections
import json
import os
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
EXCEPTIONS = TOP / 'tests/coverage/exceptions.txt'
UNMEASURED = 'MC/DC is not measured'


class File:
    """What is known of one source file. Places are (line, column, end line, end column)."""

    def __init__(self, name):
        self.text = (TOP / name).read_text(encoding='utf-8').splitlines()
        self.lines = collections.Counter()  # times run
        self.branches = collections.defaultdict(lambda: [0, 0])  # times true, false
        self.decisions = {}  # for each condition: has it been shown to decide alone?
        self.unmeasured = set()  # lines of decisions that clang cannot measure

    def add_branches(self, branches, place=None):
        for branch in branches:
            times = self.branches[place or tuple(branch[:4])]
            times[0] += branch[4]
            times[1] += branch[5]

    def add_decision(self, place, shown):
        before = self.decisions.get(place, [False] * len(shown))
        self.decisions[place] = [a or b for a, b in zip(before, shown)]

    def line(self, number):
        return self.text[number - 1].strip()

    def piece(self, place):
        """The source text of a place, in one line."""
        first, begin, last, end = place
        lines = self.text[first - 1:last]
        lines[-1] = lines[-1][:end - 1]
        lines[0] = lines[0][begin - 1:]
        return ' '.join(line.strip() for line in lines)

    def conditions(self, decision):
        """(line, text) of a decision's conditions: those of its branches, unless a macro hides
        them."""
        count = len(self.decisions[decision])
        found = sorted(p for p in self.branches
                       if decision[:2] <= p[:2] and p[2:] <= decision[2:] and p != decision)
        if len(found) != count:
            return [(decision[0], f'condition {i + 1} of `{self.piece(decision)}`')
                    for i in range(count)]
        return [(place[0], f'`{self.piece(place)}`') for place in found]

    def missing(self):
        """(line's text, what is missing) of everything that is not reached."""
        found = [(n, 'never run') for n, times in self.lines.items() if times == 0]
        for place, times in self.branches.items():
            for way, count in zip(('true', 'false'), times):
                if count == 0:
                    found.append((place[0], f'`{self.piece(place)}` is never {way}'))
        for decision, shown in self.decisions.items():
            for (line, text), alone in zip(self.conditions(decision), shown):
                if not alone:
                    found.append((line, f'{text} never decides alone'))
        found += [(n, UNMEASURED) for n in self.unmeasured]
        return sorted({(self.line(n), what): n for n, what in found}.items(), key=lambda x: x[1])

    def figures(self):
        """(reached, all) of lines, branches, conditions."""
        branches = [count > 0 for times in self.branches.values() for count in times]
        conditions = [alone for shown in self.decisions.values() for alone in shown]
        return [(sum(times > 0 for times in self.lines.values()), len(self.lines)),
                (sum(branches), len(branches)), (sum(conditions), len(conditions))]


def tool(suffix, name, *arguments):
    # Remarks on files without functions, and such, go to standard error.
    return subprocess.run([f'llvm-{name}{suffix}', *map(str, arguments)], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=True, encoding='utf-8').stdout


def read_folder(suffix, folder, part, files):
    """Adds what was measured in a folder."""
    programs = [p for p in sorted(folder.iterdir())
                if p.is_file() and p.suffix == '' and os.access(p, os.X_OK)]
    runs = sorted(folder.glob('*.profraw'))
    if not programs or not runs:
        sys.exit(f'coverage: {folder} has no programs, or none was run')
    profile = folder / 'all.profdata'
    tool(suffix, 'profdata', 'merge', '-sparse', '-o', profile, *runs)
    # All of the core is in every program; of port/ each has what it needs.
    objects = [f'-object={program}' for program in programs[:1 if part == 'core' else None]]
    common = [f'-instr-profile={profile}', *objects]

    def file(path):
        path = pathlib.Path(path)
        name = str(path.relative_to(TOP)) if path.is_relative_to(TOP) else ''
        return files.setdefault(name, File(name)) if name.startswith(part + '/') else None

    for path, lines in re.findall(r'^SF:(.*)\n((?:(?!end_of_record).*\n)*)',
                                  tool(suffix, 'cov', 'export', '-format=lcov', *common), re.M):
        measured = file(path)
        for number, times in re.findall(r'^DA:(\d+),(\d+)', lines, re.M) if measured else ():
            if not re.fullmatch('[{}]|#.*', measured.line(int(number))):  # no code of its own
                measured.lines[int(number)] += int(times)
    for data in json.loads(tool(suffix, 'cov', 'export', *common))['data']:
        for source in data['files']:
            measured = file(source['filename'])
            if measured is None:
                continue
            measured.add_branches(source['branches'])
            for expansion in source['expansions']:  # of a macro: stands where it is used
                measured.add_branches(expansion['branches'], tuple(expansion['source_region'][:4]))
            for record in source['mcdc_records']:
                measured.add_decision(tuple(record[:4]), record[-1])
    log = folder / 'log'
    warnings = log.read_text(encoding='utf-8') if log.exists() else ''
    for name, line in re.findall(r'^(\S+):(\d+):\d+: warning: unsupported MC/DC', warnings, re.M):
        measured = file(TOP / name)
        if measured:
            measured.unmeasured.add(int(line))


def read_exceptions(part):
    """{(file, line's text, what): reason} of the file: the first as this program prints it, what is
    not reached by two blanks further in, the reason for all of that by four."""
    exceptions = {}
    place, keys, reason = None, [], False
    for number, line in enumerate(EXCEPTIONS.read_text(encoding='utf-8').splitlines(), 1):
        indent = len(line) - len(line.lstrip())
        text = line.strip()
        if not text or text.startswith('#'):
            continue
        if indent == 0 and ': ' in text:
            place = tuple(text.split(': ', 1))
        elif indent == 2 and place:
            keys = [*(() if reason else keys), (*place, text)]
        elif indent == 4 and keys:
            exceptions.update({key: exceptions.get(key, '') + text for key in keys})
        else:
            sys.exit(f'{EXCEPTIONS.name}:{number}: not understood')
        reason = indent == 4
    return {key: why for key, why in exceptions.items() if key[0].startswith(part + '/')}


def table(files):
    print(f'{"":<24}{"lines":>16}{"branches":>16}{"MC/DC":>16}')
    totals = [[0, 0], [0, 0], [0, 0]]
    for name, file in sorted(files.items()):
        cells = file.figures()
        if cells[0][1] == 0:
            continue
        for total, cell in zip(totals, cells):
            total[:] = total[0] + cell[0], total[1] + cell[1]
        print(f'{name:<24}' + ''.join(f'{got:>8} of {count:<5}' for got, count in cells))
    print(f'{"all":<24}' + ''.join(f'{got:>8} of {count:<5}' for got, count in totals))
    print(f'{"":<24}' + ''.join(f'{100 * got / count if count else 100:>14.2f} %'
                                for got, count in totals))


def check_core(files):
    """(files without a fault, faults): all that is missing has its reason, nothing else has one."""
    exceptions = read_exceptions('core')
    good = bad = 0
    for name, file in sorted(files.items()):
        before = bad
        for (text, what), number in file.missing():
            if (name, text, what) not in exceptions:
                bad += 1
                print(f'not reached, line {number}, and no reason is given:\n{name}: {text}\n'
                      f'  {what}')
            exceptions.pop((name, text, what), None)
        good += bad == before and name.endswith('.c')
    for name, text, what in exceptions:
        bad += 1
        print(f'an exception that is not needed:\n{name}: {text}\n  {what}')
    for path in set((TOP / 'core').glob('*.c')) - {TOP / name for name in files}:
        bad += 1
        print(f'not measured: {path.name}')
    return good, bad


def check_port(files):
    """(files without a fault, faults): each file reaches the percentages that stand there, and not
    so much more that they mean nothing."""
    least = {name: re.fullmatch(r'(\d+) % of lines, (\d+) % of branches', what)
             for name, _, what in read_exceptions('port')}
    good = bad = 0
    for name, file in sorted(files.items()):
        wanted = least.pop(name, None)
        wanted = [int(percent) for percent in wanted.groups()] if wanted else [100, 100]
        got = [100 * n / of if of else 100 for n, of in file.figures()[:2]]
        if all(floor <= percent <= max(floor + 10, 100 * (floor == 100))
               for floor, percent in zip(wanted, got)):
            good += 1
        else:
            bad += 1
            print(f'{name}: {got[0]:.1f} % of lines, {got[1]:.1f} % of branches, instead of '
                  f'{wanted[0]} % and {wanted[1]} % or a little more')
    for name in least:
        bad += 1
        print(f'an exception that is not needed: {name}')
    return good, bad


def main():
    part, suffix, *folders = sys.argv[1:]
    files = {}
    for folder in folders:
        read_folder(suffix, pathlib.Path(folder).resolve(), part, files)
    table(files)
    good, bad = (check_core if part == 'core' else check_port)(files)
    print(f'{good} passed, {bad} failed')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
