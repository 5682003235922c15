"""Which servers are trusted: every credential of the throw-away authority, TLS versions, names, addresses, bundles."""

import datetime
import pathlib

from peers import OpensslServer
from support import HOST, PKI, ROOTS, SYSTEM_ROOTS, Case, by_address, has_ipv6, target

GOOD = ('ec', 'ec-inter', 'p384', 'rsa', 'rsa-inter', 'rsa4096')

# Why a person should think that each one was rejected.
BAD = {
    'expired': ('expired', '2021'),
    'not-yet': ('not yet|not valid before|valid from', '2045'),
    'wrong-name': ('certificate is for|name|host', r'sms\.example\.test'),
    'cn-only': ('certificate|name|host', r'sms\.example\.test'),
    'self-signed': ('certificate', 'self-signed|issuer|authorit|root|trust|signed'),
    'unknown': ('certificate', 'issuer|authorit|root|trust|signed'),
    'no-inter': ('certificate', 'issuer|authorit|root|trust|intermediate|signed'),
    'name-constraints': ('certificate', 'constraint|extension'),
    'client-only': ('certificate', 'purpose|usage|server'),
    'rsa1024': ('certificate', 'key|weak|short|1024'),
    'sha1': ('certificate', 'sha-1|sha1|signature|hash|digest|algorithm'),
    'forged': ('certificate', 'signed'),
    'forged-rsa': ('certificate', 'signed'),
}

VERSIONS = ('1.2', '1.3')


def today():
    """The date as this machine has it."""
    return datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%d')


class Trusted(Case):
    """Calls that go through."""

    def test_keys_chains_and_versions(self):
        for tls in VERSIONS:
            for cert in GOOD:
                with self.subTest(cert, tls=tls):
                    service = self.service(cert=cert, tls=tls)
                    self.assert_outcome(self.call(service, 'ready-1'), 'accepted')
                    [record] = service.wait_log(1)
                    self.assertEqual((record['tls_version'], record['alpn'], record['sni']),
                                     (f'TLSv{tls}', 'http/1.1', HOST))

    def test_groups_and_ciphers(self):
        for options in ({'curve': 'secp384r1'}, {'curve': 'prime256v1'}, {'alpn': ''},
                        {'alpn': 'h2'}, {'ciphers': 'ECDHE+AESGCM', 'tls': '1.2'},
                        {'ciphers': 'ECDHE+AESGCM', 'tls': '1.2', 'cert': 'rsa'}):
            with self.subTest(options):
                self.assert_outcome(self.call(self.service(**options), 'ready-1'), 'accepted')

    def test_addresses(self):
        service = self.service()
        common = ('start', 'ready-1', '--json')
        self.assert_outcome(self.run_command(*common, *by_address(service.port)), 'accepted')
        self.assertIsNone(service.wait_log(1)[0]['sni'], 'an address is not sent as a server name')
        self.assertEqual(service.log[0]['headers']['host'], f'127.0.0.1:{service.port}')
        if not has_ipv6():
            self.skipTest('no IPv6 here')
        service = self.service(address='::1')
        self.assert_outcome(self.run_command(*common, *by_address(service.port, '::1')), 'accepted')
        self.assertIsNone(service.wait_log(1)[0]['sni'])
        self.assertEqual(service.log[0]['headers']['host'], f'[::1]:{service.port}')
        self.assert_outcome(self.run_command(*common[:1], 'ready-2', '--json', *target(service.port, address='[::1]')),
                            'accepted')

    def test_wildcard(self):
        service = self.service(cert='wildcard')
        self.assert_outcome(self.call(service, 'ready-1'), 'accepted')
        for host in ('example.test', 'a.b.example.test', 'localhost', 'sms.example.tests'):
            with self.subTest(host):
                self.assert_outcome(self.run_command('start', 'ready-2', '--json', *target(service.port, host=host)),
                                    'not_sent', 'certificate_rejected')
        self.assertEqual(len(service.requests), 1)

    def test_names_are_compared_without_case(self):
        self.assert_outcome(self.run_command('start', 'ready-1', '--json',
                                             *target(self.service().port, host='SMS.Example.TEST')), 'accepted')


class Rejected(Case):
    """Not one byte of a request for them, no second attempt, and a sentence."""

    def assert_rejected(self, service, *options, words=('certificate',)):
        """Judged with and without --json, and by the log."""
        result = self.run_command('start', 'ready-1', '--json', *options)
        self.assert_outcome(result, 'not_sent', 'certificate_rejected', attempts=1, http_status=None)
        self.assert_words(self.run_command('start', 'ready-1', *options), *words, 'not sent|not_sent')
        records = service.wait_log(2)
        self.assertEqual(len(records), 2, 'a rejected certificate is not tried again')
        for record in records:
            self.assertFalse(record.get('bytes_received'), f'bytes of the request were sent: {record}')

    def test_credentials(self):
        for tls in VERSIONS:
            for cert, words in BAD.items():
                with self.subTest(cert, tls=tls):
                    service = self.service(cert=cert, tls=tls)
                    # Its names do not hold the usual one.
                    host = 'localhost' if cert == 'name-constraints' else HOST
                    self.assert_rejected(service, *target(service.port, host=host), words=words)

    def test_stolen_certificate(self):
        """Right in itself, and the server has not its key."""
        for tls in VERSIONS:
            with self.subTest(tls=tls):
                service = self.service(cert='stolen', tls=tls)
                self.assert_outcome(self.call(service, 'ready-1', '--retries', '0'), 'not_sent', 'tls_failed')
                self.assertEqual(service.requests, [])

    def test_dates_are_told_both(self):
        """When it ended or begins, and what this machine takes for today: a person sees which of the two is wrong."""
        for cert, date in (('expired', '2021-01-01'), ('not-yet', '2045-01-01')):
            service = self.service(cert=cert)
            before = today()
            result = self.tell(service, 'ready-1')
            self.assert_words(result, date, f'{before}|{today()}')

    def test_address_that_the_certificate_does_not_hold(self):
        for cert in ('wrong-name', 'wildcard', 'cn-only'):
            with self.subTest(cert):
                service = self.service(cert=cert)
                self.assert_rejected(service, *by_address(service.port))

    def test_the_name_of_the_endpoint_counts(self):
        """Not the address that is connected to, and no other name."""
        service = self.service(cert='wrong-name')
        self.assert_outcome(self.run_command('start', 'ready-1', '--json',
                                             *target(service.port, host='other.example.test')), 'accepted')
        self.assert_outcome(self.run_command('start', 'ready-2', '--json', *target(service.port, host='localhost')),
                            'not_sent', 'certificate_rejected')
        self.assertEqual(len(service.requests), 1)

    def test_the_other_root(self):
        for cert, root in (('ec', 'root-rsa'), ('rsa', 'root-ec'), ('ec', 'other-root'), ('ec-inter', 'root-rsa')):
            with self.subTest(cert, root=root):
                service = self.service(cert=cert)
                self.assert_rejected(service, *target(service.port, ca_file=str(PKI / f'{root}.pem')))

    def test_a_leaf_is_no_root(self):
        """A server's certificate as CA file vouches for no other server."""
        service = self.service(cert='unknown')
        result = self.run_command('start', 'ready-1', '--json', *target(service.port, ca_file=str(PKI / 'ec.pem')))
        self.assert_outcome(result, 'not_sent', 'certificate_rejected')


class OldServers(Case):
    """What is too old or too weak to talk to."""

    def assert_failed(self, port):
        """Without a request."""
        result = self.call(port, 'ready-1', '--retries=0')
        self.assert_outcome(result, 'not_sent', 'tls_failed', attempts=1)

    def test_old_versions(self):
        service = self.service(tls='old')
        self.assert_failed(service.port)
        self.assertEqual(service.requests, [])
        for option in ('-tls1', '-tls1_1'):
            with self.subTest(option), OpensslServer(None, option, '-cipher', 'ALL:@SECLEVEL=0') as server:
                self.assert_failed(server.port)
                self.assertNotIn(b'POST', server.received)

    def test_weak_ciphers(self):
        # Without forward secrecy, and without authenticated encryption.
        for cert, ciphers in (('rsa', 'kRSA'), ('rsa', 'AES128-GCM-SHA256'), ('ec', 'ECDHE-ECDSA-AES128-SHA'),
                              ('rsa', 'ECDHE-RSA-AES256-SHA384'), ('rsa', 'ECDHE-RSA-AES128-SHA'), ('rsa', 'kDHE')):
            with self.subTest(ciphers):
                self.assert_failed(self.service(cert=cert, ciphers=ciphers, tls='1.2').port)

    def test_weak_group(self):
        self.assert_failed(self.service(curve='secp224r1', tls='1.2').port)


class Bundles(Case):
    """Large and untidy files of roots."""

    def assert_works(self, *parts):
        """Both kinds of chains are found through a file of these parts."""
        path = self.scratch() / 'bundle.pem'
        path.write_bytes(b''.join(parts))
        for cert in ('ec-inter', 'rsa'):
            service = self.service(cert=cert)
            result = self.run_command('start', 'ready-1', '--json', *target(service.port, ca_file=str(path)))
            self.assert_outcome(result, 'accepted')

    def test_the_systems_bundle(self):
        if not SYSTEM_ROOTS.exists():
            self.skipTest('this machine has no bundle of roots')
        bundle, ours = SYSTEM_ROOTS.read_bytes(), pathlib.Path(ROOTS).read_bytes()
        self.assert_works(bundle, ours)
        self.assert_works(ours, bundle)
        self.assert_works(bundle, ours, bundle)

    def test_line_ends_and_text_between(self):
        ours = pathlib.Path(ROOTS).read_bytes()
        text = b'# A root\nIssuer: CN=somebody -- not me -----\n\n'
        self.assert_works(ours.replace(b'\n', b'\r\n'))
        self.assert_works(text, ours.replace(b'-----BEGIN', text + b'-----BEGIN'), text)
        self.assert_works(ours.rstrip(b'\n'))
        self.assert_works(ours, ours)
        self.assert_works(text * 100000, ours)
        self.assert_works(b'x' * 5000000 + b'\n', ours)
