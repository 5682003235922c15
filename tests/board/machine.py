"""The boards and profiles, how their images are built, and one run of an image under QEMU."""

import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OUT = ROOT / 'build/tests/board'
PKI = OUT / 'pki'
sys.path.insert(0, str(HERE.parent / 'service'))

import public_chain  # noqa: E402 # it needs the path above

CERTIFICATES = threading.Lock()    # they are made once

# The Ethernet device of each board, by QEMU's name.
BOARDS = {'lm3s6965evb': 'stellaris', 'mps2-an385': 'lan9118'}
PROFILES = ('full', 'small', 'smallest')
QEMU = os.environ.get('QEMU', 'qemu-system-arm')

# How the guest reaches a server on the loopback interface of this machine, and its own address there.
GATEWAY = '10.0.2.2'
ADDRESS = '10.0.2.15'

HOST = 'sms.example.test'
TOKEN = 'MIIB' + ''.join(f'{number:02x}Kq{number * 7 % 97:02d}v-' for number in range(32))
BOARD_FAULT = 70
EXIT = {'accepted': 0, 'refused': 1, 'invalid': 2, 'not_sent': 3, 'unknown': 4}
MEMBERS = ['outcome', 'reason', 'operation', 'task_id', 'http_status', 'error_code', 'error_msg',
           'encoded_authorization_message', 'error_param', 'details', 'request_id', 'message', 'truncated', 'attempts',
           'advice']


def image(board, profile):
    """The ELF file of a board and a profile."""
    return ROOT / f'build/{board}-{profile}/migtask.elf'


def build(board, profile, *more):
    """Builds it; returns make's output, or None if it failed and said why."""
    with CERTIFICATES:
        roots = public_chain.make(PKI) / 'all-roots.pem'
    command = ['make', '--no-print-directory', f'BOARD={board}', f'CONFIG={profile}', f'CA={roots}', 'WERROR=1', *more]
    environment = {name: value for name, value in os.environ.items() if not name.startswith('MAKE')}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=600, check=False)
    if done.returncode != 0:
        print(f'{" ".join(command)}:\n{done.stdout}', flush=True)
        return None
    return done.stdout


@dataclasses.dataclass
class Result:
    """One run that has ended."""

    parameters: dict
    code: int          # the exit status, -1 if it had to be ended
    console: str
    errors: str        # of QEMU
    seconds: float
    reports: list      # the JSON objects, one a call

    @property
    def json(self):
        """The last of them, {} if none."""
        return self.reports[-1] if self.reports else {}

    @property
    def memory(self):
        """The figures of report=memory as a dictionary, {} if none."""
        found = re.findall(r'^memory: stack (\d+) of (\d+), arena (\d+) of (\d+) bytes; '
                           r'time: handshake (\d+) ms, longest step (\d+) ms$', self.console, re.M)
        names = ('stack', 'stack_size', 'arena', 'arena_size', 'handshake_ms', 'longest_ms')
        return dict(zip(names, map(int, found[-1]))) if found else {}

    def __str__(self):
        shown = {name: str(value)[:80] for name, value in self.parameters.items()}
        return f'{shown}\nexit {self.code} after {self.seconds:.2f} s\n{self.console[-3000:]}{self.errors[-1000:]}'


class Machine:
    """A board under QEMU. Use with `with`: it never outlives the test."""

    def __init__(self, board, elf, parameters, *, network='user', icount=False, capture=False):
        # network: a -netdev, for instance 'user' (QEMU's own, with DHCP) or 'hubport,hubid=9' (a cable into a box that is
        # switched off).
        # icount: time goes by the instructions, 64 ns each. capture: for dhcp_messages().
        self.parameters = parameters
        self.folder = tempfile.mkdtemp(prefix='migtask-')
        self._monitor = os.path.join(self.folder, 'monitor')
        words = ' '.join(f'{name}="{value}"' if ' ' in str(value) else f'{name}={value}'
                         for name, value in parameters.items())
        card = BOARDS[board]
        command = [QEMU, '-M', board, '-display', 'none', '-serial', 'stdio', '-kernel', str(elf),
                   '-qmp', f'unix:{self._monitor},server=on,wait=off',
                   '-semihosting-config', 'enable=on,target=native,arg=' + words.replace(',', ',,'),
                   '-netdev', f'{network},id=net', '-net', f'nic,model={card},netdev=net']
        if icount:
            command += ['-icount', 'shift=6']
        if capture:
            command += ['-object', f'filter-dump,id=dump,netdev=net,file={self.folder}/frames']
        self._started = time.monotonic()
        self._console = tempfile.TemporaryFile()
        self._errors = tempfile.TemporaryFile()
        self._child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._console, stderr=self._errors,
                                       start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self):
        if self._child.poll() is None:
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()

    def console(self):
        """What the board has written so far."""
        self._console.seek(0)
        return self._console.read().decode('utf-8', errors='replace')

    def wait_until(self, condition, limit=20):
        """Waits until a function returns true; TimeoutError if it does not, or the board ends before."""
        end = time.monotonic() + limit
        while not condition():
            if time.monotonic() > end or self._child.poll() is not None:
                raise TimeoutError(f'it did not come:\n{self.console()}')
            time.sleep(0.02)

    def wait_console(self, text):
        """Waits until the board has written this."""
        self.wait_until(lambda: text in self.console())

    def plug(self, plugged):
        """Plugs the network cable, or pulls it."""
        end = time.monotonic() + 10
        while not os.path.exists(self._monitor) and time.monotonic() < end:
            time.sleep(0.02)
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.settimeout(10)
            monitor.connect(self._monitor)
            with monitor.makefile('rw', encoding='utf-8') as stream:
                stream.readline()
                for command in ({'execute': 'qmp_capabilities'},
                                {'execute': 'set_link', 'arguments': {'name': 'net', 'up': plugged}}):
                    stream.write(json.dumps(command) + '\n')
                    stream.flush()
                    while 'return' not in (answer := json.loads(stream.readline())):
                        if 'error' in answer:
                            raise RuntimeError(answer)

    def dhcp_messages(self):
        """What the board has said to DHCP servers, in order."""
        data = (pathlib.Path(self.folder) / 'frames').read_bytes()
        kinds = {1: 'discover', 3: 'request', 4: 'decline', 7: 'release'}
        found, at = [], 24
        while at + 16 <= len(data):
            length = int.from_bytes(data[at + 8:at + 12], 'little')
            frame = data[at + 16:at + 16 + length]
            at += 16 + length
            if frame[12:14] == b'\x08\0' and frame[23] == 17 and frame[36:38] == b'\0\x43':    # UDP to port 67
                options = frame[282:]
                found.append(kinds.get(options[2] if options[:2] == b'\x35\x01' else None, 'other'))
        return found

    def finish(self, limit=40):
        """Waits for the end, and ends it if it takes too long."""
        try:
            code = self._child.wait(limit)
        except subprocess.TimeoutExpired:
            self._end()
            code = -1
        console = self.console()
        self._errors.seek(0)
        reports = [json.loads(line) for line in console.splitlines() if line.startswith('{')]
        return Result(self.parameters, code, console, self._errors.read().decode('utf-8', errors='replace'),
                      time.monotonic() - self._started, reports)


def run(board, elf, parameters, *, limit=40, **options):
    """One whole run."""
    with Machine(board, elf, parameters, **options) as machine:
        return machine.finish(limit)


def call(port, **more):
    """The parameters of an action for a server of this machine, without the resolver."""
    parameters = {'endpoint': f'https://{HOST}:{port}', 'connect-to': f'{GATEWAY}:{port}', 'operation': 'start',
                  'task': 'ready-1', 'token': TOKEN, 'time': int(time.time()), 'retries': 0}
    parameters.update({name.replace('_', '-'): value for name, value in more.items()})
    return {name: value for name, value in parameters.items() if value is not None}
