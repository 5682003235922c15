"""Names: what becomes of them when name servers answer well, badly, late, in parts, or for one family alone."""

import os
import signal
import socket
import time
import unittest

import name_server
from name_server import A, AAAA, NameServer, Rule
from support import BINARY, HOST, ROOTS, STATIC, Case, wait_until

# Before anything is started: the rest of this module is run in namespaces of its own.
ALONE = name_server.enter()

# What is not there, and what a look-up of it would be given.
NOWHERE, NOWHERE_6 = '127.0.0.9', '2001:db8::9'
SERVER = '127.0.0.1'

# The one that waits for a time-out of the C library (5 s) is far above this; a busy machine is below it.
AT_ONCE = 2.5


class Names(Case):
    """The default build, with the C library of this machine."""

    binary = BINARY

    def setUp(self):
        if not ALONE:
            self.skipTest('no namespaces: names cannot be answered as the tests want')
        if not os.access(self.binary, os.X_OK):
            self.skipTest('no static command')
        name_server.write('/etc/resolv.conf', f'nameserver {SERVER}\n')
        name_server.write('/etc/hosts', '127.0.0.1 localhost\n')
        self.port = self.service().port

    def ask(self, *options, host=HOST, port=None):
        """One action for the service, whose name is looked up."""
        return self.run_command('network_check', 'ready-1', '--json', '--endpoint',
                                f'https://{host}:{port or self.port}', '--ca-file', ROOTS, *options, binary=self.binary)

    def test_one_family_answers(self):
        """Whatever becomes of the other: its failure, its silence, that it does not know the name."""
        for other in ('servfail', 'refused', 'notimp', 'nxdomain', 'silent', []):
            for good, bad, address in ((A, AAAA, '127.0.0.1'), (AAAA, A, '::1')):
                if good == AAAA and other not in ('servfail', 'silent'):
                    continue
                with self.subTest(other=other, good=good):
                    port = self.service(address=address).port if good == AAAA else self.port
                    with NameServer({(HOST, good): [address], (HOST, bad): other}):
                        result = self.ask(port=port)
                    self.assert_outcome(result, 'accepted', attempts=1)
                    self.assertLess(result.seconds, AT_ONCE, str(result))

    def test_the_other_family_comes_late(self):
        """Its addresses are used where the first ones lead nowhere."""
        with NameServer({(HOST, A): Rule([SERVER], delay=1.2), (HOST, AAAA): [NOWHERE_6]}):
            result = self.ask('--retries=0')
        self.assert_outcome(result, 'accepted', attempts=1)
        with NameServer({(HOST, A): [NOWHERE], (HOST, AAAA): 'silent'}):
            result = self.ask('--retries=0')
        self.assert_outcome(result, 'not_sent', 'connect_failed')
        self.assertLess(result.seconds, 4, 'it waited for the other family')

    def test_answers_that_need_tcp(self):
        """More addresses than a datagram holds: the first answer is cut, and asked for again over TCP."""
        many = [f'127.1.{i // 250}.{1 + i % 250}' for i in range(60)]
        with NameServer({(HOST, A): Rule([SERVER, *many], truncated=True), (HOST, AAAA): []}) as names:
            self.assert_outcome(self.ask(), 'accepted', attempts=1)
        self.assertIn((HOST, A, 'tcp'), names.asked)

    def test_what_is_said(self):
        """No such name, no address and no answer are told apart."""
        name_server.write('/etc/resolv.conf', f'nameserver {SERVER}\noptions timeout:1 attempts:1\n')
        for a, aaaa, words in (('nxdomain', 'nxdomain', 'there is no such name as'),
                               ('nxdomain', 'servfail', 'there is no such name as'),
                               ([], [], 'there is no address for the name'),
                               ('servfail', 'servfail', 'no name server gave an answer for .* or it refused or '
                                                        'failed'),
                               ([], 'servfail', 'no name server gave an answer for')):
            with self.subTest(a=a, aaaa=aaaa), NameServer({(HOST, A): a, (HOST, AAAA): aaaa}):
                result = self.run_command('network_check', 'ready-1', '--endpoint', f'https://{HOST}', '--ca-file',
                                          ROOTS, '--retries=0', binary=self.binary)
                self.assertEqual(result.code, 3, str(result))
                self.assert_words(result, words, r'--connect-to address')

    def test_the_dot_keeps_search_lists_out(self):
        """Neither certificate nor Host header have it."""
        name_server.write('/etc/resolv.conf', f'nameserver {SERVER}\nsearch trap.test\noptions ndots:9\n')
        with NameServer({(HOST, A): [SERVER], (f'{HOST}.trap.test', A): [NOWHERE]}) as names:
            self.assert_outcome(self.ask('--retries=0'), 'not_sent')
            names.asked.clear()
            service = self.service()
            result = self.run_command('network_check', 'ready-1', '--json', '--endpoint',
                                      f'https://{HOST}.:{service.port}', '--ca-file', ROOTS, binary=self.binary)
            self.assert_outcome(result, 'accepted', attempts=1)
            self.assertEqual({name for name, _, _ in names.asked}, {HOST})
            [record] = service.wait_log(1)
            self.assertEqual(record['headers']['host'], f'{HOST}:{service.port}')

    def test_the_table_of_the_machine(self):
        """/etc/hosts goes before name servers, also where it has one family alone: nobody is asked for the other."""
        for hosts in (f'127.0.0.1 {HOST}\n', f'::1 localhost ip6-localhost\n127.0.0.1 x.{HOST} {HOST}\n'):
            name_server.write('/etc/hosts', hosts)
            with NameServer({(HOST, A): [NOWHERE], (HOST, AAAA): [NOWHERE_6]}) as names:
                self.assert_outcome(self.ask(), 'accepted', attempts=1)
            self.assertEqual(names.asked, [])

    def test_localhost_in_both_families(self):
        """Debian's own table: the service listens on one of the two."""
        for hosts in ('127.0.0.1 localhost\n', '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n'):
            name_server.write('/etc/hosts', hosts)
            self.assert_outcome(self.ask(host='localhost'), 'accepted', attempts=1)

    def test_side_by_side(self):
        """Each call looks the name up for itself; a signal ends those that are at it, and their processes."""
        def tasks(count):
            return ('network_check', *(f'ready-{number}' for number in range(count)), '--json', '--parallel=4', '--endpoint',
                    f'https://{HOST}:{self.port}', '--ca-file', ROOTS, '--connect-timeout=10')

        with NameServer({(HOST, A): [SERVER], (HOST, AAAA): []}) as names:
            result = self.run_command(*tasks(30), binary=self.binary)
            self.assertEqual([line['outcome'] for line in result.lines], ['accepted'] * 30, str(result))
            names.asked.clear()
            names.rules = {(HOST, A): Rule([SERVER], delay=0.1), (HOST, AAAA): Rule([])}  # It is not over before they fall silent.
            running = self.start(*tasks(80), binary=self.binary)
            self.assertIn(b'accepted', running.process.stdout.readline())
            names.rules = {(HOST, A): Rule('silent'), (HOST, AAAA): Rule('silent')}
            # Of a call that asked as they fell silent, one of two may have been answered.
            wait_until(lambda: len(resolvers(running)) > 4)
            sent = time.monotonic()
            running.signal(signal.SIGINT)
            result = self.finish(running, 5)
            self.assertLess(time.monotonic() - sent, 1)
        self.assertEqual([line['outcome'] for line in result.lines].count('accepted') + [
            (line['outcome'], line['reason']) for line in result.lines].count(('not_sent', 'cancelled')), 79, str(result))
        self.assertGreaterEqual([line['attempts'] for line in result.lines].count(0), 1)

    def test_a_silent_address_comes_last(self):
        """One that takes the connection and says nothing: the repeat goes to the next, and so do later tasks."""
        port = self.service(address='127.0.0.3').port
        tasks = ('network_check', 'ready-1', 'ready-2', 'ready-3', '--json', '--endpoint', f'https://{HOST}:{port}',
                 '--ca-file', ROOTS, '--connect-timeout=0.7')
        with (socket.create_server(('127.0.0.1', port)), socket.create_server(('127.0.0.2', port)),
              NameServer({(HOST, A): ['127.0.0.1', '127.0.0.2', '127.0.0.3'], (HOST, AAAA): []})):
            self.assert_outcome(self.ask('--connect-timeout=0.7', port=port), 'accepted', attempts=3)
            result = self.run_command(*tasks, binary=self.binary)
            self.assertEqual([line['attempts'] for line in result.lines], [3, 1, 1], str(result))


def resolvers(running):
    """The processes that look names up for the command."""
    process = running.process.pid
    with open(f'/proc/{process}/task/{process}/children', encoding='ascii') as children:
        return children.read().split()


class StaticNames(Names):
    """The static build, with musl."""

    binary = STATIC
