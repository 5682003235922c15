"""The same call against real servers: nginx, and `openssl s_server`."""

import json

from peers import Nginx, OpensslServer
from support import EXIT, LONG_TOKEN, TOKEN, Case

REFUSAL = {'error_code': 'SMS.9004', 'error_msg': 'No permission.', 'request_id': '0123456789abcdef0123456789abcdef'}

LOCATIONS = """
    location ~ ^/v3/tasks/ready-[^/]*/action$ { return 200 '{}'; }
    location ~ ^/v3/tasks/nobody-[^/]*/action$ { return 204; }
    location ~ ^/v3/tasks/denied-[^/]*/action$ { return 403 '%s'; }
    location ~ ^/v3/tasks/page-[^/]*/action$ { return 404; }
    location ~ ^/v3/tasks/moved-[^/]*/action$ { return 307 https://elsewhere.example.test/; }
    location ~ ^/v3/tasks/busy-[^/]*/action$ { return 503; }
    location ~ ^/v3/tasks/large-[^/]*/action$ { error_page 403 /large.json; return 403; }
    location = /large.json { internal; }
    location ~ ^/v3/tasks/gone-[^/]*/action$ { return 444; }
""" % json.dumps(REFUSAL)

LARGE = {'unknown': ['x' * 1000] * 2000, 'error_code': 'SMS.7713', 'error_msg': 'at the end'}


class RealNginx(Case):
    """nginx terminates TLS and frames answers in its own way."""

    def nginx(self, **how):
        """One for the rest of this test."""
        return self.enterContext(Nginx(LOCATIONS, **how))

    def test_versions_and_certificates(self):
        for protocol in ('TLSv1.2', 'TLSv1.3'):
            for cert in ('ec', 'rsa-inter'):
                with self.subTest(protocol, cert=cert):
                    server = self.nginx(cert=cert, directives=f'ssl_protocols {protocol};')
                    self.assert_outcome(self.call(server, 'ready-1'), 'accepted', http_status=200)
                    result = self.call(server, 'denied-1')
                    self.assert_outcome(result, 'refused', 'http_status', http_status=403, **REFUSAL)
                    lines = server.seen(2)
                    self.assertEqual(lines[0].split()[:4], ['200', '"POST', '/v3/tasks/ready-1/action', 'HTTP/1.1"'])
                    self.assertIn(f'{TOKEN} {protocol}', lines[0])

    def test_kinds_of_answers(self):
        server = self.nginx()
        self.assert_outcome(self.call(server, 'nobody-1'), 'accepted', http_status=204)
        self.assert_outcome(self.call(server, 'page-1'), 'refused', 'body_malformed', http_status=404)
        self.assert_outcome(self.call(server, 'moved-1'), 'refused', http_status=307)
        self.assert_outcome(self.call(server, 'busy-1'), 'unknown', 'body_malformed', http_status=503)
        self.assert_outcome(self.call(server, 'gone-1', '--timeout=5'), 'unknown', 'connection_lost')
        self.assertEqual(len(server.seen(5)), 5)

    def test_the_longest_token(self):
        server = self.nginx()
        self.assert_outcome(self.call(server, 'ready-1', token=LONG_TOKEN), 'accepted')
        self.assertIn(f' {LONG_TOKEN} ', server.seen()[0])

    def test_a_token_too_long_for_the_server(self):
        """nginx answers 400 with a page of its own, early, and closes."""
        server = self.nginx(buffers='4 4k')
        for number in range(3):
            self.assert_outcome(self.call(server, f'ready-{number}', token=LONG_TOKEN), 'refused', http_status=400)

    def test_record_sizes(self):
        for size in ('1k', '4k', '16k'):
            with self.subTest(size):
                server = self.nginx(directives=f'ssl_buffer_size {size};')
                (server.folder / 'large.json').write_text(json.dumps(LARGE))
                self.assert_outcome(self.call(server, 'large-1'), 'refused', 'http_status', http_status=403,
                                    error_code='SMS.7713', error_msg='at the end')
                self.assert_outcome(self.call(server, 'ready-1'), 'accepted')

    def test_what_a_person_reads(self):
        server = self.nginx()
        result = self.tell(server, 'page-1')
        self.assertEqual(result.code, EXIT['refused'])
        self.assert_words(result, r'\b404\b')


def response(status, body=b'{}', headers=b'Content-Length: %d\r\n'):
    """A canned answer."""
    if b'%d' in headers:
        headers = headers % len(body)
    return b'HTTP/1.1 %d X\r\n%bConnection: close\r\n\r\n%b' % (status, headers, body)


class RealOpenssl(Case):
    """s_server sends what it is given, with OpenSSL's session tickets, alerts and endings."""

    def ask(self, answer, *options, cert='ec', end=True):
        """One call; the server has seen a whole request before it answers."""
        with OpensslServer(answer, *options, cert=cert, end=end) as server:
            result = self.call(server, 'ready-1', '--timeout=5')
            self.assertIn(b'POST /v3/tasks/ready-1/action HTTP/1.1\r\n', server.received)
            self.assertIn(f'X-Auth-Token: {TOKEN}\r\n'.encode(), server.received)
            return result

    def test_versions(self):
        for option in ('-tls1_2', '-tls1_3'):
            for cert in ('ec', 'rsa'):
                with self.subTest(option, cert=cert):
                    self.assert_outcome(self.ask(response(200), option, cert=cert), 'accepted', http_status=200)

    def test_answers(self):
        refusal = json.dumps(REFUSAL).encode()
        self.assert_outcome(self.ask(response(403, refusal)), 'refused', http_status=403, **REFUSAL)
        # The response says where it ends, so nobody has to close for it to count.
        self.assert_outcome(self.ask(response(200), end=False), 'accepted')
        # Here it has to end for that, and FIN without close_notify may be a cut that somebody made.
        self.assert_outcome(self.ask(response(200, headers=b'')), 'unknown', 'connection_lost', http_status=200)
        self.assert_outcome(self.ask(response(200, b'{}', b'Content-Length: 3\r\n')), 'unknown', http_status=200)

    def test_session_tickets(self):
        """Some before the answer, none, or many: they are no part of it."""
        for tickets in (0, 1, 8):
            with self.subTest(tickets):
                self.assert_outcome(self.ask(response(200), '-num_tickets', str(tickets)), 'accepted')

    def test_small_records(self):
        self.assert_outcome(self.ask(response(200), '-max_send_frag', '512'), 'accepted')

    def test_a_client_certificate_is_asked_for(self):
        """Asked for, not demanded: there is none, and the call goes on."""
        for option in ('-tls1_2', '-tls1_3'):
            with self.subTest(option):
                self.assert_outcome(self.ask(response(200), option, '-verify', '1'), 'accepted')
