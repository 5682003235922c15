"""What a server may do once the handshake is over: the outcome must be true, and come before the deadline."""

import functools
import os
import subprocess
import time

import puppet12
import support
from handshakes import certificate_request, do, flip, ticket
from judge import SCRATCH, Running, check_puppet, check_result, credential, good_chain, good_root, judge, run, target
from puppet import (ALERT, CCS, CERTIFICATE_REQUEST, DATA, HANDSHAKE, KEY_UPDATE, NEW_SESSION_TICKET, Puppet, message,
                    play, record)

OK = ('accepted', 'ok')
BROKEN = ('unknown', 'tls_failed')
LOST = ('unknown', 'connection_lost')
TIMEOUT = ('unknown', 'timeout')
SHORT = ('--timeout=1',)
NO_RENEGOTIATION = 100

WHOLE = b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'
HALF = b'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"half":'
OPEN_END = b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}'
REFUSAL = b'HTTP/1.1 403 Forbidden\r\nContent-Length: 25\r\n\r\n{"error_code":"SMS.9004"}'


def post(link, kind, *parts):
    """A handshake message behind the handshake."""
    link.say(kind, *parts)


def update(link, request=0):
    """Tell of new keys and use them."""
    link.say(KEY_UPDATE, bytes((request,)))
    link.writing = link.writing.next()


def end_tcp(link):
    """A FIN."""
    link.tcp.shutdown(1)


def with_each(count, function, *arguments):
    """The same thing many times (None: without end) before the answer."""
    def act(link):
        done = 0
        while count is None or done < count:
            function(link, *arguments)
            done += 1
    return play(before={'answer': act})


def answers(*steps):
    """A play whose end is made of these steps instead of an answer."""
    def act(link):
        for step in steps:
            step(link)
    return play(before={'answer': act}, until='answer')


def say(data):
    """A step: send data."""
    return do('answer', data)


def raw(data):
    """A step: send a record as it is."""
    return do('raw', data)


NOTIFY = do('alert', 0, 1)
FATAL = do('alert', 80)


def puppets():
    """(name, play, outcome, words, options)."""
    def new_ticket(link, octets=32):
        post(link, NEW_SESSION_TICKET, *ticket(octets))

    yield 'no ticket', play(), OK
    yield 'one ticket', with_each(1, new_ticket), OK
    yield '500 tickets', with_each(500, new_ticket), OK
    yield 'a ticket of 16000 bytes', with_each(1, new_ticket, 16000), OK
    yield 'tickets and no answer', answers(new_ticket, new_ticket), TIMEOUT, (), SHORT
    yield 'tickets without end', with_each(None, new_ticket), TIMEOUT, (), SHORT
    yield 'a ticket of another form', with_each(1, post, NEW_SESSION_TICKET, b'x' * 7), OK
    yield 'a ticket in the middle of the answer', answers(say(WHOLE[:20]), new_ticket, say(WHOLE[20:])), OK
    yield 'KeyUpdate', with_each(1, update), BROKEN
    yield 'KeyUpdate that asks for ours', with_each(1, update, 1), BROKEN
    yield 'KeyUpdates without end', with_each(None, update), BROKEN
    yield 'KeyUpdate of another form', with_each(1, post, KEY_UPDATE, b'\7\7'), BROKEN
    yield 'a message that nobody knows', with_each(1, post, 99, b'x'), BROKEN
    yield 'a request for a certificate', with_each(1, post, CERTIFICATE_REQUEST, *certificate_request(b'c')), BROKEN
    yield 'a ClientHello', with_each(1, post, 1, bytes(60)), BROKEN
    yield 'a ServerHello', with_each(1, post, 2, bytes(60)), BROKEN
    yield 'a HelloRequest', with_each(1, post, 0), BROKEN
    yield 'a second Finished', with_each(1, post, 20, bytes(32)), BROKEN
    yield 'half a message and then the answer', with_each(1, do('send', HANDSHAKE, b'\4\0\0\xff')), BROKEN
    yield 'a message of 16 MB', with_each(None, do('send', HANDSHAKE, b'\4\xff\xff\xff' + bytes(16000))), BROKEN

    yield 'records of padding around the answer', with_each(1, lambda link: link.send(DATA, b'', 500)), OK
    yield 'one empty record', with_each(1, do('send', DATA, b'')), OK
    yield 'empty records without end', with_each(None, do('send', DATA, b'')), BROKEN
    yield 'an answer byte by byte', answers(*(say(bytes((octet,))) for octet in WHOLE)), OK
    yield 'a CCS', with_each(1, raw(record(CCS, b'\1'))), OK
    yield 'CCS without end', with_each(None, raw(record(CCS, b'\1'))), TIMEOUT, (), SHORT
    yield 'warnings without end', with_each(None, do('alert', 90, 1)), TIMEOUT, (), SHORT
    yield 'a warning', with_each(1, do('alert', 90, 1)), OK
    yield 'a record without protection', with_each(1, raw(record(DATA, WHOLE))), BROKEN
    yield 'an answer in the clear', answers(raw(record(DATA, WHOLE))), BROKEN
    yield 'an alert in the clear', answers(raw(record(ALERT, b'\1\0'))), BROKEN
    yield 'garbage', answers(raw(b'HTTP/1.1 200 OK\r\n\r\n')), BROKEN
    yield 'a record with a bit changed', answers(lambda link: link.raw(flip(link.writing.seal(DATA, WHOLE)))), BROKEN
    yield 'an answer sealed with the keys of the handshake', answers(
        lambda link: link.raw(link.handshake_keys.seal(DATA, WHOLE))), BROKEN
    yield 'a record twice', answers(twice), BROKEN
    yield 'two records in the wrong order', answers(swapped), BROKEN

    for number, word in ((80, 'internal_error'), (40, 'alert 40'), (116, 'certificate_required'), (49, 'access')):
        yield f'alert {number} instead of the answer', answers(do('alert', number)), BROKEN, (word,)
    yield 'alert in the middle of the answer', answers(say(HALF), FATAL), BROKEN
    yield 'alert behind the answer', answers(say(WHOLE), FATAL), OK
    yield 'close_notify instead of the answer', answers(NOTIFY, end_tcp), LOST
    yield 'close_notify in the middle', answers(say(HALF), NOTIFY, end_tcp), LOST
    yield 'close_notify behind the answer', answers(say(WHOLE), NOTIFY, end_tcp), OK
    yield 'garbage behind the answer', answers(say(WHOLE), raw(b'garbage')), OK
    yield 'FIN instead of the answer', answers(end_tcp), LOST
    yield 'FIN in the middle', answers(say(HALF), end_tcp), LOST
    yield 'FIN behind the answer', answers(say(WHOLE), end_tcp), OK
    yield 'an open end and close_notify', answers(say(OPEN_END), NOTIFY), OK
    yield 'an open end and FIN', answers(say(OPEN_END), end_tcp), LOST
    yield 'an open end and an alert', answers(say(OPEN_END), FATAL), BROKEN
    yield 'an open end and close_notify as a fatal alert', answers(say(OPEN_END), do('alert', 0, 2)), BROKEN
    yield 'an open end and close_notify in the clear', answers(say(OPEN_END), raw(record(ALERT, b'\1\0'))), BROKEN
    yield 'an answer behind close_notify', answers(NOTIFY, say(WHOLE)), LOST
    yield 'silence', answers(), TIMEOUT, (), SHORT
    yield 'a refusal', answers(say(REFUSAL)), ('refused', 'http_status')
    yield 'a refusal behind an alert', answers(FATAL, say(REFUSAL)), BROKEN
    yield 'tickets, then a refusal, then an alert', answers(new_ticket, say(REFUSAL), FATAL), ('refused', 'http_status')


def twice(link):
    """Half an answer, and the same record once more."""
    sealed = link.writing.seal(DATA, HALF)
    link.raw(sealed + sealed)


def swapped(link):
    """The second half of an answer, and then the first."""
    first, second = (link.writing.seal(DATA, part) for part in (WHOLE[:20], WHOLE[20:]))
    link.raw(second + first)


def check_renegotiation():
    """OpenSSL asks for a new handshake in TLS 1.2 instead of an answer."""
    file = credential(good_chain())
    server = subprocess.Popen(
        ['openssl', 's_server', '-accept', '127.0.0.1:0', '-naccept', '1', '-tls1_2', '-cert', f'{file}.pem',
         '-key', f'{file}.key'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        while b'ACCEPT' not in (line := server.stdout.readline()):
            assert line, 'openssl s_server does not start'
        port = int(line.rsplit(b':', 1)[1])
        with Running(('start', 'ready-1', '--json', *target(port, ca_file=good_root()[1]), '--timeout=3')) as running:
            seen = b''
            while b'"start"' not in seen:
                data = os.read(server.stdout.fileno(), 65536)
                assert data, f's_server ended: {seen!r}'
                seen += data
            server.stdin.write(b'r\n')  # A command, since it runs without -quiet.
            server.stdin.flush()
            result = running.finish(10)
            check_result(result, running.token)
    finally:
        server.kill()
        server.wait()
        server.stdin.close()
        server.stdout.close()
    judge(result, *BROKEN)


@functools.cache
def small_send():
    """A library by which the command can hand over little at a time."""
    return support.build_preload(SCRATCH, 'small_send.c')


def check_hello_request(times):
    """TLS 1.2: the server asks for a new handshake while the request is stuck. What we say to that must not take the
    place of a part of the request."""
    def ask(link):
        time.sleep(0.3)
        for _ in range(times):
            link.send(HANDSHAKE, message(0))
        time.sleep(0.3)

    with Puppet(puppet12.play(before={'request': ask}), good_chain(), receive_buffer=1024) as server:
        # The sanitizer's own library comes second then.
        result = run('start', 'ready-1', '--json', *target(server.port, ca_file=good_root()[1]), '--retries=0',
                     '--timeout=8', token=support.LONG_TOKEN, preload=small_send(),
                     env={'ASAN_OPTIONS': 'verify_asan_link_order=0'})
    judge(result, *OK)
    assert server.received.count(support.LONG_TOKEN.encode()) == 1, f'not whole: {len(server.received)}\n{result}'
    assert server.alerts[:1] == [NO_RENEGOTIATION], server.alerts


def rows():
    """(name, function) of every server."""
    for times in (1, 9):
        yield f'TLS 1.2: HelloRequest, {times} times, while the request goes out', functools.partial(
            check_hello_request, times)
    for name, act, outcome, *more in puppets():
        words, options = (*more, *((), ())[len(more):])
        yield name, functools.partial(check_puppet, act, *outcome, words, options=options)
    yield 'TLS 1.2: renegotiation', check_renegotiation
