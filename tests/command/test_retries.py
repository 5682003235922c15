"""Repetitions, judged by the simulator's own log: when there is one, when there never is, and when it comes."""

import time

from peers import closed_port, deaf_port
from support import LONG_TOKEN, PKI, ROOTS, Case, Simulator, by_address, target


class Never(Case):
    """What must not be repeated, however many retries are allowed."""

    def test_after_unknown(self):
        service = self.service()
        faults = ('silent', 'reset', 'cut-0', 'cut-30', 'cutreset-50', 'status-500', 'status-502', 'status-504', '503',
                  'html-503', 'empty-503', 'err200', 'garbage', 'closecut', 'switch101', 'bigheaders-70', 'drip-100')
        for number, fault in enumerate(faults, 1):
            with self.subTest(fault):
                result = self.call(service, f'fault-{fault}', '--retries=9', '--timeout=1')
                self.assert_outcome(result, 'unknown', attempts=1)
                time.sleep(0.02)
                self.assertEqual(len(service.wait_log(number)), number)

    def test_after_a_definite_refusal(self):
        service = self.service()
        faults = ('unauthorized', 'iam', 'status-401', 'status-400', 'status-403', 'status-404', 'status-408',
                  'status-413', 'status-425', 'status-494', 'redirect', 'html-403', 'sms-7713')
        for number, fault in enumerate(faults, 1):
            with self.subTest(fault):
                self.assert_outcome(self.call(service, f'fault-{fault}', '--retries=9'), 'refused', attempts=1)
                self.assertEqual(len(service.wait_log(number)), number)

    def test_after_a_rejected_certificate(self):
        service = self.service(cert='unknown')
        self.assert_outcome(self.call(service, 'ready-1', '--retries=9'), 'not_sent', 'certificate_rejected',
                            attempts=1)
        self.assertEqual(len(service.wait_log(1)), 1)

    def test_after_success(self):
        service = self.service()
        self.assert_outcome(self.call(service, 'ready-1', '--retries=9'), 'accepted', attempts=1)
        self.assertEqual(len(service.log), 1)


class Throttled(Case):
    """429, and 503 by the gateway: refused for now."""

    def throttle(self, fault, *options):
        """A simulator of its own, since it counts; the result, and the seconds between the requests."""
        with Simulator(PKI) as service:
            result = self.call(service, f'fault-{fault}', *options)
            times = [record['time'] for record in service.wait_log(result.json['attempts'])]
            self.assertEqual(len(times), result.json['attempts'], 'attempts are what the service saw')
            return result, [later - earlier for earlier, later in zip(times, times[1:])]

    def test_retry_after_in_seconds(self):
        for fault in ('retry-1-1', 'retry503-1-1'):
            with self.subTest(fault):
                result, gaps = self.throttle(fault)
                self.assert_outcome(result, 'accepted', 'ok', attempts=2, error_code=None)
                self.assertGreaterEqual(gaps[0], 1)
                self.assertLess(gaps[0], 2.5)

    def test_retry_after_zero(self):
        result, gaps = self.throttle('retry-2-0')
        self.assert_outcome(result, 'accepted', attempts=3)
        self.assertLess(max(gaps), 1.5)

    def test_retry_after_as_a_date(self):
        result, gaps = self.throttle('retrydate-1-2')
        self.assert_outcome(result, 'accepted', attempts=2)
        self.assertGreaterEqual(gaps[0], 0.9)  # A date has whole seconds.
        self.assertLess(gaps[0], 3.5)

    def test_without_retry_after(self):
        """Back-off with full jitter from 0.5 s: at most 0.5 s, then at most 1 s."""
        for fault in ('retrynone-2', 'retrybad-2'):
            with self.subTest(fault):
                result, gaps = self.throttle(fault)
                self.assert_outcome(result, 'accepted', attempts=3)
                self.assertLess(gaps[0], 0.5 + 0.4)
                self.assertLess(gaps[1], 1 + 0.4)

    def test_back_off_has_jitter(self):
        """Callers that were refused together do not come back together."""
        pauses = [self.throttle('retrynone-1')[1][0] for _ in range(6)]
        # Full jitter: anything from nothing to 0.5 s. All six in the last tenth would be one chance in a million.
        self.assertLess(min(pauses), 0.45, f'always the longest pause: {pauses}')

    def test_beyond_the_deadline(self):
        """Waiting would be in vain, so the answer comes at once."""
        for fault, status in {'retry-1-30': 429, 'retrydate-1-30': 429, 'retry503-1-30': 503,
                              'retry-1-999999': 429}.items():
            with self.subTest(fault):
                result, _ = self.throttle(fault, '--timeout=3')
                self.assert_outcome(result, 'refused', 'http_status', http_status=status, attempts=1)
                self.assertLess(result.seconds, 1.5)

    def test_number_of_repetitions(self):
        for options, attempts in ((('--retries=0',), 1), (('--retries=1',), 2), ((), 3), (('--retries=5',), 6)):
            with self.subTest(options):
                result, _ = self.throttle('retry-9-0', *options)
                self.assert_outcome(result, 'refused', 'http_status', http_status=429, error_code='APIGW.0308',
                                    attempts=attempts)
        result, _ = self.throttle('gw503', '--retries=1')
        self.assert_outcome(result, 'refused', 'http_status', http_status=503, error_code='APIGW.0613', attempts=2)

    def test_the_last_attempt_decides(self):
        """Refused for now, then another answer: only the latter is told, nothing of the former is left in it."""
        result = self.call(self.service(), 'fault-retry-1-0')
        self.assert_outcome(result, 'accepted', http_status=200, error_code=None, error_msg=None, advice=None,
                            attempts=2)

    def test_what_a_person_reads(self):
        with Simulator(PKI) as service:
            result = self.tell(service, 'fault-retry-9-30', '--timeout=3')
        self.assert_words(result, 'refused', r'\b429\b', r'apigw\.0308')


class Unreached(Case):
    """The request did not get out: repeating is safe."""

    def test_refused_then_accepted(self):
        """The server starts while the command already tries."""
        port = closed_port()
        running = self.start('start', 'ready-1', '--json', *target(port), '--retries=100', '--timeout=15')
        time.sleep(0.5)
        service = self.service(port=port)
        result = self.finish(running)
        self.assert_outcome(result, 'accepted')
        self.assertGreaterEqual(result.json['attempts'], 2)
        self.assertEqual(len(service.requests), 1)

    def test_peers_that_fail_at_first(self):
        for option in ('accept_then_close', 'handshake_close'):
            for how in ('reset', 'fin'):
                with self.subTest(option, how=how):
                    service = self.service(**{option: 2}, die_how=how)
                    result = self.call(service, 'ready-1')
                    self.assert_outcome(result, 'accepted', 'ok', attempts=3)
                    self.assertEqual([record['event'] == 'request' for record in service.wait_log(3)],
                                     [False, False, True])

    def test_a_handshake_that_hangs_at_first(self):
        """The deadline for connecting is over, the total one is not. The design repeats for network reasons; whether
        that deadline is one it does not say outright, but a user would expect it."""
        service = self.service(silent_handshake=1)
        result = self.call(service, 'ready-1', '--connect-timeout=0.6')
        self.assert_outcome(result, 'accepted', attempts=2)

    def test_number_of_attempts(self):
        port = closed_port()
        for options, attempts in ((('--retries=0',), 1), (('--retries=1',), 2), ((), 3)):
            with self.subTest(options):
                result = self.call(port, 'ready-1', *options)
                self.assert_outcome(result, 'not_sent', 'connect_failed', attempts=attempts)
                self.assertLess(result.seconds, 2.5)

    def test_several_addresses_are_one_attempt(self):
        """localhost may be ::1 and 127.0.0.1."""
        result = self.run_command('start', 'ready-1', '--json', '--endpoint', f'https://localhost:{closed_port()}',
                                  '--ca-file', ROOTS, '--retries=0')
        self.assert_outcome(result, 'not_sent', 'connect_failed', attempts=1)

    def test_names_that_do_not_resolve(self):
        result = self.run_command('start', 'ready-1', '--json', '--endpoint=https://no-such-host.invalid', '--ca-file',
                                  ROOTS, '--retries=1', '--timeout=20')
        self.assert_outcome(result, 'not_sent', 'resolve_failed', attempts=2)

    def test_the_total_deadline_covers_all_attempts(self):
        result = self.run_command('start', 'ready-1', '--json', *by_address(closed_port()), '--retries=100',
                                  '--timeout=1.5')
        self.assert_outcome(result, 'not_sent', ('connect_failed', 'timeout'))
        self.assertLess(result.seconds, 2.5)
        with deaf_port() as port:
            result = self.call(port, 'ready-1', '--retries=100', '--timeout=1.5', '--connect-timeout=0.3')
            self.assert_outcome(result, 'not_sent', ('connect_failed', 'timeout'))
            self.assertGreater(result.json['attempts'], 1)
            self.assertLess(result.seconds, 2.5)

    def test_closed_before_the_request_was_read(self):
        """After the handshake, when the request may be on its way: whatever the command believes, the log agrees."""
        for tls in ('1.2', '1.3'):
            for how in ('reset', 'fin', 'notify'):
                for token in ('short', LONG_TOKEN):
                    with self.subTest(tls, how=how, length=len(token)):
                        service = self.service(close_before_read=1, tls=tls, die_how=how)
                        result = self.call(service, 'ready-1', token=token)
                        records = service.wait_log(result.json['attempts'])
                        self.assertEqual(len(records), result.json['attempts'])
                        self.assertIn(result.json['outcome'], ('accepted', 'unknown'))
                        self.assertEqual(result.json['outcome'] == 'accepted', records[-1]['executed'])
                        self.assertLessEqual(sum(record['executed'] for record in records), 1)

    def test_only_what_was_not_handed_over_is_repeated(self):
        """Closed once the request line was read: a second request only where the first cannot have come whole."""
        for token in ('short', LONG_TOKEN):
            with self.subTest(length=len(token)):
                service = self.service()
                result = self.call(service, 'fault-flaky-1', token=token)
                records = service.wait_log(result.json['attempts'])
                if len(records) > 1:
                    self.assertFalse(records[0]['complete'])
                self.assertLessEqual(len(records), 2)
