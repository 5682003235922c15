"""A service that repeats the token and sends terminal escapes. support.check_result() looks at every run for both; here
are the services that try hardest, and what must be left of their text."""

import json

import fault_bodies
from peers import ScriptedPeer
from support import LONG_TOKEN, TOKEN, Case

TOKENS = (
    'x', 'ab', 'q"\\z', 'seven-7', 'fifteen-letters', 'sixteen-letters!', 'seventeen-letters', 'a' * 15, 'a' * 16,
    'a' * 64, 'ab' * 40, 'abc' * 11, 'q"' * 20 + 'q', '\\' * 40, '\\"/' * 20, '\\u0041' * 10, 'q<script>&amp;%41' * 4,
    ''.join(map(chr, range(0x21, 0x7f))), TOKEN, TOKEN * 4, LONG_TOKEN,
)

TEXTS = ('error_code', 'error_msg', 'encoded_authorization_message', 'request_id')


def service_texts(answer):
    """Every text in the reply that the service wrote."""
    yield from (answer[name] for name in TEXTS if answer[name])
    yield from answer['error_param'] or ()
    for detail in answer['details'] or ():
        yield from (text for text in detail.values() if text)


class Echo(Case):
    """The simulator's echoing fault."""

    def test_tokens(self):
        service = self.service()
        for token in TOKENS:
            with self.subTest(token[:40], length=len(token)):
                result = self.call(service, 'fault-echo', token=token)
                self.assert_outcome(result, 'refused', 'http_status', http_status=403)
                if len(token) < 16:
                    for text in service_texts(result.json):
                        self.assertNotIn(token, text)
                told = self.tell(service, 'fault-echo', token=token)
                verbose = self.tell(service, 'fault-echo', '-v', token=token)
                self.assertEqual((told.code, verbose.code), (1, 1))

    def test_what_is_left(self):
        """The token is replaced before the text is cut to its limit, so all around it stays."""
        hostile = json.loads(f'"{fault_bodies.HOSTILE_ESCAPED}"').replace('\ud800', '\ufffd')
        for token in (TOKEN, LONG_TOKEN, 'seven-7'):
            with self.subTest(length=len(token)):
                answer = self.call(self.service(), 'fault-echo', token=token).json
                self.assertEqual(answer['error_code'], 'SMS.9004 ***')
                self.assertEqual(answer['error_msg'], f'{hostile}{fault_bodies.HOSTILE_RAW} refused for *** and ***')
                self.assertEqual(answer['request_id'], '***', 'masked before it is cut')
                self.assertTrue(answer['error_param'][0] == answer['error_param'][1] == '***')
                self.assertNotIn('error_msg', answer['truncated'])

    def test_text_that_is_not_the_token_stays(self):
        """Fifteen characters of it are no secret, and looking alike is no reason to hide anything."""
        answer = self.call(self.service(), 'running-1', token='Only-tasks-in-the-Ready,-Paused').json
        self.assertEqual(answer['error_msg'], 'Only tasks in the Ready, Paused or Error state can be started.')


def answering(*responses):
    """A script that sends these bytes, one TLS record each, once the request is there."""
    def talk(peer, tls):
        peer.receive(tls)
        for data in responses:
            tls.sendall(data)
        tls.unwrap()
    return talk


def framed(status, body, headers=b''):
    """A response with this body."""
    return (b'HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n%b\r\n%b'
            % (status, len(body), headers, body))


class OtherEchoes(Case):
    """Echoes that the simulator does not have: other shapes, other framings, broken replies."""

    def assert_silent_about(self, *responses, outcome):
        """No part of the token comes out of any kind of output; the check itself is in support."""
        for option in (('--json',), (), ('-v',), ('-v', '--json')):
            with ScriptedPeer(answering(*responses)) as peer:
                result = self.call(peer, 'ready-1') if option == ('--json',) else self.tell(peer, 'ready-1', *option)
                self.assertEqual(result.code, {'accepted': 0, 'refused': 1, 'unknown': 4}[outcome], str(result))

    def test_shapes(self):
        token = TOKEN.encode()
        for status, body, outcome in (
                (403, token, 'refused'), (403, b'<html>' + token + b'</html>', 'refused'),
                (401, b'{"error":{"code":"%b","message":"%b","title":"%b"}}' % (token, token, token), 'refused'),
                (401, b'{"errorCode":"%b","errorMsg":"%b"}' % (token, token), 'refused'),
                (400, b'{"code":"%b","message":"%b"}' % (token, token), 'refused'),
                (500, b'{"error_code":"%b","error_msg":"%b"}' % (token, token), 'unknown'),
                (200, b'{"error_code":"%b","error_msg":"%b"}' % (token, token), 'unknown'),
                (200, b'"%b"' % token, 'accepted'), (200, token, 'accepted'),
                (403, b'{"error_code":"SMS.9004","error_msg":"' + token, 'refused'),
                (403, b'{"error_param":["%b' % token, 'refused'),
                (403, b'["%b"]' % token, 'refused'), (403, b'"%b"' % token, 'refused')):
            with self.subTest(body[:40], status=status):
                self.assert_silent_about(framed(status, body), outcome=outcome)

    def test_headers(self):
        token = TOKEN.encode()
        for name in (b'X-Request-Id', b'Location', b'Retry-After', b'Date', b'Server', b'Set-Cookie', b'Content-Type',
                     token):
            with self.subTest(name):
                self.assert_silent_about(framed(400, b'{}', b'%b: %b\r\n' % (name, token)), outcome='refused')
        early = b'HTTP/1.1 103 %b\r\nLink: %b\r\n\r\n' % (token, token)
        self.assert_silent_about(early, framed(400, b'{}'), outcome='refused')

    def test_broken_replies(self):
        token = TOKEN.encode()
        for data in (token, b'HTTP/1.1 ' + token, b'HTTP/1.1 200 %b' % token, b'HTTP/1.1 200 OK\r\n%b\r\n\r\n' % token,
                     b'HTTP/1.1 200 OK\r\nContent-Length: %b\r\n\r\n' % token,
                     b'HTTP/1.1 200 OK\r\nTransfer-Encoding: %b\r\n\r\n' % token,
                     b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%b\r\n' % token,
                     framed(403, b'{"error_msg":"%b"}' % token)[:-10]):
            with self.subTest(data[:60]):
                self.assert_silent_about(data, outcome='unknown')

    def test_in_small_pieces(self):
        """Chunks of one byte, in records of a few bytes: the token is never seen whole at once."""
        body = fault_bodies.echoing(TOKEN[:40])
        chunks = b''.join(b'1\r\n%c\r\n' % octet for octet in body) + b'0\r\n\r\n'
        head = b'HTTP/1.1 403 X\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n'
        with ScriptedPeer(answering(head, *(chunks[start:start + 97] for start in range(0, len(chunks), 97)))) as peer:
            result = self.call(peer, 'ready-1', token=TOKEN[:40])
        self.assert_outcome(result, 'refused', error_code='SMS.9004 ***')

    def test_escapes_in_text_for_people(self):
        """Shown as what they are: a person sees that something was there."""
        body = json.dumps({'error_code': 'SMS.1\x1b[2J', 'error_msg': 'a\x07b\x9bc\u202ed\u2028e\nf'}).encode()
        with ScriptedPeer(answering(framed(400, body))) as peer:
            result = self.tell(peer, 'ready-1')
        for shown in (r'\u001b', r'\u0007', r'\u009b', r'\u202e', r'\u2028'):
            self.assertIn(shown, result.said, str(result))
        # A line feed of the service would let it write lines that look like the command's own.
        self.assertNotIn('\nf', result.out + result.err)

    def test_other_languages_stay_readable(self):
        body = json.dumps({'error_code': 'SMS.1', 'error_msg': '任务不存在 – é 😀'}, ensure_ascii=False).encode()
        with ScriptedPeer(answering(framed(400, body))) as peer:
            self.assertIn('任务不存在 – é 😀', self.tell(peer, 'ready-1').said)
            self.assert_outcome(self.call(peer, 'ready-1'), 'refused', error_msg='任务不存在 – é 😀')
