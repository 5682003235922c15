"""The operations are those of one table, core/action.c, wherever they are listed: one that comes to
it later is forgotten nowhere."""

import re
import unittest

from common import PREFIX, help_operations, installed, read, run

import tasks  # the simulator's


def table():
    rows = re.search(r'operations\[\] = \{\n(.*?)\};', read('core/action.c'), re.S)[1]
    return re.findall(r'"(\w+)"', rows)


def words(text):
    """The words of a text that may be operations, in their order."""
    return [word for word in re.findall(r'\b[a-z_]+\b', text) if word in table()]


class Operations(unittest.TestCase):
    def test_the_table(self):
        enumeration = re.search(r'typedef enum migtask_operation \{(.*?)\}', read('core/migtask.h'),
                                re.S)[1]
        self.assertEqual([name.lower() for name in re.findall(r'MIGTASK_(\w+)', enumeration)
                          if name != 'OPERATION_COUNT'], table())
        self.assertGreaterEqual(len(table()), 11)

    def test_help(self):
        self.assertEqual(sorted(help_operations()), sorted(table()))
        short = run([installed() / PREFIX[1:] / 'bin/migtask', '--help'])
        listed = re.search(r'^OPERATION: (.*\n(?: .*\n)*?)TASK_ID', short, re.M)[1]
        self.assertEqual(listed.split(), table())

    def test_manual(self):
        part = re.search(r'^\.Ss Operations\n(.*?)^\.El', read('boards/host/migtask.1'),
                         re.M | re.S)[1]
        self.assertEqual(sorted(re.findall(r'^\.It Cm (\w+)', part, re.M)), sorted(table()))

    def test_completions(self):
        share = installed() / PREFIX[1:] / 'share'
        for path in ('bash-completion/completions/migtask', 'zsh/site-functions/_migtask',
                     'fish/vendor_completions.d/migtask.fish'):
            text = (share / path).read_text(encoding='utf-8')
            with self.subTest(path):
                self.assertEqual(set(words(text)), set(table()))

    def test_readme(self):
        listed = re.search(r'^  operations: (.*\n(?:    .*\n)*)', read('README.md'), re.M)[1]
        self.assertEqual(listed.split(), table())

    def test_simulator(self):
        self.assertEqual(sorted(tasks.TRANSITIONS), sorted(table()))
        self.assertEqual(set(words(read('tests/service/README.md'))), set(table()))

    def test_tests(self):
        support = re.search(r'^OPERATIONS = \((.*?)\)', read('tests/command/support.py'),
                            re.M | re.S)[1]
        self.assertEqual(sorted(re.findall(r"'(\w+)'", support)), sorted(table()))


if __name__ == '__main__':
    unittest.main()
