"""Operations, task ids and the form of the command line: what is taken, what is refused, and how that is said."""

import json
import os
import re

from invalid import Invalid
from support import EXIT, HOST, OPERATIONS, RESULT_LOST, ROOTS

# Right in form; never connected to.
ENDPOINT = f'https://{HOST}'


def body_of(preview):
    """The JSON body that a dry run showed: the last object in it."""
    return json.loads(re.findall(r'^\{.*\}$', preview, re.M)[-1])


class Form(Invalid):
    """How options and arguments may stand."""

    def test_no_arguments(self):
        result = self.run_command()
        self.assertEqual(result.code, EXIT['invalid'], str(result))
        self.assertEqual(result.stdout, b'')
        self.assert_words(result, 'migtask', 'help')

    def test_missing_and_extra_arguments(self):
        self.assert_invalid('start', *self.target())
        self.assert_invalid(*self.target())
        self.assert_invalid('start', 'ready-1', 'no id', *self.target(), names=['no id'])
        self.assert_invalid('start', 'ready-1', '', *self.target())

    def test_unknown_options_are_named(self):
        # A shortened option is unknown as well: what it means would change with the next option added.
        for option in ('--bogus', '--bogus=1', '-x', '--endpoin', '--jso', '--insecure', '--token', '--no-verify',
                       '---json', '--Json'):
            with self.subTest(option):
                self.assert_invalid('start', 'ready-1', option, *self.target(), names=[option.split('=')[0]])

    def test_options_stand_anywhere(self):
        target_options = self.target()
        for arguments in ((*target_options, 'start', 'ready-1'), ('start', *target_options, 'ready-1'),
                          ('start', 'ready-1', *target_options),
                          ('--timeout', '3', 'start', '--retries=1', *target_options, 'ready-1', '--switch-hce')):
            with self.subTest(arguments):
                self.assertIn('POST /v3/tasks/ready-1/action HTTP/1.1\n', self.assert_valid(*arguments))

    def test_value_after_blank_or_equals_sign(self):
        values = {'--endpoint': ENDPOINT, '--connect-to': '127.0.0.1:9', '--ca-file': ROOTS, '--timeout': '5',
                  '--connect-timeout': '2.5', '--retries': '0', '--template-id': 'a=b'}
        apart = [part for pair in values.items() for part in pair]
        joined = [f'{name}={value}' for name, value in values.items()]
        self.assertEqual(self.assert_valid('clone_test', 'syncing-1', *apart),
                         self.assert_valid('clone_test', 'syncing-1', *joined))
        self.assertEqual(body_of(self.assert_valid('clone_test', 'syncing-1', *joined))['template_id'], 'a=b')
        self.assertIn(f'Host: {HOST}\n', self.assert_valid('start', 'ready-1', '-e', ENDPOINT))

    def test_option_without_its_value(self):
        for option in ('--endpoint', '-e', '--token-file', '-t', '--ca-file', '--timeout', '--retries', '--connect-to',
                       '--connect-timeout', '--template-id', '--region', '--tasks', '--parallel'):
            with self.subTest(option):
                self.assert_invalid('start', 'ready-1', *self.target(), option, names=[option])

    def test_value_for_an_option_that_takes_none(self):
        for option in ('--switch-hce=false', '--consistency-check=no', '--dry-run=no'):
            with self.subTest(option):
                self.assert_invalid('start', 'ready-1', *self.target(), option, names=[option.split('=')[0]])

    def test_two_dashes_end_the_options(self):
        self.assertIn('/ready-1/', self.run_command(*self.target(), '--dry-run', '--', 'start', 'ready-1').out)
        # What looks like an option behind it is an argument: no task id here, and it asks for no JSON.
        result = self.run_command(*self.target(), 'start', 'ready-1', '--', '--json')
        self.assertEqual((result.code, result.stdout), (EXIT['invalid'], b''), str(result))
        self.assert_invalid(*self.target(), '--', 'start', '-1')

    def test_json_is_printed_wherever_the_option_stands(self):
        for arguments in (('--json', '--bogus'), ('--bogus', '--json'), ('--json',), ('start', '--json', '--retries=x'),
                          ('wrong', 'ready-1', '--json')):
            with self.subTest(arguments):
                self.assert_outcome(self.run_command(*arguments), 'invalid', attempts=0)


    def test_json_repeats_what_the_caller_named(self):
        result = self.run_command('start', '../x', '--json', *self.target())
        self.assert_outcome(result, 'invalid', 'invalid_argument', operation='start', task_id='../x')
        self.assert_outcome(self.run_command('--json', *self.target()), 'invalid', operation=None, task_id=None)
        self.assert_outcome(self.run_command('stop', '--json'), 'invalid', operation='stop', task_id=None)


class Operations(Invalid):
    """The eleven operations and the members of the body."""

    LEGAL = {'start': 'ready-1', 'stop': 'running-1', 'test': 'syncing-1', 'cutover': 'syncing-2',
             'clone_test': 'syncing-3', 'restart': 'finished-1', 'network_check': 'paused-1', 'skip': 'verifying-1',
             'clear': 'finished-2', 'migration_test': 'premigready-1', 'error_for_overspeed': 'running-2'}

    def test_every_operation_is_accepted_and_sent_as_documented(self):
        service = self.service()
        for number, operation in enumerate(OPERATIONS, 1):
            with self.subTest(operation):
                template = ['--template-id', 'tpl-1'] if operation == 'clone_test' else []
                result = self.call(service, self.LEGAL[operation], *template, operation=operation)
                self.assert_outcome(result, 'accepted', 'ok', http_status=200, operation=operation,
                                    task_id=self.LEGAL[operation], attempts=1, error_code=None, advice=None)
                record = service.wait_log(number)[-1]
                # Defaults are not sent.
                self.assertEqual(json.loads(record['body']),
                                 {'operation': operation, **({'template_id': 'tpl-1'} if template else {})})
                self.assertEqual(record['path'], f'/v3/tasks/{self.LEGAL[operation]}/action')

    def test_the_request_that_the_service_sees(self):
        service = self.service()
        self.call(service, 'ready-1', '--switch-hce', '--consistency-check', '--template-id', 'tpl-1')
        [record] = service.wait_log(1)
        headers = record['headers']
        version = self.run_command('--version').out.split()[1]
        for name, wanted in {
                'host': f'{HOST}:{service.port}', 'content-type': 'application/json', 'accept': 'application/json',
                'accept-encoding': 'identity', 'connection': 'close', 'user-agent': f'migtask/{version}',
                'content-length': str(len(record['body'].encode()))}.items():
            self.assertEqual(headers.get(name), wanted, name)
        self.assertEqual((record['method'], record['version']), ('POST', 'HTTP/1.1'))
        self.assertEqual((record['sni'], record['alpn'], record['extra_bytes']), (HOST, 'http/1.1', 0))
        self.assertEqual(json.loads(record['body']), {
            'operation': 'start', 'template_id': 'tpl-1', 'switch_hce': True, 'is_need_consistency_check': True})

    def test_anything_else_is_invalid(self):
        for operation in ('Start', 'START', 'start ', ' start', 'starts', 'star', '', 'collect_log', 'clone-test',
                          'sync_failed_rollback', 'start\n', 'sto\u0440'):
            with self.subTest(operation):
                self.assert_invalid(operation, 'ready-1', *self.target())
        self.assert_invalid('colect', 'ready-1', *self.target(), names=['colect'])
        self.assert_invalid('ready-1', 'start', *self.target())

    def test_clone_test_needs_a_template(self):
        self.assert_invalid('clone_test', 'syncing-1', *self.target(), names=['--template-id'])
        self.assert_invalid('clone_test', 'syncing-1', '--template-id', '', *self.target(), names=['--template-id'])
        self.assert_invalid('clone_test', 'syncing-1', '--template-id=', *self.target(), names=['--template-id'])


class TaskId(Invalid):
    """It becomes part of a path."""

    def test_right_ones(self):
        for task_id in ('a', '7', 'Z', 'A-b_9', 'a' * 36, '8abda8635e09d185015e09d188dd0001',
                        '5e0b1a2c-7d34-4f6e-9a01-000000000001', 'a-', 'a_', '0--__'):
            with self.subTest(task_id):
                self.assertIn(f'POST /v3/tasks/{task_id}/action HTTP/1.1\n',
                              self.assert_valid('start', task_id, *self.target()))

    def test_wrong_ones(self):
        for task_id in ('', 'a' * 37, '_a', 'a.b', '..', 'a/b', 'a%2fb', 'a b', 'a?b', 'a#b', 'a\n', '\na', 'é', 'a\\',
                        'a' * 100000, 'a\r\nHost: x', 'a:b', 'a+b', 'ａ'):
            with self.subTest(task_id[:50]):
                self.assert_invalid('start', task_id, *self.target())
        # It looks like an option, so it can only come behind the end of the options.
        self.assert_invalid(*self.target(), '--', 'start', '-a')
        self.assert_invalid('start', b'a\xff', *self.target())


class TemplateId(Invalid):
    """At most 255 characters of valid UTF-8, escaped on the wire."""

    def test_right_ones_arrive(self):
        service = self.service()
        cases = ('t', 'x' * 255, 'é' * 255, '字' * 255, '😀' * 255, '"\\/\b\f\n\r\t', '\x01\x1f\x7f', '\u2028\u2029',
                 '\u202e\x9b31m', '\ud7ff\ue000\ufffd\U0010ffff', ' ', '{"operation":"clear"}', '\\u0041')
        for number, template_id in enumerate(cases, 1):
            with self.subTest(template_id[:20]):
                result = self.call(service, f'syncing-{number}', '--template-id', template_id, operation='clone_test')
                self.assert_outcome(result, 'accepted')
                record = service.wait_log(number)[-1]
                self.assertEqual(json.loads(record['body']), {'operation': 'clone_test', 'template_id': template_id})

    def test_it_is_shown_safely_in_a_dry_run(self):
        for template_id in ('\x1b]0;owned\x07', '\x9b31m', '\u202e\u2066', '\u2028', '\x7f'):
            with self.subTest(repr(template_id)):
                preview = self.assert_valid('clone_test', 'syncing-1', '--template-id', template_id, *self.target())
                self.assertEqual(body_of(preview)['template_id'], template_id)

    def test_wrong_ones(self):
        for template_id in ('x' * 256, 'é' * 256, '😀' * 256, 'x' * 100000):
            with self.subTest(template_id[:5]):
                self.assert_invalid('clone_test', 'syncing-1', '--template-id', template_id, *self.target())
        for octets in (b'\xff', b'\x80', b'\xc0\x80', b'\xe2\x82', b'\xed\xa0\x80', b'\xf4\x90\x80\x80', b'ok\xfe',
                       b'\xf0\x80\x80\xaf', b'\xc3', b'\xf8\x88\x80\x80\x80'):
            with self.subTest(octets):
                self.assert_invalid('clone_test', 'syncing-1', '--template-id', octets, *self.target())
                self.assert_invalid('start', 'ready-1', '--template-id', octets, *self.target())


class Explaining(Invalid):
    """--help, --version, --dry-run, -v and -q."""

    def test_help(self):
        """It fits a console; where to get what it asks for stands in it."""
        for arguments in (('--help',), ('-h',), ('--help', 'al'), ('start', '--help', '--json')):
            result = self.run_command(*arguments)
            self.assertEqual((result.code, result.stderr), (0, b''), str(result))
            lines = result.out.splitlines()
            self.assertLessEqual(len(lines), 23, 'with one line more: of the roots that are compiled in')
            self.assertLessEqual(max(map(len, lines)), 78)
            self.assertEqual(result.out.count('Example:'), 1)
            for word in (*OPERATIONS, '--endpoint', '--region', '--token-file', '--template-id', '--json', '--dry-run',
                         'X-Subject-Token', '/v3/auth/tokens', '/v3/tasks', '--help all', 'migtask explain CODE'):
                self.assertRegex(result.out, rf'(?<![\w-]){re.escape(word)}', f'{word} is not in the help')

    def test_its_example(self):
        """It can be run as it stands there."""
        [example] = re.findall(r'Example: migtask (.*\n.*)', self.run_command('--help').out)
        file = self.scratch() / 'token'
        file.write_text('token', encoding='ascii')
        self.assert_valid(*example.replace('\\\n', '').replace('/run/token', str(file)).split())

    def test_help_all(self):
        shown = {self.run_command(*arguments).out for arguments in (
            ('--help', 'all'), ('--help=all',), ('-h', 'all'), ('-vh', 'all'), ('start', '--help', 'all', 'ready-1'))}
        self.assertEqual(len(shown), 1)
        [text] = shown
        for word in (*OPERATIONS, '--endpoint', '-e', '--region', '--token-file', '-t', '--template-id', '--json',
                     '--switch-hce', '--consistency-check', '--ca-file', '--connect-to', '--timeout', '--retries',
                     '--connect-timeout', '--dry-run', '--version', '-v', '-q', '-h', '--help', 'MIGTASK_ENDPOINT',
                     'MIGTASK_TOKEN', 'HW_AUTH_TOKEN', '/etc/ssl/certs/ca-certificates.crt', '/etc/pki/',
                     '/etc/ssl/cert.pem', 'X-Subject-Token', '/v3/auth/tokens', '/v3/tasks'):
            self.assertRegex(text, rf'(?<![\w-]){re.escape(word)}', f'{word} is not in the help')
        self.assertLessEqual(max(map(len, text.splitlines())), 100, 'a terminal is 80 to 100 wide')
        self.assert_invalid('--help=some', names=['--help'])

    def test_help_anywhere(self):
        self.assertEqual(self.run_command('start', 'ready-1', *self.target(), '--help').code, 0)
        self.assertFalse(self.trap.was_touched())

    def test_version(self):
        result = self.run_command('--version')
        self.assertEqual((result.code, result.stderr), (0, b''))
        self.assertRegex(result.out, r'\Amigtask \d+\.\d+\.\d+\S*\n')

    def test_dry_run(self):
        preview = self.assert_valid('clone_test', 'syncing-1', '--template-id', 'tpl-1', '--switch-hce',
                                    '--endpoint', f'https://{HOST}:8443')
        self.assertIn('POST /v3/tasks/syncing-1/action HTTP/1.1\n', preview)
        self.assertIn(f'Host: {HOST}:8443\n', preview)
        self.assertRegex(preview, r'X-Auth-Token: \*+\n')
        self.assertEqual(body_of(preview),
                         {'operation': 'clone_test', 'template_id': 'tpl-1', 'switch_hce': True})
        length = re.search(r'Content-Length: (\d+)', preview)
        self.assertEqual(int(length[1]), len(re.findall(r'^\{.*\}$', preview, re.M)[-1]))

    def test_dry_run_needs_no_certificates_but_right_arguments(self):
        self.assert_valid('start', 'ready-1', '--endpoint', ENDPOINT)
        self.assert_invalid('start', 'ready-1', '--endpoint', ENDPOINT, '--dry-run', '--retries', 'x')
        self.assert_invalid('start', '../x', '--endpoint', ENDPOINT, '--dry-run')

    def test_dry_run_has_no_outcome(self):
        result = self.run_command('start', 'ready-1', *self.target(), '--dry-run', '--json')
        self.assertEqual(result.code, 0)
        self.assertNotIn('"outcome"', result.out)

    def test_verbose_and_quiet(self):
        service = self.service()
        normal = self.tell(service, 'ready-1')
        verbose = self.tell(service, 'ready-2', '-v')
        quiet = self.tell(service, 'ready-3', '-q')
        self.assertEqual([normal.code, verbose.code, quiet.code], [0, 0, 0])
        self.assertGreater(len(verbose.err), len(normal.err), 'verbose says more')
        self.assertEqual(quiet.err, '', 'quiet and accepted: nothing to say')
        self.assertLessEqual(len(quiet.out), len(normal.out))
        # Neither changes what a program reads.
        for option in ('-v', '-q'):
            self.assert_outcome(self.call(service, 'ready-1', option), 'refused', error_code='SMS.7713')

    def test_output_that_cannot_be_written(self):
        with open('/dev/full', 'wb') as full:
            for option in ('--help', '--help=all', '--version'):
                with self.subTest(option):
                    self.assertEqual(self.run_command(option, stdout=full).code, RESULT_LOST)


class Escapes(Invalid):
    """What an argument holds drives no terminal. The check of the raw output is in support.check_result()."""

    HOSTILE = (b'\x1b[31m', b'\x1b]0;owned\x07', b'\x9b31m', '\x9b31m'.encode(), b'\x7f\x08\r', '\u202e\u2066'.encode(),
               '\u2028'.encode(), b'\xff\xfe\x90')

    def test_in_every_place(self):
        for octets in self.HOSTILE:
            for arguments in (
                    (b'start' + octets, 'ready-1', *self.target()), ('start', b'ready' + octets, *self.target()),
                    ('start', 'ready-1', b'--bo' + octets, *self.target()),
                    ('start', 'ready-1', b'-' + octets, *self.target()),
                    ('start', 'ready-1', '--endpoint', b'https://a' + octets),
                    ('start', 'ready-1', '--region', b'cn' + octets),
                    ('start', 'ready-1', '--ca-file', b'/nowhere/' + octets, '--endpoint', ENDPOINT),
                    ('start', 'ready-1', '--token-file', b'/nowhere/' + octets, *self.target()),
                    ('start', 'ready-1', b'--timeout=' + octets, *self.target()),
                    ('start', 'ready-1', b'--retries=' + octets, *self.target()),
                    ('start', 'ready-1', b'--connect-to=' + octets, '--endpoint', ENDPOINT),
                    ('start', 'ready-1', b'more' + octets, *self.target())):
                with self.subTest(arguments=[os.fsdecode(argument) for argument in arguments[:3]]):
                    self.assert_invalid(*arguments)

    def test_in_the_environment(self):
        for octets in self.HOSTILE:
            with self.subTest(octets):
                self.assert_invalid('start', 'ready-1', env={'MIGTASK_ENDPOINT': b'https://a' + octets})
