"""HTTP proxies between the command and the service: a real one, one that records, one that follows a script."""

import contextlib
import pathlib
import select
import socket
import ssl
import subprocess
import tempfile
import threading

from peers import _Server, closed_port, reset
from support import PKI, wait_until

OPENED = b'HTTP/1.1 200 Connection established\r\n\r\n'


def read_head(connection):
    """A header section and, perhaps, what came with it."""
    head = b''
    while b'\r\n\r\n' not in head and (data := connection.recv(4096)):
        head += data
    return head


class RecordingProxy(_Server):
    """Does what a CONNECT asks for, at `target` instead if that is given, and keeps every byte of it.

    heads: the CONNECT requests; to_service: what went through the tunnels; answer: what it says before it opens one."""

    def __init__(self, target=None, answer=OPENED):
        super().__init__()
        self._target = target
        self._answer = answer
        self.heads = []
        self.to_service = bytearray()

    def handle(self, connection):
        head = read_head(connection)
        if not head.endswith(b'\r\n\r\n'):
            return
        self.heads.append(head)
        host, _, port = head.split(b' ')[1].decode().rpartition(':')
        with socket.create_connection(self._target or (host.strip('[]'), int(port))) as service:
            connection.sendall(self._answer)
            ends = {connection: service, service: connection}
            while True:
                for end in select.select(list(ends), [], [], 30)[0]:
                    data = end.recv(65536)
                    if end is connection:
                        self.to_service += data
                    if not data:
                        return
                    ends[end].sendall(data)


class ScriptedProxy(_Server):
    """Reads a CONNECT, says something whatever was asked, and then closes, resets or stays ('close', 'reset', 'stay').

    deaf: it reads nothing at all; pause: seconds between the bytes of what it says."""

    def __init__(self, answer, end='stay', deaf=False, pause=0):
        super().__init__()
        self._answer = answer
        self._end = end
        self._deaf = deaf
        self._pause = pause
        self._over = threading.Event()
        self.heads = []

    def __exit__(self, *_):
        self._over.set()
        super().__exit__()

    def handle(self, connection):
        if not self._deaf:
            self.heads.append(read_head(connection))
        pieces = [self._answer] if not self._pause else [bytes((octet,)) for octet in self._answer]
        for piece in pieces:
            connection.sendall(piece)
            self._over.wait(self._pause)
        if self._end == 'stay':
            self._over.wait(30)
        elif self._end == 'reset':
            reset(connection)


class MeddlingProxy(_Server):
    """Opens the tunnel and speaks TLS in it itself, with a certificate of its own; `plaintext` is what it got to read."""

    def __init__(self, cert):
        super().__init__()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(PKI / f'{cert}.pem', PKI / f'{cert}.key')
        self.plaintext = bytearray()

    def handle(self, connection):
        read_head(connection)
        connection.sendall(OPENED)
        with self._context.wrap_socket(connection, server_side=True) as tls:
            while data := tls.recv(4096):
                self.plaintext += data


class Tinyproxy:
    """Debian's tinyproxy on a free loopback port, in the foreground, ended by its process id; lines: of its settings."""

    def __init__(self, *lines):
        self._lines = lines

    def __enter__(self):
        self._scratch = tempfile.TemporaryDirectory(prefix='migtask-tinyproxy-')
        folder = pathlib.Path(self._scratch.name)
        for _ in range(5):  # The port may be taken after it was looked up.
            self.port = closed_port()
            (folder / 'conf').write_text('\n'.join(
                (f'Port {self.port}', 'Listen 127.0.0.1', 'Timeout 20', 'MaxClients 10', 'LogLevel Info',
                 *self._lines, '')))
            with open(folder / 'log', 'wb') as log:
                self._process = subprocess.Popen(['tinyproxy', '-d', '-c', folder / 'conf'], stdin=subprocess.DEVNULL,
                                                 stdout=log, stderr=log)
            if wait_until(self._answered_or_ended, 10) == 'answered':
                return self
            log = (folder / 'log').read_text()
            self.__exit__()
        raise AssertionError(f'tinyproxy does not start:\n{log}')

    def _answered_or_ended(self):
        if self._process.poll() is not None:
            return 'ended'
        with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', self.port), 1):
            return 'answered'
        return None

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._scratch.cleanup()
