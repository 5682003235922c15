"""What may have come before a request leaves: an answer belongs to a question. On a fresh connection the request is not
sent; a connection that was kept is ended, and the next request goes over a fresh one."""

import contextlib
import functools
import re
import time
import unittest.mock

import support
from handshakes import do, ticket
from judge import check_puppet, credential, good_chain, good_root, run, target
from peers import _Server, is_whole_request, read_request
import puppet12 as old
from puppet import DATA, HANDSHAKE, NEW_SESSION_TICKET, Puppet, message, play
from tls_connection import Ended, TlsConnection, server_context

OK = ('accepted', 'ok')
EARLY = ('not_sent', 'http_malformed')
WORDS = ('before it was asked',)
TIMEOUT = ('not_sent', 'timeout')
SOON = ('--connect-timeout=0.5',)

ACCEPTED = b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'
REFUSED = b'HTTP/1.1 400 Bad Request\r\nContent-Length: 25\r\n\r\n{"error_code":"SMS.9004"}'


# ---- Fresh connections ----

def with_finished(*steps, until=None):
    """A play of TLS 1.3: all of the server's handshake in one piece with what the steps send; the client is not waited for."""
    def act(link):
        pieces = []
        link.hello()
        with unittest.mock.patch.object(link, 'raw', pieces.append):
            for step in ('server_hello', 'encrypted_extensions', 'certificate', 'certificate_verify', 'finished'):
                getattr(link, step)()
            for step in steps:
                step(link)
        link.raw(b''.join(pieces))
        if until is None:
            link.client_finished()
            link.request()
            link.answer()
    return act


def new_ticket(link):
    """A ticket before the client's Finished, as servers may send it."""
    # It is made for the transcript with that, so it is of no use, but nobody can tell.
    link.send(HANDSHAKE, message(NEW_SESSION_TICKET, *ticket()))


def cut(size):
    """A step: the first `size` bytes of a record with an answer."""
    return lambda link: link.raw(link.writing.seal(DATA, ACCEPTED)[:size])


def in_two(link):
    """A play: a ticket before the client's Finished that comes in two pieces, with a pause between them."""
    sealed = []
    with_finished(lambda link: sealed.append(link.writing.seal(HANDSHAKE, message(NEW_SESSION_TICKET, *ticket()))),
                  lambda link: link.raw(sealed[0][:40]),
                  until='client_finished')(link)
    link.client_finished()  # It comes, though a record is not whole.
    time.sleep(0.1)
    assert not link.puppet.received, 'the request did not wait'
    link.raw(sealed[0][40:])
    link.request()
    link.answer()


def of_12(*steps):
    """A play of TLS 1.2: what the steps send, and an answer, in one piece with the server's Finished."""
    def act(link):
        link.hello()
        link.flight()
        link.client_finished()
        pieces = []
        with unittest.mock.patch.object(link, 'raw', pieces.append):
            link.finished()
            for step in steps:
                step(link)
            link.answer()
        link.raw(b''.join(pieces))

    act.link = old.Link
    return act


def puppets():
    """(name, play, outcome, words, options) of fresh connections of TLS 1.3."""
    answer, empty = do('answer'), do('send', DATA, b'')
    yield 'an answer with Finished', with_finished(answer), EARLY, WORDS
    yield 'one byte with Finished', with_finished(do('send', DATA, b'H')), EARLY, WORDS
    yield 'an empty record and an answer', with_finished(empty, answer), EARLY, WORDS
    yield '40 tickets and an answer', with_finished(*[new_ticket] * 40, answer), EARLY, WORDS
    yield '40 empty records between tickets and an answer', with_finished(*[empty, new_ticket] * 40, answer), EARLY, WORDS
    yield '40 warnings and an answer', with_finished(*[do('alert', 90, 1)] * 40, answer), EARLY, WORDS
    yield 'a head of a record that is never whole', with_finished(cut(3)), TIMEOUT, (), SOON
    yield 'a record that is never whole', with_finished(cut(40)), TIMEOUT, (), SOON
    yield 'a message that is never whole', with_finished(do('send', HANDSHAKE, b'\4\0\0\xff')), TIMEOUT, (), SOON
    yield 'close_notify with Finished', with_finished(do('alert', 0, 1)), ('not_sent', 'connection_lost'), (
        'before it was asked',)
    yield 'a ticket with Finished', with_finished(new_ticket), OK
    yield '40 tickets with Finished', with_finished(*[new_ticket] * 40), OK
    yield 'a ticket in two pieces', in_two, OK
    yield 'two empty records with Finished', with_finished(empty, empty), OK
    yield 'two empty records before the answer', play(before={'answer': lambda link: [empty(link), empty(link)]}), OK
    yield 'TLS 1.2', old.play(), OK
    yield 'an answer with Finished, TLS 1.2', of_12(), EARLY, WORDS
    yield 'a HelloRequest and an answer, TLS 1.2', of_12(lambda link: link.send(HANDSHAKE, message(0))), EARLY, WORDS


class Server(_Server):
    """A TLS server by OpenSSL that counts requests; what it says is a function of this and a Talk, for the first
    request. All others are refused."""

    def __init__(self, version, first):
        super().__init__()
        self._context = server_context(support.PKI, credential(good_chain()), version)
        self._first = first
        self.requests = []

    def handle(self, connection):
        """One connection."""
        talk = TlsConnection(connection, self._context, time.monotonic() + 20)
        talk.handshake()
        talk.rest = b''
        with contextlib.suppress(Ended):
            self._converse(talk, connection)

    def _converse(self, talk, connection):
        while True:
            data = read_request(talk.read)
            if not is_whole_request(data):
                return
            self.requests.append(re.search(rb'/tasks/([^/]*)/', data)[1].decode())
            if len(self.requests) == 1:
                self._first(talk)
            else:
                connection.sendall(talk.rest)
                talk.write(REFUSED)


def in_one_record(talk):
    """Two answers in one record."""
    talk.write(ACCEPTED * 2)


def in_one_piece(talk):
    """Two answers in two records, in one piece of TCP."""
    talk.write_with(ACCEPTED, ACCEPTED)


def partly(size):
    """An answer, and in the same piece of TCP the beginning of a record with another; its rest comes with the next
    request."""
    def first(talk):
        sealed, stray = talk.seal(ACCEPTED), talk.seal(ACCEPTED)
        talk.send_sealed(sealed + stray[:size])
        talk.rest = stray[size:]
    return first


def notify(talk):
    """An answer and the end of the connection."""
    talk.write_with(ACCEPTED, None)


def check_kept(server):
    """Two tasks: the second goes over a fresh connection, and its own answer counts."""
    with server:
        result = run('start', 'ready-1', 'ready-2', '--json', '--reuse', *target(server.port, ca_file=good_root()[1]),
                     '--retries=0', '--timeout=8')
    told = [(line['task_id'], line['outcome'], line['attempts']) for line in result.lines]
    assert told == [('ready-1', 'accepted', 1), ('ready-2', 'refused', 1)], f'{told}\n{result}'
    assert server.requests == ['ready-1', 'ready-2'], server.requests
    assert server.connections == 2, server.connections


class KeptPuppet(Puppet):
    """A puppet that answers each request by itself, the first one by these steps."""

    def __init__(self, *steps):
        super().__init__(self._act, good_chain())
        self._steps = steps
        self.requests = []

    def _act(self, link):
        play(until='request')(link)
        while True:
            start = len(self.received)
            while not is_whole_request(self.received[start:]):
                link.read()
            self.requests.append(re.search(rb'/tasks/([^/]*)/', bytes(self.received[start:]))[1].decode())
            if len(self.requests) > 1:
                link.answer(REFUSED)
                continue
            pieces = []
            with unittest.mock.patch.object(link, 'raw', pieces.append):
                for step in self._steps:
                    step(link)
            link.raw(b''.join(pieces))


def kept():
    """(name, server) of connections that are kept for a second request."""
    for version in ('1.2', '1.3'):
        for name, first in (('in one record', in_one_record), ('in one piece', in_one_piece)):
            yield f'a second answer {name}, {version}', lambda v=version, f=first: Server(v, f)
        for size in (1, 5, 6, 30):
            yield f'{size} bytes of a second answer, {version}', lambda v=version, s=size: Server(v, partly(s))
        yield f'close_notify behind the answer, {version}', lambda v=version: Server(v, notify)
    answer, empty = do('answer', ACCEPTED), do('send', DATA, b'')
    yield '40 tickets and a second answer', lambda: KeptPuppet(answer, *[new_ticket] * 40, answer)
    yield '2 tickets and a second answer', lambda: KeptPuppet(answer, *[new_ticket] * 2, answer)
    yield '3 empty records and a second answer', lambda: KeptPuppet(answer, *[empty] * 3, answer)
    yield '40 empty records and a second answer', lambda: KeptPuppet(answer, *[empty, new_ticket] * 40, answer)
    yield '40 warnings and a second answer', lambda: KeptPuppet(answer, *[do('alert', 90, 1)] * 40, answer)
    yield 'a part of a ticket', lambda: KeptPuppet(answer, do('send', HANDSHAKE, b'\4\0\0\xff'))


def rows():
    """(name, function) of every server."""
    for name, act, outcome, *more in puppets():
        words, options = (*more, *((), ())[len(more):])
        yield f'fresh: {name}', functools.partial(check_puppet, act, *outcome, words, options=options)
    for name, make in kept():
        yield f'kept: {name}', lambda make=make: check_kept(make())
