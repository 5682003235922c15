"""A name server that answers each kind of question as a test wants, and a place for it: the port 53 of 127.0.0.1, in a
network and mount namespace of our own, where /etc/resolv.conf and /etc/hosts are ours too."""

import contextlib
import dataclasses
import fcntl
import ipaddress
import os
import select
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

INSIDE = 'MIGTASK_TEST_NAMES'
FILES = ('/etc/resolv.conf', '/etc/hosts')
A, AAAA = 1, 28
FAILURES = {'servfail': 2, 'nxdomain': 3, 'notimp': 4, 'refused': 5}


def enter():
    """Start this program again in namespaces of its own, unless that was done; whether we are there now."""
    if os.environ.get(INSIDE) is None:
        # Files of our own take the place of the machine's, which stay untouched.
        script = ('for file in /etc/resolv.conf /etc/hosts; do own=$(mktemp) && [ -e "$file" ] && '
                  'mount --bind "$own" "$(readlink -f "$file")" && rm "$own" || exit 1; done; exec "$@"')
        for user in ((), ('--map-root-user',)):
            command = ['unshare', *user, '--net', '--mount', '--', 'sh', '-c', script, 'sh']
            with contextlib.suppress(FileNotFoundError):
                if subprocess.run([*command, 'true'], stderr=subprocess.DEVNULL, check=False).returncode == 0:
                    os.environ[INSIDE] = 'yes'
                    sys.stdout.flush()
                    os.execvp(command[0], [*command, sys.executable, *sys.argv])
        os.environ[INSIDE] = 'no'
    if os.environ[INSIDE] != 'yes':
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        siocsifflags, iff_up, iff_running = 0x8914, 1, 64
        fcntl.ioctl(any_socket, siocsifflags, struct.pack('16sH14x', b'lo', iff_up | iff_running))
    return True


def write(file, text):
    """The content of one of FILES from now on."""
    assert os.environ[INSIDE] == 'yes' and file in FILES
    with open(file, 'w', encoding='ascii') as target:
        target.write(text)


@dataclasses.dataclass
class Rule:
    """What is answered to one question: addresses ([]: the name has none of that kind), one of FAILURES, or 'silent'."""

    answer: object
    delay: float = 0
    truncated: bool = False     # over UDP, so that it has to be asked for over TCP


class NameServer:
    """Answers over UDP and TCP by rules {(name, A or AAAA): Rule}; a name without any does not exist."""

    def __init__(self, rules):
        self.rules = {key: rule if isinstance(rule, Rule) else Rule(rule) for key, rule in rules.items()}
        self.asked = []     # (name, type, 'udp' or 'tcp')
        self._sockets = []
        self._end = threading.Event()

    def __enter__(self):
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(('127.0.0.1', 53))
        self._tcp = socket.create_server(('127.0.0.1', 53))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()
        self._udp.close()
        self._tcp.close()

    def _serve(self):
        later = []      # (when, datagram, peer)
        while not self._end.is_set():
            ready, _, _ = select.select([self._udp, self._tcp], [], [], 0.01)
            if self._udp in ready:
                question, peer = self._udp.recvfrom(2048)
                rule, answer = self._answer(question, 'udp')
                later.append((time.monotonic() + rule.delay, answer, peer))
            if self._tcp in ready:
                connection, _ = self._tcp.accept()
                with connection:
                    connection.settimeout(5)
                    with contextlib.suppress(OSError):
                        size = struct.unpack('>H', connection.recv(2, socket.MSG_WAITALL))[0]
                        _, answer = self._answer(connection.recv(size, socket.MSG_WAITALL), 'tcp')
                        connection.sendall(struct.pack('>H', len(answer)) + answer)
            for due in [one for one in later if one[0] <= time.monotonic()]:
                later.remove(due)
                if due[1] is not None:
                    self._udp.sendto(due[1], due[2])

    def _answer(self, question, way):
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode('ascii'))
            at += 1 + question[at]
        name, kind = '.'.join(labels).lower(), struct.unpack_from('>H', question, at + 1)[0]
        asked = question[12:at + 5]
        self.asked.append((name, kind, way))
        known = any(name == other for other, _ in self.rules)
        rule = self.rules.get((name, kind), Rule([] if known else 'nxdomain'))
        if rule.answer == 'silent':
            return rule, None
        failed = FAILURES.get(rule.answer, 0) if isinstance(rule.answer, str) else 0
        records = [] if failed or (rule.truncated and way == 'udp') else [
            b'\xc0\x0c' + struct.pack('>HHIH', kind, 1, 60, len(packed)) + packed
            for packed in (ipaddress.ip_address(address).packed for address in rule.answer)]
        flags = 0x8180 | failed | (0x200 if rule.truncated and way == 'udp' else 0)
        return rule, question[:2] + struct.pack('>HHHHH', flags, 1, len(records), 0, 0) + asked + b''.join(records)
