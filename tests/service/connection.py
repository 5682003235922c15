"""The life of one connection: handshake, one request, its record in the log, one answer, the end."""

import time

import faults
import gateway
from http_request import Malformed, Request
from http_response import Answer
from tls_connection import FIN, Ended, TlsConnection, end_tcp

# No connection lives longer, whatever either side does.
LIFE_SECONDS = 60

READ_SIZE = 65536


class Connection:
    """One accepted TCP connection. `service` is the Simulator: options, tasks, counters, log."""

    def __init__(self, service, tcp, peer_port, number):
        self._service = service
        self._options = service.options
        self._tcp = tcp
        self._number = number
        self._started = time.monotonic()
        self._record = {'event': None, 'connection': number, 'time': time.time(), 'peer_port': peer_port}
        self._request = Request()
        self._call = None

    def run(self):
        """Serve the connection to its end."""
        how = self._options.die_how
        if self._is_among(self._options.accept_then_close):
            end_tcp(self._tcp, how)
            self._log('closed_after_accept')
        elif self._is_among(self._options.silent_handshake):
            self._hold(self._tcp.recv)
            self._tcp.close()
            self._log('silent_handshake')
        else:
            self._serve_tls(TlsConnection(self._tcp, self._service.context, self._started + LIFE_SECONDS), how)

    def _is_among(self, first):
        """The option's value covers this connection: True covers all, a number the first so many."""
        return first is True or self._number <= first

    def _log(self, event, **more):
        self._record.update(event=event, **more)
        self._service.event_log.add(self._record)

    def _serve_tls(self, secured, how):
        if self._is_among(self._options.handshake_close):
            try:
                secured.await_hello()
            except Ended:
                pass  # Gone before its ClientHello: closed all the same.
            secured.end(how)
            self._log('handshake_closed')
            return
        try:
            secured.handshake()
        except Ended as ended:
            self._log('handshake_failed', error=str(ended))
            secured.end(FIN)
            return
        self._record.update(secured.facts())
        answer, ended = self._receive(secured)
        self._log_request(answer, ended)
        try:
            self._send(secured, answer)
        except Ended:
            pass  # The client did not wait for all of it.
        secured.end(answer.end)

    def _receive(self, secured):
        """Read until there is an answer: the answer, and how the request ended if it is not complete."""
        if self._is_among(self._options.close_before_read):
            return Answer(end=self._options.die_how), 'closed'
        while (left := self._left_to_live()) > 0:
            try:
                data = secured.read(left)
            except Ended as ended:
                return Answer(end=FIN), str(ended)
            if not data:
                return Answer(), 'close_notify'
            try:
                self._request.feed(data)
            except Malformed as why:
                return gateway.malformed(why), 'answered'
            if self._left_to_live() > 0 and (answer := self._decide()):
                return answer, None if self._request.complete else 'answered'
        # The worst case for a client that hears nothing: what arrived whole was carried out.
        decided = self._decide() if self._request.complete else None
        return (Answer(executed=bool(decided and decided.executed), end=self._options.die_how),
                None if self._request.complete else 'died')

    def _left_to_live(self):
        """Bytes that may be read, bounded: until the connection dies, if it is to die."""
        if self._options.die_after is None:
            return READ_SIZE
        return min(READ_SIZE, self._options.die_after - self._request.bytes_received)

    def _decide(self):
        """The answer to what has come in so far, None as long as more is needed."""
        request = self._request
        if self._call is None and request.task_id is not None:
            self._call = faults.Call(request, self._service.count(request.task_id))
        if self._call and (answer := faults.play(self._call, early=True)):
            return answer
        if answer := gateway.refuse_early(request, self._options.header_limit):
            return answer
        if not request.complete:
            return None
        return (gateway.refuse_token(request) or faults.play(self._call, early=False)
                or self._service.tasks.act(request))

    def _log_request(self, answer, ended):
        request = self._request
        self._log(
            'request', complete=request.complete, executed=answer.executed, status=answer.status, fault=answer.fault,
            method=request.method, path=request.path, version=request.version, headers=request.headers,
            token=request.token, token_length=len(request.token or ''), body=request.body.decode('utf-8', 'replace'),
            task_id=request.task_id, operation=request.operation, bytes_received=request.bytes_received,
            extra_bytes=request.extra_bytes, ended=ended)

    def _send(self, secured, answer):
        self._service.stopping.wait(answer.delay)
        piece = answer.piece or len(answer.data)
        for start in range(0, len(answer.data), piece or 1):
            if start and answer.pause:
                self._service.stopping.wait(answer.pause)
            secured.write(answer.data[start:start + piece])
        if answer.hold:
            self._hold(secured.read)

    def _hold(self, read):
        """Say nothing until the peer leaves or the connection's life is over."""
        self._tcp.settimeout(LIFE_SECONDS)
        try:
            while time.monotonic() < self._started + LIFE_SECONDS and read(4096):
                pass
        except (OSError, Ended):
            pass  # Gone, or held long enough.
