"""Where the command gets its endpoint, token, certificates and limits from, and what it refuses of them."""

import contextlib
import os
import pathlib
import threading
import time

from invalid import Invalid
from support import EXIT, HOST, PKI, ROOTS, SYSTEM_ROOTS, TOKEN, Simulator, target

REGIONS = {
    'cn-north-4': 'sms.cn-north-4.myhuaweicloud.com',
    'ap-southeast-1': 'sms.ap-southeast-1.myhuaweicloud.com',
    'ap-southeast-3': 'sms.ap-southeast-3.myhuaweicloud.com',
    'my-kualalumpur-1': 'sms.my-kualalumpur-1.myhuaweicloud.com',
    'ru-moscow-1': 'sms-api.ru-moscow-1.myhuaweicloud.com',
}

LABEL = 'a' * 62
LONGEST_HOST = '.'.join((LABEL, LABEL, LABEL, LABEL, 'a'))


class Endpoint(Invalid):
    """https://HOST[:PORT][/], or a region."""

    def test_right_ones(self):
        self.assertEqual(len(LONGEST_HOST), 253)
        for url, host in {
                'https://sms.example.test': 'sms.example.test', 'https://sms.example.test/': 'sms.example.test',
                'https://sms.example.test:443': 'sms.example.test', 'https://h:8443': 'h:8443',
                'https://h:8443/': 'h:8443', 'HTTPS://h': 'h', 'hTTpS://h:1/': 'h:1', 'https://h:65535': 'h:65535',
                'https://127.0.0.1': '127.0.0.1', 'https://192.0.2.7:8443': '192.0.2.7:8443',
                'https://[::1]': '[::1]', 'https://[::1]:8443/': '[::1]:8443',
                'https://[2001:db8::a:1]': '[2001:db8::a:1]',
                'https://[::]': '[::]', 'https://[1:2:3:4:5:6:7:8]': '[1:2:3:4:5:6:7:8]',
                'https://[::ffff:192.0.2.1]': '[::ffff:192.0.2.1]',
                'https://xn--bcher-kva.example': 'xn--bcher-kva.example',
                f'https://{LONGEST_HOST}': LONGEST_HOST, f'https://{LONGEST_HOST}:65535/': f'{LONGEST_HOST}:65535',
                'https://a-b.c1.example': 'a-b.c1.example', 'https://1a.example': '1a.example'}.items():
            with self.subTest(url):
                preview = self.assert_valid('start', 'ready-1', '--endpoint', url)
                self.assertIn(f'host: {host}\n', preview.lower())

    def test_wrong_ones(self):
        for url in (
                '', 'h', 'sms.example.test', 'http://h', 'ftp://h', 'https:', 'https:/h', 'https//h', 'https://',
                'https:///', 'https://:443', 'https://h:', 'https://h:/', 'https://h:0', 'https://h:65536',
                'https://h:99999999999999999999', 'https://h:-1', 'https://h:+1', 'https://h:8x', 'https://h: 8',
                'https://h:1:2', 'https://user@h', 'https://user:pw@h', 'https://h/v3', 'https://h//', 'https://h/?q',
                'https://h?q', 'https://h#f', 'https://h/#', 'https://a b', 'https://h\t', ' https://h', 'https://h ',
                'https://a_b', 'https://[::1', 'https://::1', 'https://[::g]', 'https://[127.0.0.1]', 'https://[]',
                'https://[::1]x', 'https://[::1]8443', 'https://[fe80::1%]', 'https://[fe80::1%eth/0]',
                'https://[1:2:3:4:5:6:7:8:9]', 'https://[1::2::3]', 'https://[12345::]', 'https://[1:2:3:4:5:6:7]',
                f'https://{LONGEST_HOST}a', 'https://bücher.example', 'https://h\r\nX-Evil: 1', 'https://h%2e',
                'https://h\\', 'xhttps://h', 'https://' + 'a' * 100000, 'https://h,b', 'https://*.example'):
            with self.subTest(url[:60]):
                self.assert_invalid('start', 'ready-1', '--endpoint', url, '--ca-file', ROOTS)
                self.assert_invalid('start', 'ready-1', '--ca-file', ROOTS, env={'MIGTASK_ENDPOINT': url})

    def test_none_at_all(self):
        self.assert_invalid('start', 'ready-1', '--ca-file', ROOTS, names=['--endpoint'])

    def test_the_option_goes_before_the_environment(self):
        preview = self.assert_valid('start', 'ready-1', '-e', 'https://from-option',
                                    env={'MIGTASK_ENDPOINT': 'https://from-environment'})
        self.assertIn('Host: from-option\n', preview)
        preview = self.assert_valid('start', 'ready-1', env={'MIGTASK_ENDPOINT': 'https://from-environment'})
        self.assertIn('Host: from-environment\n', preview)

    def test_a_region_goes_before_the_environment(self):
        for url in ('https://from-environment', 'no endpoint at all'):
            preview = self.assert_valid('start', 'ready-1', '--region=ru-moscow-1', env={'MIGTASK_ENDPOINT': url})
            self.assertIn(f'Host: {REGIONS["ru-moscow-1"]}\n', preview)

    def test_an_empty_variable_is_none(self):
        self.assert_invalid('start', 'ready-1', '--ca-file', ROOTS, env={'MIGTASK_ENDPOINT': ''},
                            names=['no endpoint is given'])
        preview = self.assert_valid('start', 'ready-1', '--region=ru-moscow-1', env={'MIGTASK_ENDPOINT': ''})
        self.assertIn(f'Host: {REGIONS["ru-moscow-1"]}\n', preview)

    def test_regions(self):
        for region, host in REGIONS.items():
            with self.subTest(region):
                self.assertIn(f'Host: {host}\n', self.assert_valid('start', 'ready-1', '--region', region))

    def test_unknown_region_lists_the_known_ones(self):
        for region in ('eu-west-101', '', 'cn-north-4 ', 'sms.cn-north-4.myhuaweicloud.com'):
            with self.subTest(region):
                self.assert_invalid('start', 'ready-1', '--region', region, '--ca-file', ROOTS, names=REGIONS)

    def test_region_and_endpoint_together(self):
        """Two options that say different things."""
        for env in (None, {'MIGTASK_ENDPOINT': 'https://from-environment'}):
            self.assert_invalid('start', 'ready-1', '--region', 'cn-north-4', *self.target(), env=env,
                                names=['--endpoint', '--region'])

    def test_where_to_connect(self):
        for value in ('127.0.0.1', '127.0.0.1:8443', '[::1]', '[::1]:8443', '192.0.2.1:1'):
            with self.subTest(value):
                self.assert_valid('start', 'ready-1', '-e', 'https://h', '--connect-to', value)
        # An address: no name is looked up here.
        for value in ('', ':443', '127.0.0.1:', '127.0.0.1:0', '127.0.0.1:65536', '127.0.0.1:x', '[::1', '[::1]x',
                      '127.0.0.1:443/', 'https://127.0.0.1', 'localhost', 'localhost:443', '127.0.0.1 '):
            with self.subTest(value):
                self.assert_invalid('start', 'ready-1', '-e', 'https://h', '--ca-file', ROOTS, '--connect-to', value)

    def test_connecting_elsewhere_keeps_name_and_port_of_the_endpoint(self):
        service = self.service()
        common = ('ready-1', '--json', '--ca-file', ROOTS)
        for operation, arguments in (
                ('start', ('-e', f'https://{HOST}:{service.port}', '--connect-to', '127.0.0.1')),
                ('stop', ('-e', f'https://{HOST}', '--connect-to', f'127.0.0.1:{service.port}'))):
            self.assert_outcome(self.run_command(operation, *common, *arguments), 'accepted')
        records = service.wait_log(2)
        self.assertEqual([record['headers']['host'] for record in records], [f'{HOST}:{service.port}', HOST])
        self.assertEqual([record['sni'] for record in records], [HOST, HOST])


class Numbers(Invalid):
    """--timeout, --connect-timeout, --retries."""

    def test_seconds(self):
        for option in ('--timeout', '--connect-timeout'):
            for value in ('1', '30', '0.5', '0.001', '2.75', '86400', '86400.0', '1.0', '007', '0.1234567'):
                with self.subTest(option, value=value):
                    self.assert_valid('start', 'ready-1', *self.target(), f'{option}={value}')
            for value in ('0', '0.0', '-1', '-0.5', '86400.1', '86401', '99999999999999999999', '', 'abc', '1s', '1e3',
                          'inf', 'nan', ' 1', '1 ', '0x10', '1,5', '1.2.3', '.', '4294967.297', '18446744073709551617'):
                with self.subTest(option, value=value):
                    self.assert_invalid('start', 'ready-1', *self.target(), f'{option}={value}', names=[option])

    def test_retries(self):
        for value in ('0', '2', '100'):
            with self.subTest(value):
                self.assert_valid('start', 'ready-1', *self.target(), '--retries', value)
        for value in ('101', '-1', '', 'x', '1.5', '1e1', '99999999999999999999', '4294967296', ' 1', '1 ', '0x1'):
            with self.subTest(value):
                self.assert_invalid('start', 'ready-1', *self.target(), f'--retries={value}', names=['--retries'])


class Token(Invalid):
    """From a file, standard input or the environment; never from an argument."""

    def setUp(self):
        super().setUp()
        self.folder = self.scratch()

    def file(self, octets):
        """A file with this content."""
        path = self.folder / 'token'
        path.write_bytes(octets)
        return str(path)

    def assert_arrives(self, expected, *options, env=None, stdin=b''):
        """The service gets exactly this token."""
        with Simulator(PKI) as service:
            result = self.call(service, 'ready-1', *options, token=None, env=env, stdin=stdin)
            self.assert_outcome(result, 'accepted')
            self.assertEqual(service.wait_log(1)[0]['token'], expected)

    def assert_refused(self, *options, **how):
        """Nothing is attempted with it."""
        how.setdefault('token', None)
        return self.assert_invalid('start', 'ready-1', *self.target(), *options, **how)

    def test_where_it_comes_from(self):
        path = self.file(b'from-the-file')
        both = {'MIGTASK_TOKEN': 'from-migtask', 'HW_AUTH_TOKEN': 'from-hw'}
        self.assert_arrives('from-the-file', '--token-file', path, env=both)
        self.assert_arrives('from-the-file', '-t', path)
        self.assert_arrives('from-standard-input', '-t', '-', env=both, stdin=b'from-standard-input\n')
        self.assert_arrives('from-migtask', env=both)
        self.assert_arrives('from-hw', env={'HW_AUTH_TOKEN': 'from-hw'})
        self.assert_arrives('from-hw', env={'MIGTASK_TOKEN': '', 'HW_AUTH_TOKEN': 'from-hw'})

    def test_none_at_all(self):
        for env in ({}, {'MIGTASK_TOKEN': ''}, {'MIGTASK_TOKEN': '', 'HW_AUTH_TOKEN': ''}):
            self.assert_refused(env=env, names=['no token is given', 'MIGTASK_TOKEN', '--token-file'])

    def test_what_is_stripped(self):
        for end in (b'', b'\n', b'\r\n'):
            with self.subTest(end):
                self.assert_arrives('abc-DEF', '-t', self.file(b'abc-DEF' + end))
        self.assert_arrives('t' * 16384, '-t', self.file(b't' * 16384 + b'\r\n'))
        self.assert_arrives('t' * 16384, '-t', self.file(b't' * 16384))
        visible = ''.join(map(chr, range(0x21, 0x7f)))
        self.assert_arrives(visible, '-t', self.file(visible.encode()))

    def test_bad_content(self):
        for content in (b'', b'\n', b'\r\n', b'abc\n\n', b'abc\r\n\r\n', b'\nabc', b'abc\r', b'a c', b' abc', b'abc ',
                        b'a\tc', b'a\0c', b'abc\0', b'a\x7fc', b'a\x80c', 'aéc'.encode(), b'\xef\xbb\xbfabc',
                        b'abc\r\nHost: x', b't' * 16385, b't' * 16385 + b'\n', b't' * 1000000, b'a\n\rb'):
            with self.subTest(content[:20], length=len(content)):
                self.assert_refused('-t', self.file(content))
                self.assert_refused('-t', '-', stdin=content)

    def test_bad_environment(self):
        for content in (b't' * 16385, b'a c', b'a\x80c', b'a\x1bc'):
            with self.subTest(content[:20]):
                self.assert_refused(env={'MIGTASK_TOKEN': content})
                self.assert_refused(env={'HW_AUTH_TOKEN': content})

    def test_bad_files(self):
        for path in (str(self.folder), '/nowhere/token', '', '/dev/null', '/dev/zero', '/dev/urandom'):
            with self.subTest(path):
                self.assert_refused('-t', path)
        self.assert_refused('-t', '-', before=('/bin/sh', '-c', 'exec "$@" <&-', 'sh'))
        # A message that does not name the file helps nobody.
        self.assert_refused('-t', '/nowhere/token', names=['/nowhere/token'])
        # A file that was asked for and is bad is not replaced by the environment.
        self.assert_refused('-t', '/nowhere/token', token='from-the-environment')

    def test_a_token_is_not_an_argument(self):
        self.assert_refused('--token', 'abc', names=['--token'])

    def test_pipes(self):
        """A pipe gives its token when it comes, whole or in parts; `-t <(command)` is such a pipe."""
        for pause in (0, 0.2):
            reader, writer = os.pipe()

            def feed(writer=writer, pause=pause):
                with open(writer, 'wb', buffering=0) as pipe:
                    for part in (b'part-one-', b'part-two', b'\n'):
                        time.sleep(pause)
                        pipe.write(part)

            thread = threading.Thread(target=feed)
            thread.start()
            with open(reader, 'rb') as stdin:
                self.assert_arrives('part-one-part-two', '-t', '-', stdin=stdin)
            thread.join()

    def test_named_pipe_whose_writer_comes_late(self):
        path = self.folder / 'pipe'
        os.mkfifo(path)

        def feed():
            time.sleep(0.3)
            path.write_bytes(b'late-but-right\n')

        thread = threading.Thread(target=feed, daemon=True)
        thread.start()
        self.assert_arrives('late-but-right', '-t', str(path))
        thread.join(5)

    def test_silent_pipes_meet_the_deadline(self):
        """Nobody writes; or nobody ends what was begun. Design: it meets the deadline; which outcome it does not say:
        invalid and not_sent both say that nothing was sent."""
        path = self.folder / 'pipe'
        os.mkfifo(path)
        for begun in (b'', b'only-a-part'):
            reader, writer = os.pipe()
            named = os.open(path, os.O_RDWR)
            if begun:
                os.write(writer, begun)
                os.write(named, begun)
            with open(reader, 'rb') as stdin:
                for options, how in ((('-t', '-'), {'stdin': stdin}), (('-t', str(path)), {})):
                    result = self.run_command('start', 'ready-1', '--json', *self.target(), '--timeout', '0.5',
                                              *options, token=None, timeout=5, **how)
                    self.assertIn(result.code, (EXIT['invalid'], EXIT['not_sent']), str(result))
                    self.assertLess(result.seconds, 3, str(result))
                    self.assertGreater(result.seconds, 0.4, str(result))
            os.close(writer)
            os.close(named)
        result = self.run_command('start', 'ready-1', *self.target(), '--timeout', '0.5', '-t', str(path), token=None,
                                  timeout=5)
        self.assertIn(result.code, (EXIT['invalid'], EXIT['not_sent']), str(result))
        self.assertFalse(self.trap.was_touched())

    def test_an_endless_pipe_is_read_bounded(self):
        reader, writer = os.pipe()

        def feed():
            with contextlib.suppress(BrokenPipeError), open(writer, 'wb', buffering=0) as pipe:
                while True:
                    pipe.write(b't' * 65536)

        thread = threading.Thread(target=feed, daemon=True)
        thread.start()
        with open(reader, 'rb') as stdin:
            self.assert_refused('-t', '-', stdin=stdin)
        thread.join(5)

    def test_the_environment_is_overwritten(self):
        """Whoever may read /proc/PID/environ of a call under way finds no token there."""
        service = self.service()
        secrets = {'MIGTASK_TOKEN': TOKEN, 'HW_AUTH_TOKEN': TOKEN[::-1]}
        for env in (secrets, {'HW_AUTH_TOKEN': TOKEN}):
            running = self.start('start', 'fault-silent', *target(service.port), '--timeout', '5', token=None, env=env)
            service.wait_log(1)
            seen = b''
            with contextlib.suppress(PermissionError):  # Nobody but root may look.
                seen = pathlib.Path(f'/proc/{running.process.pid}/environ').read_bytes()
            arguments = pathlib.Path(f'/proc/{running.process.pid}/cmdline').read_bytes()
            for token in env.values():
                self.assertNotIn(token[:16].encode(), seen + arguments)
                self.assertNotIn(token[-16:].encode(), seen + arguments)
            running.process.kill()
            service.clear_log()


class Certificates(Invalid):
    """--ca-file and the default bundles."""

    def setUp(self):
        super().setUp()
        self.folder = self.scratch()
        self.root = pathlib.Path(ROOTS).read_bytes()

    def file(self, octets):
        """A file with this content."""
        path = self.folder / 'roots.pem'
        path.write_bytes(octets)
        return str(path)

    def assert_refused(self, path, **how):
        """Nothing is attempted with it."""
        self.assert_invalid('start', 'ready-1', *target(self.trap.port, ca_file=path), **how)

    def test_files_without_a_certificate(self):
        key = (PKI / 'ec.key').read_bytes()
        for content in (b'', b'\n', b'no certificate\n', key, b'\0' * 5000, b'\xff' * 100000, b'-----BEGIN',
                        b'-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n'):
            with self.subTest(content[:30]):
                self.assert_refused(self.file(content), names=['roots.pem'])

    def test_files_that_are_none(self):
        for path in ('/nowhere/roots.pem', str(self.folder), '', '/dev/null'):
            with self.subTest(path):
                self.assert_refused(path)
        self.assert_refused('/nowhere/roots.pem', names=['/nowhere/roots.pem'])

    def test_garbage_among_good_ones_is_skipped(self):
        begin, end = b'-----BEGIN CERTIFICATE-----\n', b'-----END CERTIFICATE-----\n'
        garbage = (b'', b'text that explains\n', begin + end, begin + b'AAAA\n' + end, begin + b'!!!!\n' + end,
                   begin + b'A' * 100000 + b'\n' + end, b'\0\xff\n', (PKI / 'ec.key').read_bytes(),
                   begin + b'MIIB\n' * 40 + end)
        service = self.service()
        for number, junk in enumerate(garbage):
            for content in (junk + self.root, self.root + junk, junk.join((b'', self.root, b''))):
                with self.subTest(junk[:40]):
                    result = self.run_command('network_check', f'ready-{number}', '--json',
                                              *target(service.port, ca_file=self.file(content)))
                    self.assert_outcome(result, 'accepted')
        cut = self.root + begin + b'MIIB\n'
        self.assert_outcome(self.run_command('network_check', 'ready-1', '--json',
                                             *target(service.port, ca_file=self.file(cut))), 'accepted')

    def test_only_unreadable_certificates_lead_nowhere(self):
        """Design: without any certificate: invalid; unreadable ones are skipped. Either way nothing is sent."""
        path = self.file(b'-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')
        service = self.service()
        result = self.run_command('start', 'ready-1', '--json', *target(service.port, ca_file=path))
        self.assertIn(result.code, (EXIT['invalid'], EXIT['not_sent']), str(result))
        self.assertEqual(service.requests, [])

    def test_the_default_bundle_is_used(self):
        """The simulator's root is not in the system's bundle, so a call without --ca-file is refused for that."""
        if not SYSTEM_ROOTS.exists():
            self.skipTest('this machine has no bundle of roots')
        service = self.service()
        result = self.run_command('start', 'ready-1', '--json', *target(service.port)[:4])
        self.assert_outcome(result, 'not_sent', 'certificate_rejected')
        self.assertEqual(service.requests, [])
