"""A machine that has nothing: a root directory that holds the static command alone, no environment, process 1."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import unittest

from support import EXIT, HERE, HOST, PKI, RESULT_LOST, ROOTS, STATIC, TOKEN, Case, wait_until

TOP = HERE.parent.parent
STATIC_FLAGS = ('-static', '-no-pie', '-s', '-Wl,--gc-sections,-z,noseparate-code,-z,now')


def alone(root):
    """What runs a program as the first process of a root directory; None where the machine does not allow that."""
    unshare = shutil.which('unshare')
    if not unshare or not os.access(STATIC, os.X_OK):
        return None
    for right in ([], ['--map-root-user']):
        before = [unshare, *right, '--fork', '--pid', '--kill-child', f'--root={root}']
        if subprocess.run([*before, '/migtask', '--version'], env={}, capture_output=True, check=False,
                          timeout=10).returncode == 0:
            return tuple(before)
    return None


def child_of(process):
    """The one process that another has started."""
    return int(pathlib.Path(f'/proc/{process}/task/{process}/children').read_text().split()[0])


def with_built_in_roots(folder):
    """The static command anew, with roots compiled in."""
    machine = os.uname().machine
    built = TOP / f'build/static-{machine}'
    compiler = ('gcc', f'-specs=build/deps/musl/{machine}/gcc.specs')   # As boards/host/static.mk has it.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(('MAKE', 'MFLAGS', 'CC'))}
    subprocess.run(['make', f'OUT={folder}/build', f'CC={" ".join(compiler)}', 'CFLAGS=-fno-pie', f'ROOTS={ROOTS}',
                    f'{folder}/build/boards/host/built_in.o'],
                   cwd=TOP, env=environment, check=True, capture_output=True, timeout=60)
    others = [path for path in (built / 'boards/host').glob('*.o') if path.name != 'built_in.o']
    subprocess.run([*compiler, *others, folder / 'build/boards/host/built_in.o', built / 'libmigtask.a',
                    *STATIC_FLAGS, '-o', folder / 'migtask'], cwd=TOP, check=True, timeout=60)
    return folder / 'migtask'


class Nothing(Case):
    """No file, no folder, no device, no variable, no process but the command."""

    def setUp(self):
        self.root = self.scratch()
        shutil.copy(STATIC, self.root / 'migtask')
        self.before = alone(self.root)
        if self.before is None:
            self.skipTest('no static command, or no unshare for a root directory and processes of its own')

    def bare(self, *arguments, token=None, network=True, **how):
        """Run it there."""
        before = self.before if network else (self.before[0], '--net', *self.before[1:])
        return self.run_command(*arguments, token=token, before=before, binary='/migtask', **how)

    def give(self, name, text):
        """A file that is there after all."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)

    def give_roots(self):
        """The roots of the simulator."""
        self.give('roots.pem', pathlib.Path(ROOTS).read_bytes())

    def local(self, port):
        """The options of a call that needs no name."""
        return ('--endpoint', f'https://{HOST}:{port}', '--connect-to', '127.0.0.1', '--ca-file', '/roots.pem')

    def test_what_needs_nothing(self):
        self.assertIn('Usage:', self.bare('--help').out)
        self.assertIn('Meaning:', self.bare('explain', 'SMS.7713').out)
        self.assertIn('POST /v3/tasks/', self.bare('start', 'ready-1', '-e', 'https://h', '-t', '-', '--dry-run',
                                                    stdin=TOKEN.encode()).out)

    def test_a_call(self):
        self.give_roots()
        service = self.service()
        result = self.bare('network_check', 'ready-1', *self.local(service.port), '-t', '-', stdin=TOKEN.encode())
        self.assertEqual((result.code, result.err), (0, ''), str(result))
        [record] = service.wait_log(1)
        self.assertEqual((record['complete'], record['headers']['x-auth-token']), (True, TOKEN))

    def test_a_name_that_a_file_holds(self):
        self.give_roots()
        self.give('etc/hosts', f'127.0.0.1 {HOST}\n'.encode())
        result = self.bare('network_check', 'ready-1', '-e', f'https://{HOST}:{self.service().port}', '--ca-file',
                           '/roots.pem', token=TOKEN)
        self.assertEqual((result.code, result.err), (0, ''), str(result))

    def test_roots_compiled_in(self):
        shutil.copy(with_built_in_roots(self.scratch()), self.root / 'migtask')
        self.assertRegex(self.bare('--help').out, 'roots compiled into this program are used: 2')
        service = self.service()
        where = self.local(service.port)[:4]
        result = self.bare('network_check', 'ready-1', *where, '-v', token=TOKEN)
        self.assertEqual(result.code, 0, str(result))
        self.assert_words(result, 'trusted roots: those compiled into this program')
        # Before the machine's own bundle, but not before a file that is named.
        self.give('etc/ssl/certs/ca-certificates.crt', (PKI / 'other-root.pem').read_bytes())
        self.assertEqual(self.bare('network_check', 'ready-1', *where, token=TOKEN).code, 0)
        result = self.bare('network_check', 'ready-1', '--json', *where, '--ca-file',
                           '/etc/ssl/certs/ca-certificates.crt', token=TOKEN)
        self.assert_outcome(result, 'not_sent', 'certificate_rejected')
        self.assert_outcome(self.bare('network_check', 'ready-1', '--json', *where, '--ca-file', '/none', token=TOKEN),
                            'invalid', 'invalid_config')

    def test_no_roots(self):
        result = self.bare('start', 'ready-1', '-e', 'https://h', token=TOKEN)
        self.assertEqual(result.code, EXIT['invalid'])
        self.assert_words(result, 'no trusted root certificates', '--ca-file file')

    def test_no_token(self):
        result = self.bare('start', 'ready-1', '-e', 'https://h')
        self.assertEqual(result.code, EXIT['invalid'])
        self.assert_words(result, '--token-file', 'migtask_token')

    def test_no_name_server(self):
        """Nothing listens where the C library asks then, so what counts is that the message tells."""
        self.give_roots()
        arguments = ('start', 'ready-1', '-e', f'https://{HOST}', '--ca-file', '/roots.pem', '--timeout=0.5')
        result = self.bare(*arguments, token=TOKEN, network=False)
        self.assertEqual(result.code, EXIT['not_sent'], str(result))
        self.assert_words(result, 'name', 'there is no /etc/resolv.conf here', 'nameserver address',
                          '--connect-to address', 'safe to repeat')
        self.give('etc/resolv.conf', b'nameserver 192.0.2.1\n')
        result = self.bare(*arguments, token=TOKEN, network=False)
        self.assertNotIn('there is no', result.said)
        self.assert_words(result, '--connect-to address')

    def test_no_network(self):
        self.give_roots()
        for address in ('192.0.2.1', '[2001:db8::1]'):
            with self.subTest(address):
                result = self.bare('start', 'ready-1', '-e', f'https://{HOST}', '--connect-to', address, '--ca-file',
                                   '/roots.pem', '--retries=0', token=TOKEN, network=False)
                self.assertEqual(result.code, EXIT['not_sent'], str(result))
                self.assert_words(result, 'is the network up|ipv6', 'safe to repeat')

    def test_closed_descriptors(self):
        """Each of the eight combinations, where there is no /dev/null to put in their place."""
        self.give_roots()
        service = self.service()
        for combination in range(8):
            closed = {number for number in range(3) if combination & 1 << number}
            closing = ' '.join(f'{number}>&-' for number in closed)
            with self.subTest(closing):
                result = self.run_command(
                    'network_check', 'ready-1', *self.local(service.port), '-v', token=TOKEN, binary='/migtask',
                    before=('/bin/sh', '-c', f'exec "$@" {closing}', 'sh', *self.before))
                self.assertEqual(result.code, RESULT_LOST if 1 in closed else 0, str(result))
                self.assertEqual('accepted' in result.out, 1 not in closed)
                self.assertEqual('accepted' in result.err, 1 in closed and 2 not in closed)
                [record] = service.wait_log(1)
                service.clear_log()
                self.assertEqual((record['complete'], record['extra_bytes']), (True, 0), 'output went into the socket')
        result = self.run_command('start', 'ready-1', *self.local(service.port), '-t', '-', token=None,
                                  binary='/migtask', before=('/bin/sh', '-c', 'exec "$@" <&-', 'sh', *self.before))
        self.assertEqual(result.code, EXIT['invalid'])
        self.assert_words(result, 'standard input is closed')

    def test_process_1(self):
        """Which gets no signal that it has no handler for, and whose children stay until it reaps them."""
        self.give_roots()
        self.give('etc/hosts', f'127.0.0.1 {HOST}\n'.encode())
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number.name):
                service = self.service()
                running = self.start('start', 'fault-silent', '--json', '-e', f'https://{HOST}:{service.port}',
                                     '--ca-file', '/roots.pem', token=TOKEN, before=self.before, binary='/migtask')
                service.wait_log(1)
                service.clear_log()
                command = child_of(running.process.pid)
                status = pathlib.Path(f'/proc/{command}/status').read_text()
                self.assertRegex(status, r'(?m)^NSpid:.*\t1$')
                self.assertEqual(pathlib.Path(f'/proc/{command}/task/{command}/children').read_text(), '',
                                 'the process that looked the name up is still there')
                os.kill(command, number)
                self.assert_outcome(self.finish(running, 5), 'unknown', 'cancelled')

    def test_process_1_while_a_name_is_looked_up(self):
        self.give_roots()
        running = self.start('start', 'ready-1', '--json', '-e', f'https://{HOST}', '--ca-file', '/roots.pem',
                             token=TOKEN, before=(self.before[0], '--net', *self.before[1:]), binary='/migtask')
        command = wait_until(lambda: self.looks_up(running.process.pid))
        os.kill(command, signal.SIGTERM)
        self.assert_outcome(self.finish(running, 5), 'not_sent', 'cancelled')

    @staticmethod
    def looks_up(process):
        """The command, once it has a child; else None."""
        try:
            command = child_of(process)
            return child_of(command) and command
        except (OSError, IndexError):
            return None


class Files(Case):
    """What is opened."""

    @unittest.skipUnless(shutil.which('strace') and os.access(STATIC, os.X_OK), 'no strace or no static command')
    def test_no_file_is_written(self):
        """So it works where no file system can be written."""
        log = self.scratch() / 'strace.log'
        service = self.service()
        result = self.run_command('network_check', 'ready-1', '-e', f'https://localhost:{service.port}', '--ca-file',
                                  ROOTS, '-v', binary=STATIC,
                                  before=('strace', '-f', '-qq', '-e', 'trace=%file', '-o', str(log)))
        self.assertEqual(result.code, 0, str(result))
        calls = re.findall(r'^\d+ +(\w+)\((.*)\)', log.read_text(), re.M)
        self.assertLessEqual({name for name, _ in calls}, {'execve', 'openat', 'open', 'stat', 'access'})
        for _, arguments in calls:
            self.assertNotRegex(arguments, 'O_WRONLY|O_RDWR|O_CREAT')
