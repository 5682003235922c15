"""What an ELF file says about itself, as far as it matters for a program that must run anywhere."""

import dataclasses
import struct

PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_GNU_STACK = 1, 2, 3, 0x6474e551
EXECUTABLE, WRITABLE = 1, 2
ET_EXEC = 2


@dataclasses.dataclass
class Elf:
    """The header's facts, and the program headers as (type, flags)."""

    bits: int
    little: bool
    kind: int
    machine: int
    flags: int
    segments: list

    def of_type(self, kind):
        """The flags of each segment of a type."""
        return [flags for found, flags in self.segments if found == kind]


def read(path):
    """The facts of a file; ValueError if it is no ELF file."""
    data = path.read_bytes()
    if data[:4] != b'\x7fELF':
        raise ValueError(f'{path} is no ELF file')
    bits, little = 32 * data[4], data[5] == 1
    order = '<' if little else '>'
    word = 'Q' if bits == 64 else 'I'
    kind, machine, _, _, start, _, flags, _, size, count = struct.unpack_from(
        f'{order}HHI3{word}IHHH', data, 16)
    segments = []
    for number in range(count):
        at = start + number * size
        [segment] = struct.unpack_from(f'{order}I', data, at)
        [allowed] = struct.unpack_from(f'{order}I', data, at + (4 if bits == 64 else 24))
        segments.append((segment, allowed))
    return Elf(bits, little, kind, machine, flags, segments)
