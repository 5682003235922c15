#!/usr/bin/env python3
"""Changes the core in one place, and sees whether the unit tests notice; again and again.

mutate.py [--sample N] [--seed S] [--list] [FILE...]: all mutants of core/*.c (or of these files),
or so many of them by chance. A mutant that no test notices must stand with the reason why nothing
can, or need, notice it in tests/mutation/survivors.txt. One that compiles to the same code in both
configurations is none. The last line is `N passed, N failed`: noticed or explained, and neither.
"""

import argparse
import bisect
import collections
import os
import pathlib
import random
import re
import resource
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
OUT = TOP / 'build/tests/mutation'
SURVIVORS = TOP / 'tests/mutation/survivors.txt'
CC = os.environ.get('CC', 'gcc')
JSMN_DIR = os.environ.get('JSMN_DIR', 'build/deps/jsmn')
FLAGS = '-O2 -g0 -fno-sanitize=all'
CONFIGURATIONS = ('mcu', 'host')
# What no configuration changes, so that one of them is enough.
INDEPENDENT = {f'core/{name}.c' for name in (
    'action', 'endpoint', 'http_date', 'names', 'retry', 'run', 'unicode', 'wipe', 'writer')}
# The quickest first.
PROGRAMS = ('names', 'contract', 'retry', 'keep', 'report', 'pipe', 'call', 'request', 'reply',
            'proxy')

Mutant = collections.namedtuple('Mutant', 'file function line text what begin end new')

# ---- from source to mutants ----

SWAPS = {'<': '<=', '<=': '<', '>': '>=', '>=': '>', '==': '!=', '!=': '==', '&&': '||', '||': '&&',
         '+': '-', '-': '+', '++': '--', '--': '++', '+=': '-=', '-=': '+=', '<<': '>>', '>>': '<<',
         '&': '|', '|': '&', '&=': '|=', '|=': '&=', 'true': 'false', 'false': 'true'}
BINARY = {'+', '-', '&', '|'}  # a sign or an address where no operand stands before
TOKEN = re.compile(r"'(?:\\.|[^'\\])+'|[A-Za-z_]\w*|\d\w*|->|\+\+|--|<<=|>>=|<=|>=|==|!=|&&|\|\||"
                   r'\+=|-=|\|=|&=|<<|>>|\S')
LIMIT = re.compile(r'\w+_MAX|MIGTASK_(KEPT|MASK)_\w+|FULL|\w+_BACKOFF_MS')
FUNCTION = re.compile(r'^(?P<type>\w[\w \n*]*?)\b(?P<name>\w+)\([^;{}()]*\)\s*\{\n(?P<body>.*?)^\}',
                      re.M | re.S)
TABLE = re.compile(r'^[\w* ]*?\b(?P<name>\w+)(?:\[\w*\])+ = \{\n(?P<body>.*?)^\};', re.M | re.S)
DECLARATION = re.compile(r'(?:static |const |struct |enum |unsigned |char |bool |int |u?int\d+_t |'
                         r'size_t |migtask_\w+ \**\w+(?: =|;)|jsmn\w+ |_Static_assert)')
CONTROL = re.compile(r'(?:if|while|for|switch|case|default|else|do|return \S)\b|[{}]')


def without_words(source):
    """The source with comments, strings and preprocessor lines made blank, nothing moved."""
    def blank(match):
        text = match.group()
        return text if text[0] == "'" else re.sub('[^\n]', '"' if text[0] == '"' else ' ', text)
    return re.sub(r"'(?:\\.|[^'\\])+'|/\*.*?\*/|\"(?:\\.|[^\"\\])*\"|^#(?:\\\n|[^\n])*", blank,
                  source, flags=re.M | re.S)


def closing(text, at):
    """Where the bracket that opens at `at` closes."""
    depth = 0
    while True:
        depth += (text[at] in '([{') - (text[at] in ')]}')
        if depth == 0:
            return at
        at += 1


def in_body(code, begin, end, returns):
    """(begin, end, new text, what) of every change inside a function."""
    before = ''
    for match in TOKEN.finditer(code, begin, end):
        at, after, token = match.start(), match.end(), match.group()
        operand = re.fullmatch(r"[\w)\]']+", before[-1:]) and before not in ('return', 'case')
        line = code[code.rfind('\n', 0, at) + 1:code.find('\n', at)]
        if token in SWAPS and (token not in BINARY or operand):
            yield at, after, SWAPS[token], f'`{token}` to `{SWAPS[token]}`'
        elif re.fullmatch(r'\d\w*', token):
            if not re.search(r'^\s+(?:static )?\w+ \w+\[\w+\];|\{0\};|\{NULL, 0\}', line):
                yield at, after, f'({token} + 1)', f'`{token}` one more'
                if token != '0' and before in ('<', '<=', '>', '>=', '==', '!='):
                    yield at, after, f'({token} - 1)', f'`{token}` one less'
            if code[after:after + 3] == ' * ':
                yield after + 1, after + 2, '+', f'`{token} *` to `{token} +`'
            elif before == '*':
                yield code.rfind('*', 0, at), at, '+ ', f'`* {token}` to `+ {token}`'
        elif token[0] == "'":
            yield at, after, f'({token} + 1)', f'`{token}` one more'
        elif LIMIT.fullmatch(token):
            yield at, after, f'({token} + 1)', f'`{token}` one more'
            yield at, after, f'({token} - 1)', f'`{token}` one less'
        elif token in ('if', 'while') and code[after] == ' ':
            last = closing(code, after + 1)
            condition = code[after + 2:last]
            if not re.fullmatch(r'[^=!&|]*[=!]=[^=!&|]*', condition):  # swapped already
                yield after + 2, last, ('!(', ')'), f'`{token}` negated'
        before = token
    body = re.sub(r'(?:case [^:\n]+|default):', lambda label: ' ' * len(label.group()),
                  code[begin:end])
    for match in re.finditer(r'^ +(?P<text>[^\s;{}][^;{}]*;)', body, re.M):
        at, after = begin + match.start('text'), begin + match.end()
        text = match['text']
        value = re.fullmatch(r'return\s(.*);', text, re.S)
        if value and re.search(r'\bbool\b', returns):
            if value[1] not in ('true', 'false'):  # swapped already
                yield at + 7, after - 1, ('!(', ')'), 'returns the opposite'
        elif value and not re.search(r'\*|migtask_view|void', returns):
            yield at + 7, after - 1, ('(', ') + 1'), 'returns one more'
        elif not CONTROL.match(text) and not DECLARATION.match(text):
            yield at, after, ';', 'removed'


def in_table(code, begin, end):
    """The same of a table: an element less, a flag less."""
    for pattern in (r'\[\w+\] = [\w()+ -]+(?:, ?)?', r'ANY_\w+\(\w+\)(?:, ?)?', r'\w+ \| ',
                    r'^ +\{[^{}]*\},\n', r'\.\w+ = [\w() +]+(?:, ?)?'):
        for match in re.finditer(pattern, code[begin:end], re.M):
            yield begin + match.start(), begin + match.end(), '', 'removed'


def mutants_of(name):
    source = (TOP / name).read_text(encoding='utf-8')
    code = without_words(source)
    starts = [0] + [m.end() for m in re.finditer('\n', source)]
    seen = collections.Counter()
    found = []
    for pattern, changes in ((FUNCTION, lambda m: in_body(code, *m.span('body'), m['type'])),
                             (TABLE, lambda m: in_table(code, *m.span('body')))):
        for match in pattern.finditer(code):
            for begin, end, new, what in sorted(changes(match), key=lambda c: (c[0], c[3])):
                line = bisect.bisect(starts, begin)
                text = source[starts[line - 1]:].split('\n', 1)[0].strip()
                if what == 'removed':
                    what = f'`{" ".join(source[begin:end].split()).strip(", ")}` removed'
                kind = match['name'], text, what
                seen[kind] += 1  # the second of its kind says so
                if seen[kind] > 1:
                    what += f' ({seen[kind]})'
                if isinstance(new, tuple):
                    new = source[begin:end].join(new)
                found.append(Mutant(name, match['name'], line, text, what, begin, end, new))
    return found


# ---- running them ----

class Bench:
    """Builds and runs all unit tests as one program, in one configuration."""

    def __init__(self, configuration):
        self.folder = OUT / configuration
        self.flags = ['-O1', '-std=c11', '-w', '-D_GNU_SOURCE', '-Icore', '-Itests/unit',
                      '-isystem', JSMN_DIR]
        if configuration == 'host':
            self.flags.append('-DMIGTASK_CONFIG_HOST')
        subprocess.run(['make', '-f', 'tests/unit.mk', 'build', f'CONFIGURATION={configuration}',
                        f'OUT={self.folder.relative_to(TOP)}', f'CC={CC}', f'CFLAGS={FLAGS}'],
                       cwd=TOP, check=True, stdout=subprocess.DEVNULL)
        self.objects = {f'core/{o.stem}.c': o for o in (self.folder / 'core').glob('*.o')}
        self.tests = self.test_objects()
        self.unchanged = {}  # each file as an object
        self.verdicts = {}  # of objects, for mutants that are the same
        self.cpu_seconds = 0
        self.order = collections.defaultdict(lambda: list(range(1, len(PROGRAMS) + 1)))
        self.link({})
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert self.lives(''), 'the unchanged core fails its tests'
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        # What does not end is noticed, too.
        self.cpu_seconds = round(2 * (after.ru_utime - before.ru_utime) + 2)

    def cc(self, *arguments):
        return subprocess.run([CC, *map(str, arguments)], cwd=TOP, stderr=subprocess.DEVNULL,
                              check=False).returncode == 0

    def test_objects(self):
        """The programs' objects, each main under another name, and a main that runs those with the
        numbers in its arguments, and ends at the first deviation with the number of the program."""
        source = ['#include <stdlib.h>', 'static int program;',
                  'void __wrap_deviation(void) { _Exit(program); }']
        objects = [o for o in (self.folder / 'tests/unit').glob('*.o')
                   if not o.stem.startswith(('test_', 'renamed_'))]
        objects += (self.folder / 'port').glob('*/*.o')
        for name in PROGRAMS:
            renamed = self.folder / f'tests/unit/renamed_{name}.o'
            subprocess.run(['objcopy', '--redefine-sym', f'main=main_{name}',
                            self.folder / f'tests/unit/test_{name}.o', renamed], check=True)
            objects.append(renamed)
            source.append(f'int main_{name}(void);')
        source.append('static int (*const programs[])(void) = {')
        source += [f'main_{name},' for name in PROGRAMS]
        source.append('};\nint main(int argc, char **argv) { for (int i = 1; i < argc; i++) {'
                      'program = atoi(argv[i]); if (programs[program - 1]() != 0) return program; }'
                      'return 0; }')
        (self.folder / 'main.c').write_text('\n'.join(source) + '\n', encoding='utf-8')
        return [self.folder / 'main.c', *objects]

    def link(self, changed):
        """All programs with the core, some of its objects exchanged."""
        if self.tests[0].suffix == '.c':
            assert self.cc('-w', '-c', self.tests[0], '-o', self.folder / 'main.o')
            self.tests[0] = self.folder / 'main.o'
        assert self.cc(*self.tests, *{**self.objects, **changed}.values(), '-lcmocka',
                       '-Wl,--wrap=deviation', '-o', OUT / 'tests')

    def lives(self, name):
        """Whether all programs pass; the one that failed last for this file of the core is the
        first next time."""
        def limits():
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_AS, (1 << 31, 1 << 31))
            if self.cpu_seconds:
                resource.setrlimit(resource.RLIMIT_CPU, (self.cpu_seconds, self.cpu_seconds))
        order = self.order[name]
        try:
            status = subprocess.run([OUT / 'tests', *map(str, order)], stdin=subprocess.DEVNULL,
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                    preexec_fn=limits, check=False, timeout=120).returncode
        except subprocess.TimeoutExpired:
            return False
        if status in order:
            order.sort(key=lambda number: number != status)
        return status == 0

    def compile(self, text, to):
        source = OUT / 'mutant.c'  # one name for all, so that objects can be compared
        source.write_text(text, encoding='utf-8')
        return self.cc(*self.flags, '-c', source, '-o', to)

    def try_mutant(self, mutant, text, original):
        """'killed', 'lives', 'same' (code) or 'invalid'."""
        if mutant.file not in self.unchanged:
            assert self.compile(original, OUT / 'mutant.o')
            self.unchanged[mutant.file] = (OUT / 'mutant.o').read_bytes()
        if not self.compile(text, OUT / 'mutant.o'):
            return 'invalid'
        code = (OUT / 'mutant.o').read_bytes()
        if code == self.unchanged[mutant.file]:
            return 'same'
        key = mutant.file, code
        if key not in self.verdicts:
            self.link({mutant.file: OUT / 'mutant.o'})
            self.verdicts[key] = 'lives' if self.lives(mutant.file) else 'killed'
        return self.verdicts[key]


def read_survivors():
    """{(file, function, line's text, what): reason} of the file: the first three as this program
    prints them, what is changed by two blanks further in, the reason for all of that by four."""
    survivors = {}
    place, keys, reason = None, [], False
    for number, line in enumerate(SURVIVORS.read_text(encoding='utf-8').splitlines(), 1):
        indent = len(line) - len(line.lstrip())
        text = line.strip()
        if not text or text.startswith('#'):
            continue
        if indent == 0 and re.match(r'\S+ \w+: ', text):
            place = re.match(r'(\S+) (\w+): (.*)', text).groups()
        elif indent == 2 and place:
            keys = [*(() if reason else keys), (*place, text)]
        elif indent == 4 and keys:
            survivors.update({key: survivors.get(key, '') + text for key in keys})
        else:
            sys.exit(f'{SURVIVORS.name}:{number}: not understood')
        reason = indent == 4
    return survivors


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--sample', type=int, default=0)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--list', action='store_true')
    parser.add_argument('files', nargs='*')
    options = parser.parse_args()
    names = options.files or sorted(str(p.relative_to(TOP)) for p in (TOP / 'core').glob('*.c'))
    mutants = [mutant for name in names for mutant in mutants_of(name)]
    if options.list:
        for m in mutants:
            print(f'{m.file}:{m.line}: {m.function}: {m.text}\n  {m.what}')
        return 0
    survivors = read_survivors()
    unneeded = {key for key in survivors if key[0] in names}
    stale = unneeded - {(m.file, m.function, m.text, m.what) for m in mutants}
    for file, function, text, what in sorted(stale):
        print(f'an explanation of no change:\n{file} {function}: {text}\n  {what}')
    unneeded -= stale
    whole = not options.sample or options.sample >= len(mutants)
    if not whole:
        mutants = random.Random(options.seed).sample(mutants, options.sample)
    OUT.mkdir(parents=True, exist_ok=True)
    sources = {name: (TOP / name).read_text(encoding='utf-8') for name in names}
    benches = [Bench(configuration) for configuration in CONFIGURATIONS]
    counts = collections.defaultdict(collections.Counter)
    bad = len(stale)
    start = time.monotonic()
    for number, m in enumerate(mutants):
        source = sources[m.file]
        text = source[:m.begin] + m.new + source[m.end:]
        verdicts = []
        for bench in benches:
            verdicts.append(bench.try_mutant(m, text, source))
            if verdicts[-1] in ('killed', 'invalid') or m.file in INDEPENDENT:
                break
        verdict = verdicts[-1]
        if set(verdicts) <= {'same', 'lives'}:
            verdict = 'lives' if 'lives' in verdicts else 'same'
        if verdict == 'lives':
            key = (m.file, m.function, m.text, m.what)
            if key in survivors:
                unneeded.discard(key)
                verdict = 'explained'
            else:
                bad += 1
                print(f'no test noticed, line {m.line}:\n{m.file} {m.function}: {m.text}\n'
                      f'  {m.what}', flush=True)
        counts[m.file][verdict] += 1
        if number % 100 == 99:
            print(f'({number + 1} of {len(mutants)}, {time.monotonic() - start:.0f} s)', flush=True)
    if whole:
        for file, function, text, what in sorted(unneeded):
            bad += 1
            print(f'an explanation that is not needed:\n{file} {function}: {text}\n  {what}')
    words = ('killed', 'explained', 'lives', 'same', 'invalid')
    print(f'{"":<24}' + ''.join(f'{word:>11}' for word in words))
    for name, count in [*sorted(counts.items()), ('all', sum(counts.values(),
                                                            collections.Counter()))]:
        print(f'{name:<24}' + ''.join(f'{count[word]:>11}' for word in words))
    total = sum(counts.values(), collections.Counter())
    print(f'{total["killed"] + total["explained"]} passed, {bad} failed')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
