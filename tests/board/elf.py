"""What is in an image: symbols, sizes, and where they come from."""

import bisect
import collections
import os
import re
import subprocess

CROSS = os.environ.get('ARM_CROSS', 'arm-none-eabi-')
HEAP = re.compile(r' _?(malloc|calloc|realloc|free|sbrk)(_r)?$', re.M)
RAM = 0x20000000

# Where a source file belongs; the first that is found in its name.
PARTS = (('deps/mbedtls', 'mbedTLS'), ('port/mbedtls/changed', 'mbedTLS'), ('deps/lwip', 'lwIP'), ('boards/firmware/runtime', 'libc'), ('boards/', 'port+board'),
         ('port/', 'port+board'), ('core/', 'core'), ('jsmn', 'core'), ('libgcc', 'libc'), ('gcc', 'libc'))
COLUMNS = ('core', 'port+board', 'lwIP', 'mbedTLS', 'libc')


def tool(name, *arguments):
    """The output of a tool of the cross compiler."""
    return subprocess.run([CROSS + name, *map(str, arguments)], capture_output=True, text=True, timeout=120,
                          check=True).stdout


def sections(image):
    """The size of each section."""
    return {name: int(size) for name, size in re.findall(r'^(\.\S+)\s+(\d+)\s+\d+$', tool('size', '-A', image), re.M)}


def long_multiplications(image, source):
    """Where the functions of a C source, as they are in the image, multiply 32 by 32 bits into 64."""
    functions = set(re.findall(r'^(?:static )?\w+ \*?(\w+)\([^;{}]*\)\n?\s*\{', source, re.M))
    found, seen = [], 0
    for text in tool('objdump', '--disassemble', '--no-show-raw-insn', image).split('\n\n'):
        head = re.match(r'[0-9a-f]+ <([\w.]+)>:', text)
        if head and head[1].split('.')[0] in functions:
            seen += 1
            found += [f'{head[1]}: {line}' for line in re.findall(r'\b[us]m(?:ull|lal|aal).*', text)]
    if not seen:
        raise ValueError('none of the functions is in the image')
    return found


def compiler():
    """Its version."""
    return tool('gcc', '-dumpfullversion').strip()


def part_of(source):
    """The part that a source file belongs to, by its name."""
    return next((part for piece, part in PARTS if piece in source), None)


class Origins:
    """Which source file a symbol comes from, by the debug information.

    With link-time optimization a function that was inlined counts where it ended up, and the addresses of variables are
    not told, so those are found by name.
    """

    def __init__(self, image):
        self._by_address, self._by_name = {}, collections.defaultdict(set)
        offsets, pending = {}, []
        unit = origin = name = address = None
        offset = 0

        def close():
            if address is not None:
                pending.append((address, origin, unit))
            if name is not None and unit not in (None, '<artificial>'):
                self._by_name[name].add(unit)
        for line in tool('readelf', '--debug-dump=info', image).splitlines():
            start = re.match(r' <\d+><([0-9a-f]+)>: Abbrev Number: \d+ \((\w+)\)', line)
            if start:
                close()
                offset, tag = int(start[1], 16), start[2]
                named = tag in ('DW_TAG_variable', 'DW_TAG_subprogram')
                origin = name = address = None
                if tag == 'DW_TAG_compile_unit':
                    unit, named = None, False
                offsets[offset] = unit
                continue
            field = re.match(r'    <[0-9a-f]+>   DW_AT_(\w+)\s*: (.*)', line)
            if not field:
                continue
            key, value = field[1], field[2]
            if key == 'name' and unit is None:
                unit = value.rsplit('): ', 1)[-1]
            elif key == 'name' and named:
                name = value.rsplit('): ', 1)[-1]
            elif key == 'abstract_origin':
                origin = int(re.search(r'<0x([0-9a-f]+)>', value)[1], 16)
            elif key == 'low_pc' and named:
                address = int(value, 16)
            elif key == 'location' and 'DW_OP_addr:' in value:
                address = int(re.search(r'DW_OP_addr: ([0-9a-f]+)\)?', value)[1], 16)
        close()
        for place, start, own in pending:
            self._by_address[place] = offsets.get(start, own) if start is not None else own

    def part(self, name, address):
        """Where a symbol belongs; None if nothing says so."""
        source = self._by_address.get(address)
        if source not in (None, '<artificial>'):
            found = part_of(source)
            if found:
                return found
        parts = {part_of(unit) for unit in self._by_name.get(re.sub(r'\.(\d+|lto_priv|constprop|isra|part|cold).*', '', name), ())}
        return parts.pop() if len(parts) == 1 else None


def symbols(image):
    """(address, size, kind, name) of all that have a size, by address."""
    found = re.findall(r'^(\w+) (\w+) (\w) (\S+)$', tool('nm', '-S', '--defined-only', image), re.M)
    return sorted((int(address, 16) & ~(kind in 'tT'), int(size, 16), kind, name) for address, size, kind, name in found)


class Split:
    """The bytes of an image by part."""

    def __init__(self, image):
        self.flash, self.ram = collections.Counter(), collections.Counter()
        self.arena = self.stack = self.roots = 0
        origins = Origins(image)
        linked = _linked_by_file(image)
        for address, size, kind, name in symbols(image):
            part = origins.part(name, address) or linked(address)
            if name == 'stack_bottom':
                self.stack = size
            elif re.match(r'arena\b', name) and size > 1024:
                self.arena = size
            elif re.match(r'root_\d+$', name):
                self.roots += size
            elif address >= RAM:
                self.ram[part] += size
                if kind in 'dD':
                    self.flash[part] += size    # its initial value
            else:
                self.flash[part] += size
        self.flash.pop(None, None)      # tables that the compiler made; they go to the texts
        sizes = sections(image)
        self.flash_total = sizes['.text'] + sizes['.data']
        self.ram_total = sizes['.data'] + sizes['.bss'] + sizes['.stack']
        # Literal texts, and what fills up to a word, have no names.
        self.texts = self.flash_total - self.roots - sum(self.flash.values())
        self.ram_other = self.ram_total - self.arena - self.stack


def _linked_by_file(image):
    """A function that tells the part of an address by the linker's map, for what the compiler did not see as a whole."""
    text = (image.parent / 'migtask.map').read_text(encoding='utf-8').split('Linker script and memory map')[1]
    places = sorted((int(start, 16), int(size, 16), file) for start, size, file in
                    re.findall(r'^ (?:\.\S+)?\s+0x(\w+)\s+0x(\w+) (\S+)$', text, re.M) if int(size, 16) and int(start, 16))
    starts = [start for start, _, _ in places]

    def find(address):
        at = bisect.bisect_right(starts, address) - 1
        if at >= 0 and address < places[at][0] + places[at][1]:
            return part_of(places[at][2])
        return None
    return find


def check_no_heap(image):
    """No allocator of a C library is linked."""
    names = tool('nm', image)
    assert ' reset' in names, 'no symbols at all'
    found = HEAP.search(names)
    assert not found, found


def check_no_data(image):
    """Nothing of ours lies in .data: initial values would take flash and RAM. lwIP and mbedTLS have a few bytes."""
    origins = Origins(image)
    ours = [name for address, _, kind, name in symbols(image)
            if kind in 'dD' and origins.part(name, address) not in ('lwIP', 'mbedTLS')]
    assert not ours, ours
