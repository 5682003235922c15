#!/usr/bin/env python3
"""Proves what proofs.py lists with CBMC, and that each proof rejects its seeded bugs.

run.py [--all] [--verbose] [NAME...]: only the proofs whose names contain one of these. --all takes
the larger bounds and proves for both signs of char (x86 has signed ones, ARM unsigned ones).

The last line is `N passed, N failed`; a proof counts as one and each of its bugs as one.
"""

import argparse
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time

import proofs

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
OUT = TOP / 'build/proof'
SECONDS = 400  # for one run of CBMC

FLAGS = ['--slice-formula', '--max-field-sensitivity-array-size', '8',
         '--drop-unused-functions', '--pointer-overflow-check',
         '--unsigned-overflow-check', '--conversion-check', '--enum-range-check',
         '--verbosity', '4']  # besides CBMC's own: bounds, pointers, shifts, unwinding, ...


def replace_once(path, old, new):
    text = path.read_text(encoding='utf-8')
    if text.count(old) != 1:
        sys.exit(f'run.py: {path.name} has this {text.count(old)} times, not once: {old!r}')
    path.write_text(text.replace(old, new), encoding='utf-8')


def mark_meant(path, line):
    """Switches the checks of arithmetic that is meant to wrap off, for this line alone."""
    number = path.read_text(encoding='utf-8').split(line)[0].count('\n') + 1
    replace_once(path, f'{line}\n',
                 f'\n#pragma CPROVER check push\n#pragma CPROVER check disable "unsigned-overflow"'
                 f'\n#pragma CPROVER check disable "conversion"\n#line {number}\n{line}'
                 f'\n#pragma CPROVER check pop\n#line {number + 1}\n')


def prepare(name, bug=None):
    """A copy of the core, with the bug in it and the marks that CBMC needs."""
    folder = OUT / re.sub(r'\W+', '-', name)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(TOP / 'core', folder / 'core')
    shutil.copy(TOP / proofs.JSMN / 'jsmn.h', folder / 'core')
    for file, lines in proofs.MEANT.items():
        for line in lines:
            mark_meant(folder / file, line)
    if bug:
        replace_once(folder / bug.file, bug.old, bug.new)
    return folder


def steps(tools, proof, folder, large, extra):
    """The command lines of a proof: compile, put contracts in the place of functions, prove."""
    bounds = proof.large if large and proof.large else proof.bounds
    macros = {name: value for name, value in bounds.items() if name.isupper()}
    loops = ','.join(f'{name}:{value}' for name, value in bounds.items() if not name.isupper())
    sources = [folder / name if name.startswith('core/') else HERE / name
               for name in proof.sources]
    signs = [option for option in extra if option == '--unsigned-char']
    compiled, program = folder / 'compiled.goto', folder / 'program.goto'
    yield [f'{tools}/goto-cc', '-std=c11', *(['-funsigned-char'] if signs else []),
           '--function', f'prove_{proof.name}', f'-I{folder}/core', f'-I{HERE}',
           f'-I{proofs.JSMN}',
           *(f'-D{name}={value}' for name, value in macros.items()),
           *sources, '-o', compiled]
    yield [f'{tools}/goto-instrument', '--verbosity', '2',
           *(word for name in proof.replace for word in ('--replace-calls',
                                                         f'{name}:{name}_contract')),
           compiled, program]
    yield [f'{tools}/cbmc', *FLAGS, *extra, '--unwind', '1',
           *(['--unwindset', loops] if loops else []), program]


def run(lines):
    """(the last verdict: 0 proved, 10 rejected, anything else an error; its output)"""
    for line in lines:
        try:
            result = subprocess.run(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                    text=True, timeout=SECONDS, check=False, cwd=TOP)
        except subprocess.TimeoutExpired:
            return -1, f'no end after {SECONDS} s'
        if result.returncode != 0:
            break
    return result.returncode, result.stdout


def check(what, name, good, seconds, detail):
    print(f'  {what:<7} {name:<66} {"" if good else "FAILED "}{seconds:6.1f} s', flush=True)
    if not good:
        print(detail, flush=True)
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--all', action='store_true', help='larger bounds, both signs of char')
    parser.add_argument('--verbose', action='store_true', help='say what rejected each bug')
    parser.add_argument('names', nargs='*')
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and CBMC ends with us
    tools = subprocess.run([HERE / 'cbmc.sh'], stdout=subprocess.PIPE, text=True,
                          check=True).stdout.strip()
    chosen = [proof for proof in proofs.PROOFS
              if not arguments.names or any(name in proof.name for name in arguments.names)]
    results = []
    for proof in chosen:
        for extra in [[], ['--unsigned-char']] if arguments.all else [[]]:  # as on ARM
            folder = prepare(proof.name)
            start = time.monotonic()
            status, output = run(steps(tools, proof, folder, arguments.all, extra))
            failures = [line for line in output.splitlines() if line.endswith('FAILURE')]
            results.append(check('PROVE', ' '.join([proof.name, *extra]), status == 0,
                                 time.monotonic() - start,
                                 '\n'.join(failures) or f'status {status}\n{output[-2000:]}'))
        for bug in proof.bugs:
            folder = prepare(f'{proof.name}-bug', bug)
            start = time.monotonic()
            status, output = run(steps(tools, proof, folder, False, ['--stop-on-fail']))
            rejected = status == 10 and 'VERIFICATION FAILED' in output
            results.append(check('REJECT', f'{proof.name}: {bug.what}', rejected,
                                 time.monotonic() - start, output[-2000:]))
            if arguments.verbose and rejected:
                print(textwrap.indent(output.split('Violated property:')[-1].strip('\n'), ' ' * 8))
    passed = sum(results)
    print(f'{passed} passed, {len(results) - passed} failed')
    return 0 if results and passed == len(results) else 1


if __name__ == '__main__':
    sys.exit(main())
