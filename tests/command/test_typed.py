"""What is said of what somebody typed: the nearest right word, and nothing that may be a secret."""

import re

from invalid import Invalid
from support import LONG_TOKEN, OPERATIONS, TOKEN, leaked_part

SIGNED = 'q7Zr' * 10  # As long as a secret key.
PASSWORD = 'hunter2-Zq'
URL = f'http://someone:{PASSWORD}@proxy.example.test:3128'
SERVICE = f'https://someone:{PASSWORD}@sms.example.test'


class Secrets(Invalid):
    """In a place where they do not belong. None of them comes out, be it in a message or in JSON."""

    def assert_silent(self, secret, *arguments, **how):
        """It is invalid, and says so without the secret."""
        for options in (('--json',), (), ('--json', '-v'), ('--json', '-q')):
            result = self.run_command(*options, *arguments, **how)
            self.assertEqual(result.code, 2, str(result))
            for text in (result.out, result.err):
                self.assertNotIn(secret, text, str(result))
                self.assertIsNone(leaked_part(secret, text), str(result))
        return result

    def forms(self, secret):
        """Ways to mistype it."""
        right = ('start', 'ready-1', *self.target())
        yield from ((*right, '-t', secret), (*right, f'-t{secret}'), (*right, f'-t={secret}'),
                    (*right, f'--token-file={secret}'), (*right, '--token-file', secret))
        for name in ('token', 'tokens', 'Token-file', 'auth-token', 'x-auth-token', 'pasword', 'proxi', 'bogus'):
            yield from ((*right, f'--{name}', secret), (*right, f'--{name}={secret}'), (f'--{name}', secret, *right))
        yield from ((*right, '-H', f'X-Auth-Token: {secret}'), (*right, '-H', secret), (*right, '-x', secret),
                    (*right, f'--{secret}'), (*right, f'-{secret}'), (*right, f'--{secret}=x'))
        for name in ('json', 'dry-run', 'verbose', 'quiet', 'switch-hce'):
            yield (*right, f'--{name}={secret}')
        yield from ((secret, 'ready-1', *self.target()), ('start', secret, *self.target()),
                    (*right, secret), ('explain', secret), (secret,), ('start', '--tasks', secret, *self.target()))
        for name in ('timeout', 'connect-timeout', 'retries', 'parallel', 'connect-to', 'ca-file', 'region',
                     'endpoint', 'tasks'):
            yield from ((*right, f'--{name}', secret), (*right, f'--{name}={secret}'))

    def test_tokens(self):
        for secret in (TOKEN, SIGNED, SIGNED + '==', LONG_TOKEN[:3000]):
            for arguments in self.forms(secret):
                with self.subTest([argument[:30] for argument in arguments], length=len(secret)):
                    self.assert_silent(secret, *arguments)

    def test_urls_with_a_password(self):
        right = ('start', 'ready-1')
        for arguments in ((*right, '-e', SERVICE), (*right, '--endpoint', SERVICE), (*right, f'--endpoint={SERVICE}'),
                          (*right, f'-e{SERVICE}'), (*right, '--endpont', SERVICE), (*right, f'--endpont={SERVICE}'),
                          (*right, '--region', SERVICE), (SERVICE, *right), ('start', SERVICE), (*right, SERVICE)):
            with self.subTest(arguments):
                self.assert_silent(PASSWORD, *arguments)
        self.assert_silent(PASSWORD, *right, env={'MIGTASK_ENDPOINT': SERVICE})
        right = ('start', 'ready-1', *self.target())
        for arguments in ((*right, '--proxi', URL), (*right, f'--proxi={URL}'), ('--proxi', URL, *right),
                          (*right, '--connect-to', URL), (*right, '--ca-file', URL), (*right, '-t', URL),
                          (*right, '--proxy-user', f'someone:{PASSWORD}'), (*right, '-U', f'someone:{PASSWORD}'),
                          (*right, '--proxy', URL.replace('http:', 'https:')), (*right, URL), ('start', URL)):
            with self.subTest(arguments):
                self.assert_silent(PASSWORD, *arguments)

    def test_behind_an_unknown_option(self):
        """It may be of any shape there, so that it is never looked at."""
        for option in ('--pasword', '--proxi', '--x', '-p', '-vp'):
            for arguments in ((option, PASSWORD, 'start', 'ready-1'), ('start', option, PASSWORD, 'ready-1'),
                              ('start', 'ready-1', option, PASSWORD)):
                with self.subTest(arguments):
                    self.assert_silent(PASSWORD, *arguments, *self.target())
                    result = self.assert_invalid(*arguments, *self.target(), names=['unknown option'])
                    self.assert_outcome(result, 'invalid', operation='start', task_id='ready-1')
        # But an operation is none.
        result = self.assert_invalid('--bogus', 'start', 'ready-1', *self.target(), names=['--bogus'])
        self.assert_outcome(result, 'invalid', operation='start', task_id='ready-1')

    def test_in_a_file_of_tasks(self):
        """The token's file in the place of that of the tasks."""
        file = self.scratch() / 'token'
        for secret in (TOKEN, SIGNED, SIGNED + '=='):
            file.write_text(f'{secret}\n', encoding='ascii')
            self.assert_silent(secret, 'start', '--tasks', str(file), *self.target())
            self.assert_silent(secret, 'start', '--tasks', '-', *self.target(), stdin=f'{secret}\n'.encode())

    def test_its_length_is_told(self):
        result = self.assert_silent(TOKEN, TOKEN, 'ready-1')
        self.assertIn(f'({len(TOKEN)} bytes, perhaps a secret)', result.json['message'])
        self.assert_outcome(result, 'invalid', operation=None, task_id='ready-1')
        result = self.assert_silent(TOKEN, 'start', TOKEN, *self.target())
        self.assert_outcome(result, 'invalid', operation='start', task_id=None)

    def test_what_is_none_is_named(self):
        for arguments, wanted in (
                (('strat', 'ready-1'), 'strat'), (('start', 'a b'), 'a b'), (('start', '../x'), '../x'),
                (('start', 'a' * 37), 'a' * 37), (('start', '5e0b1a2c-7d34-4f6e-9a01-0000000000012'),
                                                  '5e0b1a2c-7d34-4f6e-9a01-0000000000012'),
                (('start', '8abda8635e09d185015e09d188dd0001', '8abda8635e09d185015e09d188dd0001'),
                 '8abda8635e09d185015e09d188dd0001'),
                (('start', 'ready-1', '--bogus'), '--bogus'), (('start', 'ready-1', '-t', '/nowhere/the/token'),
                                                               '/nowhere/the/token'),
                (('start', 'ready-1', '-e', 'http://sms.ap-southeast-3.myhuaweicloud.com'),
                 'http://sms.ap-southeast-3.myhuaweicloud.com'),
                (('start', 'ready-1', '--timeout=five'), 'five'), (('explain', 'SMS.77133'), 'SMS.77133')):
            with self.subTest(arguments):
                more = () if '-e' in arguments else self.target()
                self.assertIn(wanted, self.assert_invalid(*arguments, *more).json['message'])


class Nearest(Invalid):
    """Unknown words get the nearest right one."""

    def question(self, *arguments):
        """What was asked, the same in both kinds of output."""
        told = self.run_command(*arguments)
        found = re.findall(r'did you mean (\S+)\?', told.err)
        shown = self.assert_invalid(*arguments)
        self.assertEqual(found, re.findall(r'did you mean (\S+)\?', shown.json['message']))
        return found[0] if found else None

    def test_options(self):
        for given, wanted in {
                '--tokne-file': '--token-file', '--token': '--token-file', '--Token-File': '--token-file',
                '--tokenfile': '--token-file', '--endpoin': '--endpoint', '--jso': '--json', '--Json': '--json',
                '--proxi': '--proxy', '--dryrun': '--dry-run', '--task': '--tasks', '--retrys': '--retries',
                '--time-out': '--timeout', '--cafile': '--ca-file', '--regoin=x': '--region', '--versoin': '--version',
                '--timeout-seconds=3': '--timeout', '--insecure': None, '--no-verify': None, '--xy': None,
                '--pasword': None, '--' + 'a' * 40: None, '--' + 'a' * 100000: None}.items():
            with self.subTest(given[:40]):
                self.assertEqual(self.question('start', 'ready-1', given, *self.target()), wanted)

    def test_operations(self):
        for operation in OPERATIONS:
            for given in (operation[:-1], operation[1:], operation + 'x', operation[1] + operation[0] + operation[2:],
                          operation.upper(), operation.replace('_', '-')):
                if given not in OPERATIONS and len(given) > 2 and given != 'estart':  # It is as near to start.
                    with self.subTest(given):
                        self.assertEqual(self.question(given, 'ready-1', *self.target()), operation)
        self.assertEqual(self.question('explan', 'SMS.7713'), 'explain')
        for given, wanted in {'pause': 'stop', 'resume': 'start', 'launch': 'cutover', 'help': '--help'}.items():
            with self.subTest(given):  # What the console and other programs call it.
                self.assertEqual(self.question(given, 'ready-1', *self.target()), wanted)
        for given in ('explode', 'x', '', 'a' * 33, 'delete'):
            with self.subTest(given):
                self.assertIsNone(self.question(given, 'ready-1', *self.target()))

    def test_regions(self):
        for given, wanted in {'cn-north4': 'cn-north-4', 'CN-NORTH-4': 'cn-north-4', 'ap-southeast-33': 'ap-southeast-3',
                              'ru-moskow-1': 'ru-moscow-1', 'us-west-1': None}.items():
            with self.subTest(given):
                self.assertEqual(self.question('start', 'ready-1', '--region', given), wanted)

    def test_the_lists_fit_a_console(self):
        for arguments in (('x', 'ready-1'), ('start', 'ready-1', '--region', 'x'), ()):
            told = self.run_command(*arguments)
            self.assertLessEqual(max(map(len, told.err.splitlines())), 78, str(told))
            self.assertTrue(all(word in told.err for word in OPERATIONS if '--region' not in arguments))
