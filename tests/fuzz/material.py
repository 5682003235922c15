#!/usr/bin/env python3
"""Makes what the fuzz targets of TLS begin with: `material.py RECORD OUT` writes OUT/material.c and OUT/seeds.

RECORD is the program of record.c: it calls good servers of many kinds with the very random bytes that the targets use,
so that what those said can be said again. The certificates, good and bad, are those of the TLS matrix.
"""

import ctypes
import ctypes.util
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import time
import zlib

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'tls'))

from certificates import ACCEPTED, Chains, HOST  # noqa: E402
from judge import PKI, SCRATCH  # noqa: E402
from simulator import Simulator  # noqa: E402

# name: options of the simulator. One with a curve that was not offered a share for asks for another ClientHello.
SERVERS = {
    '1.3': {'tls': '1.3', 'cert': 'ec'},
    '1.3, RSA and an intermediate': {'tls': '1.3', 'cert': 'rsa-inter'},
    '1.3, another curve': {'tls': '1.3', 'cert': 'ec-inter', 'curve': 'prime256v1'},
    '1.2': {'tls': '1.2', 'cert': 'ec'},
    '1.2, RSA and an intermediate': {'tls': '1.2', 'cert': 'rsa-inter'},
    '1.2, AES-256 and P-384': {'tls': '1.2', 'cert': 'p384', 'curve': 'secp384r1',
                               'ciphers': 'ECDHE-ECDSA-AES256-GCM-SHA384'},
}
ROOTS = ('root-ec', 'root-rsa')

# Hosts of chain.c, by their place in its table.
HOSTS = (HOST, 'a.b.example.test', 'example.test', 'localhost', '127.0.0.1', '[::1]', 'abcd')

_C = ctypes.CDLL(ctypes.util.find_library('crypto') or 'libcrypto.so.3')
for _name in ('d2i_X509', 'X509_get0_pubkey'):
    getattr(_C, _name).restype = ctypes.c_void_p


def der_of(path):
    """All certificates of a PEM file, DER."""
    end = '-----END CERTIFICATE-----\n'
    return [ssl.PEM_cert_to_DER_cert(part[part.index('-----BEGIN'):] + end)
            for part in path.read_text().split(end)[:-1]]


def labels_of(path):
    """What the parts of a PEM file are called."""
    return set(re.findall('-----BEGIN (.*)-----', path.read_text()))


class Openssl:
    """One certificate as OpenSSL reads it."""

    def __init__(self, der):
        start = ctypes.c_char_p(der)
        self.x509 = _C.d2i_X509(None, ctypes.byref(start), ctypes.c_long(len(der)))
        self.key = self.x509 and _C.X509_get0_pubkey(ctypes.c_void_p(self.x509))

    def signed_by(self, other):
        """Whether the other's key made this signature."""
        return bool(self.x509 and other.key and
                    _C.X509_verify(ctypes.c_void_p(self.x509), ctypes.c_void_p(other.key)) == 1)


class Source:
    """A C file that grows."""

    def __init__(self):
        self.text = '/* Made by tests/fuzz/material.py. */\n#include "material.h"\n\n'
        self.names = 0

    def array(self, kind, values):
        """An array of numbers; its name."""
        self.names += 1
        name = f'part{self.names}'
        self.text += f'static const {kind} {name}[] = {{{",".join(map(str, values)) or 0}}};\n'
        return name

    def table(self, declaration, rows):
        """A table; its number of rows under its name and _count."""
        name = declaration.split()[-1].removesuffix('[]')
        self.text += f'{declaration} = {{\n' + ''.join(f'    {row},\n' for row in rows) + '};\n'
        self.text += f'const size_t {name}_count = {len(rows)};\n'


def record(program, source, name, options, roots, now):
    """The row of one recording."""
    with Simulator(PKI, **options) as server:
        done = subprocess.run([program, HOST, str(server.port), str(now), *roots], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, check=False, text=True, timeout=60)
    if done.returncode != 0:
        sys.exit(f'material: no recording of a server with {options}')
    records, handshake = [], 0
    for line in done.stdout.splitlines():
        kind, how, fresh, version, early, *body = line.split(' ')
        data = bytes.fromhex(body[0])
        handshake += int(early)
        records.append(f'{{{kind},{how},{fresh},{version},{source.array("uint8_t", data)},{len(data)},'
                       f'{1 - int(early)}}}')
    source.text += f'static const recorded records_{source.names}[] = {{{",".join(records)}}};\n'
    return f'{{"{name}", "{HOST}", records_{source.names}, {len(records)}, {handshake}}}'


def recordings(program, source, now):
    """What good servers say; the number of records of each."""
    roots = [der for name in ROOTS for der in der_of(PKI / f'{name}.pem')]
    paths = []
    for number, der in enumerate(roots):
        paths.append(SCRATCH / f'root-{number}.der')
        paths[-1].write_bytes(der)
    rows = [record(program, source, name, options, paths, now) for name, options in SERVERS.items()]
    source.table('const recording recordings[]', rows)
    source.table('const migtask_bytes recorded_roots[]',
                 [f'{{{source.array("uint8_t", der)}, {len(der)}}}' for der in roots])
    return [int(row.split(', ')[-2]) for row in rows]


def handshakes(folder, sizes):
    """Inputs of handshake.c: undisturbed, in pieces and with waits, and with an edit of each record."""
    def store(flags, number, script=b'', edits=b'', fault=0):
        data = bytes((flags, number, *fault.to_bytes(2, 'big'), len(script))) + script + edits
        (folder / f'{number}-{len(list(folder.iterdir())):04}').write_bytes(data)

    for number, count in enumerate(sizes):
        for flags in (0, 1, 3, 6, 24):
            store(flags, number)
        for call in range(1, 9):  # Random bytes run out, memory fails, the arena is small.
            store(0x61, number, fault=call)
            store(1, number, fault=call * 60)
            store(0, number, fault=0x8000 + call * 3600)
        store(1, number, bytes((0x80, 1, 7)) * 60)
        store(0, number, bytes((0xff, 0x80)) * 60)
        for index in range(count):
            what = (number + index) % 12
            store(1, number, b'', bytes((what, index, 0, 5, 2)) + (b'\1\1' if what <= 2 or what == 6 else b''))


def certificates(source, folder):
    """The certificates of the matrix, and each of its rows as an input of chain.c."""
    # Without those that are about the line before a root: here the roots are DER, or written anew.
    rows = [row for row in Chains().rows
            if row[3] in HOSTS and labels_of(pathlib.Path(row[4])) == {'CERTIFICATE'}]
    sets = list(dict.fromkeys(row[4] for row in rows))
    members = [der_of(pathlib.Path(path)) for path in sets]
    named = [(f'{row[0]} {place}', each.der) for row in rows for place, each in enumerate(row[1])]
    named += [(f'root {number} {place}', der) for number, ders in enumerate(members) for place, der in enumerate(ders)]
    pool = list(dict.fromkeys(der for _, der in named))
    keys = {}  # Of 16 bits, by the name: see certificate_by_key().
    for name, der in named:
        key = zlib.crc32(name.encode()) & 0xffff
        while key in keys.values():
            key = (key + 1) & 0xffff
        keys.setdefault(der, key)
    read = [Openssl(der) for der in pool]
    parts = []
    for number, der in enumerate(pool):
        signers = [other for other, its in enumerate(read) if read[number].signed_by(its)]
        parts.append(f'{{{keys[der]}, {{{source.array("uint8_t", der)}, {len(der)}}}, '
                     f'{source.array("uint16_t", signers)}, {len(signers)}}}')
    source.table('const certificate certificates[]', parts)
    source.table('const root_set root_sets[]',
                 [f'{{{source.array("uint16_t", map(pool.index, ders))}, {len(ders)}}}' for ders in members])
    parts = []
    for number, (name, chain, words, host, roots, _) in enumerate(rows):
        place = HOSTS.index(host), sets.index(roots)
        places = [pool.index(each.der) for each in chain]
        parts.append(f'{{"{name}", {place[0]}, {place[1]}, {source.array("uint16_t", places)}, {len(chain)}, '
                     f'{int(words is ACCEPTED)}}}')
        (folder / f'{number:04}').write_bytes(bytes((1 | number % 2 << 2, *place, 0, 0, 0, 0, len(chain))) +
                                              b''.join(keys[each.der].to_bytes(2, 'big') for each in chain))
    source.table('const chain_row chain_rows[]', parts)
    # Roots that break, and many of one name, for a row in which all goes well.
    by_name = {row[0]: row for row in rows}
    _, chain, _, host, roots, _ = by_name['two intermediates']
    for flags in (0x09, 0x0c, 0x35, 0x34, 0x3c):
        for date in (0, 1, 2, 3, 20, 60):
            head = flags, HOSTS.index(host), sets.index(roots), date if flags & 0x30 else 0, 0, 0, 0, len(chain)
            (folder / f'roots-{flags}-{date}').write_bytes(
                bytes(head) +
                b''.join(keys[each.der].to_bytes(2, 'big') for each in chain))
    # mbedTLS passes over a certificate of a kind that it does not know, and takes the next for the server's.
    good = by_name['two intermediates']
    chain = [*by_name['signed with Ed25519'][1], *good[1]]
    (folder / 'passed-over').write_bytes(
        bytes((1, HOSTS.index(good[3]), sets.index(good[4]), 0, 0, 0, 0, len(chain))) +
        b''.join(keys[each.der].to_bytes(2, 'big') for each in chain))


def main():
    program, out = map(pathlib.Path, sys.argv[1:])
    source, now = Source(), int(time.time())
    seeds = {name: out / 'seeds' / name for name in ('chain', 'handshake')}
    for folder in seeds.values():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    handshakes(seeds['handshake'], recordings(program, source, now))
    certificates(source, seeds['chain'])
    source.text += f'const int64_t material_time = INT64_C({now});\n'
    (out / 'material.c').write_text(source.text)


if __name__ == '__main__':
    main()
