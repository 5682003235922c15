"""Through an HTTP proxy: what it gets to see, what may go wrong there, and which proxy is chosen (asked of curl too)."""

import base64
import re
import shutil
import socket
import subprocess
import time
import unittest

from invalid import Invalid
from peers import Trap, closed_port, deaf_port
from proxies import OPENED, MeddlingProxy, RecordingProxy, ScriptedProxy, Tinyproxy
from support import HOST, LONG_TOKEN, ROOTS, TOKEN, Case, Running, by_address, has_ipv6, target, wait_until

PASSWORD = 'correct-horse-battery-staple'


def proxy_url(port, user=f'user:{PASSWORD}'):
    """As an option or a variable has it."""
    return f'http://{user}@127.0.0.1:{port}' if user else f'http://127.0.0.1:{port}'


class Through(Case):
    """A case that calls a service through a proxy."""

    def through(self, service, proxy, *options, task='ready-1', user=f'user:{PASSWORD}', **how):
        """One call with --json, and what holds for all of them: no password in what is said."""
        port = service if isinstance(service, int) else service.port
        result = self.run_command('start', task, '--json', *target(port), '--proxy', proxy_url(proxy.port, user),
                                  *options, **how)
        self.assertNotIn(PASSWORD, result.out + result.err)
        return result

    def told(self, service, proxy, *options, task='ready-1', user=f'user:{PASSWORD}', **how):
        """The same as people see it."""
        port = service if isinstance(service, int) else service.port
        result = self.run_command('start', task, *target(port), '--proxy', proxy_url(proxy.port, user), *options, **how)
        self.assertNotIn(PASSWORD, result.out + result.err)
        return result


@unittest.skipUnless(shutil.which('tinyproxy'), 'no tinyproxy here')
class RealProxy(Through):
    """tinyproxy, as Debian has it."""

    def test_with_and_without_credentials(self):
        service = self.service()
        with Tinyproxy() as proxy:
            self.assert_outcome(self.through(service, proxy, user=None), 'accepted', 'ok', attempts=1)
        with Tinyproxy(f'BasicAuth user {PASSWORD}') as proxy:
            self.assert_outcome(self.through(service, proxy, task='ready-2'), 'accepted', 'ok', attempts=1)
            wrong = [self.through(service, proxy, '--retries=3', user=user) for user in (None, 'user:wrong', 'nobody')]
            told = [self.told(service, proxy, user=user) for user in (None, 'user:wrong')]
        for result in wrong:
            self.assert_outcome(result, 'not_sent', 'proxy_failed', attempts=1, http_status=None)
        self.assert_words(told[0], 'wants a user and a password', r'\(http 407\)', 'http://user:password@host')
        self.assert_words(told[1], 'does not accept this user and password')
        self.assertEqual([each['task_id'] for each in service.requests], ['ready-1', 'ready-2'])

    def test_denied(self):
        service = self.service()
        with Tinyproxy('ConnectPort 443') as proxy:
            result = self.through(service, proxy, '--retries=3', user=None)
            told = self.told(service, proxy, user=None)
        self.assert_outcome(result, 'not_sent', 'proxy_failed', attempts=1)
        self.assert_words(told, f'the proxy 127.0.0.1 port {proxy.port} does not allow', f'port {service.port}',
                          r'\(http 403\)')

    def test_service_not_there(self):
        with Tinyproxy() as proxy:
            result = self.through(closed_port(), proxy, '--retries=1', user=None)
        self.assert_outcome(result, 'not_sent', 'connect_failed', attempts=2)

    def test_much_both_ways(self):
        service = self.service()
        with Tinyproxy() as proxy:
            result = self.through(service, proxy, task='fault-max403', user=None, token=LONG_TOKEN)
        self.assert_outcome(result, 'refused', 'http_status', http_status=403)


class WhatItSees(Through):
    """Nothing of the request, nor its own credentials anywhere but in the CONNECT."""

    def test_the_connect_and_the_tunnel(self):
        service = self.service()
        with RecordingProxy() as proxy:
            result = self.through(service, proxy, '--template-id=the-template', '-v')
        self.assert_outcome(result, 'accepted')
        coded = base64.b64encode(f'user:{PASSWORD}'.encode())
        [head] = proxy.heads
        lines = head.split(b'\r\n')
        to = f'127.0.0.1:{service.port}'.encode()
        self.assertEqual(lines[:2], [b'CONNECT ' + to + b' HTTP/1.1', b'Host: ' + to])
        self.assertEqual(lines[2], b'Proxy-Authorization: Basic ' + coded)
        self.assertRegex(lines[3], rb'^User-Agent: migtask/[\d.]+$')
        self.assertEqual(lines[4:], [b'', b''], 'nothing else')
        for part in (TOKEN.encode(), b'ready-1', b'the-template', b'X-Auth-Token', HOST.encode()):
            self.assertNotIn(part, head)
        # The name is in the tunnel (SNI); all else there is TLS.
        self.assertIn(HOST.encode(), proxy.to_service)
        for part in (TOKEN.encode()[:16], b'ready-1', b'Auth', coded[:8], coded[-12:], PASSWORD.encode()):
            self.assertNotIn(part, proxy.to_service)
        [record] = service.requests
        self.assertNotIn('proxy-authorization', record['headers'])
        self.assertEqual(record['sni'], HOST)
        # -v names the proxy, not the password.
        self.assert_words(result, f'proxy: 127.0.0.1 port {proxy.port} \\(--proxy\\)',
                          f'connected through the proxy 127.0.0.1 port {proxy.port}, tlsv1')

    def test_without_credentials_there_is_no_header(self):
        service = self.service()
        with RecordingProxy() as proxy:
            self.assert_outcome(self.through(service, proxy, user=None), 'accepted')
        self.assertNotIn(b'authorization', proxy.heads[0].lower())

    def test_the_name_goes_to_the_proxy_unresolved(self):
        service = self.service()
        with RecordingProxy(target=('127.0.0.1', service.port)) as proxy:
            result = self.run_command('start', 'ready-1', '--json', '--endpoint', f'https://{HOST}:{service.port}',
                                      '--ca-file', ROOTS, '--proxy', proxy_url(proxy.port))
        self.assert_outcome(result, 'accepted')
        self.assertTrue(proxy.heads[0].startswith(f'CONNECT {HOST}:{service.port} '.encode()), proxy.heads)

    def test_port_443_is_named_too(self):
        service = self.service()
        with RecordingProxy(target=('127.0.0.1', service.port)) as proxy:
            result = self.run_command('start', 'ready-1', '--json', '--endpoint', f'https://{HOST}',
                                      '--ca-file', ROOTS, '--proxy', proxy_url(proxy.port))
        self.assert_outcome(result, 'accepted')
        self.assertTrue(proxy.heads[0].startswith(f'CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n'.encode()))

    def test_ipv6(self):
        if not has_ipv6():
            self.skipTest('no IPv6 here')
        service = self.service(address='::1')
        with RecordingProxy() as proxy:
            result = self.run_command('start', 'ready-1', '--json', *by_address(service.port, '::1'),
                                      '--proxy', proxy_url(proxy.port))
        self.assert_outcome(result, 'accepted')
        self.assertTrue(proxy.heads[0].startswith(f'CONNECT [::1]:{service.port} HTTP/1.1\r\n'.encode()), proxy.heads)

    def test_a_proxy_that_meddles(self):
        for cert in ('unknown', 'self-signed', 'wrong-name'):
            with self.subTest(cert), MeddlingProxy(cert) as proxy:
                self.assert_outcome(self.through(self.service(), proxy), 'not_sent', 'certificate_rejected', attempts=1)
                self.assertEqual(proxy.plaintext, b'')

    def test_the_process_list(self):
        with ScriptedProxy(b'') as proxy:
            for options, more in (
                    (('--proxy', proxy_url(proxy.port)), {'HTTPS_PROXY': proxy_url(1), 'ALL_PROXY': proxy_url(2)}),
                    (('--proxy=' + proxy_url(proxy.port),), {}),
                    (('--proxy', proxy_url(1), '--proxy', proxy_url(proxy.port)), {}),
                    ((), {'https_proxy': proxy_url(proxy.port), 'HTTPS_PROXY': proxy_url(1)})):
                before = len(proxy.heads)
                with Running(('start', 'ready-1', *target(1), *options), env=more) as running:
                    wait_until(lambda: len(proxy.heads) > before)
                    shown = b''
                    for name in ('cmdline', 'environ'):
                        with open(f'/proc/{running.process.pid}/{name}', 'rb') as file:
                            shown += file.read()
                    running.process.terminate()
                    self.finish(running)
                self.assertIn(b'@127.0.0.1', shown)
                self.assertNotIn(PASSWORD.encode(), shown)
                self.assertIn(base64.b64encode(f'user:{PASSWORD}'.encode()), proxy.heads[-1])


class WhatGoesWrong(Through):
    """Each ends as not_sent, with a sentence that says that it is the proxy."""

    def test_answers(self):
        large = b'HTTP/1.1 200 OK\r\n' + b'X: ' + b'y' * 100000
        for name, answer, end, words in (
                ('407', b'HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\n\r\n', 'stay', ('does not accept', '407')),
                ('NTLM', b'HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\nproxy-authenticate: Kerberos x, y\r\n\r\n', 'stay',
                 ('wants a sign-in by ntlm', 'basic alone')),
                ('a list', b'HTTP/1.1 407 No\r\nProxy-Authenticate:  , Negotiate, BASIC realm="x, y"\r\n\r\n', 'stay',
                 ('does not accept', '407')),
                ('no name', b'HTTP/1.1 407 No\r\nProxy-Authenticate: "x", basics, a-long-name-of-a-scheme\r\n\r\n', 'stay',
                 ('a sign-in by another way than basic',)),
                ('403', b'HTTP/1.1 403 No\r\n\r\n', 'stay', ('does not allow', '403')),
                ('405', b'HTTP/1.1 405 No\r\n\r\n', 'stay', ('is it a proxy',)),
                ('redirect', b'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n', 'stay', ('302',)),
                ('garbage', b'220 mail.example ESMTP\r\n', 'stay', ('no proper http',)),
                ('too large', large, 'stay', ('larger than is accepted',))):
            with self.subTest(name), ScriptedProxy(answer, end) as proxy:
                result = self.through(1, proxy, '--retries=3')
                self.assert_outcome(result, 'not_sent', 'proxy_failed', attempts=1, http_status=None, error_code=None)
                self.assertEqual(len(proxy.heads), 1, 'it was asked once')
                self.assert_words(self.told(1, proxy), *words, f'127.0.0.1 port {proxy.port}', 'remove the cause')

    def test_answers_of_the_moment(self):
        """Repeated as any failed connection."""
        for answer, reason, words in (
                (b'HTTP/1.0 502 Bad\r\n\r\n', 'connect_failed', ('cannot reach', '502')),
                (b'HTTP/1.1 503 Later\r\nRetry-After: 0\r\n\r\n', 'connect_failed', ('cannot reach', '503')),
                (b'HTTP/1.1 504 Late\r\n\r\n', 'connect_failed', ('cannot reach', '504')),
                (b'', 'connection_lost', ('without an answer',)),
                (b'HTTP/1.1 200 OK\r\nVia:', 'connection_lost', ('in the middle of its answer',))):
            with self.subTest(answer), ScriptedProxy(answer, 'close') as proxy:
                result = self.through(1, proxy, '--retries=1')
                self.assert_outcome(result, 'not_sent', reason, attempts=2, http_status=None, error_code=None)
                self.assert_words(self.told(1, proxy, '--retries=0'), *words, f'127.0.0.1 port {proxy.port}')

    def test_framing_of_a_good_answer_does_not_count(self):
        for answer in (b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n',
                       b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
                       b'HTTP/1.0 200 OK\r\n\r\n', b'HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 201 OK\r\n\r\n'):
            with self.subTest(answer), RecordingProxy(answer=answer) as proxy:
                self.assert_outcome(self.through(self.service(), proxy), 'accepted')

    def test_bytes_behind_the_answer_are_the_tunnels(self):
        # TLS sees them, so that they cannot be mistaken for anything else.
        with RecordingProxy(answer=OPENED + b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}') as proxy:
            self.assert_outcome(self.through(self.service(), proxy, '--retries=0'), 'not_sent', 'tls_failed')

    def test_silence(self):
        for name, proxy in (('deaf', ScriptedProxy(b'', deaf=True)), ('silent', ScriptedProxy(b'')),
                            ('half', ScriptedProxy(b'HTTP/1.1 200 OK\r\n')),
                            ('dripping', ScriptedProxy(b'HTTP/1.1 200 ' + b'k' * 1000, pause=0.05))):
            with self.subTest(name), proxy:
                result = self.through(1, proxy, '--connect-timeout=0.4', '--retries=0')
                self.assert_outcome(result, 'not_sent', 'timeout', attempts=1)
                self.assertLess(result.seconds, 3)
                told = self.told(1, proxy, '--connect-timeout=0.3', '--retries=0')
                self.assert_words(told, rf'the proxy 127\.0\.0\.1 port {proxy.port} opened no connection within 0\.3 s',
                                  '--connect-timeout', 'is it an http proxy')

    def test_silence_behind_it(self):
        with RecordingProxy(answer=OPENED) as proxy, socket.create_server(('127.0.0.1', 0)) as silent:
            told = self.told(silent.getsockname()[1], proxy, '--connect-timeout=0.3', '--retries=0')
        self.assert_words(told, rf'nobody said a word through the proxy 127\.0\.0\.1 port {proxy.port} within 0\.3 s',
                          'is it a tls port')

    def test_a_proxy_that_is_not_there(self):
        nobody = closed_port()
        common = ('start', 'ready-1', *target(1), '--proxy', proxy_url(nobody))
        result = self.run_command(*common, '--json', '--retries=1')
        self.assert_outcome(result, 'not_sent', 'connect_failed', attempts=2)
        self.assert_words(self.run_command(*common, '--retries=0'),
                          f'the proxy: connection refused by 127.0.0.1 port {nobody}')
        common = ('start', 'ready-1', *target(1), '--proxy', 'http://u:p@proxy.invalid', '--retries=0')
        self.assert_outcome(self.run_command(*common, '--json'), 'not_sent', 'resolve_failed')
        self.assert_words(self.run_command(*common), 'the proxy: .*proxy.invalid')
        with deaf_port() as port:
            result = self.run_command('start', 'ready-1', '--json', *target(1), '--proxy', f'127.0.0.1:{port}',
                                      '--connect-timeout=0.3', '--retries=0')
        self.assert_outcome(result, 'not_sent', 'timeout')

    def test_a_reset(self):
        with ScriptedProxy(b'', 'reset') as proxy:
            result = self.through(1, proxy, '--retries=1')
            self.assert_outcome(result, 'not_sent', 'connection_lost', attempts=2)
            self.assert_words(self.told(1, proxy, '--retries=0'), 'the proxy: the connection was reset')

    def test_behind_the_proxy_all_is_as_ever(self):
        service = self.service()
        with RecordingProxy() as proxy:
            for task, outcome, reason in (('fault-reset', 'unknown', 'connection_lost'),
                                          ('fault-cut-30', 'unknown', 'connection_lost'),
                                          ('fault-garbage', 'unknown', 'http_malformed'),
                                          ('syncing-1', 'refused', 'http_status')):
                with self.subTest(task):
                    self.assert_outcome(self.through(service, proxy, task=task), outcome, reason)
            result = self.through(service, proxy, '--retries=2', task='fault-retry-1-0')
            self.assert_outcome(result, 'accepted', attempts=2)
            self.assertEqual(len(proxy.heads), 6, 'one CONNECT for each attempt')

    def test_signals(self):
        with ScriptedProxy(b'') as proxy:
            with Running(('start', 'ready-1', '--json', *target(1), '--proxy', proxy_url(proxy.port))) as running:
                wait_until(lambda: proxy.heads)
                running.process.terminate()
                self.assert_outcome(self.finish(running), 'not_sent', 'cancelled')


class WrongProxies(Invalid):
    """URLs that are no proxy's: invalid before anything is attempted, and never shown."""

    def test_wrong_ones(self):
        for url, word in (
                ('https://u:{}@h:1', 'http:// proxies'), ('socks5://u:{}@h', 'socks'), ('ftp://u:{}@h', 'http://'),
                ('://u:{}@h', 'http://'), ('http://u:{}@', 'http://'), ('http://', 'http://'), ('u:{}@:80', 'port'),
                ('u:{}@h:0', 'port'), ('u:{}@h:65536', 'port'), ('u:{}@h:', 'port'), ('u:{}@h/x', 'http://'),
                ('u:{}@h?x', 'http://'), ('u:{}@h x', 'http://'), ('u:{}@ h', 'http://'), ('u:{}@[::1', 'http://'),
                ('u:{}@a_b', 'http://'), ('http:///u:{}@h', '%2f'), ('u:@{}@h', '%40'), ('u:/{}@h', '%2f'),
                ('u: {}@h', '%20'), ('u:%0a{}@h', 'control'), ('u:{}%00@h', 'control'), ('u%3A:{}@h', 'colon'),
                ('u:\t{}@h', 'control'), ('u:{}' + 'x' * 1000 + '@h', '1023')):
            url = url.format(PASSWORD)
            with self.subTest(url[:60]):
                shown = [self.assert_invalid('start', 'ready-1', *self.target(), '--proxy', url, names=[word, '--proxy'])]
                for name in ('https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'):
                    shown.append(self.assert_invalid('start', 'ready-1', *self.target(), env={name: url},
                                                     names=[word, name]))
                for result in shown:
                    self.assertNotIn(PASSWORD, result.out + result.err)

    def test_a_misspelt_option_shows_no_password(self):
        result = self.assert_invalid('start', 'ready-1', *self.target(), f'--prxy=http://u:{PASSWORD}@h',
                                     names=['--prxy'])
        self.assertNotIn(PASSWORD, result.out + result.err)

    def test_dry_run(self):
        for url in ('http://u:{}@h:8080/', 'HTTP://h', 'h', 'h:1', 'u@h', '[::1]:3128', 'u:{}@192.0.2.1', 'h.', '@h',
                    'u:%zz{}%@h', 'u:{}' + 'x' * 990 + '@h'):
            url = url.format(PASSWORD)
            with self.subTest(url):
                result = self.run_command('start', 'ready-1', *self.target(), '--proxy', url, '--dry-run')
                self.assertEqual(result.code, 0, str(result))
                self.assertIn('proxy: ', result.err)
                self.assertNotIn(PASSWORD, result.out + result.err)
                self.assertFalse(self.trap.was_touched())
        result = self.run_command('start', 'ready-1', *self.target(), '--dry-run', env={'ALL_PROXY': 'h'})
        self.assertIn('proxy: h port 1080 (ALL_PROXY)', result.err)


class Choice:
    """Two traps: a proxy's and the service's. Whichever is touched tells what a program has chosen."""

    def __init__(self, proxy, service):
        self.proxy, self.service = proxy, service

    def _made(self, run):
        """The choice of a program that runs until it has touched a trap."""
        end = time.monotonic() + 10
        chosen = None
        while not chosen and time.monotonic() < end and run.poll() is None:
            chosen = self._touched()
            time.sleep(0.002)
        run.kill()
        run.communicate()
        # Asked in any case: a second connection must not be taken for one of the next program.
        late = self._touched()
        return chosen or late or 'neither'

    def _touched(self):
        touched = (self.proxy.was_touched(), self.service.was_touched())
        return {(True, False): 'proxy', (False, True): 'direct', (True, True): 'both'}.get(touched)

    def _filled(self, environment, options):
        place = f'127.0.0.1:{self.proxy.port}'
        return ({name: value.replace('PROXY', place) for name, value in environment.items()},
                [option.replace('PROXY', place) for option in options])

    def of_curl(self, host, environment, options=()):
        """What curl does."""
        environment, options = self._filled(environment, options)
        return self._made(subprocess.Popen(
            ['curl', '-q', '-s', '-m', '10', *options, '--connect-to', f'::127.0.0.1:{self.service.port}',
             f'https://{host}/'], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL))

    def of_the_command(self, host, environment, options=()):
        """What the command does."""
        environment, options = self._filled(environment, options)
        with Running(('start', 'ready-1', '--endpoint', f'https://{host}', '--ca-file', ROOTS,
                      '--connect-to', f'127.0.0.1:{self.service.port}', '--retries=0', *options),
                     env=environment) as running:
            return self._made(running.process)


NAME = 'a.b.example.test'
PREFIX_LENGTHS = 'a prefix length is a number'
# Hosts and lists: what NO_PROXY means. Where a reason stands, curl 7.88 takes it otherwise.
LISTS = {
    NAME: {
        '': 'proxy', '*': 'direct', '**': 'proxy', '* ': 'proxy', ' *': 'proxy', 'x,*': 'proxy', '*,x': 'proxy',
        '*.example.test': 'proxy', 'a.b.example.test': 'direct', 'b.example.test': 'direct', 'example.test': 'direct',
        'test': 'direct', '.test': 'direct', '.example.test': 'direct', '.a.b.example.test': 'direct',
        '..example.test': 'proxy', 'example.test.': 'direct', 'example.test..': 'proxy', '.example.test.': 'direct',
        'EXAMPLE.Test': 'direct', 'ample.test': 'proxy', 'xexample.test': 'proxy', 'x.a.b.example.test': 'proxy',
        'example': 'proxy', 'a.b': 'proxy', '.': 'proxy', '..': 'proxy', ',': 'proxy', ' ': 'proxy',
        'x,example.test': 'direct', 'example.test,x': 'direct', 'x, example.test': 'direct',
        'x ,example.test': 'direct', 'x example.test y': 'direct', 'x\texample.test': 'direct',
        ',,example.test': 'direct', ' , ,example.test,': 'direct', 'x;example.test': 'proxy', 'x|example.test': 'proxy',
        'example.test:443': 'proxy', 'https://example.test': 'proxy', 'example.test/8': 'proxy',
        '[a.b.example.test]': 'proxy', 'x' * 3000: 'proxy', 'x,' * 2000 + 'example.test': 'direct',
    },
    'A.B.Example.TEST': {'example.test': 'direct', 'EXAMPLE.test': 'direct', 'amPLE.test': 'proxy'},
    NAME + '.': {'example.test': 'direct', 'example.test.': 'direct', 'a.b.example.test': 'direct'},
    'localhost': {'localhost': 'direct', 'host': 'proxy', 'x': 'proxy', '.localhost': 'direct'},
    '10.1.2.3': {
        '*': 'direct', '10.1.2.3': 'direct', '10.1.2.4': 'proxy', '2.3': 'proxy', '.2.3': 'proxy', '10': 'proxy',
        '10.1.2.3.': 'proxy', '.10.1.2.3': 'proxy', '10.1.2.3:443': 'proxy', '010.1.2.3': 'proxy', '10.1.2': 'proxy',
        '10.0.0.0/8': 'direct', '10.9.9.9/8': 'direct', '11.0.0.0/8': 'proxy', '10.0.0.0/7': 'direct',
        '11.0.0.0/7': 'direct', '12.0.0.0/7': 'proxy', '10.0.0.0/15': 'direct', '10.0.0.0/16': 'proxy',
        '10.1.2.2/31': 'direct', '10.1.2.3/32': 'direct', '10.1.2.2/32': 'proxy', '10.1.2.3/33': 'proxy',
        '128.0.0.0/1': 'proxy', '0.0.0.0/1': 'direct', '0.0.0.0/0': 'proxy', '10.1.2.3/0': 'direct',
        '10.1.2.3/': 'direct', '10.0.0.0/': 'proxy', '10.0.0.0/08': 'direct', '10/8': 'proxy', '/8': 'proxy',
        '10.0.0.0/-8': 'proxy', 'x 10.0.0.0/8,y': 'direct', '10.0.0.0/ 8': 'proxy', '::1': 'proxy', '::/0': 'proxy',
        '10.0.0.0/8x': ('proxy', PREFIX_LENGTHS), '10.0.0.0/+8': ('proxy', PREFIX_LENGTHS),
        '10.0.0.0/8/9': ('proxy', PREFIX_LENGTHS), '10.0.0.0/4294967304': ('proxy', PREFIX_LENGTHS),
    },
    '[2001:db8::1]': {
        '*': 'direct', '2001:db8::1': 'direct', '2001:db8::2': 'proxy', 'db8::1': 'proxy', '::1': 'proxy',
        '2001:db8::1/129': 'proxy', '10.0.0.0/8': 'proxy', '2001:db8::/': 'proxy', '[2001:db8::1': 'proxy',
        '2001:db8::1]': 'proxy', '2001:db8::1/x': 'proxy', ':': 'proxy', '::/0': 'proxy',
        **dict.fromkeys(('[2001:db8::1]', '2001:db8:0:0::1', '2001:DB8:0::1', '2001:db8::/32', '[2001:db8::]/32',
                         '2001:db9::/31', '2001:db8::/127', '2001:db8::1/128', '2001:db8::1/0', '2001:db8::1/'),
                        ('direct', 'an address is compared as such')),
        '2001:db9::/32': 'proxy', '2001:db8::2/127': 'proxy',
    },
    '[::1]': {'::1': 'direct', 'localhost': 'proxy', '127.0.0.1': 'proxy', '::2': 'proxy', '1': 'proxy'},
}

ENVIRONMENTS = (
    ({'https_proxy': 'PROXY'}, (), 'proxy'), ({'HTTPS_PROXY': 'PROXY'}, (), 'proxy'),
    ({'all_proxy': 'PROXY'}, (), 'proxy'), ({'ALL_PROXY': 'PROXY'}, (), 'proxy'),
    ({'http_proxy': 'PROXY'}, (), 'direct'), ({'HTTP_PROXY': 'PROXY'}, (), 'direct'),
    ({'Https_Proxy': 'PROXY'}, (), 'direct'), ({'proxy': 'PROXY'}, (), 'direct'), ({}, (), 'direct'),
    ({'https_proxy': 'PROXY', 'HTTPS_PROXY': '127.0.0.1:1', 'all_proxy': '127.0.0.1:1'}, (), 'proxy'),
    ({'HTTPS_PROXY': 'PROXY', 'all_proxy': '127.0.0.1:1', 'ALL_PROXY': '127.0.0.1:1'}, (), 'proxy'),
    ({'all_proxy': 'PROXY', 'ALL_PROXY': '127.0.0.1:1'}, (), 'proxy'),
    ({'https_proxy': '', 'HTTPS_PROXY': 'PROXY'}, (), 'proxy'), ({'https_proxy': '', 'ALL_PROXY': 'PROXY'}, (), 'proxy'),
    ({'https_proxy': ''}, (), 'direct'), ({'all_proxy': '', 'ALL_PROXY': ''}, (), 'direct'),
    ({'https_proxy': 'PROXY', 'no_proxy': 'x', 'NO_PROXY': '*'}, (), 'proxy'),
    ({'https_proxy': 'PROXY', 'no_proxy': '*', 'NO_PROXY': 'x'}, (), 'direct'),
    ({'https_proxy': 'PROXY', 'no_proxy': '', 'NO_PROXY': '*'}, (), 'direct'),
    ({'https_proxy': 'PROXY', 'NO_PROXY': ''}, (), 'proxy'), ({'https_proxy': 'PROXY', 'No_Proxy': '*'}, (), 'proxy'),
    ({}, ('--proxy', 'PROXY'), 'proxy'), ({'https_proxy': '127.0.0.1:1'}, ('--proxy', 'PROXY'), 'proxy'),
    ({'https_proxy': 'PROXY'}, ('--proxy', ''), 'direct'), ({'ALL_PROXY': 'PROXY'}, ('--proxy', ''), 'direct'),
    ({'NO_PROXY': '*'}, ('--proxy', 'PROXY'), 'direct'), ({'no_proxy': 'test'}, ('--proxy', 'PROXY'), 'direct'),
    ({'no_proxy': 'x'}, ('--proxy', 'PROXY'), 'proxy'),
    ({'https_proxy': 'http://PROXY'}, (), 'proxy'), ({'https_proxy': 'http://PROXY/'}, (), 'proxy'),
    ({'https_proxy': 'HTTP://u:p@PROXY'}, (), 'proxy'), ({'https_proxy': 'u@PROXY'}, (), 'proxy'),
    ({'https_proxy': 'nonsense://x y', 'no_proxy': 'example.test'}, (), 'direct'),
)

# User parts of proxy URLs: curl's Proxy-Authorization is the command's.
USERS = ('', 'u:p', 'u', 'u:', ':p', 'u:p:q', 'us%65r:p%40ss%3Aw%2Frd', 'u:%25', 'u:50%', 'u:%zz', 'u:%4', 'a%20b:c%20d',
         'u:!$&\'()*+,;=-._~', '%C3%BC:%C3%A4', 'u:' + 'p' * 200, '@none')


class LikeCurl(Case):
    """The command and Debian's curl in the same environment, through the same arguments."""

    def setUp(self):
        self.choice = Choice(self.enterContext(Trap()), self.enterContext(Trap()))

    def compare(self, host, environment, options, wanted, why=None):
        """The command does what is wanted; so does curl, or there is a reason."""
        with self.subTest(host=host, environment={name: value[:60] for name, value in environment.items()},
                          options=options):
            self.assertEqual(self.choice.of_the_command(host, environment, options), wanted)
            if shutil.which('curl'):
                check = self.assertNotEqual if why else self.assertEqual
                check(self.choice.of_curl(host, environment, options), wanted, 'curl')

    def test_no_proxy(self):
        for host, lists in LISTS.items():
            for text, wanted in lists.items():
                wanted, why = wanted if isinstance(wanted, tuple) else (wanted, None)
                self.compare(host, {'https_proxy': 'http://PROXY', 'no_proxy': text}, (), wanted, why)

    def test_environment_and_option(self):
        for environment, options, wanted in ENVIRONMENTS:
            self.compare(NAME, environment, options, wanted)

    @unittest.skipUnless(shutil.which('curl'), 'no curl here')
    def test_credentials_and_target(self):
        for user in USERS:
            with self.subTest(user), ScriptedProxy(b'HTTP/1.1 403 No\r\n\r\n', 'close') as proxy:
                url = f'http://{user}@127.0.0.1:{proxy.port}' if user != '@none' else f'http://127.0.0.1:{proxy.port}'
                self.run_command('start', 'ready-1', '--json', *target(7), '--proxy', url)
                subprocess.run(['curl', '-q', '-s', '-m', '10', '--proxy', url, '--connect-to', '::127.0.0.1:7',
                                f'https://{HOST}:7/'], env={}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               check=False)
                ours, curls = (re.findall(rb'^(CONNECT .*|Host: .*|Proxy-Authorization: .*)\r$', head, re.M)
                               for head in proxy.heads)
                self.assertEqual(ours, curls)
                self.assertEqual(ours[0], b'CONNECT 127.0.0.1:7 HTTP/1.1')
