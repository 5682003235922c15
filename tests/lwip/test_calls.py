"""The calls of firmware on a line without faults: every outcome, certificates, names, time, memory."""

import socket

from support import HERE, NAME, Board, Case

ADDRESS = '127.0.0.1'  # in the certificates


class Calls(Case):
    """The options of port/lwip/lwipopts.h as they are."""

    def test_versions_and_chains(self):
        for tls in ('1.2', '1.3'):
            for cert in ('ec', 'ec-inter', 'p384', 'rsa', 'rsa-inter', 'rsa4096'):
                with self.subTest(tls=tls, cert=cert):
                    result = self.call(self.service(tls=tls, cert=cert))
                    self.assert_outcome(result, 'accepted', 'ok', http_status=200)
                    self.assertEqual(result.seen['version'], f'TLSv{tls}')

    def test_by_address(self):
        service = self.service()
        result = self.call(service, name=ADDRESS, connect_to=HERE)
        self.assert_outcome(result, 'accepted', 'ok')
        self.assertEqual(result.seen['peer'], f'{HERE} port {service.port}')
        self.assertIsNone(service.requests[0]['sni'])

    def test_refused(self):
        service = self.service()
        self.assert_outcome(self.call(service, token='denied-'), 'refused', 'http_status', http_status=403,
                            error_code='SMS.9004')
        self.assert_outcome(self.call(service, token='wrong-'), 'refused', 'http_status', http_status=401,
                            error_code='APIGW.0301')
        self.assert_outcome(self.call(service, 'running-1', operation='start'), 'refused', 'http_status', error_code='SMS.7713')

    def test_largest_403(self):
        for fault in ('max403', 'max403rev', 'max403utf8'):
            with self.subTest(fault):
                result = self.call(self.service(), f'fault-{fault}')
                self.assert_outcome(result, 'refused', 'http_status', http_status=403)
                self.assertTrue(result.json['error_code'].startswith('SMS.9004'), result)
                self.assertTrue(result.json['error_msg'], result)

    def test_largest_403_while_tls_is_slow(self):
        """The window closes: what was received and not yet read is all that memory is needed for."""
        result = self.call(self.service(), 'fault-bigbody-100', busy=40, delay=10)
        self.assert_outcome(result, 'refused', error_code='SMS.7713')
        self.assertEqual(result.seen['pbuf_refused'], 0, result)

    def test_largest_token(self):
        for tls in ('1.2', '1.3'):
            for length in (1, 1460, 16384):
                with self.subTest(tls=tls, length=length):
                    service = self.service(tls=tls)
                    result = self.call(service, token_length=length, delay=20)
                    self.assert_outcome(result, 'accepted')
                    self.assertEqual(service.requests[-1]['token_length'], max(length, 10))
                    self.assertEqual(result.seen['heap_refused'], 0, result)

    def test_silent_after_the_request(self):
        for tls in ('1.2', '1.3'):
            result = self.call(self.service(tls=tls), 'fault-silent', timeout=15000)
            self.assert_outcome(result, 'unknown', 'timeout')
            self.assertGreaterEqual(result.seen['took'], 15000)

    def test_ends_of_the_connection(self):
        """What arrives before the end or the reset counts, and nothing else does."""
        for fault, outcome, reason in (
                ('cut-40', 'unknown', 'connection_lost'), ('cutnotify-40', 'unknown', None),
                ('cutreset-40', 'unknown', 'connection_lost'), ('reset', 'unknown', 'connection_lost'),
                ('closecut', 'unknown', 'connection_lost'), ('closedelim', 'accepted', 'ok'),
                ('early413', 'refused', 'http_status'), ('early494', 'refused', 'http_status'),
                ('drip-1', 'accepted', 'ok'), ('splits-1', 'accepted', 'ok'),
                ('chunkbytes', 'accepted', 'ok'), ('bigheaders-6', 'accepted', 'ok'), ('garbage', 'unknown', None),
                ('bigbody-300', 'refused', 'http_status'), ('interim-16', 'accepted', 'ok')):
            for length in (0, 16384):
                with self.subTest(fault, length=length):
                    result = self.call(self.service(), f'fault-{fault}', token_length=length)
                    self.assert_outcome(result, outcome, reason)

    def test_reset_behind_the_answer(self):
        """Both come within one turn of the loop."""
        for length in (9000, 16384):
            result = self.call(self.service(), 'fault-early413rst', token_length=length, busy=400)
            self.assert_outcome(result, 'refused', 'http_status', http_status=413)

    def test_dies_along_the_request(self):
        for how in ('reset', 'fin', 'notify'):
            for after in (1, 100, 3000, 9000):
                with self.subTest(how=how, after=after):
                    result = self.call(self.service(die_after=after, die_how=how), token_length=9000, timeout=5000)
                    self.assertIn(result.json['outcome'], ('not_sent', 'unknown'), result)

    def test_dies_before_the_request(self):
        for option in ('accept_then_close', 'handshake_close', 'close_before_read'):
            for how in ('reset', 'fin'):
                with self.subTest(option, how=how):
                    result = self.call(self.service(die_how=how, **{option: True}), token_length=16384, timeout=5000)
                    self.assertNotEqual(result.json['reason'], 'timeout', result)
                    # What is sent after the peer's end of the stream may all be taken by it, unread.
                    self.assertIn(result.json['outcome'], ('not_sent', 'unknown') if option == 'close_before_read'
                                  else ('not_sent',), result)

    def test_dies_before_anybody_looks(self):
        """The connection is made, carries data and breaks within one turn of the loop."""
        for how in ('reset', 'fin'):
            result = self.call(self.service(accept_then_close=True, die_how=how), busy=300)
            self.assert_outcome(result, 'not_sent')
            # Or even refused, where the network at the other end heard of the end first.
            self.assertIn(result.json['reason'], ('connection_lost', 'connect_failed'), result)

    def test_certificates(self):
        for cert in ('unknown', 'expired', 'not-yet', 'wrong-name', 'self-signed', 'cn-only', 'no-inter'):
            with self.subTest(cert):
                service = self.service(cert=cert)
                result = self.call(service)
                self.assert_outcome(result, 'not_sent', 'certificate_rejected')
                # The server learns why: the alert went out before the connection was closed.
                [record] = service.wait_log(1)
                self.assertIn('alert', record.get('error', ''), record)

    def test_other_root(self):
        result = self.call(self.service(), board=self.board(roots='other-root.pem'))
        self.assert_outcome(result, 'not_sent', 'certificate_rejected')

    def test_closed_port(self):
        with socket.create_server(('127.0.0.1', 0)) as closed:
            port = closed.getsockname()[1]
        result = self.call(self.service(), connect_to=f'{HERE}:{port}')
        self.assert_outcome(result, 'not_sent', 'connect_failed')
        self.assertIn(f'refused by {HERE} port {port}', result.seen['sentence'])

    def test_nobody_there(self):
        """An address of this network that nobody has: ARP finds nothing."""
        result = self.call(self.service(), connect_to='10.0.2.77')
        self.assert_outcome(result, 'not_sent', 'connect_failed')
        self.assertIn('no answer', result.seen['sentence'])
        result = self.call(self.service(), connect_to='10.0.2.77', timeout=2000)
        self.assert_outcome(result, 'not_sent', 'timeout')

    def test_other_family(self):
        result = self.call(self.service(), connect_to='[fec0::2]')
        self.assert_outcome(result, 'not_sent', 'connect_failed')
        self.assertIn('IPv6', result.seen['sentence'])

    def test_names(self):
        service = self.service()
        result = self.call(service, name='nowhere.example.test')
        self.assert_outcome(result, 'not_sent', 'resolve_failed')
        self.assertIn('nowhere.example.test', result.seen['sentence'])
        self.assertEqual(result.seen['phase'], 'resolving')
        result = self.call(service, no_server=1)
        self.assert_outcome(result, 'not_sent', 'resolve_failed')
        self.assertIn('no name server is known', result.seen['sentence'])
        result = self.call(service, names_silent=1)
        self.assert_outcome(result, 'not_sent', 'resolve_failed')
        self.assert_outcome(self.call(service, names_silent=1, timeout=1000), 'not_sent', 'timeout')
        result = self.call(service, name=f'{"n" * 63}.{"o" * 63}.example.test')
        self.assert_outcome(result, 'not_sent', 'resolve_failed')
        self.assert_outcome(self.call(service), 'accepted')

    def test_given_up_names(self):
        """Look-ups cannot be cancelled: their answers find slots, not objects that are gone."""
        service = self.service()
        for _ in range(6):
            result = self.call(service, names_silent=1, cancel=200, hurry=1)
            self.assert_outcome(result, 'not_sent', 'cancelled')
        self.assert_outcome(self.call(service), 'accepted')
        self.assert_outcome(self.call(service, name='localhost'), 'accepted')

    def test_cancelled_anywhere(self):
        """In every state of the connection; half of the time the next call follows at once."""
        service = self.service()
        for moment in [1, *range(10, 420, 10)]:
            with self.subTest(moment):
                result = self.call(service, cancel=moment, delay=15, token_length=16384, hurry=moment // 10 % 2)
                self.assertIn(result.json['outcome'], ('not_sent', 'unknown', 'accepted'), result)
        self.assert_outcome(self.call(service), 'accepted')

    def test_one_after_the_other(self):
        """Connections that are still closing give way to new ones."""
        service = self.service()
        for number in range(40):
            result = self.call(service, hurry=1, delay=30, token_length=1000 * (number % 3))
            self.assert_outcome(result, 'accepted')
        self.assert_outcome(self.call(service), 'accepted')

    def test_no_connection_to_spare(self):
        """Others have them all: it waits a little, and then says what is missing."""
        service = self.service()
        self.assert_outcome(self.call(service, hog=1500), 'accepted')
        result = self.call(service, hog=100000)
        self.assert_outcome(result, 'not_sent', 'connect_failed')
        self.assertIn('no memory for a connection', result.seen['sentence'])
        self.assert_outcome(self.call(service), 'accepted')

    def test_cable(self):
        service = self.service()
        self.assert_outcome(self.call(service, unplug=1, timeout=20000), 'not_sent')
        self.assert_outcome(self.call(service), 'accepted')  # which also lets ARP find its way again
        self.assert_outcome(self.call(service, 'fault-silent', unplug=10000, timeout=15000), 'unknown', 'timeout')
        self.assert_outcome(self.call(service, delay=100, unplug=250, plug=2500), 'accepted')
        self.assert_outcome(self.call(service, 'fault-slow-100', unplug=500, plug=4000), 'accepted')

    def test_time(self):
        """Unknown until an answer that is neither forged, nor before the build, nor absurdly late."""
        service = self.service()
        with Board(self.variant, 5) as board:
            self.assert_outcome(self.call(service, board=board, clock='unset'), 'not_sent', 'clock_unset')
            for wrong in (1, 2, 3):
                result = self.call(service, board=board, clock='sntp', time_wrong=wrong)
                self.assert_outcome(result, 'not_sent', 'clock_unset')
            self.assert_outcome(self.call(service, board=board, clock='sntp'), 'accepted')
            # It goes on by itself, and bad answers do not harm it any more.
            result = self.call(service, board=board, clock='sntp', time_wrong=1)
            self.assert_outcome(result, 'accepted')
            result = self.call(self.service(cert='expired'), board=board, clock='sntp')
            self.assert_outcome(result, 'not_sent', 'certificate_rejected')
        self.assertEqual(service.log[0]['sni'], NAME)


class SmallCalls(Calls):
    """As little memory as possible."""

    variant = 'calls-small'
    test_reset_behind_the_answer = None  # the answer is larger than the window


class TightCalls(Case):
    """Less memory than a connection needs: slow, but true."""

    variant = 'calls-tight'

    def test_little_memory(self):
        service = self.service()
        for task, length, outcome in (('ready-1', 0, 'accepted'), ('fault-bigbody-50', 0, 'refused'),
                                      ('fault-early413', 16384, 'refused')):
            with self.subTest(task, length=length):
                result = self.call(service, task, token_length=length, delay=10, busy=30, duplicate=50)
                self.assert_outcome(result, outcome)
        self.assertGreater(result.seen['pbuf_refused'], 0)
        result = self.call(service, token_length=16384, delay=30)
        self.assert_outcome(result, 'accepted')
        self.assertGreater(result.seen['heap_refused'], 0)
