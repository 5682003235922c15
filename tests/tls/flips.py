"""A proxy between the command and a good service that changes one thing: it is never believed, and nothing crashes.

Every record of both directions is changed in turn: bits flipped, cut, doubled, dropped, exchanged with the next, or
something put before it. Judged by the log of the service. MIGTASK_TLS_ROUNDS=N does all of it N times, each time
otherwise.
"""

import collections
import functools
import os
import random
import select
import socket
import time
import zlib

from judge import PKI
from peers import _Server
from simulator import Simulator
from support import Running, check_result, target, wait_until

CLIENT, SERVER = 'client', 'server'
CCS = 20

# For a changed call: many stand still until then.
SECONDS = 0.6

# How many calls ended how.
TALLY = collections.Counter()

# Each is done so often to every record of a round.
WAYS = {'header bit': 2, 'bit': 4, 'cut': 1, 'double': 1, 'drop': 1, 'exchange': 1, 'insert': 2}


class Cut(Exception):
    """The connection ends here."""


class Proxy(_Server):
    """Passes records on; `change` gets (direction, index, record, next or None) and gives what is sent instead."""

    def __init__(self, port, change):
        super().__init__()
        self._port = port
        self._change = change
        self.records = {CLIENT: [], SERVER: []}
        self.source = None      # The port from which the service was called.
        self.touched = False

    def handle(self, connection):
        with socket.create_connection(('127.0.0.1', self._port)) as service:
            self.source = service.getsockname()[1]
            service.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ends = {connection: (CLIENT, service), service: (SERVER, connection)}
            waiting = {CLIENT: b'', SERVER: b''}
            try:
                while True:
                    for end in select.select(list(ends), [], [], 30)[0]:
                        direction, other = ends[end]
                        data = end.recv(65536)
                        if not data and end is connection:
                            return
                        if not data:
                            # What the command still says is wanted too.
                            ends.pop(service)
                            connection.shutdown(socket.SHUT_WR)
                            continue
                        waiting[direction] = self._pass_on(direction, waiting[direction] + data, other)
            except Cut:
                pass

    def _pass_on(self, direction, data, other):
        """Send all whole records of the data, changed or not; what is left."""
        found = []
        while len(data) >= 5 and len(data) >= (size := 5 + int.from_bytes(data[3:5], 'big')):
            found.append(data[:size])
            data = data[size:]
        while found:
            index = len(self.records[direction])
            self.records[direction].append(found[0])
            out, used = self._change(self, direction, index, found)
            if used == 2:
                self.records[direction].append(found[1])
            found = found[used:]
            for piece in out:
                if piece is None:
                    raise Cut
                other.sendall(piece)
        return data


@functools.cache
def service(version, cert):
    """A simulator for the rest of the run."""
    return Simulator(PKI, tls=version, cert=cert).__enter__()


def run_through(version, cert, change, task, seconds):
    """One call through a proxy: (proxy, result, record of the service)."""
    there = service(version, cert)
    started = time.time()
    with Proxy(there.port, change) as proxy:
        with Running(('start', task, '--json', *target(proxy.port), '--retries=0', f'--timeout={seconds}')) as running:
            result = running.finish(20)
        check_result(result, running.token)
    wait_until(lambda: proxy.source)
    # Ports come again: an older record may have this one too.
    record = wait_until(lambda: next((each for each in there.log if each['peer_port'] == proxy.source and
                                      each['time'] >= started), None), 10)
    return proxy, result, record


@functools.cache
def usual(version, cert):
    """The types of all records of an undisturbed call, by direction."""
    proxy, result, record = run_through(version, cert, lambda _p, _d, _i, found: (found[:1], 1), 'fault-slow-0', 10)
    assert result.json['outcome'] == 'accepted' and record['executed'], result
    return {direction: [each[0] for each in records] for direction, records in proxy.records.items()}


def inserted(chance):
    """A record from nowhere."""
    return chance.choice((
        b'\x15\3\3\0\2\2\x28', b'\x15\3\3\0\2\1\0', b'\x15\3\3\0\2\1\x64', b'\x14\3\3\0\1\1', b'\x16\3\3\0\4\0\0\0\0',
        b'\x17\3\3\0\x20' + chance.randbytes(32), b'\x17\3\3\0\0', b'\x16\3\3\0\x28' + chance.randbytes(40),
        b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}', chance.randbytes(chance.randrange(1, 200))))


def changer(way, direction, index, chance):
    """The function for a Proxy that does one thing to one record."""
    def change(proxy, its_direction, its_index, found):
        record = bytearray(found[0])
        if (its_direction, its_index) != (direction, index):
            return [record], 1
        proxy.touched = True
        if way == 'header bit':
            bit = chance.randrange(40)
        elif way == 'bit':
            bit = chance.randrange(40, max(48, 8 * len(record)))
        if way in ('header bit', 'bit'):
            proxy.touched = bit
            record[bit // 8] ^= 0x80 >> bit % 8
            return [record], 1
        if way == 'cut':
            return [record[:chance.randrange(len(record))], None], 1
        if way == 'double':
            return [record, record], 1
        if way == 'drop':
            return [], 1
        if way == 'exchange' and len(found) > 1:
            return [found[1], record], 2
        if way == 'insert':
            return [inserted(chance), record], 1
        proxy.touched = False
        return [record], 1
    return change


def matters(way, kinds, index, bit):
    """Whether a call may on no account be accepted after this was done to this record.

    The last record of a direction comes after the answer, as does a double of the one before it; a CCS means nothing in
    TLS 1.3; nobody looks at the version of a record; and of what is inserted some is allowed."""
    last = len(kinds) - 1 - (way == 'double')
    if way == 'insert' or index >= last or CCS in kinds[index:index + 2]:
        return False
    return way != 'header bit' or bit // 8 not in (1, 2)


def check(version, cert, direction, index, way, seed):
    """One changed call."""
    chance = random.Random(seed)
    kinds = usual(version, cert)[direction]
    proxy, result, record = run_through(version, cert, changer(way, direction, index, chance),
                                        f'ready-{zlib.crc32(seed.encode())}', SECONDS)
    executed = bool(record.get('executed'))
    outcome = result.json['outcome']
    TALLY[outcome] += 1
    what = f'seed {seed}, {proxy.touched}, {record}\n{result}'
    assert result.code in (0, 3, 4), what
    assert result.seconds < SECONDS + 3, f'too late: {what}'
    assert outcome != 'accepted' or executed, f'accepted and not carried out: {what}'
    assert outcome != 'not_sent' or not executed, f'not sent and carried out: {what}'
    if proxy.touched is not False and matters(way, kinds, index, proxy.touched):
        assert outcome != 'accepted', f'accepted though changed: {what}'


def note():
    """What came of all calls."""
    return 'changed calls: ' + ', '.join(f'{count} {outcome}' for outcome, count in sorted(TALLY.items()))


def rows():
    """(name, function) of every change."""
    for number in range(int(os.environ.get('MIGTASK_TLS_ROUNDS', '1'))):
        for version, cert in (('1.3', 'ec'), ('1.2', 'ec'), ('1.3', 'rsa-inter'), ('1.2', 'rsa-inter')):
            for direction, kinds in usual(version, cert).items():
                for index in range(len(kinds)):
                    for way, count in WAYS.items():
                        for again in range(count if cert == 'ec' else 1):
                            seed = f'{number} {version} {cert} {direction} {index} {way} {again}'
                            yield seed, functools.partial(check, version, cert, direction, index, way, seed)
