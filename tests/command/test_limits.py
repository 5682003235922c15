"""Everything at its largest and one beyond: tokens, replies, headers; and peers that take for ever."""

import time

import fault_bodies
from peers import DrippingProxy
from support import LONG_TOKEN, Case


class Tokens(Case):
    """1 to 16384 bytes, whole, by any TLS version and in any record size."""

    def test_lengths(self):
        for tls in ('1.2', '1.3'):
            service = self.service(tls=tls)
            lengths = (1, 2, 15, 16, 17, 300, 4096, 8191, 8192, 16000, 16383, 16384)
            for number, length in enumerate(lengths, 1):
                with self.subTest(tls=tls, length=length):
                    token = LONG_TOKEN[:length]
                    self.assert_outcome(self.call(service, f'ready-{number}', token=token), 'accepted')
                    record = service.wait_log(number)[-1]
                    self.assertEqual(record['token'], token)
                    self.assertEqual((record['complete'], record['extra_bytes']), (True, 0))


class Replies(Case):
    """The largest documented reply is kept whole."""

    def assert_kept(self, fault, document):
        """The members are what the simulator sent, to the last character."""
        result = self.call(self.service(), f'fault-{fault}')
        self.assert_outcome(result, 'refused', 'http_status', http_status=403, truncated=[])
        for name, value in document.items():
            self.assertTrue(result.json[name] == value, f'{name} differs')  # Too long to be shown.

    def test_in_both_orders(self):
        document = fault_bodies.largest()
        self.assert_kept('max403', document)
        self.assert_kept('max403rev', document)

    def test_details_of_65535_each(self):
        self.assert_kept('max403wide', fault_bodies.largest(detail_length=fault_bodies.MAX_LONG))

    def test_limits_count_characters(self):
        self.assert_kept('max403utf8', fault_bodies.largest(wide_characters=True))

    def test_with_the_longest_token(self):
        """Every part of 1.4 MB is searched for the token; that takes no noticeable time."""
        service = self.service()
        quick = self.call(service, 'fault-max403', token='x-y')
        slow = self.call(service, 'fault-max403', token=LONG_TOKEN)
        self.assert_outcome(slow, 'refused', truncated=[])
        self.assertLess(slow.seconds, quick.seconds + 1)

    def test_megabytes_of_unknown_members(self):
        result = self.call(self.service(), 'fault-bigbody-10240')
        self.assert_outcome(result, 'refused', 'http_status', error_code='SMS.7713', truncated=[])
        self.assertIn('Ready', result.json['error_msg'])

    def test_nesting(self):
        service = self.service()
        # The unknown member nests inside the object of the reply, which is a level as well.
        self.assert_outcome(self.call(service, 'fault-deep-63'), 'refused', 'http_status', error_code='SMS.7713')
        self.assert_outcome(self.call(service, 'fault-deep-65'), 'refused', 'body_malformed')
        self.assert_outcome(self.call(service, 'fault-deep-100000'), 'refused', 'body_malformed')

    def test_text_for_people_of_the_largest_reply(self):
        result = self.tell(self.service(), 'fault-max403')
        self.assertEqual(result.code, 1)
        self.assertIn('SMS.9004', result.out)


class Headers(Case):
    """A header section of 64 KiB passes, in one header or in many; a larger one does not."""

    def test_sizes(self):
        service = self.service()
        for fault, outcome in {'bigheader-6': 'accepted', 'bigheaders-6': 'accepted', 'bigheader-60': 'accepted',
                               'bigheaders-60': 'accepted', 'bigheader-66': 'unknown', 'bigheaders-66': 'unknown',
                               'bigheaders-5000': 'unknown', 'bigheader-5000': 'unknown'}.items():
            with self.subTest(fault):
                self.assert_outcome(self.call(service, f'fault-{fault}'), outcome,
                                    {'accepted': 'ok', 'unknown': 'http_too_large'}[outcome])


class SlowPeers(Case):
    """The total deadline holds whatever a peer does; one that drips does not move it."""

    def test_deadline(self):
        service = self.service()
        for fault, timeout in (('silent', 0.8), ('slow-5000', 0.8), ('drip-100', 0.8), ('drip-100', 1.3),
                               ('drip-500', 0.8)):
            with self.subTest(fault, timeout=timeout):
                result = self.call(service, f'fault-{fault}', f'--timeout={timeout}')
                self.assert_outcome(result, 'unknown', 'timeout')
                self.assertGreaterEqual(result.seconds, timeout)
                self.assertLess(result.seconds, timeout + 1)

    def test_a_handshake_that_drips(self):
        """Each byte comes in time, all of them do not."""
        service = self.service()
        with DrippingProxy(service.port, 0.05) as proxy:
            for options in (('--connect-timeout=0.6',), ('--timeout=0.6',)):
                with self.subTest(options):
                    result = self.call(proxy, 'ready-1', '--retries=0', *options)
                    self.assert_outcome(result, 'not_sent', 'timeout')
                    self.assertLess(result.seconds, 1.6)
        self.assertEqual(service.requests, [])

    def test_slow_but_in_time(self):
        service = self.service()
        for fault in ('slow-1500', 'drip-10'):
            with self.subTest(fault):
                # The deadline for connecting is over long before the answer comes; it is no matter any more.
                result = self.call(service, f'fault-{fault}', '--timeout=8', '--connect-timeout=1')
                self.assert_outcome(result, 'accepted')

    def test_a_tiny_deadline(self):
        """Whatever it hits, the outcome agrees with the service's log and comes soon."""
        service = self.service()
        for number, timeout in enumerate(('0.001', '0.003', '0.01', '0.02', '0.03'), 1):
            with self.subTest(timeout):
                result = self.call(service, f'ready-{number}', f'--timeout={timeout}')
                self.assertLess(result.seconds, 1)
                time.sleep(0.1)
                arrived = [record for record in service.requests if record['task_id'] == f'ready-{number}']
                if result.json['outcome'] == 'not_sent':
                    self.assertFalse(any(record['complete'] for record in arrived), str(result))
                else:
                    self.assertIn(result.json['outcome'], ('accepted', 'unknown'))

    def test_long_deadlines(self):
        """A day is 86,400,000 ms: nothing on the way may hold it in too few bits."""
        result = self.call(self.service(), 'ready-1', '--timeout=86400', '--connect-timeout=86400')
        self.assert_outcome(result, 'accepted')
