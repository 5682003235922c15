#!/usr/bin/env python3
"""Turns the certificates of a PEM file into C, so that they lie in flash or in the program.

roots.py FILE.pem NAME >roots.inc

NAME is what the array of them is called; NAME_count tells how many they are.
"""

import base64
import binascii
import re
import sys

LINE = 16


def certificates(text):
    """The DER of each certificate, in the file's order and each once."""
    found = []
    for body in re.findall(r'-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----', text, re.S):
        der = base64.b64decode(''.join(body.split()), validate=True)
        if der not in found:
            found.append(der)
    return found


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        with open(sys.argv[1], encoding='utf-8', errors='replace') as file:
            roots = certificates(file.read())
    except (OSError, binascii.Error) as error:
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
