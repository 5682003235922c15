#!/usr/bin/env python3
"""Boots the rescue image under QEMU, and runs the static command where nothing is.

tests/rescue/run.py [--static build/static] [-v] [TEST...]

Each outcome is one boot, two at a time; the tests look at what came of them, and at the log of the
simulator of the service. The last line is `N passed, N failed`.
"""

import argparse
import concurrent.futures
import dataclasses
import hashlib
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / 'tests/service'))

import pki  # noqa: E402
from simulator import Simulator  # noqa: E402

WORK = ROOT / 'build/tests/rescue'
PKI = WORK / 'pki'
RUN = ROOT / 'boards/rescue/run.sh'
HOST = 'sms.example.test'
TOKEN = 'MIIR' + ''.join(f'{number:02x}Wq{number * 7 % 97:02d}j-' for number in range(64))

# How the machine sees this machine's 127.0.0.1, and the address that QEMU's network expects of it.
GATEWAY = '10.0.2.2'
BY_HAND = f'ip=10.0.2.15::{GATEWAY}:255.255.255.0'
ADDRESS = f'eth0 has 10.0.2.15, netmask 255.255.255.0, gateway {GATEWAY}, name server '

# A boot takes two seconds of a processor that has nothing else to do.
BOOT_SECONDS = 100

# What the kernel needs; the command is not felt beside it.
SMALLEST_MEMORY = 80

STATIC = ROOT / 'build/static'    # --static
HERE = os.uname().machine


def migtask(arch=HERE):
    """The static command."""
    return STATIC / f'migtask-{arch}'


def make(out, arch='x86_64'):
    """The image with the simulator's roots."""
    command = ['make', '--no-print-directory', 'BOARD=rescue', f'ARCH={arch}', f'OUT={out}',
               f'MIGTASK={migtask(arch)}', f'CA={PKI}/roots.pem', 'WERROR=1']
    environment = {name: value for name, value in os.environ.items() if not name.startswith('MAKE')}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=200,
                          check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stdout)


def archive(name, files):
    """A cpio archive of files {path: bytes}, as a user makes one to add to the image."""
    with tempfile.TemporaryDirectory() as folder:
        for path, content in files.items():
            file = pathlib.Path(folder) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        with open(WORK / name, 'wb') as target:
            subprocess.run('find . | cpio --quiet -o -H newc', shell=True, cwd=folder,
                           stdout=target, check=True)
    return str(WORK / name)


@dataclasses.dataclass
class Result:
    """What run.sh said."""

    code: int
    console: str
    seconds: float

    @property
    def json(self):
        """The object of --json."""
        [line] = [line for line in self.console.splitlines() if line.startswith('{')]
        return json.loads(line)

    def __str__(self):
        return f'exit {self.code} after {self.seconds:.1f} s\n{self.console}'


def environment_for(given):
    """What run.sh is told."""
    out = WORK / f'image-{given.get("ARCH", "x86_64")}'
    return {**os.environ, 'OUT': str(out), 'TOKEN_FILE': str(WORK / 'token'),
            'LIMIT': str(BOOT_SECONDS - 20), **given}


def run(arguments, *, stdin=subprocess.DEVNULL, when=None, **given):
    """One run of run.sh. when() is called while it runs."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as console:
        child = subprocess.Popen([RUN, *arguments], env=environment_for(given), stdin=stdin,
                                 stdout=console, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            if when is not None:
                when()
            code = child.wait(BOOT_SECONDS)
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        console.seek(0)
        text = console.read().decode('utf-8', errors='replace')
    return Result(code, text, time.monotonic() - started)


def target(port):
    """The options for a service of this machine, for whoever has no name server."""
    return ['--endpoint', f'https://{HOST}:{port}', '--connect-to', f'{GATEWAY}:{port}']


class Boots(unittest.TestCase):
    """Whole machines. setUpClass boots them all, and each test judges one."""

    @classmethod
    def setUpClass(cls):
        cls.service = cls.enterClassContext(Simulator(PKI))
        there = target(cls.service.port)
        with socket.create_server(('127.0.0.1', 0)) as listener:
            nobody = target(listener.getsockname()[1])
        other_roots = archive('other.cpio', {
            'etc/ssl/certs/ca-certificates.crt': (PKI / 'other-root.pem').read_bytes()})
        boots = {
            'accepted': (['start', 'ready-1', *there, '--json'], {'MEMORY': str(SMALLEST_MEMORY)}),
            'refused': (['start', 'running-1', *there], {'KERNEL_WORDS': BY_HAND}),
            # This processor has no instruction for random numbers, and no device gives them.
            'no_device_for_entropy': (['clone_test', 'syncing-1', '--template-id', 'a b', *there],
                                      {'QEMU_OPTIONS': '-cpu qemu64', 'KERNEL_WORDS': BY_HAND}),
            # As clouds give it: the gateway is outside of the netmask.
            'gateway_outside': (['start', 'ready-6', *there], {
                'KERNEL_WORDS': BY_HAND.replace('255.255.255.0', '255.255.255.255')}),
            # One card has a cable, but nobody at its other end. The kernel reports the later one first.
            'two_cards': (['start', 'ready-7', *there], {
                'QEMU_OPTIONS': '-netdev socket,id=dead,udp=127.0.0.1:9,localaddr=127.0.0.1:0 '
                                '-device virtio-net-pci,netdev=dead,romfile=,addr=0x6',
                'CARD': 'virtio-net-pci,addr=0x5'}),
            'nobody_listens': (['start', 'ready-2', *nobody, '--retries', '0'],
                               {'KERNEL_WORDS': BY_HAND + ' then=reboot'}),
            'aarch64': (['start', 'ready-5', *there], {'ARCH': 'aarch64'}),
            'other_roots': (['start', 'ready-3', *there], {'ARCHIVE': other_roots}),
            'wrong_clock': (['start', 'ready-4', *there], {'QEMU_OPTIONS': '-rtc base=2019-01-01'}),
            'connection_cut': (['start', 'fault-reset', *there, '--json'],
                               {'KERNEL_WORDS': BY_HAND}),
        }
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            futures = {name: pool.submit(run, arguments, **given)
                       for name, (arguments, given) in boots.items()}
            futures['interrupted'] = pool.submit(cls.interrupted)
            cls.results = {name: future.result() for name, future in futures.items()}
        times = sorted(result.seconds for result in cls.results.values())
        print(f'note: {len(times)} boots of {times[0]:.1f} to {times[-1]:.1f} s', flush=True)

    @staticmethod
    def interrupted():
        """A person at the console presses Ctrl-C once the request is out."""
        control, console = pty.openpty()
        try:
            with Simulator(PKI) as service:
                def press():
                    service.wait_log(1, BOOT_SECONDS)
                    os.write(control, b'\x03')
                return run(['start', 'fault-silent', *target(service.port)], stdin=console,
                           when=press, KERNEL_WORDS=BY_HAND)
        finally:
            os.close(control)
            os.close(console)

    def ended(self, name, code, how='Power down'):
        """The boot of that name, which has ended by itself and with this exit status."""
        result = self.results[name]
        self.assertEqual(result.code, code, result)
        self.assertIn(f'\nrescue: exit status {code}\n', result.console)
        self.assertIn(f'reboot: {how}', result.console)
        self.assertNotIn(TOKEN[:16], result.console)
        return result

    def request(self, task):
        """The service's only record about a task."""
        [record] = [record for record in self.service.requests if record['task_id'] == task]
        return record

    def assert_not_asked(self, task):
        """The service never saw it."""
        self.assertNotIn(task, [record['task_id'] for record in self.service.requests])

    def test_accepted(self):
        """By DHCP, in little memory, the token from an archive of its own."""
        result = self.ended('accepted', 0)
        self.assertEqual((result.json['outcome'], result.json['http_status']), ('accepted', 200))
        self.assertIn(f'rescue: network: {ADDRESS}10.0.2.3\n', result.console)
        record = self.request('ready-1')
        self.assertTrue(record['executed'])
        self.assertEqual((record['token'], record['sni']), (TOKEN, HOST))

    def test_gateway_outside_of_the_netmask(self):
        result = self.ended('gateway_outside', 0)
        self.assertIn('netmask 255.255.255.255', result.console)
        self.assertNotIn('did not take that', result.console)
        self.assertTrue(self.request('ready-6')['executed'])

    def test_two_cards(self):
        """The next one is tried where no lease comes."""
        result = self.ended('two_cards', 0)
        self.assertRegex(result.console, r'no DHCP server answers on eth1;.*\n.*eth0 has 10\.0\.2\.15,')
        self.assertTrue(self.request('ready-7')['executed'])

    def test_refused(self):
        """By an address by hand."""
        result = self.ended('refused', 1)
        self.assertIn('refused: start running-1: SMS.7713', result.console)
        self.assertIn(f'rescue: network: {ADDRESS}none\n', result.console)
        self.assertFalse(self.request('running-1')['executed'])

    def test_no_device_for_entropy(self):
        """The kernel finds some; and a word with a blank comes through its command line."""
        self.ended('no_device_for_entropy', 0)
        self.assertEqual(json.loads(self.request('syncing-1')['body'])['template_id'], 'a b')

    def test_nobody_listens(self):
        """The connection is refused, and said so; then=reboot."""
        result = self.ended('nobody_listens', 3, how='Restarting system')
        self.assertIn('not_sent: start ready-2: connection refused by 10.0.2.2', result.console)

    def test_other_roots(self):
        """A later archive replaces files of the image, here the roots."""
        result = self.ended('other_roots', 3)
        self.assertIn('not_sent: start ready-3: ', result.console)
        self.assert_not_asked('ready-3')

    def test_wrong_clock(self):
        """The machine's clock says 2019, where no certificate was valid yet: the person learns."""
        result = self.ended('wrong_clock', 3)
        self.assertRegex(result.console, r'not_sent: start ready-4: .*2019-01-01')
        self.assertRegex(result.console, r'(?i)clock')
        self.assert_not_asked('ready-4')

    def test_aarch64(self):
        """Another machine, the same image."""
        self.ended('aarch64', 0)
        self.assertTrue(self.request('ready-5')['executed'])

    def test_connection_cut(self):
        """The service took the action, but its answer did not come."""
        result = self.ended('connection_cut', 4)
        self.assertEqual((result.json['outcome'], result.json['attempts']), ('unknown', 1))
        self.assertTrue(self.request('fault-reset')['executed'])

    def test_interrupted(self):
        """The call is cancelled and its outcome shown; the machine is not just killed."""
        result = self.ended('interrupted', 4)
        self.assertIn('unknown: start fault-silent: cancelled by a signal', result.console)


class Script(unittest.TestCase):
    """run.sh, with a machine that is none."""

    def outcome(self, *lines, arguments=('start', 'ready-1'), **given):
        """The exit status where the machine's console says these lines."""
        with tempfile.TemporaryDirectory() as folder:
            qemu = pathlib.Path(folder) / 'qemu-system-x86_64'
            says = ''.join(line + '\\r\\n' for line in lines)
            qemu.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >{folder}/given\n'
                            f"printf '{says}'\n", encoding='ascii')
            qemu.chmod(0o755)
            result = run(arguments, PATH=f'{folder}:{os.environ["PATH"]}', **given)
            file = pathlib.Path(folder) / 'given'
            self.given = file.read_text(encoding='utf-8') if file.exists() else None
        return result.code

    def test_no_result(self):
        """A machine that dies is only then not_sent if the command had not begun."""
        self.assertEqual(self.outcome(), 3)
        self.assertEqual(self.outcome('Kernel panic', 'not rescue: the command starts'), 3)
        self.assertEqual(self.outcome('rescue: the command starts'), 4)
        starts = 'rescue: the command starts'
        self.assertEqual(self.outcome(starts, 'rescue: exit status', ' rescue: exit status 0'), 4)
        self.assertEqual(self.outcome(starts, 'rescue: exit status 1', 'more'), 1)
        erased = 'waiting ...\\r' + ' ' * 11 + '\\b' * 11    # the line that shows the progress
        self.assertEqual(self.outcome(starts, f'{erased}rescue: exit status 1'), 1)

    def test_dead_machine(self):
        """One that hangs is ended."""
        hangs = '\'; exec sleep 50; printf \''
        self.assertEqual(self.outcome('rescue: the command starts', hangs, LIMIT='0.2'), 4)

    def test_words(self):
        """Words with blanks stay one; what cannot be said starts nothing, nor a missing file."""
        self.outcome(arguments=['start', 'a b', '', '--json'], KERNEL_WORDS='ip=off')
        self.assertIn('-append console=ttyS0 quiet panic=-1 ip=off -- start "a b" "" --json\n',
                      self.given)
        self.assertNotIn(TOKEN, self.given)
        for arguments in (['a"b'], ['x' * 2048], ['x'] * 31):
            self.assertEqual(self.outcome(arguments=arguments), 2)
            self.assertIsNone(self.given)
        for name in ('TOKEN_FILE', 'OUT', 'ARCH', 'ARCHIVE'):
            self.assertEqual(self.outcome(**{name: '/none'}), 2)
            self.assertIsNone(self.given)


class Image(unittest.TestCase):
    """What is in it."""

    def test_content(self):
        """Nothing but the command as it is, the roots, the drivers and init."""
        with tempfile.TemporaryDirectory() as folder:
            with open(WORK / 'image-x86_64/initramfs.cpio', 'rb') as image:
                subprocess.run(['cpio', '--quiet', '-i'], cwd=folder, stdin=image, check=True)
            files = {str(file.relative_to(folder)): file.read_bytes()
                     for file in pathlib.Path(folder).rglob('*') if file.is_file()}
        drivers = [name for name in files if re.fullmatch(r'modules/\d\d-[a-z_]+\.ko', name)]
        self.assertEqual(len(drivers), 8)
        self.assertEqual(sorted(files.keys() - drivers),
                         ['etc/ssl/certs/ca-certificates.crt', 'init', 'migtask'])
        self.assertEqual(files['migtask'], migtask('x86_64').read_bytes())
        figures = {name: len(content) for name, content in files.items() if name not in drivers}
        print(f'note: {figures}, {len(drivers)} drivers', flush=True)

    def test_reproducible(self):
        """Made twice, in two folders, it has the same bytes."""
        make(WORK / 'again')
        first, second = (hashlib.sha256((WORK / name / 'initramfs.cpio').read_bytes()).hexdigest()
                         for name in ('image-x86_64', 'again'))
        self.assertEqual(first, second)


def isolation():
    """How to run a program as process 1 of a root directory; None if that is not allowed."""
    for user in ([], ['--map-root-user']):
        command = ['unshare', *user, '--pid', '--fork', '--kill-child']
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(migtask(), f'{folder}/migtask')
            probe = subprocess.run([*command, f'--root={folder}', '/migtask', '--version'],
                                   stdin=subprocess.DEVNULL, capture_output=True, check=False)
            if probe.returncode == 0:
                return command
    return None


class Bare(unittest.TestCase):
    """The static command as process 1 of a root directory with roots and a token, and no more."""

    @classmethod
    def setUpClass(cls):
        cls.command = isolation()
        if cls.command is None:
            print('skipped: the bare root directory: namespaces are not allowed here', flush=True)
            raise unittest.SkipTest('no namespaces')
        cls.service = cls.enterClassContext(Simulator(PKI))

    def start(self, folder, arguments, closed=()):
        """The command under way, without the descriptors that are to be closed."""
        root = pathlib.Path(folder)
        shutil.copy(migtask(), root / 'migtask')
        shutil.copy(PKI / 'roots.pem', root / 'roots.pem')
        (root / 'token').write_text(TOKEN, encoding='ascii')
        root.chmod(0o555)
        port = self.service.port
        there = ['--endpoint', f'https://{HOST}:{port}', '--connect-to', f'127.0.0.1:{port}',
                 '--ca-file', '/roots.pem', '--token-file', '/token']
        streams = ' '.join(f'{number}>&-' for number in closed)
        whole = [*self.command, f'--root={folder}', '/migtask', *arguments, *there]
        return subprocess.Popen(['sh', '-c', f'exec "$@" {streams}', 'sh', *whole], env={},
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def run_bare(self, arguments, closed=()):
        """(exit status, standard output, standard error) of the command."""
        with tempfile.TemporaryDirectory() as folder:
            with self.start(folder, arguments, closed) as child:
                out, err = child.communicate(timeout=30)
        return child.returncode, out.decode(), err.decode()

    def test_nothing_there(self):
        """No /dev, /proc, /etc, no environment, nothing that could be written."""
        code, out, err = self.run_bare(['start', 'ready-1'])
        self.assertEqual((code, out[:9], err), (0, 'accepted:', ''))

    def test_closed(self):
        """Without standard input and error; without output the result is lost, not the action."""
        self.assertEqual(self.run_bare(['start', 'ready-2'], closed=(0, 2))[0], 0)
        self.assertEqual(self.run_bare(['start', 'ready-3'], closed=(0, 1, 2))[0], 5)
        self.assertEqual(self.service.task_state('ready-3'), 'running')

    def test_signal(self):
        """Process 1 only gets the signals that it asked for, and it asked."""
        with tempfile.TemporaryDirectory() as folder:
            seen = len(self.service.log)
            with self.start(folder, ['start', 'fault-silent']) as child:
                self.service.wait_log(seen + 1, 30)
                children = pathlib.Path(f'/proc/{child.pid}/task/{child.pid}/children')
                [process] = children.read_text(encoding='ascii').split()
                os.kill(int(process), signal.SIGTERM)
                out, _ = child.communicate(timeout=20)
        self.assertEqual(child.returncode, 4)
        self.assertIn(b'cancelled by a signal', out)

    def test_token_on_command_line(self):
        """What the kernel would hand over as environment: no token is taken from there."""
        init = WORK / f'image-{HERE}/init'
        for name in ('MIGTASK_TOKEN', 'HW_AUTH_TOKEN'):
            done = subprocess.run([*self.command, f'--root={init.parent}', '/init', 'start', 'x'],
                                  env={name: TOKEN}, stdin=subprocess.DEVNULL, capture_output=True,
                                  timeout=20, check=False)
            self.assertIn(b'must not stand on the kernel', done.stdout)
            self.assertIn(b'\nrescue: exit status 2\n', done.stdout)
            self.assertNotIn(b'the command starts', done.stdout)

    def test_init_elsewhere(self):
        """It does not switch off the machine of whoever runs it by hand."""
        init = WORK / f'image-{HERE}/init'
        done = subprocess.run([init], stdin=subprocess.DEVNULL, capture_output=True, timeout=20,
                              check=False)
        self.assertEqual((done.returncode, done.stdout), (2, b''))


def main():
    """Builds the images and runs all tests, or those that are named."""
    global STATIC
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--static', type=pathlib.Path, default=STATIC)
    parser.add_argument('-v', action='store_true')
    parser.add_argument('tests', nargs='*')
    arguments = parser.parse_args()
    STATIC = arguments.static.resolve()
    WORK.mkdir(parents=True, exist_ok=True)
    pki.make(PKI)
    (WORK / 'token').write_text(TOKEN + '\n', encoding='ascii')
    for arch in ('x86_64', 'aarch64'):
        make(WORK / f'image-{arch}', arch)
    load = unittest.defaultTestLoader
    module = sys.modules[__name__]
    suite = (load.loadTestsFromNames(arguments.tests, module) if arguments.tests
             else load.loadTestsFromModule(module))
    runner = unittest.TextTestRunner(stream=sys.stdout, verbosity=2 if arguments.v else 1)
    result = runner.run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f'{result.testsRun - failed - len(result.skipped)} passed, {failed} failed')
    return 0 if result.wasSuccessful() else 1


if __name__ == '__main__':
    sys.exit(main())
