"""Kconfig and the config headers say the same: limits, defaults, ranges, in both configurations.

Needs kconfiglib. CC is the compiler (default: gcc).
"""

import glob
import os
import re
import subprocess
import tempfile
import unittest

import kconfiglib

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
os.environ['CONFIG_'] = 'MIGTASK_'


def read(path):
    with open(os.path.join(TOP, path), encoding='utf-8') as file:
        return file.read()


HEADERS = ''.join(map(read, ('core/migtask_config.h', 'port/mbedtls/migtask_tls_config.h', 'port/lwip/lwipopts.h',
                             'boards/firmware/firmware_config.h', 'boards/host/host_config.h',
                             'port/proxy/migtask_proxy.h'))).replace('\\\n', '')
CONFIGURATIONS = {'mcu': [], 'host': ['-DMIGTASK_CONFIG_HOST']}
LIMITS = [name for name in re.findall(r'^#ifndef MIGTASK_(\w+)$', HEADERS, re.M)
          if name not in ('CONFIG_H', 'TLS_CONFIG_H', 'LWIPOPTS_H', 'FIRMWARE_CONFIG_H', 'HOST_CONFIG_H', 'PROXY_H',
                          'CONFIG_FILE',
                          # what follows from the others
                          'LWIP_BUFFERS', 'LWIP_SEND', 'LWIP_HEAP', 'LWIP_PCBS')]


def load(text):
    """Kconfig with the lines of text as its .config."""
    kconfig = kconfiglib.Kconfig(os.path.join(TOP, 'Kconfig'), warn_to_stderr=False)
    with tempfile.NamedTemporaryFile('w', suffix='.config') as dot_config:
        dot_config.write(text)
        dot_config.flush()
        kconfig.load_config(dot_config.name)
    return kconfig


def header_values(flags):
    """What the compiler makes of every limit."""
    source = ('#include "firmware_config.h"\n#include "host_config.h"\n#include "lwipopts.h"\n'
              '#include "migtask_proxy.h"\n' +
              ''.join(f'@{name} MIGTASK_{name}\n' for name in LIMITS))
    run = subprocess.run([os.environ.get('CC', 'gcc'), '-E', '-P', f'-I{TOP}/core',
                          f'-I{TOP}/port/mbedtls', f'-I{TOP}/port/lwip', f'-I{TOP}/port/proxy',
                          f'-I{TOP}/boards/firmware', f'-I{TOP}/boards/host', *flags, '-x', 'c', '-'],
                         input=source, capture_output=True, text=True, check=True, timeout=60)
    values = {}
    for line in run.stdout.splitlines():
        if line.startswith('@'):
            name, expression = line[1:].split(None, 1)
            if not re.fullmatch(r'[\d ()+*-]+', expression):
                raise ValueError(line)
            values[name] = eval(expression)  # pylint: disable=eval-used # numbers, see above
    return values


def generated_values(text):
    """The same by way of the header that Kconfig makes of these lines."""
    with tempfile.TemporaryDirectory() as folder:
        load(text).write_autoconf(os.path.join(folder, 'migtask_kconfig.h'))
        return header_values([f'-I{folder}', '-DMIGTASK_CONFIG_FILE="migtask_kconfig.h"'])


def header_range(name):
    """(lowest, highest) that the header allows; a switch without a check has (0, 1)."""
    macro = 'MIGTASK_' + name
    within = re.search(rf'^#if .*\b{macro} < (\d+) \|\| {macro} > (\d+)', HEADERS, re.M)
    among = re.search(rf'^#if {macro} != \d+ && .*', HEADERS, re.M)
    if among:
        values = sorted(int(number) for number in re.findall(r'[=<>] (\d+)', among[0]))
        return values[0], values[-1]
    return (int(within[1]), int(within[2])) if within else (0, 1)


class Config(unittest.TestCase):

    def test_limits_are_the_same_set(self):
        ints = {symbol.name for symbol in load('').unique_defined_syms
                if symbol.type == kconfiglib.INT}
        self.assertTrue(LIMITS)
        self.assertEqual(set(LIMITS), ints)

    def test_defaults(self):
        for configuration, flags in CONFIGURATIONS.items():
            generated = generated_values(f'MIGTASK_CONFIG_{configuration.upper()}=y\n')
            for name, value in header_values(flags).items():
                with self.subTest(configuration=configuration, limit=name):
                    self.assertEqual(generated[name], value)

    def test_default_of_what_is_chosen(self):
        for configuration, flags in CONFIGURATIONS.items():
            with self.subTest(configuration=configuration):
                kconfig = load(f'MIGTASK_CONFIG_{configuration.upper()}=y\n'
                               'MIGTASK_TLS_OUT_CHOSEN=y\n')
                self.assertEqual(int(kconfig.syms['TLS_OUT'].str_value),
                                 header_values(flags)['TLS_OUT'])

    def test_ranges(self):
        kconfig = load('')
        for name in LIMITS:
            with self.subTest(limit=name):
                [(low, high, _)] = kconfig.syms[name].ranges
                self.assertEqual((int(low.str_value), int(high.str_value)), header_range(name))

    def test_every_limit_has_help_with_its_memory(self):
        kconfig = load('')
        for name in LIMITS:
            with self.subTest(limit=name):
                [node] = kconfig.syms[name].nodes
                self.assertIn('RAM: ', node.help.replace('\n', ' '))

    def test_a_value_reaches_the_code(self):
        values = generated_values('MIGTASK_CONFIG_HOST=y\nMIGTASK_RX_BUFFER=1000\n')
        expected = header_values(CONFIGURATIONS['host'])
        expected['RX_BUFFER'] = 1000
        self.assertEqual(values, expected)

    def test_defconfigs(self):
        files = glob.glob(os.path.join(TOP, 'boards/*/*defconfig'))
        self.assertTrue(files)
        for path in files:
            with self.subTest(file=os.path.relpath(path, TOP)):
                self.assertEqual(load(read(path)).warnings, [])


if __name__ == '__main__':
    unittest.main()
