#!/usr/bin/env python3
"""Proves what proofs.py lists with CBMC, and that each proof rejects its seeded bugs.

run.py [--all] [--jobs N] [--verbose] [NAME...]: only the proofs whose names contain one of these.
--all takes the larger bounds and proves everything with an unsigned char too, as ARM has it.

The last line is `N passed, N failed`; a proof counts as one and each of its bugs as one.
"""

import argparse
import concurrent.futures
import functools
import os
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

# What the code is compiled for: the name, and what goto-cc is told of it.
MACHINES = {
    'mcu, 64 bit': [],
    # as on a Cortex-M: sizes, and char without a sign
    'mcu, 32 bit': ['-m32', '-funsigned-char', f'-I{OUT}/include'],
    'unsigned char': ['-funsigned-char'],  # as on ARM, else as usual
    'host, 64 bit': ['-DMIGTASK_CONFIG_HOST'],
    'mcu, kept open': ['-DMIGTASK_KEEP_OPEN=1'],  # the connection; else as usual
}
USUAL = 'mcu, 64 bit'

FLAGS = ['--slice-formula', '--max-field-sensitivity-array-size', '8',
         '--drop-unused-functions', '--pointer-overflow-check',
         '--unsigned-overflow-check', '--conversion-check', '--enum-range-check',
         '--verbosity', '4']  # besides CBMC's own: bounds, pointers, shifts, unwinding, ...


@functools.cache
def multiarch():
    """Where this machine's C library has the headers that gcc -m32 does not look for."""
    return subprocess.run(['gcc', '-print-multiarch'], stdout=subprocess.PIPE, text=True,
                          check=True).stdout.strip()


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


def prepare(name, proof, bug=None):
    """A copy of the core, with the bug in it and the marks that CBMC needs."""
    folder = OUT / re.sub(r'\W+', '-', name).strip('-')
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(TOP / 'core', folder / 'core')
    shutil.copy(TOP / proofs.JSMN / 'jsmn.h', folder / 'core')
    for file, lines in proofs.MEANT.items():
        for line in lines:
            mark_meant(folder / file, line)
    for file, old, new in proof.induct:
        replace_once(folder / file, old, new)
    if bug:
        replace_once(folder / bug.file, bug.old, bug.new)
    return folder


def steps(tools, proof, folder, large, machine, extra=()):
    """The command lines of a proof: compile, put contracts in the place of functions, prove."""
    bounds = proof.large if large and proof.large else proof.bounds
    macros = {name: value for name, value in bounds.items() if name.isupper()}
    loops = ','.join(f'{name}:{value}' for name, value in bounds.items() if not name.isupper())
    sources = [folder / name if name.startswith('core/') else HERE / name
               for name in proof.sources]
    compiled, program = folder / 'compiled.goto', folder / 'program.goto'
    yield [f'{tools}/goto-cc', '-std=c11', *MACHINES[machine],
           '--function', f'prove_{proof.name}', f'-I{folder}/core', f'-I{HERE}',
           f'-I{proofs.JSMN}', '-idirafter', f'/usr/include/{multiarch()}',
           *(f'-D{name}={value}' for name, value in macros.items()),
           *sources, '-o', compiled]
    yield [f'{tools}/goto-instrument', '--verbosity', '2',
           *(word for name in proof.replace for word in ('--replace-calls',
                                                         f'{name}:{name}_contract')),
           compiled, program]
    yield [f'{tools}/cbmc', *FLAGS, *extra, '--unwind', '1',
           *(['--unwindset', loops] if loops else []), program]


running = set()  # what is to end with us


def run_one(line):
    """(status, output); the status is not zero if it did not end in time."""
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          cwd=TOP) as child:
        running.add(child)
        try:
            output, _ = child.communicate(timeout=SECONDS)
            return child.returncode, output
        except subprocess.TimeoutExpired:
            return -1, f'no end after {SECONDS} s'
        finally:
            child.kill()
            running.discard(child)


def run(lines):
    """(the last verdict: 0 proved, 10 rejected, anything else an error; its output)"""
    for line in lines:
        status, output = run_one(line)
        if status != 0:
            break
    return status, output


def prove(tools, proof, large, machine):
    what = proof.name + ('' if machine == USUAL else f' ({machine})')
    folder = prepare(f'{proof.name}-{machine}', proof)
    start = time.monotonic()
    status, output = run(steps(tools, proof, folder, large, machine))
    failures = [line for line in output.splitlines() if line.endswith('FAILURE')]
    return ('PROVE', what, status == 0, time.monotonic() - start,
            '\n'.join(failures) or f'status {status}\n{output[-2000:]}')


def reject(tools, proof, bug, verbose):
    folder = prepare(f'{proof.name}-bug-{proof.bugs.index(bug) + 1}', proof, bug)
    start = time.monotonic()
    status, output = run(steps(tools, proof, folder, False, bug.machine or USUAL,
                               ['--stop-on-fail']))
    rejected = status == 10 and 'VERIFICATION FAILED' in output
    why = output.split('Violated property:')[-1].strip('\n') if verbose or not rejected else ''
    return ('REJECT', f'{proof.name}: {bug.what}', rejected, time.monotonic() - start, why[-2000:])


def report(what, name, good, seconds, detail):
    print(f'  {what:<7} {name:<66} {"" if good else "FAILED "}{seconds:6.1f} s', flush=True)
    if detail and (not good or what == 'REJECT'):
        print(textwrap.indent(detail, ' ' * 8), flush=True)
    return good


def jobs(tools, chosen, arguments):
    """What is to be done, as functions without arguments."""
    for proof in chosen:
        for machine in MACHINES:
            if machine == USUAL or machine in proof.also or (
                    arguments.all and machine == 'unsigned char'):
                yield lambda *it: prove(tools, *it), proof, arguments.all, machine
        for bug in proof.bugs[::arguments.every]:
            yield lambda *it: reject(tools, *it), proof, bug, arguments.verbose


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--all', action='store_true', help='larger bounds, both signs of char')
    parser.add_argument('--every', type=int, default=1, help='of the bugs of a proof only each Nth')
    parser.add_argument('--jobs', type=int, default=os.cpu_count() or 1, help='so many at once')
    parser.add_argument('--verbose', action='store_true', help='say what rejected each bug')
    parser.add_argument('names', nargs='*')
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and CBMC ends with us
    tools = subprocess.run([HERE / 'cbmc.sh'], stdout=subprocess.PIPE, text=True,
                          check=True).stdout.strip()
    (OUT / 'include/gnu').mkdir(parents=True, exist_ok=True)
    (OUT / 'include/gnu/stubs-32.h').touch()  # all that a C library of 64 bit lacks for 32
    chosen = [proof for proof in proofs.PROOFS
              if (any(name in proof.name for name in arguments.names) if arguments.names
                  else arguments.all or not proof.slow)]
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        waiting = [pool.submit(job, *rest) for job, *rest in jobs(tools, chosen, arguments)]
        try:
            results = [report(*job.result()) for job in waiting]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in list(running):
                child.kill()
            raise
    passed = sum(results)
    print(f'{passed} passed, {len(results) - passed} failed')
    return 0 if results and passed == len(results) else 1


if __name__ == '__main__':
    sys.exit(main())
