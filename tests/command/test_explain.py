"""`migtask explain`: every documented error code, from the table that it is made of, without anything around it."""

import collections
import json
import os
import re
import shutil
import unittest

from support import EXIT, HERE, RESULT_LOST, STATIC, Case, jsonschema

BOARD = HERE.parent.parent / 'boards/host'
TABLE = BOARD / 'error_codes.tsv'
SCHEMA = jsonschema.Draft202012Validator(json.loads((BOARD / 'explain.schema.json').read_text()))


def documented():
    """The rows of each code, (status or None, meaning, advice), in the order of the table."""
    rows = collections.defaultdict(list)
    for line in TABLE.read_text(encoding='ascii').splitlines():
        if not line.startswith('#'):
            code, status, meaning, advice = line.split('\t')
            rows[code].append((int(status) if status else None, meaning, advice))
    return rows


def as_text(code, rows):
    """What a person reads about it."""
    return ''.join(f'{code}{f" (HTTP {status})" if status else ""}\n  Meaning: {meaning}\n  Advice: {advice}\n'
                   for status, meaning, advice in rows)


def as_json(code, rows):
    """What a program reads about it."""
    return {'error_code': code, 'explanations': [{'http_status': status, 'meaning': meaning, 'advice': advice}
                                                 for status, meaning, advice in rows]}


class Explain(Case):
    """Codes that are known."""

    def explain(self, *arguments, **how):
        """An explanation, which needs no token, no endpoint and no roots."""
        result = self.run_command('explain', *arguments, token=None, **how)
        self.assertEqual((result.code, result.stderr), (0, b''), str(result))
        return result.out

    def test_every_row(self):
        rows = documented()
        self.assertEqual(sum(map(len, rows.values())), 420)
        self.assertEqual(self.explain(*rows), ''.join(as_text(code, of_code) for code, of_code in rows.items()))
        lines = [json.loads(line) for line in self.explain('--json', *rows).splitlines()]
        self.assertEqual(lines, [as_json(*row) for row in rows.items()])
        for line in lines:
            SCHEMA.validate(line)

    def test_both_names_of_the_gateway(self):
        rows = {code.replace('APIGW', 'APIG'): of_code for code, of_code in documented().items()
                if code.startswith('APIGW')}
        self.assertEqual(self.explain(*rows), ''.join(as_text(code, of_code) for code, of_code in rows.items()))

    def test_small_letters(self):
        rows = documented()
        self.assertEqual(self.explain(*(code.lower() for code in rows)), self.explain(*rows))
        self.assertEqual(self.explain('sMs.7713', 'Apigw.0308'), self.explain('SMS.7713', 'APIGW.0308'))

    def test_in_the_order_given_and_as_often(self):
        rows = documented()
        codes = ('SMS.9905', 'APIGW.0801', 'SMS.9905', 'SMS.0007')
        wanted = ''.join(as_text(code, rows[code]) for code in codes)
        self.assertEqual(self.explain(*codes), wanted)
        # Options stand anywhere, and those that have nothing to do here do nothing.
        self.assertEqual(self.explain(codes[0], '--timeout', '5', codes[1], '-q', *codes[2:], '-v'), wanted)
        self.assertEqual(self.explain('--', *codes), wanted)
        self.assertEqual(self.run_command('--json', 'explain', codes[0], token=None).out,
                         self.explain(codes[0], '--json'))

    def test_the_same_advice_as_for_a_refusal(self):
        service = self.service()
        result = self.call(service, 'running-1')
        [row] = documented()[result.json['error_code']]
        self.assertEqual(result.json['advice'], row[2])

    def test_output_that_cannot_be_written(self):
        with open('/dev/full', 'wb') as full:
            for options in ((), ('--json',)):
                result = self.run_command('explain', 'SMS.7713', *options, token=None, stdout=full)
                self.assertEqual(result.code, RESULT_LOST, str(result))
                self.assertIn('standard output', result.err)

    @unittest.skipUnless(shutil.which('strace') and os.access(STATIC, os.X_OK), 'no strace or no static command')
    def test_nothing_is_opened(self):
        """No file, no socket, no random number: it works where nothing is."""
        log = self.scratch() / 'strace.log'
        self.explain('SMS.7713', binary=STATIC, before=('strace', '-f', '-qq', '-e', 'trace=!write', '-o', str(log)))
        calls = set(re.findall(r'^\d+ +(\w+)\(', log.read_text(), re.M))
        self.assertLessEqual(calls, {'execve', 'brk', 'arch_prctl', 'set_tid_address', 'poll', 'ppoll', 'rt_sigaction',
                                     'rt_sigprocmask', 'fstat', 'prctl', 'madvise', 'clock_gettime', 'exit_group',
                                     'exit'})

    def test_help_tells(self):
        self.assertRegex(self.run_command('--help', token=None).out, r'migtask explain CODE')


class Unknown(Case):
    """Codes that are not."""

    def refuse(self, *arguments):
        """The message of a run that explains nothing; with --json too."""
        result = self.run_command('explain', *arguments, '--json', token=None)
        self.assert_outcome(result, 'invalid', ('invalid_argument', 'invalid_config'), operation='explain', task_id=None,
                            attempts=0, advice=None, error_code=None)
        result = self.run_command('explain', *arguments, token=None)
        self.assertEqual((result.code, result.out), (EXIT['invalid'], ''), str(result))
        return result.err

    def test_no_code(self):
        self.assertRegex(self.refuse(), r'migtask explain CODE')

    def test_unknown_codes(self):
        for code in ('SMS.9999', 'SMS.0000', 'SMS.77', 'SMS.07713', 'SMS7713', '7713', '', 'x', 'SMS.', 'SMS.77x3',
                     'SMS.-713', 'APIGW.0000', 'APIGWX.0308', 'A' * 100000, 'SMS.7713 ', 'SMS.7713\x1b[31m', 'ЅMS.7713',
                     os.fsdecode(b'SMS.\xff713'), 'SMS.7713,SMS.7714'):
            with self.subTest(code[:20]):
                message = self.refuse(code)
                self.assertIn('not known', message)
                self.assertIn('looks like SMS.7713', message)

    def test_nearest_ones(self):
        numbers = sorted({int(code[4:]) for code in documented() if code.startswith('SMS.')})
        for code in ('SMS.0000', 'SMS.0206', 'SMS.0209', 'SMS.5000', 'SMS.9999'):
            number = int(code[4:])
            near = ([max(below)] if (below := [n for n in numbers if n < number]) else []) + (
                [min(above)] if (above := [n for n in numbers if n > number]) else [])
            if number not in numbers:
                message = self.refuse(code)
                self.assertIn(' and '.join(f'SMS.{n:04d}' for n in near) + ';', message)
                self.assertRegex(message, 'ones are' if len(near) > 1 else 'one is')
        self.assertIn('APIG.0101;', self.refuse('APIG.0000'))

    def test_one_of_several(self):
        """Nothing on standard output where the status is 2."""
        for codes in (('SMS.7713', 'SMS.9999'), ('SMS.9999', 'SMS.7713'), ('SMS.7713', 'SMS.9999', 'SMS.0007')):
            with self.subTest(codes):
                self.assertIn('SMS.9999', self.refuse(*codes))

    def test_a_wrong_option(self):
        self.assertIn('--bogus', self.refuse('SMS.7713', '--bogus'))
        self.assertIn('--timeout', self.refuse('SMS.7713', '--timeout=x'))
        self.assertTrue(re.search('not known', self.refuse('SMS.9999', '--endpoint=nonsense')))
