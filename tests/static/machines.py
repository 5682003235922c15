"""The machines of boards/host/static.txt, and how each one's binary is run here."""

import dataclasses
import os
import pathlib
import shutil

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TABLE = ROOT / 'boards/host/static.txt'


@dataclasses.dataclass
class Machine:
    """A row of the table."""

    name: str
    compiler: str
    qemu: str
    processor: str

    @property
    def binary(self):
        """What `make static` built for it."""
        return ROOT / f'build/static/migtask-{self.name}'

    def tool(self, name):
        """A tool of its compiler."""
        return self.compiler + name

    def emulated(self):
        """The words before a command that runs it under QEMU."""
        emulator = shutil.which(f'qemu-{self.qemu}')
        if emulator is None:
            raise FileNotFoundError(f'no qemu-{self.qemu} here')
        return (emulator, '-cpu', self.processor)

    def is_this_one(self):
        """It runs here without help."""
        return self.name == os.uname().machine


def table():
    """All rows."""
    rows = (line.split() for line in TABLE.read_text(encoding='utf-8').splitlines()
            if line.strip() and not line.startswith('#'))
    return [Machine(name, compiler, qemu, processor)
            for name, _, _, compiler, qemu, processor, *_ in rows]
