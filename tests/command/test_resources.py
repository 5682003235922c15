"""What one call takes: heap calls, system calls, sends, bytes on the wire. Sizes and times have tests of their own."""

import collections
import os
import pathlib
import re
import shutil
import unittest

from peers import CountingProxy
from support import BINARY, LONG_TOKEN, STATIC, Case, build_preload, by_address, note, target

# budgets: one call with a token of usual size, to an address, over TLS 1.3.
MAX_SYSTEM_CALLS = 45
# With a task id of 36 characters; 38 bytes are what middleboxes want to see of TLS 1.3 (RFC 8446
# appendix D.4), 33 that P-256's key share is longer than X25519's, and 16 come from this server's
# choice of SHA-384.
MAX_BYTES_SENT = 2715
TOKEN_2048 = LONG_TOKEN[:2048]

TASK = '5e0b1a2c-7d34-4f6e-9a01-000000000001'


def needs(program):
    """Skip where a tool is missing."""
    return unittest.skipUnless(shutil.which(program), f'{program} is not installed')


class Heap(Case):
    """No heap call from our code or from TLS. What the C library takes for itself is not ours."""

    def heap_calls(self, *options, token=TOKEN_2048):
        """The heap calls of one call: (function, object that called) and how often, and one example each."""
        folder = self.scratch()
        log = folder / 'heap.log'
        library = build_preload(folder, 'heap_calls.c')
        service = self.service()
        for task, code in (('ready-1', 0), ('fault-denied', 1), ('fault-bigbody-100', 1)):
            result = self.run_command('start', task, '--json', *by_address(service.port), *options, token=token,
                                      preload=library, env={'HEAP_LOG': str(log)})
            self.assertEqual(result.code, code, str(result))
        lines = log.read_text().splitlines()
        self.assertEqual(lines.count('begin'), 3, 'the library was not loaded')
        calls = collections.Counter()
        for line in lines:
            if line != 'begin':
                function, _, caller, _ = line.split(' ', 3)
                calls[function, os.path.basename(caller)] += 1
        return calls, lines

    def test_no_call_from_the_program(self):
        for options in ((), ('-v',)):
            calls, lines = self.heap_calls(*options)
            ours = [line for line in lines if f' {os.path.realpath(BINARY)} ' in line or f' {BINARY} ' in line]
            self.assertEqual(ours, [], 'the program itself uses the heap')
            others = {caller for _, caller in calls} - {'libc.so.6', 'ld-linux-x86-64.so.2'}
            self.assertEqual(others, set(), 'a library other than the C library uses the heap')
        note(f'heap calls of three calls to an address, all by the C library for itself: {sum(calls.values())}')

    @needs('valgrind')
    def test_memory_under_valgrind(self):
        """No invalid access, no decision on uninitialised memory, nothing leaked."""
        log = self.scratch() / 'valgrind.log'
        service = self.service()
        result = self.call(service, 'fault-denied', '--timeout=60', '--connect-timeout=60', timeout=60, before=(
            'valgrind', '--error-exitcode=99', '--leak-check=full', '--show-leak-kinds=all',
            '--errors-for-leak-kinds=definite,indirect,possible', f'--log-file={log}'))
        text = log.read_text()
        self.assertRegex(text, r'ERROR SUMMARY: 0 errors', text)
        self.assert_outcome(result, 'refused', error_code='SMS.9004')
        usage = re.search(r'total heap usage: (.*)', text)
        note(f'valgrind, one call to an address: heap usage {usage[1] if usage else "not told"}')


class Wire(Case):
    """Sends and bytes."""

    def traced(self, binary, *arguments, trace='all'):
        """The lines of strace for one call, those of its children too."""
        log = self.scratch() / 'strace.log'
        result = self.run_command(*arguments, '--json', binary=binary, token=TOKEN_2048,
                                  before=('strace', '-f', '-qq', '-s', '0', '-e', f'trace={trace}', '-e', 'signal=none',
                                          '-o', str(log)))
        self.assert_outcome(result, 'accepted')
        lines = [re.sub(r'^\d+ +', '', line) for line in log.read_text().splitlines()]
        return [line for line in lines if not line.startswith(('+++', '---', '<...'))]

    def sends(self, tls):
        """Sizes of what the command's socket took, one for each system call, in order."""
        service = self.service(tls=tls)
        lines = self.traced(BINARY, 'start', TASK, *by_address(service.port), trace='network,read,write,readv,writev')
        [socket_fd] = {match[1] for line in lines if (match := re.match(r'connect\((\d+), \{sa_family=AF_INET,', line))}
        return [int(match[1]) for line in lines
                if (match := re.match(rf'(?:send\w*|write\w*)\({socket_fd}, .*= (\d+)$', line))]

    @needs('strace')
    def test_last_flight_and_request_are_one_send(self):
        """So that no round trip and no delayed acknowledgement stands between them."""
        sizes = self.sends('1.3')
        large = [size for size in sizes if size > 100]
        self.assertEqual(len(large), 2, f'ClientHello, then Finished with the request: {sizes}')
        self.assertGreater(large[1], 2048)
        self.assertLessEqual(len(sizes), 3, f'and at most a close_notify: {sizes}')
        note(f'sends of a call over TLS 1.3, token 2048: {sizes}')
        sizes = self.sends('1.2')
        self.assertLessEqual(len(sizes), 4, f'ClientHello, key exchange to Finished, request, close_notify: {sizes}')
        note(f'sends of a call over TLS 1.2, token 2048: {sizes}')

    def test_bytes_sent(self):
        for tls, limit in (('1.3', MAX_BYTES_SENT), ('1.2', None)):
            service = self.service(tls=tls)
            with CountingProxy(service.port) as proxy:
                self.assert_outcome(self.run_command('start', TASK, '--json', *target(proxy.port, host='localhost'),
                                                     token=TOKEN_2048), 'accepted')
                [record] = service.wait_log(1)
                self.assertTrue(proxy.over.wait(5), 'the connection does not end')
                note(f'TCP payload sent with a token of 2048, TLS {tls}: {proxy.to_server} B, of which the request '
                     f'{record["bytes_received"]} B' + (f' (at most {limit} in all)' if limit else ''))
                if limit:
                    self.assertLessEqual(proxy.to_server, limit)

    @needs('strace')
    def test_system_calls(self):
        if not os.access(STATIC, os.X_OK):
            self.skipTest('no statically linked command to count the system calls of')
        service = self.service(tls='1.3')
        calls = self.traced(STATIC, 'start', TASK, *by_address(service.port))
        note(f'system calls of the static command in a call to an address: {len(calls)} (at most {MAX_SYSTEM_CALLS})')
        names = collections.Counter(line.split('(')[0] for line in calls)
        self.assertLessEqual(len(calls), MAX_SYSTEM_CALLS, str(names))
        calls = self.traced(STATIC, 'start', '8abda8635e09d185015e09d188dd0001', *by_name(service.port))
        note(f'system calls of the static command in a call to a name, its resolver included: {len(calls)}')

    def test_resident_memory(self):
        """Only told: the budget is checked where sizes are."""
        service = self.service()
        for name, binary in (('dynamic', BINARY), ('static', STATIC)):
            if not os.access(binary, os.X_OK):
                continue
            running = self.start('start', 'fault-silent', *by_address(service.port), '--timeout=20', binary=binary)
            service.wait_log(1)
            status = pathlib.Path(f'/proc/{running.process.pid}/status').read_text()
            service.clear_log()
            note(f'peak resident memory of the {name} command, waiting for an answer: '
                 f'{re.search(r"VmHWM:.*?([0-9]+ kB)", status)[1]}')
            running.process.kill()


def by_name(port):
    """The options of a call to a name that is looked up."""
    return ['--endpoint', f'https://localhost:{port}', *by_address(port)[2:]]
