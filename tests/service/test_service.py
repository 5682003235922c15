"""Quick tests of the simulator itself: python3 test_service.py

MIGTASK_PKI names a folder whose certificates are used (and made if missing); without it they are made anew.
"""

import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import warnings
from unittest import mock

import fault_bodies
import faults
import http_response
import pki
import tasks
from simulator import Simulator

HERE = pathlib.Path(__file__).parent
PKI = None
TOKEN = 'MIItest'
TCP_CLOSED = 7  # Of Linux's struct tcp_info: gone at once, where a FIN leaves CLOSE_WAIT.


def setUpModule():
    global PKI
    scratch = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(scratch.cleanup)
    PKI = pki.make(os.environ.get('MIGTASK_PKI') or pathlib.Path(scratch.name) / 'pki')


def connect(service, name='localhost', oldest=ssl.TLSVersion.TLSv1_2, ciphers=None):
    """A verified TLS connection; `name` is what is verified."""
    context = ssl.create_default_context(cafile=PKI / 'roots.pem')
    context.minimum_version = oldest
    context.hostname_checks_common_name = False
    # A bare end of the connection is an error, so that tests can tell it from close_notify.
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    context.set_alpn_protocols(['http/1.1'])
    if ciphers:
        context.set_ciphers(ciphers)
    tcp = socket.create_connection((service.address, service.port), timeout=10)
    try:
        return context.wrap_socket(tcp, server_hostname=name, suppress_ragged_eofs=False)
    except BaseException:
        tcp.close()
        raise


def request_bytes(task_id='ready-1', operation='start', token=TOKEN, body=None, headers=None, path=None, method='POST'):
    """The bytes of a request; headers override or, by None, remove."""
    if body is None:
        body = json.dumps({'operation': operation}).encode()
    fields = {'host': 'localhost', 'content-type': 'application/json', 'content-length': len(body),
              'x-auth-token': token, **(headers or {})}
    lines = [f'{method} {path or f"/v3/tasks/{task_id}/action"} HTTP/1.1',
             *(f'{name}: {value}' for name, value in fields.items() if value is not None), '', '']
    return '\r\n'.join(lines).encode() + body


def read_all(secured):
    """Everything until the end, and how it ended: notify, fin, reset."""
    data = b''
    while True:
        try:
            part = secured.recv(65536)
        except (ssl.SSLError, ConnectionResetError):
            # Python has several errors for an early end; the state of TCP tells them apart.
            state = secured.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
            return data, 'reset' if state == TCP_CLOSED else 'fin'
        if not part:
            return data, 'notify'
        data += part


def exchange(service, **request):
    """Send one request: all bytes of the answer, and how the connection ended."""
    with connect(service) as secured:
        secured.sendall(request_bytes(**request))
        return read_all(secured)


def split(data):
    """Status, headers and body of a response."""
    head, _, body = data.partition(b'\r\n\r\n')
    lines = head.decode().split('\r\n')
    headers = dict(line.split(': ', 1) for line in lines[1:])
    if headers.get('transfer-encoding') == 'chunked':
        whole = b''
        while (size := int(body.partition(b'\r\n')[0].partition(b';')[0], 16)) > 0:
            chunk = body.partition(b'\r\n')[2]
            whole, body = whole + chunk[:size], chunk[size + 2:]
        body = whole
    return int(lines[0].split()[1]), headers, body


def ask(service, **request):
    """Send one request: status, headers, body."""
    return split(exchange(service, **request)[0])


def code_of(service, **request):
    """Send one request: status and error code (None where there is none)."""
    status, _, body = ask(service, **request)
    return status, json.loads(body).get('error_code')


class Certificates(unittest.TestCase):
    def try_chain(self, cert, name='localhost'):
        with Simulator(PKI, cert=cert) as service:
            try:
                with connect(service, name) as secured:
                    secured.sendall(request_bytes())
                    read_all(secured)
            except ssl.SSLError as error:
                [record] = service.wait_log(1)
                self.assertEqual(record['event'], 'handshake_failed')
                return getattr(error, 'verify_message', error.reason)
            [record] = service.wait_log(1)
            self.assertEqual((record['event'], record['sni']), ('request', name))
            return 'good'

    def test_each_chain(self):
        expected = {'expired': 'expired', 'not-yet': 'not yet valid', 'wrong-name': 'mismatch', 'cn-only': 'mismatch',
                    'self-signed': 'self-signed', 'unknown': 'unable to get local issuer', 'wildcard': 'mismatch',
                    'no-inter': 'unable to get local issuer', 'client-only': 'unsuitable', 'rsa1024': 'key too weak',
                    'sha1': 'digest', 'forged': 'signature failure', 'forged-rsa': 'signature failure',
                    'stolen': 'bad_signature'}
        for cert in pki.LEAVES:
            with self.subTest(cert):
                self.assertIn(expected.get(cert, 'good'), self.try_chain(cert).lower())

    def test_wildcard_name(self):
        self.assertEqual(self.try_chain('wildcard', 'sms.example.test'), 'good')

    def test_made_once(self):
        before = (PKI / 'ec.pem').stat().st_mtime_ns
        pki.make(PKI)
        self.assertEqual((PKI / 'ec.pem').stat().st_mtime_ns, before)

    def test_foreign_folder_stays(self):
        with tempfile.TemporaryDirectory() as folder:
            theirs = pathlib.Path(folder) / 'theirs'
            theirs.write_text('precious')
            with self.assertRaises(OSError):
                pki.make(folder)
            self.assertEqual(theirs.read_text(), 'precious')


class Service(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = cls.enterClassContext(Simulator(PKI))

    def setUp(self):
        self.service.clear_log()

    def test_accepted(self):
        status, headers, body = ask(self.service, task_id='ready-accepted')
        self.assertEqual((status, body), (200, b'{ }'))
        self.assertEqual(headers['server'], 'api-gateway')
        self.assertRegex(headers['x-request-id'], '^[0-9a-f]{32}$')
        self.assertGreater(len(headers['content-security-policy']), 1000)
        self.assertTrue(all(name == name.lower() for name in headers))
        [record] = self.service.requests
        self.assertEqual((record['complete'], record['executed'], record['status']), (True, True, 200))
        self.assertEqual((record['task_id'], record['operation'], record['token'], record['token_length']),
                         ('ready-accepted', 'start', TOKEN, len(TOKEN)))
        self.assertEqual(record['bytes_received'], len(request_bytes(task_id='ready-accepted')))
        self.assertEqual((record['alpn'], record['tls_version'], record['extra_bytes']), ('http/1.1', 'TLSv1.3', 0))
        self.assertEqual(self.service.task_state('ready-accepted'), 'running')

    def test_every_operation_in_every_state(self):
        for operation, (legal, after, code) in tasks.TRANSITIONS.items():
            for state in tasks.STATES:
                with self.subTest(operation=operation, state=state):
                    task_id = f'{state}-{operation.replace("_", "-")}'
                    body = json.dumps({'operation': operation, 'template_id': 'any'}).encode()
                    answer = code_of(self.service, task_id=task_id, body=body)
                    if legal is None or state in legal:
                        self.assertEqual(answer, (200, None))
                        self.assertEqual(self.service.task_state(task_id), after or state)
                    else:
                        self.assertEqual(answer, (400, code))
                        self.assertEqual(self.service.task_state(task_id), state)

    def test_task_ids(self):
        for task_id, expected in (('8abda8635e09d185015e09d188dd0001', (200, None)),
                                  ('5e0b1a2c-7d34-4f6e-9a01-000000000002', (400, 'SMS.7713')),
                                  ('5e0b1a2c-7d34-4f6e-9a01-0000000000ff', (400, 'SMS.7703')),
                                  ('ready', (400, 'SMS.7703')), ('nobody-1', (400, 'SMS.7703')),
                                  ('fault-nobody', (400, 'SMS.7703')), ('fault-slow', (400, 'SMS.7703')),
                                  ('offline-1', (400, 'SMS.6603')), ('foreign-1', (400, 'SMS.6527'))):
            with self.subTest(task_id):
                self.assertEqual(code_of(self.service, task_id=task_id), expected)

    def test_body_check(self):
        for body, code in ((b'', 'SMS.6012'), (b'{', 'SMS.6010'), (b'[]', 'SMS.6011'), (b'{}', 'SMS.6013'),
                           (b'{"operation":"begin"}', 'SMS.6011'), (b'{"operation":1}', 'SMS.6011'),
                           (b'{"operation":"start","switch_hce":1}', 'SMS.6011'),
                           (b'{"operation":"start","param":{}}', 'SMS.6011'),
                           (b'{"operation":"clone_test"}', 'SMS.6013'),
                           (b'{"operation":"start","template_id":"%s"}' % (b'x' * 256), 'SMS.6014'),
                           (b'{"operation":"clone_test","template_id":"missing-1"}', 'SMS.7101'),
                           (b'{"operation":"clone_test","template_id":"quota-1"}', 'SMS.6526')):
            with self.subTest(body):
                self.assertEqual(code_of(self.service, task_id='syncing-body', body=body), (400, code))
        self.assertFalse(any(record['executed'] for record in self.service.requests))

    def test_template_of_255_characters(self):
        body = json.dumps({'operation': 'clone_test', 'template_id': '\u4e00' * 255}, ensure_ascii=False).encode()
        self.assertEqual(code_of(self.service, task_id='syncing-long', body=body), (200, None))

    def test_headers(self):
        self.assertEqual(code_of(self.service, headers={'content-type': None}), (400, 'SMS.6015'))
        self.assertEqual(code_of(self.service, headers={'content-type': 'text/plain'}), (400, 'SMS.6016'))
        self.assertEqual(code_of(self.service, headers={'x-auth-token': None}), (400, 'SMS.6522'))

    def test_tokens(self):
        for token, expected in (('wrong-1', (401, 'APIGW.0301')), ('expires-1', (401, 'APIGW.0301')),
                                ('expired-token-1', (401, 'APIGW.0307')), ('refused-1', (400, 'SMS.6521')),
                                ('norights-1', (400, 'SMS.6523')), ('frozen-1', (400, 'SMS.6525')),
                                ('denied-1', (403, 'SMS.9004')), ('t', (200, None)), ('x' * 16384, (200, None)),
                                ('x' * 16385, (401, 'APIGW.0301'))):
            with self.subTest(token[:20]):
                self.assertEqual(code_of(self.service, task_id=f'ready-token-{token[:4]}', token=token), expected)

    def test_unauthorized_is_chunked(self):
        _, headers, body = ask(self.service, token='wrong-1')
        self.assertEqual((headers['transfer-encoding'], headers['connection']), ('chunked', 'close'))
        self.assertEqual(json.loads(body)['request_id'], headers['x-request-id'])

    def test_permission_error(self):
        status, _, body = ask(self.service, task_id='fault-denied')
        document = json.loads(body)
        self.assertEqual(status, 403)
        self.assertEqual(list(document), ['error_code', 'error_msg', 'encoded_authorization_message', 'error_param',
                                          'details'])
        self.assertEqual(document['details'][0]['error_code'], 'SMS.9004')

    def test_gateway(self):
        for request, expected in (({'path': '/v3/tasks'}, (404, 'APIGW.0101')),
                                  ({'method': 'GET'}, (404, 'APIGW.0101')),
                                  ({'path': '/' + 'x' * 9000}, (414, 'APIGW.0201')),
                                  ({'headers': {'content-length': None}}, (411, 'APIGW.0201')),
                                  ({'headers': {'content-length': 12 * 1024 * 1024 + 1}}, (413, 'APIGW.0201')),
                                  ({'headers': {'content-length': '+3'}}, (400, 'APIGW.0201')),
                                  ({'headers': {'host': None}}, (400, 'APIGW.0201')),
                                  ({'headers': {'Content-Length': 3}}, (400, 'APIGW.0201')),
                                  ({'method': 'post'}, (400, 'APIGW.0201')),
                                  ({'token': 'x' * 40000}, (494, 'APIGW.0201'))):
            with self.subTest(request):
                self.assertEqual(code_of(self.service, **request), expected)

    def test_incomplete_request(self):
        for end, name in ((lambda secured: secured.unwrap(), 'close_notify'),
                          (lambda secured: secured.shutdown(socket.SHUT_WR), 'fin')):
            self.service.clear_log()
            with connect(self.service) as secured:
                secured.sendall(request_bytes()[:-1])
                end(secured)
                [record] = self.service.wait_log(1)
            self.assertEqual((record['complete'], record['executed'], record['status'], record['ended']),
                             (False, False, None, name))
            self.assertEqual(record['bytes_received'], len(request_bytes()) - 1)


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = cls.enterClassContext(Simulator(PKI))

    def setUp(self):
        self.service.clear_log()

    def test_each_is_played_and_logged(self):
        samples = {'MS': 1, 'K': 1, 'S': 0}
        for name, fault in faults.FAULTS.items():
            if name == 'silent':
                continue
            task_id = '-'.join(('fault', name, *(str(samples.get(argument, 400)) for argument in fault.arguments)))
            with self.subTest(task_id):
                self.service.clear_log()
                exchange(self.service, task_id=task_id)
                [record] = self.service.wait_log(1)
                self.assertEqual((record['fault'], record['complete']), (name, True))
                # early200 has the whole small request when it answers.
                self.assertEqual(record['executed'], fault.carried_out == faults.YES or name == 'early200')

    def test_success_is_carried_out(self):
        for task_id in ('fault-status-204', 'fault-html-200', 'fault-chunked-201'):
            exchange(self.service, task_id=task_id)
        self.assertTrue(all(record['executed'] for record in self.service.requests))

    def test_ends(self):
        whole = http_response.SHORT_200
        for task_id, expected in (('fault-cut-20', (whole[:20], 'fin')), ('fault-cut-0', (b'', 'fin')),
                                  ('fault-cut-999', (whole, 'fin')), ('fault-cutnotify-20', (whole[:20], 'notify')),
                                  ('fault-cutreset-20', (whole[:20], 'reset')), ('fault-reset', (b'', 'reset')),
                                  ('fault-drip-1', (whole, 'notify'))):
            with self.subTest(task_id):
                self.assertEqual(exchange(self.service, task_id=task_id), expected)
        self.assertEqual(exchange(self.service, task_id='fault-closecut')[1], 'fin')
        self.assertEqual(exchange(self.service, task_id='fault-closedelim')[1], 'notify')

    def test_silent(self):
        with connect(self.service) as secured:
            secured.sendall(request_bytes(task_id='fault-silent'))
            secured.settimeout(0.2)
            with self.assertRaises(TimeoutError):
                secured.recv(1)
        [record] = self.service.wait_log(1)
        self.assertEqual((record['executed'], record['status']), (True, None))

    def test_slow(self):
        started = time.monotonic()
        self.assertEqual(ask(self.service, task_id='fault-slow-200')[0], 200)
        self.assertGreaterEqual(time.monotonic() - started, 0.2)

    def test_splits(self):
        with connect(self.service) as secured:
            secured.sendall(request_bytes(task_id='fault-splits-100'))
            sizes = []
            while part := secured.recv(65536):
                sizes.append(len(part))
        self.assertEqual(set(sizes[:-1]), {100})

    def test_largest(self):
        for name, document in (('max403', fault_bodies.largest()), ('max403rev', fault_bodies.largest()),
                               ('max403wide', fault_bodies.largest(detail_length=65535)),
                               ('max403utf8', fault_bodies.largest(wide_characters=True))):
            with self.subTest(name):
                status, _, body = ask(self.service, task_id=f'fault-{name}')
                self.assertEqual((status, json.loads(body)), (403, document))
                self.assertGreater(len(body), 1_380_000)
                self.assertEqual(list(json.loads(body))[0], 'details' if name == 'max403rev' else 'error_code')
        self.assertEqual({len(text) for text in document['error_param']}, {65535})

    def test_big_bodies(self):
        for task_id, least in (('fault-bigbody-2048', 2048 * 1024), ('fault-deep-500', 1000)):
            _, _, body = ask(self.service, task_id=task_id)
            self.assertGreater(len(body), least)
            self.assertEqual(json.loads(body)['error_code'], 'SMS.7713')
        head = exchange(self.service, task_id='fault-bigheaders-64')[0].partition(b'\r\n\r\n')[0]
        self.assertGreater(len(head), 65536)

    def test_echo(self):
        token = 'A"b\\' + 'MIIechoed0123456789' * 20
        status, headers, body = ask(self.service, task_id='fault-echo', token=token)
        document = json.loads(body)
        self.assertEqual((status, headers['x-request-id']), (403, token))
        self.assertEqual(document['request_id'], token)
        self.assertTrue(all(token in document[name] for name in ('error_code', 'error_msg',
                                                                 'encoded_authorization_message')))
        self.assertTrue(len(document['error_param']) == 20 and len(document['details']) <= 20)
        self.assertIn(token[:15], document['details'][-1]['error_code'] + ''.join(document['error_param']))
        self.assertIn('\x1b', document['error_msg'])
        self.assertIn('\u202e', document['error_msg'])

    def test_first_times(self):
        for task_id, status in (('fault-retry-2-3', 429), ('fault-retrydate-2-3', 429), ('fault-retry503-2-3', 503)):
            answers = [ask(self.service, task_id=task_id) for _ in range(3)]
            self.assertEqual([answer[0] for answer in answers], [status, status, 200])
            self.assertIn('retry-after', answers[0][1])
            self.assertNotIn('retry-after', answers[2][1])
        ends = [exchange(self.service, task_id='fault-flaky-2')[1] for _ in range(3)]
        self.assertEqual(ends, ['fin', 'fin', 'notify'])

    def test_early(self):
        for name, end in (('early413', 'notify'), ('early413rst', 'reset')):
            self.service.clear_log()
            with connect(self.service) as secured:
                secured.sendall(request_bytes(task_id=f'fault-{name}')[:100])
                data, ended = read_all(secured)
            self.assertEqual((split(data)[0], ended), (413, end))
            [record] = self.service.requests
            self.assertEqual((record['complete'], record['ended']), (False, 'answered'))

    def test_readme_has_the_table(self):
        self.assertIn(faults.table(), (HERE / 'README.md').read_text())


class Options(unittest.TestCase):
    def test_first_connections(self):
        for option, event in (('accept_then_close', 'closed_after_accept'), ('handshake_close', 'handshake_closed'),
                              ('close_before_read', 'request')):
            for how in ('reset', 'fin'):
                with self.subTest(option=option, how=how), Simulator(PKI, **{option: 1}, die_how=how) as service:
                    try:
                        exchange(service)
                    except OSError:
                        pass  # Where it shows depends on how far the client was.
                    self.assertEqual(service.wait_log(1)[0]['event'], event)
                    self.assertFalse(service.log[0].get('complete'))
                    self.assertEqual(ask(service)[0], 200)

    def test_all_connections(self):
        with Simulator(PKI, accept_then_close=True) as service:
            for _ in range(3):
                with self.assertRaises(OSError):
                    connect(service)
            self.assertEqual(len(service.wait_log(3)), 3)

    def test_nothing_lives_for_ever(self):
        with mock.patch('connection.LIFE_SECONDS', 0.2), Simulator(PKI) as service:
            with connect(service) as secured:
                secured.sendall(request_bytes()[:-1])
                [record] = service.wait_log(1)
            self.assertEqual((record['event'], record['ended']), ('request', 'timeout'))
            with socket.create_connection((service.address, service.port)):
                record = service.wait_log(2)[1]
            self.assertEqual((record['event'], record['error']), ('handshake_failed', 'timeout'))

    def test_silent_handshake(self):
        with Simulator(PKI, silent_handshake=True) as service:
            with socket.create_connection((service.address, service.port), timeout=0.2) as tcp:
                tcp.sendall(b'\x16\x03\x01\x00\x05hello')
                with self.assertRaises(TimeoutError):
                    tcp.recv(1)
            self.assertEqual(service.wait_log(1)[0]['event'], 'silent_handshake')

    def test_die_after(self):
        length = len(request_bytes())
        for how in ('reset', 'fin', 'notify'):
            for count in (0, 1, 20, length - 1, length):
                with self.subTest(how=how, count=count), Simulator(PKI, die_after=count, die_how=how) as service:
                    try:
                        self.assertEqual(exchange(service), (b'', how))
                    except OSError:
                        self.assertEqual(how, 'reset')  # It may come while the client still sends.
                    [record] = service.wait_log(1)
                    whole = count == length
                    self.assertEqual((record['bytes_received'], record['complete'], record['executed'],
                                      record['status'], record['ended']),
                                     (count, whole, whole, None, None if whole else 'died'))
                    self.assertEqual(service.task_state('ready-1'), 'running' if whole else 'ready')
        with Simulator(PKI, die_after=length + 1) as service:
            self.assertEqual(ask(service)[0], 200)

    def test_tls(self):
        for options, expected in (({'tls': '1.2'}, 'TLSv1.2'), ({'tls': '1.3'}, 'TLSv1.3'), ({'tls': 'any'}, 'TLSv1.3'),
                                  ({'tls': '1.3', 'curve': 'secp384r1'}, 'TLSv1.3'),
                                  ({'tls': '1.2', 'ciphers': 'AES128-SHA', 'cert': 'rsa'}, 'TLSv1.2')):
            with self.subTest(options), Simulator(PKI, **options) as service:
                with connect(service, ciphers='DEFAULT') as secured:
                    secured.sendall(request_bytes())
                    self.assertEqual(split(read_all(secured)[0])[0], 200)
                [record] = service.wait_log(1)
                self.assertEqual(record['tls_version'], expected)
                self.assertEqual(record['cipher'], options.get('ciphers', record['cipher']))

    def test_old_tls(self):
        self.enterContext(warnings.catch_warnings())
        warnings.simplefilter('ignore', DeprecationWarning)
        with Simulator(PKI, tls='old') as service:
            with self.assertRaises(ssl.SSLError):
                connect(service)
            self.assertEqual(service.wait_log(1)[0]['event'], 'handshake_failed')
            # It is there for those who still speak it.
            with connect(service, oldest=ssl.TLSVersion.TLSv1, ciphers='DEFAULT:@SECLEVEL=0') as secured:
                self.assertEqual(secured.version(), 'TLSv1.1')

    def test_address_and_alpn(self):
        with Simulator(PKI, address='::1', alpn='') as service:
            with connect(service, '::1') as secured:
                secured.sendall(request_bytes())
                self.assertEqual(split(read_all(secured)[0])[0], 200)
            [record] = service.wait_log(1)
            self.assertEqual((record['sni'], record['alpn']), (None, None))

    def test_header_limit(self):
        with Simulator(PKI, header_limit=1000) as service:
            self.assertEqual(ask(service, token='x' * 2000)[0], 494)
            self.assertEqual(ask(service)[0], 200)

    def test_wait_log_gives_up(self):
        with Simulator(PKI) as service, self.assertRaises(TimeoutError):
            service.wait_log(1, timeout=0.05)


class Program(unittest.TestCase):
    def test_run(self):
        with tempfile.TemporaryDirectory() as folder:
            log, ready = pathlib.Path(folder) / 'log', pathlib.Path(folder) / 'ready'
            for end in (signal.SIGTERM, signal.SIGINT):
                with subprocess.Popen((sys.executable, HERE / 'simulator.py', '--pki', PKI, '--log', log,
                                       '--ready-file', ready, '--close-before-read', '1', '--die-how', 'fin'),
                                      stdout=subprocess.PIPE, text=True) as program:
                    *_, address, port = program.stdout.readline().split()
                    written = ready.read_text()
                    for _ in range(2):
                        context = ssl.create_default_context(cafile=PKI / 'roots.pem')
                        with (socket.create_connection((address, int(port)), timeout=5) as tcp,
                              context.wrap_socket(tcp, server_hostname='localhost') as secured):
                            secured.sendall(request_bytes())
                            read_all(secured)
                    program.send_signal(end)
                    self.assertEqual(program.wait(5), 0)
                    self.assertEqual(written, f'{address} {port}\n')
            records = [json.loads(line) for line in log.read_text().splitlines()]
            self.assertEqual([record['status'] for record in records], [None, 200, None, 200])

    def test_list_faults(self):
        listed = subprocess.run((sys.executable, HERE / 'simulator.py', '--list-faults'), capture_output=True,
                                text=True, check=True).stdout
        self.assertEqual(listed, faults.table() + '\n')


if __name__ == '__main__':
    unittest.main()
