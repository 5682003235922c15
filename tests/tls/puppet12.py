"""The puppet in TLS 1.2: ECDHE with P-256, ECDSA, AES-128-GCM, the extended master secret. RFC 5246, 5288, 7627, 8422."""

import hmac
import hashlib
import os

import puppet
from crypto import Key, seal, unseal
from puppet import ALERT, CCS, CERTIFICATE, DATA, FINISHED, HANDSHAKE, P256, SERVER_HELLO, extension, number, vector

KEY_EXCHANGE, HELLO_DONE, CLIENT_KEY_EXCHANGE = 12, 14, 16
SUITE = 0xc02b


def _prf(secret, label, seed, size):
    seed, out, at = label + seed, b'', label + seed
    while len(out) < size:
        at = hmac.digest(secret, at, 'sha256')
        out += hmac.digest(secret, at + seed, 'sha256')
    return out[:size]


class _Direction:
    """The keys of one direction."""

    def __init__(self, key, salt):
        self._key, self._salt = key, salt
        self._count = 0

    def _aad(self, kind, size):
        self._count += 1
        return number(self._count - 1, 8) + bytes((kind, 3, 3)) + number(size, 2)

    def seal(self, kind, data, _padding=0):
        """One protected record."""
        nonce = os.urandom(8)
        sealed = nonce + seal(self._key, self._salt + nonce, self._aad(kind, len(data)), data)
        return bytes((kind, 3, 3)) + number(len(sealed), 2) + sealed

    def unseal(self, kind, data):
        """The content of one protected record."""
        return unseal(self._key, self._salt + data[:8], self._aad(kind, len(data) - 24), data[8:])


class Link(puppet.Link):
    """One connection."""

    def open_record(self, head, data):
        if head[0] == CCS:
            self.reading = self._keys[0]
            return None
        return head[0], self.reading.unseal(head[0], data) if self.reading else data

    def hello(self):
        """Read the ClientHello."""
        self._client_random = self.read_message()[6:38]

    def flight(self):
        """Send all from the ServerHello to the ServerHelloDone."""
        self._random = os.urandom(32)
        self.say(SERVER_HELLO, number(0x0303, 2), self._random, b'\0', number(SUITE, 2), b'\0',
                 vector(2, extension(0xff01, b'\0'), extension(23)))
        self.say(CERTIFICATE, vector(3, *(vector(3, each.der) for each in self.puppet.chain)))
        self._own = Key.generate('P-256')
        share = b'\3' + number(P256, 2) + vector(1, self._own.raw_public)
        signature = self.puppet.chain[0].key.sign(self._client_random + self._random + share)
        self.say(KEY_EXCHANGE, share, number(0x0403, 2), vector(2, signature))
        self.say(HELLO_DONE)

    def client_finished(self):
        """Read the rest of the client's handshake."""
        exchange = self.read_message()
        assert exchange[0] == CLIENT_KEY_EXCHANGE, exchange
        self._master = _prf(self._own.exchange(exchange[5:]), b'extended master secret', self._hash(), 48)
        block = _prf(self._master, b'key expansion', self._random + self._client_random, 40)
        self._keys = [_Direction(block[:16], block[32:36]), _Direction(block[16:32], block[36:])]
        assert self.read_message()[0] == FINISHED

    def finished(self):
        """Send CCS and Finished."""
        self.send(CCS, b'\1')
        self.writing = self._keys[1]
        self.say(FINISHED, _prf(self._master, b'server finished', hashlib.sha256(self.transcript).digest(), 12))


STEPS = ('hello', 'flight', 'client_finished', 'finished', 'request', 'answer')


def play(*, before=None, until=None):
    """A play of all steps in their order, like puppet.play()."""
    def act(link):
        for step in STEPS:
            if before and step in before:
                before[step](link)
            if step == until:
                break
            getattr(link, step)()
    act.link = Link
    return act
