"""A TLS 1.3 server that does each step as it is told, right or wrong: P-256, X25519 and AES-128-GCM. RFC 8446.

A play is a function that gets the Link of one connection and calls its steps in any order, with any change.
"""

import contextlib
import hashlib
import hmac
import os

from crypto import Key, seal, unseal
from peers import _Server, is_whole_request

CCS, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
(CLIENT_HELLO, SERVER_HELLO, NEW_SESSION_TICKET, ENCRYPTED_EXTENSIONS, CERTIFICATE, CERTIFICATE_REQUEST,
 CERTIFICATE_VERIFY, FINISHED, KEY_UPDATE) = (1, 2, 4, 8, 11, 13, 15, 20, 24)
X25519, P256, AES128 = 0x1d, 0x17, 0x1301
CURVES = {P256: 'P-256', X25519: 'X25519'}
RETRY = hashlib.sha256(b'HelloRetryRequest').digest()
NOTIFY = bytes((1, 0))


def number(value, octets):
    """Big-endian."""
    return value.to_bytes(octets, 'big')


def vector(octets, *parts):
    """What has its length before it."""
    data = b''.join(parts)
    return number(len(data), octets) + data


def extension(kind, *parts):
    """One extension."""
    return number(kind, 2) + vector(2, *parts)


def alpn(*protocols):
    """The extension of ALPN."""
    return extension(16, vector(2, *(vector(1, protocol) for protocol in protocols)))


def message(kind, *parts):
    """One handshake message."""
    return bytes((kind,)) + vector(3, *parts)


def record(kind, data, version=0x0303):
    """One record."""
    return bytes((kind,)) + number(version, 2) + vector(2, data)


def _expand(secret, label, context, size):
    info = number(size, 2) + vector(1, b'tls13 ', label) + vector(1, context)
    return hmac.digest(secret, info + b'\1', 'sha256')[:size]


class _Direction:
    """The keys of one direction."""

    def __init__(self, secret):
        self.secret = secret
        self._key, self._iv = _expand(secret, b'key', b'', 16), _expand(secret, b'iv', b'', 12)
        self._count = 0

    def _nonce(self):
        self._count += 1
        return bytes(a ^ b for a, b in zip(self._iv, number(self._count - 1, 12)))

    def seal(self, kind, data, padding=0):
        """One protected record."""
        inner = data + bytes((kind,)) + bytes(padding)
        head = bytes((DATA, 3, 3)) + number(len(inner) + 16, 2)
        return head + seal(self._key, self._nonce(), head, inner)

    def unseal(self, head, data):
        """(kind, content) of one protected record."""
        inner = unseal(self._key, self._nonce(), head, data).rstrip(b'\0')
        return inner[-1], inner[:-1]

    def next(self):
        """The keys after a KeyUpdate."""
        return _Direction(_expand(self.secret, b'traffic upd', b'', 32))


class Link:
    """One connection. `received` is all plaintext that came after the handshake."""

    def __init__(self, puppet, tcp):
        self.puppet = puppet
        self.tcp = tcp
        self.transcript = b''
        self.reading = self.writing = self.handshake_keys = None
        self.session = b''
        self.hellos = []
        self._parts = b''  # Handshake messages of the client, perhaps not whole.
        self._secret = None

    # ---- Records ----

    def raw(self, data):
        """Send bytes as they are."""
        self.tcp.sendall(data)

    def send(self, kind, data, padding=0):
        """Send a record, protected if there are keys."""
        self.raw(self.writing.seal(kind, data, padding) if self.writing else record(kind, data))

    def say(self, kind, *parts, size=None):
        """Send a handshake message, in records of `size` bytes if that is given."""
        data = message(kind, *parts)
        self.transcript += data
        for start in range(0, len(data), size or len(data)):
            self.send(HANDSHAKE, data[start:start + (size or len(data))])

    def alert(self, description, level=2):
        """Send an alert."""
        self.send(ALERT, bytes((level, description)))

    def _exactly(self, count):
        data = b''
        while len(data) < count:
            piece = self.tcp.recv(count - len(data))
            if not piece:
                raise OSError('the client is gone')
            data += piece
        return data

    def read(self):
        """(kind, content) of the client's next record, without protection; the alerts are kept."""
        while True:
            head = self._exactly(5)
            data = self._exactly(int.from_bytes(head[3:], 'big'))
            self.puppet.kinds.append(head[0])
            opened = self.open_record(head, data)
            if opened is None:
                continue
            kind, data = opened
            if kind == ALERT:
                self.puppet.alerts.append(data[-1])
            if kind == DATA:
                self.puppet.received += data
            return kind, data

    def open_record(self, head, data):
        """(kind, content) of a record; None if there is nothing in it to be handed on."""
        if head[0] == CCS:
            return None
        if head[0] != DATA or not self.reading:
            return head[0], data
        try:
            return self.reading.unseal(head, data)
        except ValueError:
            self.puppet.unreadable += len(data)
            return None

    def read_message(self):
        """The client's next handshake message, added to the transcript."""
        while len(self._parts) < 4 or len(self._parts) < 4 + int.from_bytes(self._parts[1:4], 'big'):
            kind, data = self.read()
            if kind != HANDSHAKE:
                raise OSError(f'a record of type {kind} came')
            self._parts += data
        size = 4 + int.from_bytes(self._parts[1:4], 'big')
        found, self._parts = self._parts[:size], self._parts[size:]
        self.transcript += found
        return found

    # ---- The steps ----

    def hello(self):
        """Read the ClientHello."""
        hello = self.read_message()[4:]
        self.hellos.append(hello)
        at = 34
        self.session = hello[at + 1:at + 1 + hello[at]]
        at += 1 + len(self.session)
        at += 2 + int.from_bytes(hello[at:at + 2], 'big')  # Suites.
        at += 1 + hello[at] + 2  # Compression; the length of the extensions.
        while at < len(hello):
            kind, size = int.from_bytes(hello[at:at + 2], 'big'), int.from_bytes(hello[at + 2:at + 4], 'big')
            if kind == 51:
                # One share is sent.
                self.group, self.share = int.from_bytes(hello[at + 6:at + 8], 'big'), hello[at + 10:at + 4 + size]
            at += 4 + size

    def server_hello(self, *, version=0x0303, random=None, session=None, suite=AES128, compression=0, selected=0x0304,
                     group=None, share=None, more=b'', extensions=None, size=None, retry=None, cookie=b'', behind=b''):
        """Send the ServerHello (or, with a group to retry with or a cookie, a HelloRetryRequest), and make the keys of the
        handshake."""
        own = Key.generate(CURVES[self.group])
        key_share = number(group or self.group, 2) + vector(2, own.raw_public if share is None else share)
        if retry is not None or cookie:
            key_share, random = number(retry, 2) if retry is not None else b'', RETRY
            more += extension(44, vector(2, cookie)) if cookie else b''
        if extensions is None:
            extensions = extension(43, number(selected, 2)) + (extension(51, key_share) if key_share else b'') + more
        self.say(SERVER_HELLO, number(version, 2), random or os.urandom(32),
                 vector(1, self.session if session is None else session), number(suite, 2), bytes((compression,)),
                 vector(2, extensions) if extensions else b'', size=size)
        self.raw(behind)
        if random == RETRY:
            # The first ClientHello counts only by its hash.
            first = 4 + int.from_bytes(self.transcript[1:4], 'big')
            self.transcript = message(254, hashlib.sha256(self.transcript[:first]).digest()) + self.transcript[first:]
            return
        empty = hashlib.sha256().digest()
        early = hmac.digest(bytes(32), bytes(32), 'sha256')
        shared = own.exchange(self.share)
        self._secret = hmac.digest(_expand(early, b'derived', empty, 32), shared, 'sha256')
        self._use(b'hs', self._secret)

    def _use(self, label, secret):
        self._all = {end: _Direction(_expand(secret, end + b' ' + label + b' traffic', self._hash(), 32))
                     for end in (b's', b'c')}
        self.writing = self._all[b's']
        if label == b'hs':
            self.reading = self._all[b'c']
            self.handshake_keys = self.writing

    def _hash(self):
        return hashlib.sha256(self.transcript).digest()

    def encrypted_extensions(self, extensions=(alpn(b'http/1.1'),)):
        """Send the EncryptedExtensions."""
        self.say(ENCRYPTED_EXTENSIONS, vector(2, *extensions))

    def certificate(self, chain=None, context=b'', size=None):
        """Send the chain."""
        chain = [each.der for each in self.puppet.chain] if chain is None else chain
        entries = [vector(3, der) + vector(2) for der in chain]
        self.say(CERTIFICATE, vector(1, context), vector(3, *entries), size=size)

    def certificate_verify(self, *, key=None, scheme=None, digest='sha256', pss=None, role=b'server', spoil=lambda s: s,
                           over=None):
        """Send the proof that the key is there."""
        key = key or self.puppet.chain[0].key
        pss = key.kind == 'rsa' if pss is None else pss
        signed = bytes((32,)) * 64 + b'TLS 1.3, ' + role + b' CertificateVerify\0' + (over or self._hash())
        signature = spoil(key.sign(signed, None if key.kind == 'ed' else digest, pss))
        self.say(CERTIFICATE_VERIFY, number(scheme or (0x0804 if key.kind == 'rsa' else 0x0403), 2),
                 vector(2, signature))

    def finished(self, spoil=lambda mac: mac, behind=b''):
        """Send the Finished and change to the keys for data."""
        key = _expand(self._all[b's'].secret, b'finished', b'', 32)
        mac = spoil(hmac.digest(key, self._hash(), 'sha256'))
        self.transcript += (said := message(FINISHED, mac))
        self.send(HANDSHAKE, said + behind)
        master = hmac.digest(_expand(self._secret, b'derived', hashlib.sha256().digest(), 32), bytes(32), 'sha256')
        self._use(b'ap', master)

    def client_finished(self):
        """Read the client's Finished and change to its keys for data."""
        kind = self.read_message()[0]
        if kind == CERTIFICATE:  # It was asked for one, and has none.
            kind = self.read_message()[0]
        if kind != FINISHED:
            raise OSError('no Finished')
        self.reading = self._all[b'c']

    def request(self):
        """Read the whole request."""
        while not is_whole_request(self.puppet.received):
            self.read()

    def answer(self, data=b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'):
        """Send an answer."""
        self.send(DATA, data)

    def until_gone(self):
        """Read whatever still comes."""
        while True:
            self.read()


STEPS = ('hello', 'server_hello', 'encrypted_extensions', 'certificate', 'certificate_verify', 'finished',
         'client_finished', 'request', 'answer')


def play(*, skip=(), before=None, until=None, **changes):
    """A play of all steps in their order: without some, with `before` = {step: what is done before it}, ended before
    the step `until`, and with changed arguments by the step's name."""
    def act(link):
        for step in STEPS:
            if before and step in before:
                before[step](link)
            if step == until:
                break
            if step not in skip:
                getattr(link, step)(**changes.get(step, {}))
    return act


class Puppet(_Server):
    """Plays the play for each connection and keeps what the client sent."""

    def __init__(self, act, chain, receive_buffer=None):
        super().__init__(receive_buffer)
        self._act = act
        self.chain = chain
        self.received = bytearray()  # Plaintext of the client.
        self.unreadable = 0          # Bytes of it that there were no keys for.
        self.kinds = []              # Types of its records.
        self.alerts = []             # Its alerts that could be read.
        self.ended = 0               # Connections that are over.

    def handle(self, connection):
        """One connection: the play, and then listening to the end, so that nothing that comes is missed."""
        link = getattr(self._act, 'link', Link)(self, connection)  # A play may be of another version.
        try:
            with contextlib.suppress(OSError):
                self._act(link)
            connection.settimeout(10)
            while True:
                link.read()
        except OSError:
            pass  # The client is gone.
        finally:
            self.ended += 1
