"""The life of one connection: handshake, then requests, each with its record in the log and its answer, the end."""

import time

import faults
import gateway
from http_request import Malformed, Request
from http_response import SHORT_200, Answer
from tls_connection import FIN, NOTIFY, Ended, TlsConnection, end_tcp

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
        self._facts = {'connection': number, 'time': time.time(), 'peer_port': peer_port}
        self._requests = 0
        self._begin_request()

    def _begin_request(self):
        self._record = {'event': None, **self._facts}
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
        self._facts.update(secured.facts())
        while True:
            self._begin_request()
            answer, ended = self._receive(secured)
            if self._requests and not self._request.bytes_received:
                secured.end(FIN)  # The client, or time, ended a connection that was kept open.
                return
            self._requests += 1
            stays = self._may_stay(answer, ended)
            if stays:
                answer.data = answer.data.replace(b'\r\nconnection: close\r\n', b'\r\nconnection: keep-alive\r\n', 1)
            self._log_request(answer, ended)
            try:
                if stays and self._options.idle:
                    # In one piece with the answer, so that it is there before the next request.
                    secured.write_with(answer.data, SHORT_200 if self._options.idle == 'answer' else None)
                else:
                    self._send(secured, answer)
            except Ended:
                stays = False  # The client did not wait for all of it.
            if not stays or self._options.idle == 'close':
                secured.end(answer.end)
                return

    def _may_stay(self, answer, ended):
        """Whether the connection stays open: the client did not ask for its end, and the answer is an ordinary one."""
        return (self._requests < self._options.keep_alive and ended is None and answer.fault is None
                and answer.end == NOTIFY and not self._request.extra_bytes
                and self._request.headers.get('connection') != 'close')

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
            'request', number=self._requests, complete=request.complete, executed=answer.executed, status=answer.status, fault=answer.fault,
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
