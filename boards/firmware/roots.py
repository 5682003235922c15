#!/usr/bin/env python3
"""Turns the certificates of a PEM file into C, so that they lie in flash or in the program.

roots.py FILE.pem NAME >roots.inc

NAME is what the array of them is called; NAME_count tells how many they are.
"""

import base64
import re
import sys

LINE = 16


SEQUENCE, REJECTED = 0x30, 0xa0
FOR_SERVERS = {bytes.fromhex('06082b06010505070301'), bytes.fromhex('0604551d2500')}  # or for any use


def elements(data):
    """(tag, content, all of it) of each DER element."""
    while data:
        head, size = 2, data[1]
        if size > 0x80:
            head += size - 0x80
            size = int.from_bytes(data[2:head])
        if head + size > len(data):
            raise ValueError('a certificate is cut')
        yield data[0], data[head:head + size], data[:head + size]
        data = data[head + size:]


def trusts_servers(settings):
    """Whether the settings after a TRUSTED CERTIFICATE, by openssl x509 -addtrust and -addreject, leave it to servers."""
    uses = {SEQUENCE: None, REJECTED: set()}
    for _, content, _ in elements(settings):
        uses.update({tag: {whole for _, _, whole in elements(part)} for tag, part, _ in elements(content) if tag in uses})
    return not uses[REJECTED] & FOR_SERVERS and (uses[SEQUENCE] is None or bool(uses[SEQUENCE] & FOR_SERVERS))


def certificates(text):
    """The DER of each certificate, in the file's order and each once."""
    found = []
    for label, body in re.findall(r'-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----(.*?)-----END \1-----', text, re.S):
        data = base64.b64decode(''.join(body.split()), validate=True)
        der = next(elements(data))[2]
        if label == 'TRUSTED CERTIFICATE' and not trusts_servers(data[len(der):]):
            continue
        if der not in found:
            found.append(der)
    return found


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        with open(sys.argv[1], encoding='utf-8', errors='replace') as file:
            roots = certificates(file.read())
    except (OSError, ValueError, IndexError, StopIteration) as error:
        sys.exit(f'roots: {sys.argv[1]}: {error}')
    if not roots:
        sys.exit(f'roots: {sys.argv[1]}: no certificate in it')
    print('/* Made by roots.py. */')
    for number, der in enumerate(roots):
        print(f'static const uint8_t root_{number}[] = {{')
        for at in range(0, len(der), LINE):
            print('    ' + ' '.join(f'{byte},' for byte in der[at:at + LINE]))
        print('};')
    name = sys.argv[2]
    print(f'\nconst migtask_bytes {name}[] = {{')
    for number in range(len(roots)):
        print(f'    {{root_{number}, sizeof root_{number}}},')
    print(f'}};\nconst size_t {name}_count = sizeof {name} / sizeof {name}[0];')


if __name__ == '__main__':
    main()
