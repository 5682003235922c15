"""What is said of a network that keeps silent or leads nowhere: who, for how long, and what to look at."""

import socket

from support import HOST, ROOTS, Case, has_ipv6


class Silence(Case):
    """Until a time-out, in the words of the result and of the repeats."""

    def ask(self, to, *options, port=443):
        """One action that goes to an address."""
        return self.run_command('network_check', 'ready-1', '-e', f'https://{HOST}:{port}', '--connect-to', to,
                                '--ca-file', ROOTS, '--connect-timeout=0.4', '--retries=1', *options)

    def full_port(self):
        """Where no more connections are taken, nor refused."""
        full = self.enterContext(socket.create_server(('127.0.0.1', 0), backlog=0))
        for _ in range(4):
            one = self.enterContext(socket.socket())
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        return full.getsockname()[1]

    def test_no_answer_to_the_connection(self):
        port = self.full_port()
        result = self.ask('127.0.0.1', port=port)
        self.assertEqual(result.code, 3, str(result))
        self.assert_words(result, rf'attempt 1: not_sent, no answer from 127\.0\.0\.1 port {port} within',
                          rf'ready-1: no answer from 127\.0\.0\.1 port {port} within 0\.4 s \(--connect-timeout\)',
                          'firewall')

    def test_no_word_on_the_connection(self):
        with socket.create_server(('127.0.0.1', 0)) as silent:
            port = silent.getsockname()[1]
            result = self.ask('127.0.0.1', port=port)
            told = self.ask('127.0.0.1', '--json', port=port)
        self.assertEqual(result.code, 3, str(result))
        words = rf'127\.0\.0\.1 port {port} took the connection and then said nothing within 0\.4 s'
        self.assert_words(result, f'attempt 1: not_sent, {words}', f'ready-1: {words} \\(--connect-timeout\\)', 'tls port')
        self.assertRegex(told.json['message'], words)

    def test_a_proxy_that_does_not_answer(self):
        port = self.full_port()
        result = self.ask('127.0.0.1', f'--proxy=http://127.0.0.1:{port}')
        self.assert_words(result, rf'no answer from the proxy 127\.0\.0\.1 port {port} within 0\.4 s')


class Zones(Case):
    """The interface of a link-local address."""

    def test_an_address_with_its_interface(self):
        if not has_ipv6():
            self.skipTest('no IPv6 here')
        service = self.service(address='::1')
        for zone in ('%lo', '%25lo', '%1'):
            result = self.run_command('network_check', 'ready-1', '--json', '-e', f'https://[::1{zone}]:{service.port}',
                                      '--ca-file', ROOTS)
            self.assert_outcome(result, 'accepted')
            self.assertEqual(service.wait_log(1)[-1]['headers']['host'], f'[::1]:{service.port}')
            result = self.run_command('network_check', 'ready-1', '--json', '-e', f'https://{HOST}:{service.port}',
                                      '--connect-to', f'[::1{zone}]', '--ca-file', ROOTS)
            self.assert_outcome(result, 'accepted')

    def test_an_interface_that_is_not_there(self):
        for to in ('[fe80::1%eth77]:443', 'fe80::1%eth77'):
            result = self.run_command('network_check', 'ready-1', '-e', f'https://{HOST}', '--connect-to', to, '--ca-file',
                                      ROOTS, '--retries=0')
            self.assertEqual(result.code, 3, str(result))
            self.assert_words(result, r'no network interface as named in fe80::1%eth77')

    def test_no_interface(self):
        if not has_ipv6():
            self.skipTest('no IPv6 here')
        result = self.run_command('network_check', 'ready-1', '-e', f'https://{HOST}', '--connect-to', '[fe80::1]',
                                  '--ca-file', ROOTS, '--retries=0')
        self.assertEqual(result.code, 3, str(result))
        self.assert_words(result, r'\[fe80::1\] port 443', r'needs its interface|no route|is the network up')
