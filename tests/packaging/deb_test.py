"""`make deb`: what it builds is clean, hardened, the same each time, and does what it is for."""

import functools
import os
import subprocess
import unittest

from common import TOP, WORK, Simulator, build, call_example, example, make, pkg_config, read, run

VERSION = read('boards/packages/debian/changelog').split('(')[1].split(')')[0]


def packages(folder):
    return sorted(path for path in folder.glob(f'*_{VERSION}_*.deb'))


@functools.cache
def unpacked():
    """Both packages, built and unpacked."""
    make('deb')
    root = WORK / 'deb-root'
    run(['rm', '-rf', root])
    for package in packages(TOP / 'build/deb'):
        run(['dpkg', '-x', package, root])
    return root


def binary():
    return unpacked() / 'usr/bin/migtask'


class Packages(unittest.TestCase):
    def test_two(self):
        unpacked()
        self.assertEqual([package.name.split('_')[0] for package in packages(TOP / 'build/deb')],
                         ['libmigtask-dev', 'migtask'])

    def test_version(self):
        self.assertEqual(run([binary(), '--version']).split()[1], VERSION)

    def test_command(self):
        with Simulator(TOP / 'build/pki') as service:
            said = run([binary(), 'start', '5e0b1a2c-7d34-4f6e-9a01-000000000001', '--endpoint',
                        f'https://localhost:{service.port}',
                        '--ca-file', TOP / 'build/pki/roots.pem'],
                       env={'MIGTASK_TOKEN': 'MIITestTokenOfNobody'})
            self.assertTrue(said.startswith('accepted: start '), said)
            self.assertEqual([request['operation'] for request in service.requests], ['start'])

    def test_library(self):
        triplet = run(['dpkg-architecture', '-qDEB_HOST_MULTIARCH']).strip()
        words = pkg_config(unpacked(), f'/usr/lib/{triplet}', '--cflags', '--libs', '--static')
        call_example(self, build(WORK / 'deb-example', example(), libraries=words))

    def test_hardened(self):
        headers = run(['readelf', '-W', '-h', '-l', '-d', '--dyn-syms', binary()])
        self.assertRegex(headers, r'Type: +DYN')
        self.assertRegex(headers, r'FLAGS.*BIND_NOW')
        self.assertRegex(headers, r'GNU_RELRO')
        self.assertRegex(headers, r'GNU_STACK.* RW ')
        self.assertRegex(headers, r'__stack_chk_fail')

    def test_lintian(self):
        """No tag of any level, but one: no function is called that the C library has a checked
        form of, beyond those calls whose bounds the compiler has checked."""
        unpacked()
        changes = next((TOP / 'build/deb').glob(f'migtask_{VERSION}_*.changes'))
        done = subprocess.run(['lintian', '--allow-root', '-EI', '--pedantic', changes],
                              check=False, capture_output=True, text=True)
        self.assertEqual((done.returncode, [line for line in done.stdout.splitlines()
                                            if ' hardening-no-fortify-functions ' not in line]),
                         (0, []), done.stderr)

    def test_reproducible(self):
        """The same bytes in another folder, and with another umask."""
        unpacked()
        folder = WORK / 'deb-again'
        run([TOP / 'boards/packages/deb.sh', folder], umask=0o077, env={
            name: value for name, value in os.environ.items() if not name.startswith('MAKE')})
        for first, second in zip(packages(TOP / 'build/deb'), packages(folder), strict=True):
            self.assertEqual(first.read_bytes(), second.read_bytes(), first.name)


if __name__ == '__main__':
    unittest.main()
