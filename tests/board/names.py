"""What a network has beside the service: a name server, a time server, and a place of its own for both.

Both listen where the firmware expects them, on the ports 53 and 123, which are free and allowed in a network namespace
of one's own. There the resolver of this machine is the name server too, so QEMU's network passes questions on to it.
"""

import fcntl
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

INSIDE = 'MIGTASK_TEST_NAMESPACE'
RESOLVER = os.path.realpath('/etc/resolv.conf')
FROM_1900_TO_1970 = 2208988800


def enter_namespace():
    """Starts this program again in a network and mount namespace of its own, if that is possible and was not done.

    Returns whether this is one.
    """
    if os.environ.get(INSIDE) == 'yes':
        _arrange()
        return True
    if os.environ.get(INSIDE) != 'no':
        for user in ((), ('--map-root-user',)):
            command = ['unshare', *user, '--net', '--mount', '--']
            try:
                attempt = [*command, 'mount', '--bind', '/dev/null', RESOLVER]
                if subprocess.run(attempt, stderr=subprocess.DEVNULL, check=False).returncode == 0:
                    os.environ[INSIDE] = 'yes'
                    sys.stdout.flush()
                    os.execvp(command[0], [*command, sys.executable, *sys.argv])
            except FileNotFoundError:
                break
        os.environ[INSIDE] = 'no'
    return False


def _arrange():
    """The loopback interface up, and ourselves as the resolver."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        siocsifflags, iff_up, iff_running = 0x8914, 1, 64
        fcntl.ioctl(any_socket, siocsifflags, struct.pack('16sH14x', b'lo', iff_up | iff_running))
    with tempfile.NamedTemporaryFile('w', suffix='.resolv') as file:
        file.write('nameserver 127.0.0.1\n')
        file.flush()
        os.chmod(file.name, 0o644)
        subprocess.run(['mount', '--bind', file.name, RESOLVER], check=True)


class _Udp:
    """A server that answers each datagram by answer(datagram), in a thread of its own."""

    port = 0

    def __enter__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(('127.0.0.1', self.port))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b'', ('127.0.0.1', self.port))
        self._thread.join(30)    # a socket that is being read from stays open
        self._socket.close()

    def _serve(self):
        while True:
            question, peer = self._socket.recvfrom(2048)
            if not question:
                return
            answer = self.answer(question)
            if answer is not None:
                self._socket.sendto(answer, peer)

    def answer(self, question):
        """To be defined: the answer, None for none."""
        raise NotImplementedError


class NameServer(_Udp):
    """Answers questions for an IPv4 address from a table; a name that is not there does not exist."""

    port = 53

    def __init__(self, table):
        self.table = table
        self.asked = []

    def answer(self, question):
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode('ascii'))
            at += 1 + question[at]
        name, asked = '.'.join(labels).lower(), question[12:at + 5]
        self.asked.append(name)
        address = self.table.get(name)
        if address is None or asked[-4:] != b'\0\1\0\1':
            failed = 3 if address is None else 0
            return question[:2] + struct.pack('>HHHHH', 0x8180 | failed, 1, 0, 0, 0) + asked
        record = b'\xc0\x0c' + struct.pack('>HHIH', 1, 1, 60, 4) + socket.inet_aton(address)
        return question[:2] + struct.pack('>HHHHH', 0x8180, 1, 1, 0, 0) + asked + record


class TimeServer(_Udp):
    """SNTP (RFC 4330): says that it is `shift` seconds later than it is."""

    port = 123

    def __init__(self, shift=0):
        self.shift = shift
        self.asked = 0

    def answer(self, question):
        if len(question) < 48:
            return None
        self.asked += 1
        now = time.time() + self.shift + FROM_1900_TO_1970
        stamp = struct.pack('>II', int(now) & 0xffffffff, int(now % 1 * 2**32))
        # Version 4, server, stratum 2; the question's transmit time comes back as originate time.
        return struct.pack('>BBbb', 0x24, 2, 6, -20) + bytes(8) + b'\x7f\0\0\1' + stamp + question[40:48] + stamp + stamp
