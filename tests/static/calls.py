"""Whole calls of one binary: what the compiler, the C library and the system calls of a machine
could break.

What the command does in every case is tested in ../command; the same code runs here."""

import os
import shutil
import signal
import subprocess

import fault_bodies
from support import LONG_TOKEN, OPERATIONS, PKI, ROOTS, TOKEN, Case, by_address, target, wait_until

# Certificates and versions of TLS that take all the arithmetic there is; curves by OpenSSL's names.
# Without one it is X25519, which OpenSSL prefers; Debian's Python 3.11 cannot choose it by name.
HANDSHAKES = (
    {'cert': 'ec', 'tls': '1.3'},
    {'cert': 'ec', 'tls': '1.2', 'curve': 'prime256v1'},
    {'cert': 'ec-inter', 'tls': '1.3', 'curve': 'secp384r1'},
    {'cert': 'p384', 'tls': '1.2'},
    {'cert': 'rsa-inter', 'tls': '1.3'},
    {'cert': 'rsa4096', 'tls': '1.2'},
)

# Seconds for a call under QEMU on a busy machine; the usual time is a tenth of a second.
PATIENCE = 60


def _namespace(*kinds):
    """The words that start a command with an empty /etc, in namespaces of these kinds; None if that
    cannot be done."""
    shell = 'mount -t tmpfs none /etc && exec "$@"'
    for user in ((), ('--map-root-user',)):
        words = [shutil.which('unshare') or 'unshare', *user, *kinds, '--mount', '--',
                 '/bin/sh', '-c', shell, 'sh']
        try:
            tried = subprocess.run([*words, 'true'], stderr=subprocess.DEVNULL, check=False)
            if tried.returncode == 0:
                return words
        except FileNotFoundError:
            break
    return None


class Calls(Case):
    """One binary, run in one way."""

    machine = None
    before = ()

    def start(self, *arguments, before=(), **how):
        return super().start(*arguments, before=(*before, *self.before),
                             binary=str(self.machine.binary), **how)

    def run_command(self, *arguments, timeout=PATIENCE, **how):
        return self.finish(self.start(*arguments, **how), timeout)

    def test_version_and_help(self):
        self.assertRegex(self.run_command('--version').out, r'\Amigtask \d+\.\d+\.\d+\n')
        shown = self.run_command('--help', 'all').out
        for operation in OPERATIONS:
            self.assertRegex(shown, rf'\b{operation}\b')

    def test_accepted(self):
        for number, options in enumerate(HANDSHAKES):
            with self.subTest(**options):
                service = self.service(**options)
                task = f'ready-{number}'
                result = self.call(service, task)
                self.assert_outcome(result, 'accepted', 'ok', http_status=200, attempts=1)
                [record] = service.wait_log(1)
                self.assertEqual(record['token'], TOKEN)
                self.assertEqual((record['complete'], record['extra_bytes']), (True, 0))
                self.assertIn(task, record['path'])

    def test_longest_token(self):
        service = self.service()
        self.assert_outcome(self.call(service, 'ready-1', token=LONG_TOKEN), 'accepted')
        self.assertEqual(service.wait_log(1)[0]['token'], LONG_TOKEN)

    def test_refused(self):
        service = self.service()
        result = self.call(service, 'running-1')
        self.assert_outcome(result, 'refused', 'http_status', http_status=400,
                            error_code='SMS.7713',
                            advice='Look at the task state first; wait or pause, then start')
        told = self.tell(service, 'running-1')
        self.assertEqual(told.code, 1)
        self.assert_words(told, 'refused', r'sms\.7713', 'advice')

    def test_largest_reply(self):
        """1.4 MB, whole."""
        result = self.call(self.service(), 'fault-max403')
        self.assertGreater(len(result.stdout), 1_300_000)
        self.assert_outcome(result, 'refused', 'http_status', http_status=403, truncated=[])
        for name, value in fault_bodies.largest().items():
            self.assertTrue(result.json[name] == value, f'{name} differs')  # too long to be shown

    def test_wrong_authority(self):
        service = self.service()
        result = self.run_command('start', 'ready-1', '--json',
                                  *target(service.port, ca_file=str(PKI / 'other-root.pem')))
        self.assert_outcome(result, 'not_sent', 'certificate_rejected', attempts=1)
        self.assertEqual(service.requests, [])

    def test_dates(self):
        """One of them in 2045, when 32 bits do not hold the time."""
        for cert, date in (('expired', '2021-01-01'), ('not-yet', '2045-01-01')):
            service = self.service(cert=cert)
            self.assert_outcome(self.call(service, 'ready-1'), 'not_sent', 'certificate_rejected')
            self.assert_words(self.tell(service, 'ready-1'), date)
            self.assertEqual(service.requests, [])

    def test_deadline(self):
        service = self.service(silent_handshake=True)
        result = self.call(service, 'ready-1', '--timeout', '0.4', '--retries', '0')
        self.assert_outcome(result, 'not_sent', 'timeout')
        self.assertLess(result.seconds, PATIENCE / 2)

    def test_signal(self):
        service = self.service()
        running = self.start('start', 'fault-silent', '--json', *target(service.port))
        wait_until(lambda: service.requests, PATIENCE)
        running.signal(signal.SIGTERM)
        self.assert_outcome(self.finish(running, PATIENCE), 'unknown', 'cancelled')

    def test_name_from_the_resolver(self):
        service = self.service()
        result = self.run_command('start', 'ready-1', '--json', '--ca-file', ROOTS,
                                  '--endpoint', f'https://localhost:{service.port}')
        self.assert_outcome(result, 'accepted')

    def bare(self, *kinds):
        """The words before a command that finds nothing in /etc, and its environment."""
        words = _namespace(*kinds)
        if words is None:
            self.skipTest('no namespaces here')
        return {'before': words, 'env': {'PATH': os.environ['PATH']}}

    def test_nothing_in_etc(self):
        service = self.service()
        how = self.bare()
        ways = {'ready-1': target(service.port), 'ready-2': by_address(service.port)}
        for task, where in ways.items():
            result = self.run_command('start', task, '--json', *where, **how)
            self.assert_outcome(result, 'accepted')

    def test_no_name_server(self):
        """Neither resolv.conf nor a network: the C library asks this machine; nobody answers."""
        call = ('start', 'ready-1', '--endpoint', 'https://sms.example.test', '--ca-file', ROOTS,
                '--retries', '0', '--connect-timeout', f'{PATIENCE}', '--timeout', f'{PATIENCE}')
        both = [self.start(*call, *more, **self.bare('--net')) for more in ((), ('--json',))]
        told, result = (self.finish(running, PATIENCE) for running in both)
        self.assert_outcome(result, 'not_sent', 'resolve_failed', attempts=1)
        self.assert_words(told, r'no name server gave an answer for sms\.example\.test',
                          r'/etc/resolv\.conf', 'safe to repeat')


def emulated(machine):
    """The tests of a machine under QEMU."""
    members = {'machine': machine, 'before': machine.emulated()}
    return type(f'{machine.name}, emulated', (Calls,), members)


def native(machine):
    """The tests of this machine."""
    return type(f'{machine.name}, native', (Calls,), {'machine': machine})
