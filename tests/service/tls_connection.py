"""TLS over a TCP socket, with every way to end it.

TLS runs over memory buffers, so that the TCP socket stays ours: it can be closed with or without close_notify, or
reset, whatever the state of TLS.
"""

import socket
import ssl
import struct
import time

# Versions by the name of the option. `old` is for clients that must refuse such a server.
VERSIONS = {
    '1.2': (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2),
    '1.3': (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3),
    'any': (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3),
    'old': (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1),
}

# How a connection can be ended from this side.
NOTIFY, FIN, RESET = 'notify', 'fin', 'reset'

# How long a peer may take to close its side once this side is done.
DRAIN_SECONDS = 2


class Ended(Exception):
    """The peer, or time, ended the connection: fin, reset, timeout, or OpenSSL's reason in lower case."""


def server_context(pki, cert, tls='any', ciphers=None, curve=None, alpn='http/1.1'):
    """A server's context that shows the chain `cert` of the folder `pki`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # Python hides a bare end of the connection by default; here it must differ from close_notify.
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    # Level 0: the weak credentials and old versions are shown on purpose, to clients that must refuse them.
    context.set_ciphers(f'{ciphers or "DEFAULT"}:@SECLEVEL=0')
    context.minimum_version, context.maximum_version = VERSIONS[tls]
    if curve:
        context.set_ecdh_curve(curve)
    if alpn:
        context.set_alpn_protocols(alpn.split(','))
    context.load_cert_chain(pki / f'{cert}.pem', pki / f'{cert}.key')

    def remember_name(tls_object, name, _context):
        tls_object.sni = name

    context.sni_callback = remember_name
    return context


def end_tcp(tcp, how):
    """End the TCP connection by FIN or RESET."""
    try:
        if how == RESET:
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            return
        tcp.shutdown(socket.SHUT_WR)
        # A close with bytes unread turns into a reset, which may overtake what was sent: read them away first.
        deadline = time.monotonic() + DRAIN_SECONDS
        while (remaining := deadline - time.monotonic()) > 0:
            tcp.settimeout(remaining)
            if not tcp.recv(65536):
                return
    except OSError:
        pass  # The peer was quicker.
    finally:
        tcp.close()


class TlsConnection:
    """The server's side of one TLS connection, with a deadline for its whole life."""

    def __init__(self, tcp, context, deadline):
        self._tcp = tcp
        self._deadline = deadline
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._tls.sni = None

    def handshake(self):
        """Do the handshake; Ended where it fails."""
        self._run(self._tls.do_handshake)

    def await_hello(self):
        """Receive the first bytes of the ClientHello and answer nothing."""
        self._receive()

    def facts(self):
        """What the log says about the handshake."""
        cipher = self._tls.cipher()
        return {'sni': self._tls.sni, 'alpn': self._tls.selected_alpn_protocol(),
                'tls_version': self._tls.version(), 'cipher': cipher and cipher[0], 'resumed': self._tls.session_reused}

    def read(self, limit):
        """Up to `limit` bytes; none at close_notify; Ended at any other end."""
        return self._run(self._tls.read, limit)

    def write(self, data):
        """Send all bytes, in records of up to 16 KiB; Ended where the peer is gone."""
        step = 65536  # Bounds the copy that OpenSSL's buffer holds.
        for start in range(0, len(data), step):
            self._run(self._tls.write, data[start:start + step])

    def seal(self, data):
        """The records of these bytes, which send_sealed() may send in parts."""
        self._tls.write(data)
        return self._outgoing.read()

    def send_sealed(self, records):
        """Send bytes of records."""
        self._tcp.sendall(records)

    def write_with(self, data, more):
        """Send all bytes and, in the same piece of TCP, a record with more bytes or close_notify (None)."""
        self._tls.write(data)
        if more is not None:
            self._tls.write(more)
        else:
            try:
                self._tls.unwrap()
            except ssl.SSLError:
                pass  # It asks for the peer's close_notify, which nobody waits for.
        self._flush()

    def end(self, how):
        """End the connection: NOTIFY (close_notify, FIN), FIN or RESET."""
        if how == NOTIFY:
            try:
                self._tls.unwrap()
            except ssl.SSLError:
                pass  # It asks for the peer's close_notify, which nobody waits for.
            try:
                self._flush()
            except Ended:
                pass  # The peer was quicker.
        end_tcp(self._tcp, how)

    def _run(self, operation, *arguments):
        while True:
            try:
                result = operation(*arguments)
                self._flush()
                return result
            except ssl.SSLWantReadError:
                self._flush()
                self._receive()
            except ssl.SSLError as error:
                if isinstance(error, ssl.SSLEOFError) or error.reason == 'UNEXPECTED_EOF_WHILE_READING':
                    raise Ended('fin') from None
                self._flush()  # An alert may tell the peer why.
                raise Ended((error.reason or 'tls_error').lower()) from None

    def _arm(self):
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise Ended('timeout')
        self._tcp.settimeout(remaining)

    def _flush(self):
        if self._outgoing.pending:
            self._arm()
            try:
                self._tcp.sendall(self._outgoing.read())
            except OSError as error:
                raise Ended(_name_of(error)) from None

    def _receive(self):
        self._arm()
        try:
            data = self._tcp.recv(65536)
        except OSError as error:
            raise Ended(_name_of(error)) from None
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()


def _name_of(error):
    return 'timeout' if isinstance(error, TimeoutError) else 'reset'
