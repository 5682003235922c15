"""Whoever takes the files compiles them with what port/README.md says, and with nothing else."""

import re
import unittest

from common import TOP, WORK, read, run

DEPS = TOP / 'build/deps'


class Ports(unittest.TestCase):
    def compile(self, sources, *flags):
        """Each of them, by a compiler that knows no flags of ours."""
        self.assertTrue(sources)
        out = WORK / 'ports'
        out.mkdir(parents=True, exist_ok=True)
        run(['gcc', '-c', '-std=c11', '-O0', '-w', *flags, *sources], cwd=out, timeout=250)

    def mbedtls_flags(self):
        """As they stand there, in the row of what is always needed."""
        [flags] = re.findall(r"compiled with `(-Icore -Iport/mbedtls [^`]*)`", read('port/README.md'))
        return [flag.replace('-I', f'-I{TOP}/', 1) if flag.startswith('-I') else flag.replace("'", '')
                for flag in flags.split()]

    def test_core_and_tls(self):
        self.compile([*TOP.glob('core/*.c'), *TOP.glob('port/mbedtls/*.c')], *self.mbedtls_flags(),
                     f'-I{DEPS}/jsmn', f'-I{DEPS}/mbedtls/include')

    def test_mbedtls(self):
        """The files of the list, those of changed/ in the place of the ones of the same name."""
        names = re.findall(r'(?:library|3rdparty)/\S+\.c', read('port/mbedtls/sources.mk'))
        self.assertGreater(len(names), 40)
        changed = {path.name: path for path in TOP.glob('port/mbedtls/changed/*.c')}
        self.assertTrue(set(changed) <= {name.rpartition('/')[2] for name in names})
        self.compile([changed.get(name.rpartition('/')[2], DEPS / 'mbedtls' / name) for name in names],
                     *self.mbedtls_flags(), f'-I{DEPS}/mbedtls/include', f'-I{DEPS}/mbedtls/library')

    def test_sockets(self):
        self.compile([*TOP.glob('port/posix/*.c')], f'-I{TOP}/core')

    def test_proxy(self):
        self.compile([*TOP.glob('port/proxy/*.c')], f'-I{TOP}/core', f'-I{TOP}/port/proxy')

    def test_lwip(self):
        self.compile([TOP / f'port/lwip/{name}.c' for name in ('lwip_tcp', 'lookup', 'lwip_clock')], f'-I{TOP}/core',
                     f'-I{TOP}/port/lwip', f'-I{DEPS}/lwip/src/include')


if __name__ == '__main__':
    unittest.main()
