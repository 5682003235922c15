"""Which certificates of a PEM file boards/firmware/roots.py puts into a firmware."""

import re
import subprocess
import sys
import unittest

from common import TOP, WORK, run


class Roots(unittest.TestCase):
    folder = WORK / 'roots'

    @classmethod
    def setUpClass(cls):
        cls.folder.mkdir(parents=True, exist_ok=True)
        for name in ('one', 'other'):
            run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '9',
                 '-subj', f'/CN={name}', '-keyout', cls.folder / f'{name}.key', '-out', cls.folder / f'{name}.pem'])

    def count(self, *texts):
        """How many are taken of such a file; 0: it is refused."""
        file = self.folder / 'file.pem'
        file.write_text('\n'.join(texts), encoding='ascii')
        done = subprocess.run([sys.executable, TOP / 'boards/firmware/roots.py', file, 'roots'], check=False,
                              capture_output=True, text=True)
        self.assertEqual(done.returncode == 0, 'const migtask_bytes' in done.stdout)
        return len(re.findall('^static const', done.stdout, re.M))

    def pem(self, name, *settings):
        return run(['openssl', 'x509', '-in', self.folder / f'{name}.pem', *settings])

    def test_kinds(self):
        one, other = self.pem('one'), self.pem('other')
        self.assertEqual(self.count(one, 'a comment', other, one), 2)
        self.assertEqual(self.count(one.replace('CERTIFICATE', 'X509 CERTIFICATE')), 1)
        self.assertEqual(self.count('nothing'), 0)
        self.assertEqual(self.count(one.replace('MII', '*II', 1)), 0)

    def test_trust_settings(self):
        for settings, count in ((['-trustout'], 1), (['-addtrust', 'serverAuth'], 1), (['-addtrust', 'anyExtendedKeyUsage'], 1),
                                (['-addtrust', 'emailProtection'], 0), (['-addreject', 'serverAuth'], 0),
                                (['-addreject', 'emailProtection'], 1), (['-setalias', 'x'], 1)):
            with self.subTest(settings):
                self.assertEqual(self.count(self.pem('one', '-trustout', *settings)), count)


if __name__ == '__main__':
    unittest.main()
