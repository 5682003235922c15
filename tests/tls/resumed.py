"""Sessions that are kept for the next connection: what a server makes of them must cost no task its truth."""

import functools
import os
import threading
import time

import support
from handshakes import do, finish
from judge import credential, good_chain, good_root, judge, run, target
from peers import _Server, is_whole_request, read_request
from puppet import NEW_SESSION_TICKET, Puppet, extension, number, play, vector
from tls_connection import Ended, TlsConnection, server_context

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'
TASKS = ('ready-1', 'ready-2', 'ready-3')
DAY = 24 * 3600


def wave(port, *options):
    """A run of several tasks, with a connection for each."""
    return run('start', *TASKS, '--json', *target(port, ca_file=good_root()[1]), '--timeout=8', '--retries=0', *options)


def check_all_accepted(result):
    """Each task was carried out, at the first attempt."""
    told = [(line['task_id'], line['outcome'], line['attempts']) for line in result.lines]
    assert told == [(task, 'accepted', 1) for task in TASKS], f'{told}\n{result}'


# ---- Strange tickets ----

def tickets():
    """(name, contents of a NewSessionTicket)."""
    def ticket(lifetime=7200, nonce=b'n', body=None, extensions=b''):
        return (number(lifetime, 4), number(1, 4), vector(1, nonce), vector(2, os.urandom(99) if body is None else body),
                vector(2, extensions))

    yield 'as usual', ticket()
    yield 'of no lifetime', ticket(lifetime=0)
    yield 'of 7 days', ticket(lifetime=7 * DAY)
    yield 'of 7 days and a second', ticket(lifetime=7 * DAY + 1)
    yield 'of 30 days', ticket(lifetime=30 * DAY)
    yield 'for ever', ticket(lifetime=2 ** 32 - 1)
    for size in (0, 32, 64, 65, 128, 255):
        yield f'with a nonce of {size} bytes', ticket(nonce=bytes(size))
    yield 'empty', ticket(body=b'')
    yield 'of 16000 bytes', ticket(body=bytes(16000))
    yield 'of 2048 bytes', ticket(body=bytes(2048))
    yield 'with early data', ticket(extensions=extension(42, number(2 ** 32 - 1, 4)))
    yield 'with an extension that nobody knows', ticket(extensions=extension(0x1a1a))
    yield 'with an extension of another message', ticket(extensions=extension(51, b'x'))
    yield 'with an extension twice', ticket(extensions=extension(42, bytes(4)) * 2)
    yield 'with an extension that is cut', ticket(extensions=b'\0\x2a\0\4')
    yield 'of 7 bytes', (bytes(7),)
    yield 'whose nonce is cut', (number(7200, 4), number(1, 4), b'\xff' + bytes(99))
    yield 'that is cut', (number(7200, 4), number(1, 4), vector(1, b'n'), number(500, 2) + bytes(99))
    yield 'without a list of extensions', (number(7200, 4), number(1, 4), vector(1, b'n'), vector(2, bytes(99)))


def check_tickets(contents, order):
    """Tickets before and after an answer, alone or two at a time."""
    def say(link):
        for body in contents:
            link.say(NEW_SESSION_TICKET, *body)

    def act(link):
        play(until='request')(link)
        data = len(link.puppet.received)
        while not is_whole_request(link.puppet.received[data:]):
            link.read()
        for step in order:
            {'ticket': say, 'answer': do('answer')}[step](link)

    with Puppet(act, good_chain()) as server:
        check_all_accepted(wave(server.port))
        assert not server.alerts or set(server.alerts) == {0}, server.alerts


# ---- Servers that change ----

class Server(_Server):
    """A TLS server of these versions, one for each connection and the last for all further ones. `spoil`: what is done
    with a connection that offers a session, or with all from this number on, instead of serving it."""

    def __init__(self, *versions, spoil=None, spoil_from=99):
        super().__init__()
        self._contexts = [server_context(support.PKI, credential(good_chain()), version) for version in versions]
        self._spoil = spoil
        self._spoil_from = spoil_from
        self._lock = threading.Lock()
        self._count = 0
        self.requests = 0
        self.resumed = []

    def handle(self, connection):
        """One connection."""
        with self._lock:
            number_, self._count = self._count, self._count + 1
        context = self._contexts[min(number_, len(self._contexts) - 1)]
        if self._spoil and (number_ >= self._spoil_from or offers_session(connection)):
            self._spoil(connection)
            return
        talk = TlsConnection(connection, context, time.monotonic() + 20)
        try:
            talk.handshake()
            self.resumed.append(talk.facts()['resumed'])
            if not is_whole_request(read_request(talk.read)):
                return
            self.requests += 1
            talk.write(ANSWER)
            talk.end('notify')
        except Ended:
            pass


def offers_session(connection):
    """Whether a ClientHello that has come, and stays where it is, has a session of TLS 1.3."""
    hello = connection.recv(65536, 2)  # MSG_PEEK
    at = 43
    at += 1 + hello[at]
    at += 2 + int.from_bytes(hello[at:at + 2], 'big')
    at += 1 + hello[at] + 2
    while at < len(hello):
        if hello[at:at + 2] == b'\0\x29':
            return True
        at += 4 + int.from_bytes(hello[at + 2:at + 4], 'big')
    return False


class _Tcp:
    """What finish() wants."""

    def __init__(self, tcp):
        self.tcp = tcp


def ended(how):
    """The server ends a connection on which a session was offered."""
    def spoil(connection):
        connection.recv(65536)
        finish(_Tcp(connection), how)
    return spoil


def alerted(number_):
    """The server sends an alert there."""
    def spoil(connection):
        connection.recv(65536)
        connection.sendall(bytes((21, 3, 3, 0, 2, 2, number_)))
    return spoil


def check_change(server, resumed=None, connections=None):
    """All tasks of a wave are carried out."""
    with server:
        check_all_accepted(wave(server.port))
        assert server.requests == len(TASKS), server.requests
        assert resumed is None or server.resumed == resumed, server.resumed
        assert connections is None or server.connections == connections, server.connections


def check_no_end():
    """A server that fails every connection after the first: two for an attempt, and no more."""
    with Server('1.3', spoil=ended('close'), spoil_from=1) as server:
        result = run('start', *TASKS[:2], '--json', *target(server.port, ca_file=good_root()[1]), '--timeout=8',
                     '--retries=0')
        assert server.connections == 3, server.connections
    judge(result, 'not_sent', 'connection_lost')


def rows():
    """(name, function) of every server."""
    for name, body in tickets():
        yield f'a ticket {name}', functools.partial(check_tickets, [body], ('ticket', 'answer'))
        yield f'a ticket {name}, behind the answer', functools.partial(check_tickets, [body], ('answer', 'ticket'))
    usual = dict(tickets())
    yield 'a strange ticket between two', functools.partial(
        check_tickets, [usual['as usual'], usual['empty'], usual['as usual']], ('ticket', 'answer'))
    for version in ('1.2', '1.3'):
        yield f'resumed, {version}', lambda v=version: check_change(Server(v), [False, True, True], 3)
    yield '1.3 and then 1.2', lambda: check_change(Server('1.3', '1.2'))
    yield '1.2 and then 1.3', lambda: check_change(Server('1.2', '1.3'))
    yield '1.3, 1.2 and 1.3 again', lambda: check_change(Server('1.3', '1.2', '1.3'))
    for name, spoil in (('closed', ended('close')), ('reset', ended('reset')), ('alert 40', alerted(40)),
                        ('alert 47', alerted(47)), ('alert 51', alerted(51)), ('alert 115', alerted(115))):
        yield f'an offer of a session is answered by: {name}', lambda s=spoil: check_change(Server('1.3', spoil=s),
                                                                                           connections=5)
    yield 'a server that fails whatever is offered', check_no_end
