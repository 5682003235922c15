"""What the files are: static, for the right machine, without a trace of where they were built."""

import hashlib
import os
import re
import shutil
import subprocess
import unittest

import elf
from machines import ROOT

# (bits, ELF machine, mask of the flags, their value)
EXPECTED = {
    'x86_64': (64, 62, 0, 0),
    'aarch64': (64, 183, 0, 0),
    'armv7': (32, 40, 0xff000600, 0x05000400),      # EABI version 5, hard float
    'riscv64': (64, 243, 0x7, 0x5),                 # compressed instructions, lp64d
    'mipsel': (32, 8, 0xf000f020, 0x70001000),      # MIPS32 release 2, o32
}

# Instructions of a MIPS floating-point unit, by their names.
MIPS_FLOAT = re.compile(r'\t(?:[ls][wdu]x?c1|[mc][tf]h?c1|bc1\S*|\S+\.(?:s|d|w|ps))\b')

# What a second build needs, besides the libraries' sources.
SOURCES = ('core', 'port', 'boards', 'Makefile', 'Kconfig')
LIBRARIES = {'MBEDTLS_DIR': 'build/deps/mbedtls', 'JSMN_DIR': 'build/deps/jsmn'}


class File(unittest.TestCase):
    """One binary."""

    machine = None

    def test_is_static(self):
        facts = elf.read(self.machine.binary)
        self.assertEqual(facts.kind, elf.ET_EXEC)
        self.assertEqual(facts.of_type(elf.PT_INTERP), [], 'a loader')
        self.assertEqual(facts.of_type(elf.PT_DYNAMIC), [], 'libraries')

    def test_memory_is_writable_or_executable(self):
        facts = elf.read(self.machine.binary)
        [stack] = facts.of_type(elf.PT_GNU_STACK)
        self.assertFalse(stack & elf.EXECUTABLE)
        for flags in facts.of_type(elf.PT_LOAD):
            self.assertFalse(flags & elf.EXECUTABLE and flags & elf.WRITABLE)

    def test_machine(self):
        facts = elf.read(self.machine.binary)
        bits, machine, mask, flags = EXPECTED[self.machine.name]
        self.assertEqual((facts.bits, facts.little, facts.machine), (bits, True, machine))
        self.assertEqual(facts.flags & mask, flags, hex(facts.flags))

    def test_no_trace_of_the_build(self):
        data = self.machine.binary.read_bytes()
        for text in (str(ROOT), 'build/deps', 'build/static', '/usr/lib', '/usr/include'):
            self.assertNotIn(text.encode(), data)
        for section in (b'.symtab', b'.debug_', b'.note.gnu.build-id'):
            self.assertNotIn(section, data)

    def test_sum(self):
        binary = self.machine.binary
        line = f'{hashlib.sha256(binary.read_bytes()).hexdigest()}  {binary.name}\n'
        self.assertIn(line, (binary.parent / 'SHA256SUMS').read_text(encoding='ascii'))


class MipsFile(File):
    """The one for MIPS, whose small processors have no unit for floating point."""

    def test_no_floating_point(self):
        command = [self.machine.tool('objdump'), '-d', self.machine.binary]
        listing = subprocess.run(command, capture_output=True, text=True, timeout=60,
                                 check=True).stdout
        self.assertGreater(listing.count('\tjr\t'), 100, 'no listing')
        self.assertEqual(MIPS_FLOAT.findall(listing), [])


class Reproducible(unittest.TestCase):
    """The same bytes from another folder, where the libraries' sources have other names too."""

    machines = ()

    def test_same_bytes(self):
        folder = ROOT / 'build/tests/static/some-where-else'
        shutil.rmtree(folder, ignore_errors=True)
        for name in SOURCES:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, target)
            else:
                shutil.copy2(ROOT / name, target)
        (folder / 'build/deps').mkdir(parents=True)
        (folder / 'build/deps/musl').symlink_to(ROOT / 'build/deps/musl')
        deps = [f'{name}={ROOT / os.environ.get(name, usual)}' for name, usual in LIBRARIES.items()]
        names = ' '.join(machine.name for machine in self.machines)
        command = ['make', '-j', str(os.cpu_count() or 1), 'static', f'ARCH={names}', *deps]
        made = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=300, check=False)
        self.assertEqual(made.returncode, 0, made.stderr[-2000:])
        for machine in self.machines:
            with self.subTest(machine.name):
                again = folder / 'build/static' / machine.binary.name
                self.assertTrue(again.read_bytes() == machine.binary.read_bytes(), 'they differ')
        shutil.rmtree(folder)


def of_machine(machine):
    """The tests of one machine's file."""
    base = MipsFile if machine.name == 'mipsel' else File
    return type(f'{machine.name}, file', (base,), {'machine': machine})


def reproducible(chosen):
    """Of this machine, or the first chosen, and of one other: all are built alike."""
    first = next((machine for machine in chosen if machine.is_this_one()), chosen[0])
    other = [machine for machine in chosen if machine is not first and machine.name == 'armv7']
    return type('built elsewhere', (Reproducible,), {'machines': (first, *other)})
