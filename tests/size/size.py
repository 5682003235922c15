#!/usr/bin/env python3
"""What the core costs on a Cortex-M4 (code that one call needs, worst stack, sizes of objects), and
the size of the static host command.

Prints each figure beside its budget; the last line is `N passed, N failed`. Figures belong to the
compiler's version: another version's are printed, and not compared.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
OUT = TOP / 'build/size'
JSMN = TOP / os.environ.get('JSMN_DIR', 'build/deps/jsmn')
CROSS = os.environ.get('ARM_CROSS', 'arm-none-eabi-')
FLAGS = ['-std=c11', '-Os', '-ffunction-sections', '-fdata-sections', '-Wall', '-Werror',
         f'-I{TOP}/core']
CORTEX_M4 = ['-mcpu=cortex-m4', '-mthumb']
HOST = ['-DMIGTASK_CONFIG_HOST']

COMPILER = '12.2'  # of the budgets
STATIC = TOP / f'build/static/migtask-{os.uname().machine}'
# A figure that misses its budget may at least not grow: what it was when that was last looked into.
ACCEPTED = {'code of one call, Cortex-M4': 9640, 'static host command, x86-64': 289000}
# figure: (budget, aim), both in bytes
BUDGETS = {
    'code of one call, Cortex-M4': (6500, 5000),
    'its .data': (0, 0),
    'its .bss': (0, 0),
    'its worst stack': (400, 256),
    'call object with reply, 32-bit mcu': (2048, 1024),
    'static host command, x86-64': (260000, 235000),
}
# Public functions whose stack is looked at: those that root.c calls.
CALL = ['migtask_call_begin', 'migtask_call_step', 'migtask_call_outcome', 'migtask_call_reason',
        'migtask_call_reply']


def run(*command):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                            timeout=120, check=False)
    if result.returncode:
        sys.exit(f'{" ".join(map(str, command))}\n{result.stderr}\n0 passed, 1 failed')
    return result.stdout


def freestanding(compiler):
    """No C library but the string.h beside this file: the core must need nothing else."""
    own = run(compiler, '-print-file-name=include').strip()
    return ['-ffreestanding', '-nostdinc', '-isystem', own, '-isystem', HERE / 'include',
            '-isystem', JSMN]


def object_sizes(compiler, prefix, flags):
    """sizeof of the public objects, from root.c's arrays."""
    file = OUT / 'sizes.o'
    run(compiler, *FLAGS, *freestanding(compiler), *flags, '-c', HERE / 'root.c', '-o', file)
    symbols = run(prefix + 'nm', '-S', file)
    return {name: int(size, 16)
            for size, name in re.findall(r'^\S+ (\S+) \S size_of_(\w+)$', symbols, re.M)}


def sections(elf):
    found = re.findall(r'^(\S+)\s+(\d+)\s+\d+$', run(CROSS + 'size', '-A', elf), re.M)
    return {name: int(size) for name, size in found}


def build_call():
    """Compile the core and link what one call needs; the sizes of its sections."""
    shutil.rmtree(OUT / 'core', ignore_errors=True)
    (OUT / 'core').mkdir(parents=True)
    flags = [*CORTEX_M4, *FLAGS, *freestanding(CROSS + 'gcc')]
    objects = []
    for source in sorted((TOP / 'core').glob('*.c')):
        objects.append(OUT / 'core' / (source.stem + '.o'))
        run(CROSS + 'gcc', *flags, '-fcallgraph-info=su', '-c', source, '-o', objects[-1])
    run(CROSS + 'gcc', *flags, '-c', HERE / 'root.c', '-o', OUT / 'root.o')
    run(CROSS + 'gcc', *CORTEX_M4, '-nostdlib', '-nostartfiles', f'-Wl,--gc-sections,-e,root,-Map={OUT}/call.map',
        '-T', HERE / 'size.ld', OUT / 'root.o', *objects, '-lgcc', '-o', OUT / 'call.elf')
    return sections(OUT / 'call.elf'), sum(
        size for file in objects for name, size in sections(file).items()
        if name.startswith(('.text', '.rodata')))


def by_file():
    """Code and constants of one call by source file, from the linker's map."""
    files = {}
    linked = (OUT / 'call.map').read_text().split('Linker script and memory map')[1]
    for size, file in re.findall(r'0x\w+ +0x(\w+) \S*/core/(\w+)\.o$', linked, re.M):
        files[file] = files.get(file, 0) + int(size, 16)
    return sorted(((size, file) for file, size in files.items() if size), reverse=True)


class CallGraph:
    """The calls and frames of gcc's .ci files, and of the table of indirect calls."""

    def __init__(self, folder, table):
        self.frame, self.calls, self.errors = {}, {}, []
        self.table = [line.rsplit(': ', 1) for line in table.read_text().splitlines()
                      if line and not line.startswith('#')]
        for file in sorted(folder.glob('*.ci')):
            text = file.read_text()
            for title, label in re.findall(r'node: \{ title: "([^"]*)" label: "([^"]*)"', text):
                frame = re.search(r'(\d+) bytes \(([\w,]+)\)', label)
                if frame is None:
                    continue
                self.frame[self.name(title)] = int(frame[1])
                if frame[2] != 'static':
                    self.errors.append(f'{self.name(title)}: a frame without a bound ({frame[2]})')
            for source, target, place in re.findall(
                    r'edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)" label: "([^"]*)"', text):
                targets = ([self.name(target)] if target != '__indirect_call'
                           else self.behind_pointer(place))
                self.calls.setdefault(self.name(source), set()).update(targets)

    def behind_pointer(self, place):
        """What the call through a pointer at FILE:LINE:COLUMN may reach, by the table."""
        file, line, _ = place.rsplit(':', 2)
        code = pathlib.Path(file).read_text().splitlines()[int(line) - 1]
        for text, targets in self.table:
            if text in code:
                return [word for word in targets.split() if word != '-']
        self.errors.append(f'{place}: a call through a pointer that is not in indirect.txt')
        return []

    @staticmethod
    def name(title):
        """NAME, of a static function FILE:NAME."""
        return title.rsplit('/', 1)[-1]

    def worst(self, function, above=()):
        """(bytes, the way there); code that is not ours counts nothing."""
        if function in above:
            self.errors.append('recursion: ' + ' > '.join([*above, function]))
            return 0, []
        below = [self.worst(target, (*above, function))
                 for target in sorted(self.calls.get(function, ()))
                 if target in self.frame]
        most, way = max(below, default=(0, []))
        frame = self.frame[function]
        return frame + most, [f'{function.split(":")[-1]} {frame}', *way]


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    arm, host = (run(gcc, '-dumpfullversion').strip() for gcc in (CROSS + 'gcc', 'gcc'))
    comparable = {name: arm.startswith(COMPILER + '.') for name in BUDGETS}
    comparable['static host command, x86-64'] = (
        host.startswith(COMPILER + '.') and run('gcc', '-dumpmachine').startswith('x86_64'))
    sizes, whole = build_call()
    graph = CallGraph(OUT / 'core', HERE / 'indirect.txt')
    stack, way = max(graph.worst(function) for function in CALL)
    mcu32 = object_sizes(CROSS + 'gcc', CROSS, CORTEX_M4)
    figures = {
        'code of one call, Cortex-M4': sizes.get('core_code', 0) + sizes.get('core_rodata', 0),
        'its .data': sizes.get('core_data', 0),
        'its .bss': sizes.get('core_bss', 0),
        'its worst stack': stack,
        'call object with reply, 32-bit mcu': mcu32['migtask_call'],
        'static host command, x86-64': STATIC.stat().st_size,
    }
    failed = len(graph.errors)
    print(f'{"bytes":<40} {"measured":>9} {"budget":>7} {"aim":>7}')
    for name, value in figures.items():
        budget, aim = BUDGETS[name]
        over = comparable[name] and value > ACCEPTED.get(name, budget)
        failed += over
        note = ('  not compared' if not comparable[name] else '  TOO LARGE' if over
                else f'  over budget, accepted up to {ACCEPTED[name]}' if value > budget else '')
        print(f'{name:<40} {value:>9} {budget:>7} {aim:>7}{note}')
    print('worst stack: ' + ' > '.join(way))
    print('code by file: ' + ', '.join(f'{file} {size}' for size, file in by_file()))
    print(f'code of the whole core: {whole}; beside it, in one call, of libgcc: '
          f'{sizes.get(".text", 0) - sections(OUT / "root.o").get(".text.root", 0)}')
    print(f'objects: {"":<16} 32-bit mcu  32-bit host   64-bit mcu  64-bit host')
    table = [mcu32, object_sizes(CROSS + 'gcc', CROSS, [*CORTEX_M4, *HOST]),
             object_sizes('gcc', '', []), object_sizes('gcc', '', HOST)]
    for name in mcu32:
        print(f'  {name:<21}' + ''.join(f'{column[name]:>13}' for column in table))
    for error in graph.errors:
        print(error)
    if not all(comparable.values()):
        print(f'not compared: the budgets are for gcc {COMPILER}; here are {arm} (ARM), {host}')
    print(f'{len(figures) + len(graph.errors) - failed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
