"""A peer that stops reading in the middle of a long request: what then happens decides the outcome.

Only with small buffers on both sides is a request of 17 KB not handed over at once."""

import contextlib
import json
import pathlib
import tempfile
import time

from peers import ScriptedPeer, _Server, is_whole_request, reset
from support import EXIT, LONG_TOKEN, PKI, SIGNALS, Case, build_preload, parse_json, target, wait_until
from tls_connection import Ended, TlsConnection, server_context

# Some of the request has arrived and nothing more is read.
BEGUN = 100

# Of a request of 17 KB about 11 KB fit into the buffers on the way.
RECEIVE_BUFFER = 4096


def stall(peer, tls):
    """Read no further."""
    peer.receive(tls, BEGUN)
    peer.stall()


def answer(status, document=b'{}', end=stall, begun=BEGUN):
    """A script: answer while the request is still coming, then read no further, or end the connection."""
    def talk(peer, tls):
        peer.receive(tls, begun)
        tls.sendall(b'HTTP/1.1 %d Early\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b'
                    % (status, len(document), document))
        end(peer, tls)
    return talk


def die(peer, tls):
    """Reset in the middle of the request."""
    peer.receive(tls, BEGUN)
    reset(tls)


class PartPeer(_Server):
    """Sends the first bytes of a sealed answer in the middle of the request, and the rest of them after a while, or (None)
    never; goes on reading."""

    def __init__(self, version, size, rest_after):
        super().__init__(RECEIVE_BUFFER)
        self._context = server_context(PKI, 'ec', version)
        self._size = size
        self._rest_after = rest_after
        self.received = b''

    def handle(self, connection):
        talk = TlsConnection(connection, self._context, time.monotonic() + 10)
        talk.handshake()
        while len(self.received) < BEGUN:
            self.received += talk.read(100)
        record = talk.seal(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}')
        talk.send_sealed(record[:self._size])
        time.sleep(self._rest_after or 0.1)
        if self._rest_after:
            talk.send_sealed(record[self._size:])
        with contextlib.suppress(Ended):
            while data := talk.read(4096):
                self.received += data


class Sending(Case):
    """Every end that a call may take while its request is only half sent."""

    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix='migtask-'))
        cls.library = build_preload(pathlib.Path(folder), 'small_send.c')

    def call_peer(self, talk, *options, large=False):
        """One call of a peer that takes in little, by a command that can hand over little (large: all, to its kernel)."""
        peer = self.enterContext(ScriptedPeer(talk, receive_buffer=RECEIVE_BUFFER))
        return self.call(peer, 'ready-1', '--timeout=5', '--retries=0', *options, token=LONG_TOKEN,
                         preload=None if large else self.library)

    def test_all_is_sent_to_a_slow_reader(self):
        def read_slowly(peer, tls):
            peer.receive(tls)
            tls.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}')

        for large in (False, True):
            with self.subTest(large=large):
                self.assert_outcome(self.call_peer(read_slowly, large=large), 'accepted')

    def test_deadline(self):
        result = self.call_peer(stall, '--timeout=1')
        self.assert_outcome(result, 'not_sent', 'timeout', http_status=None)
        self.assertLess(result.seconds, 2.5)

    def test_connection_dies(self):
        self.assert_outcome(self.call_peer(die), 'not_sent', ('connection_lost', 'tls_failed'), http_status=None)

    def test_early_success_is_not_believed(self):
        for end in (stall, die):
            with self.subTest(end.__name__):
                self.assert_outcome(self.call_peer(answer(200, end=end)), 'unknown')

    def test_a_success_that_began_early_is_not_believed(self):
        """Its first byte came before the request was out, and its last one after that."""
        whole = b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}'
        for part in (1, 20):
            def talk(peer, tls):
                peer.receive(tls, BEGUN)
                tls.sendall(whole[:part])
                time.sleep(0.1)  # It is on its way back while the request still waits.
                peer.receive(tls)
                tls.sendall(whole[part:])

            with self.subTest(part):
                self.assert_outcome(self.call_peer(talk), 'unknown', 'http_status', http_status=200)

    def test_a_part_of_a_record_comes_early(self):
        """The rest of the request waits until it is known what that is: here, an answer to nothing."""
        for version in ('1.2', '1.3'):
            for size in (1, 20):
                for rest_after, wanted in ((0.3, ('unknown', 'http_status')), (None, ('not_sent', 'timeout'))):
                    with self.subTest(version, size=size, rest_after=rest_after), PartPeer(version, size, rest_after) as peer:
                        result = self.call(peer, 'ready-1', '--timeout=1', '--retries=0', token=LONG_TOKEN, preload=self.library)
                        self.assert_outcome(result, *wanted)
                        self.assertFalse(is_whole_request(peer.received))

    def test_early_success_is_not_believed_wherever_the_rest_waits(self):
        """In the call, a part of the last record in TLS, or in the kernel, which took all of the request at once."""
        for large, amounts in ((False, (BEGUN, 8000, 12000)), (True, (BEGUN, 4000))):
            for amount in amounts:
                with self.subTest(large=large, amount=amount):
                    self.assert_outcome(self.call_peer(answer(200, begun=amount), large=large), 'unknown', 'http_status',
                                        http_status=200)

    def test_a_success_that_began_early_and_was_cut(self):
        """Who says yes may have done something: it is not repeated."""
        whole = b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}'
        for part in (len('HTTP/1.1 200'), len(whole) - 1):
            for end in (reset, ScriptedPeer.stall):
                def talk(peer, tls):
                    peer.receive(tls, BEGUN)
                    tls.sendall(whole[:part])
                    time.sleep(0.1)  # It is read before the end comes.
                    end(tls if end is reset else peer)

                with self.subTest(part, end=end.__name__):
                    result = self.call_peer(talk, '--timeout=1', '--retries=2')
                    self.assert_outcome(result, 'unknown', ('connection_lost', 'tls_failed', 'timeout'))
                    self.assertEqual(parse_json(result)[0]['attempts'], 1)

    def test_early_refusal_is_believed(self):
        document = json.dumps({'error_code': 'APIGW.0201', 'error_msg': 'Request header too large'}).encode()
        for status in (413, 494, 401, 429):
            for end in (stall, die):
                with self.subTest(status, end=end.__name__):
                    self.assert_outcome(self.call_peer(answer(status, document, end)), 'refused', 'http_status',
                                        http_status=status, error_code='APIGW.0201')

    def test_early_failure_of_the_server(self):
        """A 5xx says nothing about what was done, even an early one; not a byte of the body can have been used though,
        so not_sent is as true where the rest was never handed over."""
        self.assertIn(self.call_peer(answer(500, b'{"error_code":"x"}', die)).code,
                      (EXIT['not_sent'], EXIT['unknown']))

    def test_signals(self):
        for number in SIGNALS:
            with self.subTest(number.name):
                peer = self.enterContext(ScriptedPeer(stall, receive_buffer=RECEIVE_BUFFER))
                running = self.start('start', 'ready-1', '--json', *target(peer.port), token=LONG_TOKEN,
                                     preload=self.library)
                wait_until(lambda peer=peer: len(peer.received) >= BEGUN)
                running.signal(number)
                result = self.finish(running, 3)
                self.assert_outcome(result, 'not_sent', 'cancelled')
                self.assertEqual([line['attempts'] for line in parse_json(result)], [1])
