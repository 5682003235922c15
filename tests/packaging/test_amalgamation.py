"""The library as one file: made of the same sources, it compiles anywhere with nothing defined, and is the same library."""

import unittest

from common import TOP, WORK, make, run

DEPS = TOP / 'build/deps'
MADE = TOP / 'build/amalgamation'
STRICT = ('-Wall', '-Wextra', '-Wconversion', '-Werror')


def setUpModule():
    make('amalgamation')
    (WORK / 'amalgamation').mkdir(parents=True, exist_ok=True)


class Amalgamation(unittest.TestCase):
    out = WORK / 'amalgamation'

    def compile(self, name, *flags):
        run(['gcc', '-std=c11', *STRICT, *flags, '-c', MADE / name, '-o', self.out / f'{name}.o'])

    def test_core(self):
        self.compile('migtask.c')

    def test_tls(self):
        """With our profile of mbedTLS, and with mbedTLS as it comes but for the one switch that is needed."""
        include = DEPS / 'mbedtls/include'
        self.compile('migtask_tls.c', '-isystem', include, '-isystem', DEPS / 'mbedtls/library', f'-I{TOP}/port/mbedtls',
                     '-DMBEDTLS_CONFIG_FILE="mbedtls_profile.h"')
        self.compile('migtask_tls.c', '-isystem', include, '-DMBEDTLS_X509_TRUSTED_CERTIFICATE_CALLBACK')

    def test_headers_as_cpp(self):
        for name in ('migtask.h', 'migtask_tls.h'):
            run(['g++', '-std=c++17', '-Wall', '-Wextra', '-Werror', '-fsyntax-only', '-x', 'c++', MADE / name])

    def test_it_is_the_same(self):
        """A program of the unit tests, built of these files alone."""
        unit = TOP / 'tests/unit'
        run(['gcc', '-std=c11', '-D_GNU_SOURCE', '-O1', f'-I{MADE}', f'-I{unit}', MADE / 'migtask.c', unit / 'test_call.c',
             unit / 'stream_double.c', unit / 'support.c', '-lcmocka', '-o', self.out / 'test_call'])
        run([self.out / 'test_call'], cwd=self.out)


if __name__ == '__main__':
    unittest.main()
