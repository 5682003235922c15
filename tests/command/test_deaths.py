"""A connection that dies after each byte, of the request or of the response. The simulator's log is the judge.

Never accepted without a complete answer, never not_sent for a request that arrived whole."""

from http_response import SHORT_200
from support import LONG_TOKEN, PKI, Case, Simulator

SHORT_TOKEN = 't0ken'

# Every answer of the gateway has more bytes than that: its headers alone do.
LONG_200 = 1500


class Deaths(Case):
    """One simulator for each death; a call takes some hundredths of a second."""

    def die(self, token, how, after, tls):
        """One call whose connection dies once that many bytes of the request have come."""
        with (self.subTest(how=how, after=after, tls=tls),
              Simulator(PKI, die_after=after, die_how=how, tls=tls) as service):
            result = self.call(service, 'ready-1', '--retries=0', '--timeout=5', token=token)
            [record] = service.wait_log(1)
            outcome = result.json['outcome']
            self.assertIn(outcome, ('not_sent', 'unknown'), f'{result}\n{record}')
            if record.get('complete'):
                self.assertEqual(outcome, 'unknown', f'{result}\n{record}')
            self.assertIsNone(result.json['http_status'])
            return outcome

    def request_length(self, token):
        """How many bytes such a request has."""
        with Simulator(PKI) as service:
            self.assert_outcome(self.call(service, 'ready-1', token=token), 'accepted')
            return service.wait_log(1)[0]['bytes_received']

    def test_after_each_byte_of_a_short_request(self):
        length = self.request_length(SHORT_TOKEN)
        for after in range(1, length + 1):
            self.die(SHORT_TOKEN, ('reset', 'fin', 'notify')[after % 3], after, ('1.3', '1.2')[after % 2])

    def test_around_the_ends_of_the_parts(self):
        length = self.request_length(SHORT_TOKEN)
        for how in ('reset', 'fin', 'notify'):
            for tls in ('1.2', '1.3'):
                for after in (1, length // 2, length - 1, length):
                    self.die(SHORT_TOKEN, how, after, tls)

    def test_along_a_long_request(self):
        length = self.request_length(LONG_TOKEN)
        for number, after in enumerate([*range(1, length, 1117), length - 1, length]):
            self.die(LONG_TOKEN, ('reset', 'fin', 'notify')[number % 3], after, ('1.3', '1.2')[number % 2])

    def test_before_the_first_byte(self):
        for option in ('accept_then_close', 'handshake_close', 'close_before_read'):
            for how in ('reset', 'fin', 'notify'):
                for tls in ('1.2', '1.3'):
                    with (self.subTest(option, how=how, tls=tls),
                          Simulator(PKI, **{option: True}, die_how=how, tls=tls) as service):
                        result = self.call(service, 'ready-1', '--retries=0', '--timeout=5')
                        [record] = service.wait_log(1)
                        # Behind the handshake the request may have been handed over already.
                        allowed = ('not_sent', 'unknown') if option == 'close_before_read' else ('not_sent',)
                        self.assert_outcome(result, allowed)
                        self.assertFalse(record.get('complete'))

    def test_after_each_byte_of_the_response(self):
        with Simulator(PKI) as service:
            for count in range(len(SHORT_200) + 1):
                for fault in ('cut', 'cutnotify', 'cutreset'):
                    with self.subTest(fault, count=count):
                        result = self.call(service, f'fault-{fault}-{count}', '--timeout=5')
                        if count < len(SHORT_200):
                            self.assert_outcome(result, 'unknown')
                        elif fault == 'cutreset':
                            self.assert_outcome(result, ('accepted', 'unknown'))  # RST may overtake the last bytes.
                        else:
                            self.assert_outcome(result, 'accepted', 'ok')
            self.assertEqual(len(service.requests), 3 * (len(SHORT_200) + 1), 'one request for each call')

    def test_along_a_long_response(self):
        with Simulator(PKI) as service:
            for count in range(1, LONG_200, 97):
                with self.subTest(count):
                    self.assert_outcome(self.call(service, f'fault-cutlong-{count}'), 'unknown', 'connection_lost')

    def test_repeating_never_doubles_a_request(self):
        """With the usual retries: however a connection dies, at most one whole request arrives."""
        for how in ('reset', 'fin', 'notify'):
            for token in (SHORT_TOKEN, LONG_TOKEN):
                for after in (1, 200, len(token)):
                    with self.subTest(how, length=len(token), after=after), \
                            Simulator(PKI, die_after=after, die_how=how) as service:
                        result = self.call(service, 'ready-1', '--retries=1', '--timeout=5', token=token)
                        records = service.wait_log(result.json['attempts'])
                        self.assertEqual(len(records), result.json['attempts'])
                        self.assertLessEqual(sum(record.get('complete', False) for record in records), 1)
                        self.assertIn(result.json['outcome'], ('not_sent', 'unknown'))
