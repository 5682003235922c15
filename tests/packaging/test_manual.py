"""The manual pages: complete, well-formed, and of one mind with --help and the headers."""

import re
import subprocess
import unittest

from common import PREFIX, TOP, help_forms, help_operations, help_options, help_text, installed, \
    read, regions


class Pages(unittest.TestCase):
    COMMAND = read('boards/host/migtask.1')
    LIBRARY = read('core/migtask.3')

    def test_options(self):
        """The page has the options of --help, with the same letters and placeholders."""
        found = {}
        for line in re.findall(r'^\.It (Fl .*)$', self.COMMAND, re.M):
            letter, name, value = re.fullmatch(r'(?:Fl (\w) , )?Fl -([a-z-]+)(?: Ar (\S+))?',
                                               line).groups()
            found[name] = (letter, value)
        self.assertEqual(found, help_options())
        self.assertGreater(len(found), 15)

    def test_order(self):
        self.assertEqual(re.findall(r'^\.It (?:Fl \w , )?Fl -([a-z-]+)', self.COMMAND, re.M),
                         list(help_options()))

    def test_operations(self):
        """Word for word, the warnings among them."""
        part = re.search(r'^\.Ss Operations\n(.*?)^\.El', self.COMMAND, re.M | re.S)[1]
        part = re.sub(r'^\.Fl -(.*)', r'--\1', part, flags=re.M)
        part = re.sub(r'^\.Cm (\w+) \)', r'\1)', part, flags=re.M)
        found = {name: ' '.join(text.split()) for name, text in
                 re.findall(r'^\.It Cm (\w+)\n((?:[^.].*\n|\.[^I].*\n)+)', part, re.M)}
        self.assertEqual(found, dict(re.findall(r'^  (\w+) +(.*)$', re.search(
            r'^OPERATION:\n((?:  .*\n)+)', help_text(), re.M)[1], re.M)))
        self.assertEqual(list(found), help_operations())

    def test_forms(self):
        for word in help_forms():
            self.assertIn(f'\n.Cm {word}\n', self.COMMAND.split('.Sh DESCRIPTION')[0])

    def test_places(self):
        places = re.findall(r'^\.Pa (\S+)$', self.COMMAND, re.M)
        self.assertEqual(places, re.findall(r'^  (/\S+)', help_text(), re.M))
        self.assertGreater(len(places), 3)

    def test_regions(self):
        text = self.COMMAND.replace(' ,', ',')
        for region in regions():
            self.assertIn(region, text)

    def test_environment(self):
        for name in re.findall(r'\b(?:MIGTASK|HW)_[A-Z_]+\b', help_text()):
            self.assertIn(f'.Ev {name}', self.COMMAND.replace(' , ', '\n.Ev '))

    def test_outcomes(self):
        for outcome, status in re.findall(r'^  (\w+) +\((?:exit status )?(\d)\)', help_text(),
                                          re.M):
            self.assertIn(f'.It Sy {outcome} ({status})', self.COMMAND)

    def test_names_of_the_library(self):
        include = installed() / PREFIX[1:] / 'include/migtask'
        headers = ''.join(path.read_text(encoding='utf-8') for path in include.iterdir())
        names = re.findall(r'^\.(?:Fo|Fn|Vt|Dv|Ft) "?(?:const )?(\w*migtask\w*)', self.LIBRARY,
                           re.M | re.I)
        names += re.findall(r'^\.In migtask/(\S+\.h)', self.LIBRARY, re.M)
        self.assertGreater(len(names), 20)
        for name in names:
            if name.endswith('.h'):
                self.assertTrue((include / name).exists(), name)
            else:
                self.assertRegex(headers, rf'\b{name}\b')

    def test_reasons(self):
        words = re.search(r'reasons\[\] = .*?\};', read('core/names.c'), re.S)[0]
        for reason in re.findall(r'"([a-z_]+)"', words):
            self.assertRegex(self.COMMAND, rf'\b{reason}\b')

    def test_format(self):
        for page in ('boards/host/migtask.1', 'core/migtask.3'):
            lint = subprocess.run(['mandoc', '-T', 'lint', page], cwd=TOP, capture_output=True,
                                  text=True, check=False).stdout.splitlines()
            self.assertEqual([line for line in lint if 'referenced manual not found' not in line],
                             [])
            shown = subprocess.run(['groff', '-mandoc', '-Tutf8', '-ww', page], cwd=TOP,
                                   capture_output=True, text=True, check=True)
            self.assertEqual(shown.stderr, '')
            self.assertGreater(len(shown.stdout), 3000)


if __name__ == '__main__':
    unittest.main()
