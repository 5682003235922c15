"""The simulator of the service: a program, and the class `Simulator` for tests. README.md beside it is the manual."""

import argparse
import collections
import dataclasses
import os
import pathlib
import signal
import socket
import sys
import threading
import time

import faults
import pki
from connection import Connection
from event_log import EventLog
from tasks import Tasks
from tls_connection import FIN, NOTIFY, RESET, VERSIONS, server_context


@dataclasses.dataclass
class Options:
    """How a simulator listens and misbehaves; README.md explains each."""

    cert: str = 'ec'
    address: str = '127.0.0.1'
    port: int = 0
    tls: str = 'any'
    ciphers: str | None = None
    curve: str | None = None
    alpn: str = 'http/1.1'
    header_limit: int = 32768
    accept_then_close: int | bool = 0
    silent_handshake: int | bool = 0
    handshake_close: int | bool = 0
    close_before_read: int | bool = 0
    die_after: int | None = None
    die_how: str = RESET
    keep_alive: int = 0
    idle: str = ''


class Simulator:
    """One listening service. A context manager; `options` are the members of Options by name."""

    def __init__(self, pki_dir, *, log_path=None, **options):
        self.options = Options(**options)
        self.context = server_context(pki.make(pki_dir), self.options.cert, self.options.tls, self.options.ciphers,
                                      self.options.curve, self.options.alpn)
        self.event_log = EventLog(log_path)
        self.tasks = Tasks()
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._open = set()
        self._counts = collections.Counter()
        self._listener = None

    def __enter__(self):
        family = socket.AF_INET6 if ':' in self.options.address else socket.AF_INET
        self._listener = socket.create_server((self.options.address, self.options.port), family=family, backlog=128)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        # Wakes accept(), which a mere close would leave waiting.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for tcp in self._open:
                try:
                    tcp.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # Ended by its own thread just now.
        self.event_log.close()

    def _accept(self):
        number = 0
        while True:
            try:
                tcp, peer = self._listener.accept()
            except OSError:
                return
            number += 1
            threading.Thread(target=self._serve, args=(tcp, peer[1], number), daemon=True).start()

    def _serve(self, tcp, peer_port, number):
        # Without it the pieces of the dripping and splitting faults would be joined.
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._open.add(tcp)
        try:
            Connection(self, tcp, peer_port, number).run()
        finally:
            with self._lock:
                self._open.discard(tcp)
            tcp.close()

    def count(self, task_id):
        """Count a call of this task: how many there were, this one included."""
        with self._lock:
            self._counts[task_id] += 1
            return self._counts[task_id]

    @property
    def address(self):
        """The address it listens on."""
        return self._listener.getsockname()[0]

    @property
    def port(self):
        """The port it listens on."""
        return self._listener.getsockname()[1]

    @property
    def log(self):
        """A copy of all records of the log."""
        return self.event_log.records()

    @property
    def requests(self):
        """The records of connections that got through their handshake."""
        return [record for record in self.log if record['event'] == 'request']

    def wait_log(self, count, timeout=5.0):
        """All records, once there are `count`; TimeoutError where they do not come."""
        return self.event_log.wait(count, timeout)

    def wait_idle(self, timeout=5.0):
        """Returns once no connection is open; TimeoutError where one stays so."""
        end = time.monotonic() + timeout
        while self._open:
            if time.monotonic() > end:
                raise TimeoutError(f'{len(self._open)} connections are open after {timeout} s')
            time.sleep(0.01)

    def clear_log(self):
        """Forget the records so far."""
        self.event_log.clear()

    def task_state(self, task_id):
        """The state that a task is in, None where there is no such task."""
        return self.tasks.state(task_id)


def _parser():
    parser = argparse.ArgumentParser(description='A simulator of Server Migration Service, for tests.')
    parser.add_argument('--list-faults', action='store_true', help='print the table of faults and end')
    parser.add_argument('--pki', metavar='DIR', help='certificates, made if not there')
    parser.add_argument('--log', metavar='FILE', help='append one JSON object for each connection')
    parser.add_argument('--ready-file', metavar='FILE', help='written with "ADDRESS PORT" when ready')
    choices = {'tls': tuple(VERSIONS), 'die_how': (RESET, FIN, NOTIFY), 'idle': ('', 'close', 'answer'), 'cert': tuple(pki.LEAVES)}
    counts = ('accept_then_close', 'silent_handshake', 'handshake_close', 'close_before_read')
    for option in dataclasses.fields(Options):
        name = f'--{option.name.replace("_", "-")}'
        if option.name in counts:
            parser.add_argument(name, nargs='?', type=int, const=True, default=option.default, metavar='K')
        else:
            kind = int if option.type in (int, int | None) else str
            parser.add_argument(name, type=kind, default=option.default, choices=choices.get(option.name))
    return parser


def _write_whole(path, text):
    """Write a file that a waiting reader never sees half written."""
    fresh = pathlib.Path(f'{path}.new')
    fresh.write_text(text)
    os.rename(fresh, path)


def main():
    """The program."""
    parser = _parser()
    arguments = parser.parse_args()
    if arguments.list_faults:
        print(faults.table())
        return
    if not arguments.pki:
        parser.error('--pki DIR is needed')
    ends = {signal.SIGTERM, signal.SIGINT}
    # Blocked before any thread starts, so that they wait for sigwait() below.
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    options = {option.name: getattr(arguments, option.name) for option in dataclasses.fields(Options)}
    with Simulator(arguments.pki, log_path=arguments.log, **options) as service:
        if arguments.ready_file:
            _write_whole(arguments.ready_file, f'{service.address} {service.port}\n')
        print(f'listening on {service.address} {service.port}', flush=True)
        signal.sigwait(ends)


if __name__ == '__main__':
    sys.exit(main())
