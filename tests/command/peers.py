"""Peers that tests put in the command's way: traps, proxies, TLS servers that follow a script, real servers."""

import contextlib
import pathlib
import re
import select
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time

from support import PKI, wait_until


# The shortest answer that is a yes.
YES = b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}'


class Trap:
    """A listening port to which nobody should connect. The kernel accepts by itself, so a connection cannot hide."""

    def __enter__(self):
        self._listener = socket.create_server(('127.0.0.1', 0), backlog=64)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        return self

    def __exit__(self, *_):
        self._listener.close()

    def was_touched(self):
        """Whether there was a connection since the last question."""
        touched = False
        while True:
            try:
                self._listener.accept()[0].close()
            except BlockingIOError:
                return touched
            touched = True


def closed_port():
    """A port to which connections are refused: it was free just now."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def deaf_port():
    """A port that answers no SYN: its queue of connections is full. A connection to it stays under way."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(('127.0.0.1', 0))
        listener.listen(0)
        for _ in range(8):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            if not select.select([], [filler], [], 0.2)[1]:
                filler.close()
                break
        else:
            raise AssertionError('the queue of connections does not fill up')
        yield listener.getsockname()[1]


def reset(connection):
    """Close with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    connection.close()


class _Server:
    """Accepts on a loopback port; each connection is handled in a thread by handle()."""

    def __init__(self, receive_buffer=None):
        self._receive_buffer = receive_buffer
        self._open = set()
        self.connections = 0

    def __enter__(self):
        self._listener = socket.socket()
        if self._receive_buffer:
            # Set before listen(): accepted sockets inherit it and the window is never wider. Segments as short as that:
            # a window smaller than one segment would open only with the sender's slow probes.
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
            self._listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        self._listener.bind(('127.0.0.1', 0))
        self._listener.listen(16)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.settimeout(30)
        # Nothing that was sent may still be held back here when the connection is reset.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open.add(connection)
        try:
            self.handle(connection)
        except (OSError, ValueError):
            # The command ended first, as it may, and TLS may have been shut down (ValueError). Tests ask about what
            # arrived until then.
            pass
        finally:
            self._open.discard(connection)
            connection.close()

    def handle(self, connection):
        """Serve one connection."""
        raise NotImplementedError


class PlainPeer(_Server):
    """A server that answers plain HTTP at once, as on a port for that."""

    def handle(self, connection):
        connection.sendall(b'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
        while connection.recv(4096):
            pass


class ScriptedPeer(_Server):
    """A TLS server whose talk is a function that gets this peer and the TLS socket.

    `received` grows with every plaintext byte that receive() reads. With a small receive buffer a client that has one
    too cannot hand over a long request while nobody reads it here."""

    def __init__(self, talk, cert='ec', receive_buffer=None, version=None):
        super().__init__(receive_buffer)
        self._talk = talk
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(PKI / f'{cert}.pem', PKI / f'{cert}.key')
        if version:
            self._context.minimum_version = self._context.maximum_version = version
        self.received = bytearray()
        self.secured = threading.Event()
        self._over = threading.Event()

    def __exit__(self, *_):
        self._over.set()
        super().__exit__()

    def stall(self):
        """Do nothing until the test is over."""
        self._over.wait(30)

    def handle(self, connection):
        with self._context.wrap_socket(connection, server_side=True) as tls:
            self._open.add(tls)
            self.secured.set()
            try:
                self._talk(self, tls)
            finally:
                self._open.discard(tls)

    def receive(self, tls, count=None):
        """Read until `count` bytes are there, or (None) a whole request with its body."""
        while not self._has(count):
            data = tls.recv(1024)
            if not data:
                break
            self.received += data

    def _has(self, count):
        if count is not None:
            return len(self.received) >= count
        return is_whole_request(self.received)


def is_whole_request(data):
    """Header section and a body of the announced length are there."""
    head, end, body = bytes(data).partition(b'\r\n\r\n')
    length = re.search(rb'content-length: *(\d+)', head.lower())
    return bool(end) and length is not None and len(body) >= int(length[1])


def read_request(read):
    """A whole request, by read(size) of a connection; what there was before it ended, if it does."""
    data = b''
    while not is_whole_request(data) and (piece := read(65536)):
        data += piece
    return data


class Chained(ScriptedPeer):
    """A server with this chain that resumes nothing."""

    def __init__(self, chain=PKI / 'rsa4096.pem', version=None):
        super().__init__(self.answer, version=version)
        self._context.load_cert_chain(chain, PKI / 'rsa4096.key')
        self._context.options |= ssl.OP_NO_TICKET
        self._context.num_tickets = 0

    def answer(self, peer, tls):
        """Yes to all."""
        read_request(tls.recv)
        tls.sendall(YES)
        peer.stall()


def pass_on(one, other):
    """What either end sends, to the other one, until one of them ends."""
    ends = {one: other, other: one}
    while True:
        for end in select.select(list(ends), [], [], 30)[0]:
            data = end.recv(65536)
            if not data:
                return
            ends[end].sendall(data)


class Meeting(_Server):
    """Between the command and a TLS server: what the server says first is held back but for its last bytes until as many
    connections as there shall be have come so far, so that all handshakes are at their largest at once.

    cut: all but the first connection end there."""

    def __init__(self, port, number, cut=False):
        super().__init__()
        self._service, self._cut = port, cut
        self._barrier = threading.Barrier(number)
        self.met = 0

    def handle(self, connection):
        alone = self.connections == 1
        with socket.create_connection(('127.0.0.1', self._service)) as service:
            hello = connection.recv(65536)
            service.sendall(hello)
            time.sleep(0.3)
            flight = service.recv(65536)
            connection.sendall(flight[:-40])
            if not alone:
                self._barrier.wait(10)
                self.met += 1
                time.sleep(0.2)
                if self._cut:
                    return
            connection.sendall(flight[-40:])
            pass_on(connection, service)


class CountingProxy(_Server):
    """Passes the bytes of one connection on to a local port and counts them; `over` is set when it has ended."""

    def __init__(self, port):
        super().__init__()
        self._target = port
        self.to_server = self.to_client = 0
        self.over = threading.Event()

    def handle(self, connection):
        try:
            with socket.create_connection(('127.0.0.1', self._target)) as server:
                self._pass_on(connection, server)
        finally:
            self.over.set()

    def _pass_on(self, connection, server):
        open_ends = {connection, server}
        while open_ends:
            for end in select.select(list(open_ends), [], [], 30)[0]:
                other = server if end is connection else connection
                data = end.recv(65536)
                if not data:
                    open_ends.discard(end)
                    other.shutdown(socket.SHUT_WR)
                    continue
                if end is connection:
                    self.to_server += len(data)
                else:
                    self.to_client += len(data)
                other.sendall(data)


class DrippingProxy(_Server):
    """Passes the server's bytes on one by one, with a pause before each."""

    def __init__(self, port, pause):
        super().__init__()
        self._target = port
        self._pause = pause

    def handle(self, connection):
        with socket.create_connection(('127.0.0.1', self._target)) as server:
            while data := connection.recv(65536):
                server.sendall(data)
                for octet in server.recv(65536):
                    time.sleep(self._pause)
                    connection.sendall(bytes((octet,)))


class Nginx:
    """nginx on a free loopback port, run in the foreground from a folder of its own and ended by its process id."""

    def __init__(self, locations, cert='ec', directives='', buffers='4 32k'):
        self._locations = locations
        self._cert = cert
        self._directives = directives
        self._buffers = buffers

    def _config(self, port):
        return f"""
daemon off;
master_process off;
pid nginx.pid;
error_log error.log;
events {{ worker_connections 64; }}
http {{
  log_format seen '$status "$request" $http_x_auth_token $ssl_protocol $ssl_alpn_protocol $content_length';
  access_log access.log seen;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  default_type application/json;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {PKI}/{self._cert}.pem;
    ssl_certificate_key {PKI}/{self._cert}.key;
    large_client_header_buffers {self._buffers};
    root {self.folder};
    {self._directives}
    {self._locations}
  }}
}}
"""

    def __enter__(self):
        self._scratch = tempfile.TemporaryDirectory(prefix='migtask-nginx-')
        self.folder = pathlib.Path(self._scratch.name)
        # The port is free when it is looked up, and may be taken a moment later: then another one is tried.
        for _ in range(5):
            self.port = closed_port()
            (self.folder / 'nginx.conf').write_text(self._config(self.port))
            self._process = subprocess.Popen(
                ['nginx', '-p', str(self.folder), '-e', 'error.log', '-c', 'nginx.conf'], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if self._is_up():
                return self
            errors = (self.folder / 'error.log').read_text()
            self._end()
        self._scratch.cleanup()
        raise AssertionError(f'nginx does not start:\n{errors}')

    def _is_up(self):
        def answered_or_ended():
            if self._process.poll() is not None:
                return 'ended'
            with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', self.port), 1):
                return 'answered'
            return None
        return wait_until(answered_or_ended, 10) == 'answered'

    def _end(self):
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __exit__(self, *_):
        self._end()
        self._scratch.cleanup()

    def seen(self, count=1):
        """The lines of the access log, once there are `count`; nginx writes them after its answer."""
        def lines():
            path = self.folder / 'access.log'
            found = path.read_text().splitlines() if path.exists() else []
            return found if len(found) >= count else None
        return wait_until(lines)


class OpensslServer:
    """`openssl s_server` for one connection: reads a whole request, answers with given bytes, and is ended by its id.

    Response None: it never answers. `end`: it ends the connection after the response, by a FIN without close_notify."""

    def __init__(self, response, *options, cert='ec', end=True):
        self._response = response
        self._options = options
        self._cert = cert
        self._end_after = end
        self.received = bytearray()

    def __enter__(self):
        # Port 0: it picks a free one and says so. -quiet: what it is given is sent as it is, commands included.
        self._process = subprocess.Popen(
            ['openssl', 's_server', '-accept', '127.0.0.1:0', '-naccept', '1', '-cert', PKI / f'{self._cert}.pem',
             '-cert_chain', PKI / f'{self._cert}.pem', '-key', PKI / f'{self._cert}.key', *self._options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        line = b''
        while b'ACCEPT' not in line:
            line = self._process.stdout.readline()
            if not line:
                raise AssertionError('openssl s_server does not start')
        self.port = int(line.rsplit(b':', 1)[1])
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._thread.start()
        return self

    def _talk(self):
        # What it prints about the handshake comes before the request, which begins with its method.
        while data := self._process.stdout.read1(65536):
            self.received += data
            start = self.received.find(b'POST ')
            if start >= 0 and is_whole_request(self.received[start:]):
                break
        else:
            return
        if self._response is None:
            return
        with contextlib.suppress(OSError):
            self._process.stdin.write(self._response)
            self._process.stdin.flush()
            # Its input and the response's arrival race if it sees the end of input at once.
            time.sleep(0.05)
            if self._end_after:
                self._process.stdin.close()

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._thread.join(5)
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        self._process.stdout.close()
