"""Every row of the outcome table: what a program reads (--json), what a person reads, and the exit code of both."""

import gzip
import os
import zlib

from http_response import SHORT_200
from peers import PlainPeer, ScriptedPeer, closed_port, deaf_port
from support import EXIT, LONG_TOKEN, PKI, ROOTS, TOKEN, Case, by_address, has_ipv6, target

# From the table of error codes: what to do about some that this call meets.
ADVICE = {
    'SMS.7713': 'Look at the task state first; wait or pause, then start',
    'SMS.7703': 'Check the task id (the console and GET /v3/tasks show the ids), the region and the account',
    'SMS.6603': 'Reconnect the Agent; see the SMS FAQ on migration network',
    'SMS.6521': 'Send a correct, current token',
}

# What a person must be able to read, whatever else is said. `unknown` is the dangerous one: it says what may have
# happened, and that a mere repetition is wrong.
WORDS = {
    'accepted': ('accepted',),
    'refused': ('refused',),
    'not_sent': ('not sent|not_sent', 'repeat|again|retry'),
    'unknown': ('unknown', 'may have been|may already', 'repeat'),
}


class Accepted(Case):
    """A complete 2xx, whatever its framing, whose body is a yes."""

    def test_variants(self):
        service = self.service()
        for fault, status in {
                'slow-100': 200, 'drip-1': 200, 'splits-1': 200, 'splits-7': 200, 'status-200': 200, 'status-201': 201,
                'status-202': 202, 'status-204': 204, 'status-299': 299, 'plain-200': 200,
                'blank-200': 200, 'empty-200': 200, 'text200': 200, 'chunked-200': 200,
                'chunkbytes': 200, 'closedelim': 200, 'interim-1': 200, 'interim-2': 200, 'interim-16': 200,
                'bigheaders-6': 200, 'bigheader-8': 200, 'h10': 200, 'h10close': 200}.items():
            with self.subTest(fault):
                self.assert_outcome(
                    self.call(service, f'fault-{fault}'), 'accepted', 'ok', http_status=status, error_code=None,
                    error_msg=None, encoded_authorization_message=None, error_param=None, details=None, truncated=[],
                    attempts=1, advice=None, operation='start', task_id=f'fault-{fault}')

    def test_bodies_that_are_a_yes(self):
        for headers, body in ((b'', b'{"error_code":""}'), (b'', b'{"error_code":null}'), (b'', b'{"error_code":0}'),
                              (b'', b'{"error_code":"0","error":{}}'), (b'', b'{"message":"done"}'), (b'', b'[]'),
                              (b'', b'0'), (b'', b'"SMS.6000"'), (b'', b' \r\n'), (b'', b'task accepted'),
                              (b'', '\u5df2\u63a5\u53d7'.encode()), (b'Content-Type: text/html\r\n', b'{ }'),
                              (b'Content-Type: text/html\r\n', b''), (b'Content-Encoding: Identity\r\n', b'{}'),
                              (b'Content-Encoding: \r\n', b'{}')):
            with self.subTest(body, headers=headers):
                self.assert_outcome(answered(self, body, headers), 'accepted', 'ok', http_status=200,
                                    error_code=(None, '', '0'), error_msg=None, truncated=[])

    def test_request_id_is_the_gateways(self):
        result = self.call(self.service(), 'ready-1')
        self.assertRegex(result.json['request_id'], r'\A[0-9a-f]{32}\Z')

    def test_what_a_person_reads(self):
        service = self.service()
        for operation, task in (('start', 'ready-1'), ('clear', 'finished-1')):
            result = self.tell(service, task, operation=operation)
            self.assertEqual(result.code, 0)
            self.assertTrue(result.out.strip())
            self.assert_words(result, *WORDS['accepted'], operation, task)


def answered(case, body, headers=b'', status=b'200 OK', **options):
    """The result of a call that gets this answer."""
    def talk(peer, tls):
        peer.receive(tls)
        tls.sendall(b'HTTP/1.1 %b\r\n%bContent-Length: %d\r\nConnection: close\r\n\r\n%b' %
                    (status, headers, len(body), body))

    with ScriptedPeer(talk) as peer:
        return case.call(peer, 'ready-1', '--retries=0', **options)


class NoYes(Case):
    """A complete 2xx whose body says no, or cannot be read."""

    def test_error_codes_wherever_they_stand(self):
        for body, code in (
                (b'{"error_code":7713,"error_msg":"no"}', '7713'), (b'{"error":{"code":401,"message":"x"}}', '401'),
                (b'{"a":1,"error_code":"SMS.6000"}', 'SMS.6000'), (b'[{"error_code":"SMS.6000"}]', 'SMS.6000'),
                (b'{"a":[[{"b":{"error_code":"SMS.6000"}}]]}', 'SMS.6000'), (b'{"error":["x"]}', None),
                (b'{"errorCode":"E1","errorMsg":"no"}', 'E1'), (b'{"code":"E1","message":"no"}', 'E1'),
                (b'{"error_code":null,"error_code":"SMS.6000"}', 'SMS.6000'),
                (b'{"error_code":"","error_code":"SMS.6000"}', ''), (b'{"error_code":true}', None),
                (b'{"error_code":{}}', None), (b'{"error":"denied"}', None), (b'{"error":true}', None),
                (b'{"a":"%b","error_code":"SMS.6000"}' % (b'x' * 300000), 'SMS.6000'),
                (b'{"details":[%b{"error_code":"SMS.6000"}]}' % (b'{},' * 30), None)):
            with self.subTest(body[:80]):
                self.assert_outcome(answered(self, body), 'unknown', 'http_status', http_status=200, error_code=code)

    def test_bodies_that_cannot_be_read(self):
        deep = b'[' * 64
        for body in (
                b'{"a":%b%b,"error_code":"SMS.7713"}' % (deep, deep.replace(b'[', b']')), b'[' * 5000 + b']' * 5000,
                b'\xef\xbb\xbf{"error_code":"SMS.1"}', b'\xef\xbb\xbf{}', b'{"error_msg":"a\tb","error_code":"SMS.1"}',
                b'{"error_msg":"%b","error_code":"SMS.1"}' % '\u4e0d\u884c'.encode('gbk'), gzip.compress(b'{}'),
                zlib.compress(b'{"error_code":"SMS.1"}'), '{}'.encode('utf-16'), '{}'.encode('utf-16-le'),
                '{}'.encode('utf-32'), b'{"a":1', b'{}{}', b'{} // ok', b'"ok', b'{', b'<html>Blocked</html>',
                b'\r\n<!DOCTYPE html>', b'\f<html>', b'ok\0', b'caf\xe9', b'\xef\xbb\xbfok'):
            for kind in (b'application/json', b'text/plain', b'text/html'):
                with self.subTest(body[:80], kind=kind):
                    self.assert_outcome(answered(self, body, b'Content-Type: %b\r\n' % kind), 'unknown',
                                        'body_malformed', http_status=200, error_code=None)

    def test_headers_that_say_what_the_body_is(self):
        for headers, body in (
                (b'Content-Encoding: gzip\r\n', gzip.compress(b'{}')), (b'Content-Encoding: br\r\n', b'{}'),
                (b'content-encoding: identity, GZIP\r\n', b'{}'), (b'Content-Encoding: deflate\r\n', b' '),
                (b'Content-Encoding: identity\r\nContent-Encoding: x\r\n', b'{}'),
                (b'Content-Type: text/html\r\n', b'Blocked'), (b'content-type: TEXT/HTML; charset=x\r\n', b'Blocked'),
                (b'Content-Type: application/xhtml+xml\r\n', b'Blocked'), (b'Content-Type: text/xml\r\n', b'Blocked'),
                (b'Content-Type: application/problem+XML\r\n', b'Blocked')):
            with self.subTest(body, headers=headers):
                self.assert_outcome(answered(self, body, headers), 'unknown', 'body_malformed', http_status=200)


class OtherShapes(Case):
    """What stands in other shapes of an error body leads to the same members."""

    def test_shapes(self):
        for body, reason, code, message in (
                (b'{"errorCode":"E1","errorMsg":"no"}', 'http_status', 'E1', 'no'),
                (b'{"code":17,"message":"no"}', 'http_status', '17', 'no'),
                (b'{"title":"Forbidden","status":403,"detail":"no"}', 'http_status', None, 'no'),
                (b'{"title":"Forbidden","status":403}', 'http_status', None, 'Forbidden'),
                (b'{"message":"worse","error_msg":"no"}', 'http_status', None, 'no'),
                (b'{"itemNotFound":{"code":404,"message":"no"}}', 'http_status', '404', 'no'),
                (b'"no"', 'http_status', None, 'no'),
                (b'\r\n404 page not found\n', 'body_malformed', None, '404 page not found'),
                (b'no \xe2\x80\xae %b' % TOKEN.encode(), 'body_malformed', None, 'no \u202e ***')):
            with self.subTest(body):
                result = answered(self, body, status=b'403 Forbidden')
                self.assert_outcome(result, 'refused', reason, error_code=code, error_msg=message, truncated=[])
        result = answered(self, b'no ' * 200, status=b'403 Forbidden')
        self.assert_outcome(result, 'refused', 'body_malformed', truncated=['error_msg'],
                            error_msg=(b'no ' * 85).decode())

    def test_the_request_id_survives(self):
        """Also an answer that breaks off."""
        def talk(peer, tls):
            peer.receive(tls)
            tls.sendall(b'HTTP/1.1 403 Forbidden\r\nX-Request-Id: 0123abcd\r\nContent-Length: 90\r\n\r\n{"error_code":"A"')

        with ScriptedPeer(talk) as peer:
            self.assert_outcome(self.call(peer, 'ready-1'), 'unknown', ('connection_lost', 'http_malformed'),
                                http_status=403, request_id='0123abcd', error_code=None)
        self.assert_outcome(answered(self, b'{"request_id":"abc"}', b'X-Request-Id:\r\n', b'403 No'), 'refused',
                            request_id='abc')


class Refused(Case):
    """A complete answer that says no."""

    def test_by_status(self):
        service = self.service()
        for status in (300, 301, 302, 303, 305, 307, 308, 399, 400, 401, 402, 403, 404, 405, 406, 409, 410, 411, 413,
                       414, 415, 422, 429, 431, 451, 494, 499):
            with self.subTest(status):
                result = self.call(service, f'fault-status-{status}', '--retries=0')
                self.assert_outcome(result, 'refused', 'http_status', http_status=status, attempts=1, truncated=[])
        self.assert_outcome(self.call(service, 'fault-status-304'), 'refused', 'http_status', http_status=304,
                            error_code=None, error_msg=None)

    def test_redirects_are_not_followed(self):
        service = self.service()
        self.assert_outcome(self.call(service, 'fault-redirect'), 'refused', 'http_status', http_status=302)
        self.assertEqual(len(service.requests), 1)

    def test_by_the_service(self):
        service = self.service()
        for task, code in {'running-1': 'SMS.7713', 'nothing-1': 'SMS.7703', 'offline-1': 'SMS.6603'}.items():
            with self.subTest(task):
                result = self.call(service, task)
                self.assert_outcome(result, 'refused', 'http_status', http_status=400, error_code=code,
                                    advice=ADVICE[code], attempts=1)
                self.assertRegex(result.json['request_id'], r'\A[0-9a-f]{32}\Z')
        self.assert_outcome(self.call(service, 'fault-sms-9999'), 'refused', error_code='SMS.9999', advice=None)

    def test_by_the_token(self):
        service = self.service()
        rest = 'x' * 40
        for token, status, code in (
                (f'wrong-{rest}', 401, 'APIGW.0301'), (f'expires-{rest}', 401, 'APIGW.0301'),
                ('expired-token', 401, 'APIGW.0307'), (f'refused-{rest}', 400, 'SMS.6521'),
                (f'norights-{rest}', 400, 'SMS.6523'), (f'frozen-{rest}', 400, 'SMS.6525')):
            with self.subTest(token):
                result = self.call(service, 'ready-1', token=token)
                self.assert_outcome(result, 'refused', 'http_status', http_status=status, error_code=code, attempts=1)
                self.assertTrue(result.json['advice'])
        self.assertEqual(len(service.requests), 6, 'no second request after a 401')

    def test_without_permission_every_member_is_shown(self):
        result = self.call(self.service(), 'ready-1', token='denied-' + 'x' * 40)
        detail = ('You do not have permission to perform action sms:server:migrationServer on resource '
                  'sms:*:09d1f2a4c5b34e6f8a7b9c0d1e2f3a4b:server:*.')
        self.assert_outcome(
            result, 'refused', 'http_status', http_status=403, error_code='SMS.9004',
            error_msg=f'The current account does not have the permission to execute policy. {detail}',
            encoded_authorization_message='c2ltdWxhdGVkLWVuY29kZWQtYXV0aG9yaXphdGlvbi1tZXNzYWdl' * 8,
            error_param=[detail], details=[{'error_code': 'SMS.9004', 'error_msg': detail}], truncated=[])
        self.assertIn('sms:server:manageTask', result.json['advice'])

    def test_shapes_of_the_body(self):
        service = self.service()
        refused = {'outcome': 'refused', 'reason': 'http_status', 'error_code': 'SMS.7713'}
        malformed = {'outcome': 'refused', 'reason': 'body_malformed'}
        for fault, wanted in {
                'unauthorized': {**refused, 'error_code': 'APIGW.0301', 'http_status': 401},
                # Its code is a number where the service's is a text: shown or absent, both are right.
                'iam': {**refused, 'error_code': ('401', None), 'http_status': 401},
                'types': {**refused, 'encoded_authorization_message': None, 'error_param': None, 'details': None},
                'twice': refused, 'pipelined': refused, 'bigbody-100': refused, 'deep-50': refused,
                'deep-5000': malformed, 'html-403': malformed, 'html-400': malformed, 'plain-404': malformed,
                'badjson-400': malformed, 'blank-403': malformed, 'empty-403': {**refused, 'error_code': None},
                'chunked-400': {**refused, 'error_code': 'APIGW.0601'}}.items():
            with self.subTest(fault):
                result = self.call(service, f'fault-{fault}', '--retries=0')
                self.assert_outcome(result, **wanted)
                self.assertRegex(result.json['request_id'], r'\A[0-9a-f]{32}\Z')
        self.assertNotEqual(self.call(service, 'fault-twice').json['error_msg'], 'the second one')
        self.assertIn('requires authentication', self.call(service, 'fault-iam').json['error_msg'])

    def test_503_only_by_the_gateway(self):
        service = self.service()
        for fault, code in {'gw503': 'APIGW.0613', 'apig503': 'APIG.0613'}.items():
            with self.subTest(fault):
                result = self.call(service, f'fault-{fault}', '--retries=0')
                self.assert_outcome(result, 'refused', 'http_status', http_status=503, error_code=code)
                self.assertTrue(result.json['advice'], 'the numbers mean the same with either prefix')

    def test_advice_for_a_code_with_several_meanings(self):
        service = self.service()
        self.assertIn('header', self.call(service, 'fault-status-494').json['advice'].lower())
        self.assertIn('body', self.call(service, 'fault-status-413').json['advice'].lower())
        self.assertIn('uri', self.call(service, 'fault-status-414').json['advice'].lower())

    def test_early_refusals(self):
        """For a token that is too large the gateway answers before it has read it, and may close at once."""
        service = self.service()
        for fault, status in {'early413': 413, 'early494': 494, 'early413rst': 413}.items():
            for token in (TOKEN, LONG_TOKEN):
                with self.subTest(fault, length=len(token)):
                    self.assert_outcome(self.call(service, f'fault-{fault}', token=token), 'refused', 'http_status',
                                        http_status=status, error_code='APIGW.0201')
        self.assert_outcome(self.call(self.service(header_limit=8192), 'ready-1', token=LONG_TOKEN), 'refused',
                            'http_status', http_status=494)

    def test_what_a_person_reads(self):
        service = self.service()
        result = self.tell(service, 'running-1')
        self.assertEqual(result.code, EXIT['refused'])
        self.assertTrue(result.out.strip(), 'the result belongs on standard output')
        self.assert_words(result, *WORDS['refused'], r'\b400\b', r'sms\.7713', 'ready, paused or error',
                          'look at the task state first', '[0-9a-f]{32}')
        self.assert_words(self.tell(service, 'ready-1', token='denied-' + 'x' * 40), r'\b403\b', r'sms\.9004',
                          'sms:server:managetask')
        self.assert_words(self.tell(service, 'fault-html-403'), *WORDS['refused'], r'\b403\b')
        self.assert_words(self.tell(service, 'fault-redirect'), *WORDS['refused'], r'\b302\b')


class Unknown(Case):
    """Handed over whole, and no definitive answer came."""

    CASES = {
        'silent': ('timeout', None), 'reset': ('connection_lost', None), 'cut-0': ('connection_lost', None),
        'cutnotify-0': (('connection_lost', 'http_malformed'), None), 'cut-20': ('connection_lost', None),
        'cutlong-500': (('connection_lost',), None),
        'cutnotify-20': (('connection_lost', 'http_malformed'), None), 'cutreset-0': ('connection_lost', None),
        'garbage': ('http_malformed', None), 'badchunk': ('http_malformed', 200), 'hugechunk': (None, 200),
        'chunkcut': (('connection_lost', 'http_malformed'), 200), 'closecut': ('connection_lost', 200),
        'twocl': ('http_malformed', None), 'tecl': ('http_malformed', None), 'switch101': ('http_malformed', None),
        'interim-17': ('http_too_large', None), 'bigheaders-70': ('http_too_large', None),
        'bigheader-70': ('http_too_large', None),
        'status-500': ('http_status', 500), 'status-501': ('http_status', 501),
        'status-502': ('http_status', 502), 'status-504': ('http_status', 504), 'status-599': ('http_status', 599),
        '503': ('http_status', 503), 'html-502': ('body_malformed', 502), 'html-503': ('body_malformed', 503),
        'plain-500': ('body_malformed', 500), 'badjson-503': ('body_malformed', 503),
        'blank-500': ('body_malformed', 500), 'empty-500': ('http_status', 500), 'empty-503': ('http_status', 503),
        'chunked-500': ('http_status', 500), 'err200': ('http_status', 200), 'badjson-200': (('http_status', 'body_malformed'), 200),
        'html-200': ('body_malformed', 200),
        'status-600': ('http_malformed', None),
        'status-99': ('http_malformed', None), 'drip-200': ('timeout', None),
    }

    def test_variants(self):
        service = self.service()
        for number, (fault, (reason, status)) in enumerate(self.CASES.items(), 1):
            with self.subTest(fault):
                result = self.call(service, f'fault-{fault}', '--timeout=1')
                self.assert_outcome(result, 'unknown', reason, attempts=1)
                if status:
                    self.assert_outcome(result, 'unknown', http_status=status)
                elif fault not in ('twocl', 'tecl', 'bigheaders-70', 'bigheader-70', 'status-600', 'status-99',
                                   'switch101', 'interim-17'):
                    self.assert_outcome(result, 'unknown', http_status=None)  # No header section was complete.
                self.assertLess(result.seconds, 2.5, 'the deadline')
                self.assertEqual(len(service.wait_log(number)), number, 'never a second request')

    def test_members_of_what_did_arrive(self):
        service = self.service()
        self.assert_outcome(self.call(service, 'fault-err200'), 'unknown', error_code='SMS.6000',
                            error_msg='Not quite.')
        self.assert_outcome(self.call(service, 'fault-503'), 'unknown', error_code='SMS.6000')
        self.assert_outcome(self.call(service, 'fault-status-502'), 'unknown', error_code='APIGW.0201')
        # Cut inside the body: the header section was complete.
        self.assert_outcome(self.call(service, f'fault-cut-{len(SHORT_200) - 1}'), 'unknown', 'connection_lost',
                            http_status=200)

    def test_status_line_of_a_success_is_not_enough(self):
        service = self.service()
        for fault in ('cutlong-17', 'cutlong-1000', 'chunkcut', 'closecut', 'cut-50'):
            with self.subTest(fault):
                self.assert_outcome(self.call(service, f'fault-{fault}'), 'unknown')

    def test_what_a_person_reads(self):
        service = self.service()
        for fault, words in {'silent': 'time|second', 'reset': 'lost|reset|closed', 'garbage': 'http', '503': '503',
                             'err200': r'sms\.6000', 'bigheaders-70': 'large|long|limit', 'html-502': '502',
                             'closecut': 'lost|closed|cut|incomplete|ended'}.items():
            with self.subTest(fault):
                result = self.tell(service, f'fault-{fault}', '--timeout=1')
                self.assertEqual(result.code, EXIT['unknown'], str(result))
                self.assert_words(result, *WORDS['unknown'], words)


class NotSent(Case):
    """It failed before the last byte was handed over."""

    def not_sent(self, reason, *options, words='.', attempts=1):
        """Judged with and without --json; reason may be a tuple."""
        result = self.run_command('start', 'ready-1', '--json', *options)
        self.assert_outcome(result, 'not_sent', reason, http_status=None, error_code=None, request_id=None,
                            attempts=attempts, advice=None, truncated=[], operation='start', task_id='ready-1')
        told = self.run_command('start', 'ready-1', *options)
        self.assertEqual(told.code, EXIT['not_sent'], str(told))
        self.assert_words(told, *WORDS['not_sent'], words)
        return result

    def test_closed_port(self):
        port = closed_port()
        self.not_sent('connect_failed', *target(port), '--retries=0', words='connect')
        self.not_sent('connect_failed', *by_address(port), '--retries=0', words=f'{port}')
        if has_ipv6():
            self.not_sent('connect_failed', *by_address(port, '::1'), '--retries=0', words='refused')

    def test_name_that_does_not_resolve(self):
        result = self.not_sent('resolve_failed', '--endpoint=https://no-such-host.invalid', '--ca-file', ROOTS,
                               '--retries=0', '--connect-timeout=5', words=r'no-such-host\.invalid')
        self.assertLess(result.seconds, 6)

    def test_name_by_the_resolver(self):
        service = self.service()
        self.assert_outcome(self.run_command('start', 'ready-1', '--json', '--ca-file', ROOTS, '--endpoint',
                                             f'https://localhost:{service.port}'), 'accepted', attempts=1)

    def test_no_process_is_left_behind(self):
        """A name is looked up in a child; neither success nor failure leaves it running or waiting to be reaped."""
        service = self.service()
        for host in ('localhost', 'no-such-host.invalid'):
            running = self.start('start', 'ready-1', '--endpoint', f'https://{host}:{service.port}', '--ca-file', ROOTS,
                                 '--retries=0', '--connect-timeout=5')
            self.finish(running)
            with self.assertRaises(ProcessLookupError):
                os.killpg(running.process.pid, 0)

    def test_port_that_does_not_answer(self):
        with deaf_port() as port:
            result = self.not_sent('timeout', *target(port), '--connect-timeout=0.5', '--retries=0',
                                   words='time|second')
            self.assertLess(result.seconds, 2)
            # The total deadline holds where it is the shorter one.
            result = self.not_sent('timeout', *target(port), '--timeout=0.5', '--retries=0')
            self.assertLess(result.seconds, 2)

    def test_peers_that_do_not_get_through_the_handshake(self):
        for option, reason in {'accept_then_close': ('connect_failed', 'connection_lost', 'tls_failed'),
                               'handshake_close': ('connection_lost', 'tls_failed'),
                               'silent_handshake': ('timeout',)}.items():
            for how in ('reset', 'fin'):
                with self.subTest(option, how=how):
                    service = self.service(**{option: True}, die_how=how)
                    result = self.not_sent(reason, *target(service.port), '--connect-timeout=0.5', '--retries=0')
                    self.assertLess(result.seconds, 2)
                    self.assertEqual(service.requests, [])

    def test_peer_without_tls(self):
        with PlainPeer() as peer:
            self.not_sent(('tls_failed', 'connection_lost'), *target(peer.port), '--retries=0')

    def test_wrong_roots(self):
        service = self.service()
        self.not_sent('certificate_rejected', *target(service.port, ca_file=str(PKI / 'other-root.pem')),
                      words='certificate')
        self.assertEqual(service.requests, [])
