"""A DHCP server at the other end of a board's cable (RFC 2131), for what QEMU's own does not do: short leases, silence."""

import socket
import struct
import threading

ADDRESS = '192.0.2.1'
MAC = bytes.fromhex('02000000aa01')
KINDS = {1: 'discover', 3: 'request'}
OFFER, ACK = 2, 5


def _checksum(data):
    total = sum(struct.unpack(f'>{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class DhcpServer:
    """Talks Ethernet in UDP datagrams to QEMU's `-netdev socket,udp=`. Use with `with`.

    `asked` has what was asked for, each with the address that the board had then; `lease` (seconds), `offered` and
    `silent` can be changed at any time.
    """

    def __init__(self, lease, offered):
        self.lease, self.offered, self.silent = lease, offered, False
        self.asked = []

    def __enter__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(('127.0.0.1', 0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(('127.0.0.1', 0))
            self._board = free.getsockname()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b'', self._socket.getsockname())
        self._thread.join(30)
        self._socket.close()

    @property
    def netdev(self):
        """What QEMU's -netdev needs to reach it."""
        return f'socket,udp=127.0.0.1:{self._socket.getsockname()[1]},localaddr=127.0.0.1:{self._board[1]}'

    def _serve(self):
        while frame := self._socket.recv(2048):
            answer = None
            if frame[12:14] == b'\x08\x06' and frame[38:42] == socket.inet_aton(ADDRESS):
                answer = self._arp(frame)
            elif frame[12:14] == b'\x08\0' and frame[23] == 17 and frame[36:38] == b'\0\x43':    # UDP to port 67
                answer = self._dhcp(frame)
            if answer and not self.silent:
                self._socket.sendto(answer, self._board)

    @staticmethod
    def _arp(frame):
        return (frame[6:12] + MAC + frame[12:20] + b'\0\2' + MAC + socket.inet_aton(ADDRESS) + frame[22:32])

    def _dhcp(self, frame):
        question, kind = frame[42:], frame[284]    # option 53 is the first
        self.asked.append((KINDS.get(kind, str(kind)), socket.inet_ntoa(question[12:16])))
        options = (bytes((53, 1, OFFER if kind == 1 else ACK, 54, 4)) + socket.inet_aton(ADDRESS) +
                   b'\x33\4' + struct.pack('>I', self.lease) + b'\1\4\xff\xff\xff\0' + b'\xff')
        reply = (b'\2' + question[1:16] + socket.inet_aton(self.offered) + socket.inet_aton(ADDRESS) + question[24:44] +
                 bytes(192) + b'\x63\x82\x53\x63' + options).ljust(300, b'\0')
        udp = struct.pack('>HHHH', 67, 68, 8 + len(reply), 0) + reply
        head = struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + socket.inet_aton(ADDRESS) + b'\xff' * 4
        head = head[:10] + struct.pack('>H', _checksum(head)) + head[12:]
        return b'\xff' * 6 + MAC + b'\x08\0' + head + udp
