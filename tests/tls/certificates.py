"""Chains that a client must reject, each for its own reason, and neighbours of theirs that it must accept."""

import functools

from judge import HOST, PKI, call, check_puppet, credential, issuing, judge, key, leaf, pem_file
from puppet import play
from simulator import Simulator
from tls_connection import server_context
from x509 import (address, authority, dns, end_entity, integer, long_tlv, name_of, oid, purpose, san, seq, tlv,
                  usage)

ACCEPTED = None
ISSUER = 'not among the trusted certificates'
FORGED = 'not the key that signed'
EXPIRED, NOT_YET = 'has expired', 'is not valid yet'
NAME = f'not for "{HOST}"'
PURPOSE = 'for another purpose'
ALGORITHM = 'algorithm that is not accepted'
KIND = 'malformed or of a kind that is not accepted'
UNCHECKED = 'extension that this client cannot check'
CONSTRAINTS = 'has name constraints, which this client cannot check'
NOT_DER = 'extensions that are not der'
PUPPET = 'puppet'


def constraints(critical):
    """Name constraints that the usual server obeys."""
    return 'constraints', critical, seq(tlv(0xa0, seq(tlv(0x82, b'example.test'))))


def unknown(critical):
    """An extension that nobody knows."""
    return 'unknown', critical, seq()


def policy(name):
    """A critical certificate policy."""
    return 'policies', True, seq(seq(oid(name)))


class Bent:
    """A key of a curve whose public half, as its certificate shows it, is no point of that curve."""

    def __init__(self, straight):
        self._straight = straight
        self.public = straight.public[:-1] + bytes((straight.public[-1] ^ 1,))

    def __getattr__(self, name):
        return getattr(self._straight, name)


class Chains:
    """(name, chain, words of the rejection or ACCEPTED, host, roots): what a server shows and what must come of it."""

    def __init__(self):
        self.root = issuing(None, 'root', own_key=key('P-256', 9))
        self.rsa_root = issuing(None, 'rsa root', own_key=key(2048, 9))
        self.stranger = issuing(None, 'stranger', own_key=key('P-256', 8))
        self.roots = pem_file(self.root, self.rsa_root)
        self.rows = []
        for part in (self.dates, self.names, self.wildcards, self.addresses, self.extensions, self.authorities,
                     self.path_lengths, self.order, self.renewals, self.roots_of_one_name, self.labels, self.encodings,
                     self.strength, self.forgeries, self.oddities):
            part()

    def add(self, name, chain, words=ACCEPTED, host=HOST, roots=None, servers=('1.2', '1.3')):
        """One row; a chain is a list, leaf first. Servers: TLS versions of OpenSSL, PUPPET for what OpenSSL refuses."""
        self.rows.append((name, chain, words, host, roots or self.roots, servers))

    def alone(self, name, words=ACCEPTED, host=HOST, issuer=None, servers=('1.2', '1.3'), **how):
        """A row of a leaf right under a root."""
        self.add(name, [leaf(issuer or self.root, **how)], words, host, servers=servers)

    def under(self, name, words=ACCEPTED, *, below=None, **how):
        """A row of a leaf under an intermediate that is as told."""
        inter = issuing(self.root, 'inter', **how)
        self.add(name, [leaf(inter, **(below or {})), inter], words)

    def dates(self):
        self.alone('expired yesterday', EXPIRED, dates=(-10, -1))
        self.alone('expires tomorrow', dates=(-10, 1))
        self.alone('valid from tomorrow', NOT_YET, dates=(1, 10))
        self.alone('valid since yesterday', dates=(-1, 10))
        self.alone('valid for ever', dates=('19500101000000Z', '99991231235959Z'))
        self.alone('expired in 1951, which UTCTime writes as 51', EXPIRED, dates=('19500101000000Z', '19510101000000Z'))
        self.alone('ends before it begins', (EXPIRED, 'the server\'s certificate'), dates=(-1, -10))
        self.alone('a month 13', KIND, dates=('20200101000000Z', '20491331235959Z'))
        self.under('intermediate expired', (EXPIRED, 'issuing certificate "inter"'), dates=(-10, -1))
        self.under('intermediate not yet valid', (NOT_YET, 'issuing certificate "inter"'), dates=(1, 10))
        self.under('intermediate expires tomorrow', dates=(-10, 1))
        for name, dates, words in (('expired', (-10, -1), EXPIRED), ('not yet valid', (1, 10), NOT_YET)):
            root = issuing(None, 'old root', own_key=key('P-256', 7), dates=dates)
            self.add(f'root {name}', [leaf(root)], (words, '"old root"'), roots=pem_file(root))

    def names(self):
        rejected = {
            'another name': dns('other.example.test'), 'the name in front of another': dns(HOST + '.evil.test'),
            'the name behind another': dns('evil' + HOST), 'a subdomain': dns('a.' + HOST),
            'the parent domain': dns('example.test'),
            'NUL behind the name': dns(HOST.encode() + b'\0.evil.test'), 'NUL at the end': dns(HOST.encode() + b'\0'),
            'NUL before the name': dns(b'evil.test\0' + HOST.encode()), 'a dot at the end': dns(HOST + '.'),
            'a blank at the end': dns(HOST + ' '), 'the name as e-mail address': [tlv(0x81, HOST.encode())],
            'the name as URI': [tlv(0x86, f'https://{HOST}/'.encode())],
            'the name as directory name': [tlv(0xa4, name_of(HOST))],
            'the name as another name': [tlv(0xa0, oid('unknown'), tlv(0xa0, tlv(0x0c, HOST.encode())))],
            'an empty name': dns(''), 'no name at all': [],
        }
        for name, names in rejected.items():
            self.alone(f'SAN: {name}', NAME if names else ('not for|no host|malformed',), names=names, subject=HOST)
        self.alone('SAN: the name in capitals', names=dns(HOST.upper()))
        self.alone('SAN: the last of 150', names=dns(*(f'host-{n}.example.test' for n in range(149)), HOST))
        self.alone('SAN critical and no subject', subject='',
                   extensions=(end_entity(), usage('digitalSignature'), purpose('server'), san(dns(HOST), True)))
        rest = (end_entity(), usage('digitalSignature'), purpose('server'))
        self.alone('only a common name', 'no subject alternative names', subject=HOST, extensions=rest)
        self.alone('common name with NUL', 'no subject alternative names', subject=HOST.encode() + b'\0.evil.test',
                   extensions=rest)
        self.alone('common name right, SAN another', NAME, subject=HOST, names=dns('other.example.test'))
        self.alone('common name another, SAN right', subject='other.example.test')

    def wildcards(self):
        star = '*.example.test'
        self.alone('wildcard: one label', names=dns(star))
        self.alone('wildcard: in capitals', names=dns(star.upper()))
        self.alone('wildcard: two labels', '"*.example.test"', 'a.b.example.test', names=dns(star))
        self.alone('wildcard: no label', '"*.example.test"', 'example.test', names=dns(star))
        for pattern in ('*', '*.', '*.test', '*.*.test', 's*.example.test', '*s.example.test', 'sms.*.test',
                        '*' + HOST, '*.' + HOST, 'sms.example.*', '**.example.test'):
            self.alone(f'wildcard: {pattern}', NAME, names=dns(pattern))
        self.alone('wildcard: for a name without dots', 'not for "localhost"', 'localhost',
                   names=dns('*', '*.localhost'))
        self.alone('wildcard: NUL in it', NAME, names=dns(b'*.example.test\0.evil.test', b'*\0.example.test'))

        # An asterisk right below the root stands for everybody.
        self.alone('wildcard: right below the root', 'not for "foo.test"', 'foo.test', names=dns('*.test'))
        self.alone('wildcard: right below the root, in capitals', 'not for "foo.test"', 'FOO.test', names=dns('*.TEST'))
        self.alone('wildcard: right below the root, with a dot', 'not for "foo.test"', 'foo.test', names=dns('*.test.'))
        self.alone('wildcard: right below the root, beside the name', host='foo.test', names=dns('*.test', 'foo.test'))
        self.alone('wildcard: for the name below', host='a.foo.test', names=dns('*.test', '*.foo.test'))

    def addresses(self):
        here, wanted = '127.0.0.1', 'not for "127.0.0.1"'
        self.alone('address', host=here, names=address((127, 0, 0, 1)))
        self.alone('address: last of many', host=here,
                   names=[*dns(HOST), *address((1, 2, 3, 4)), *address((127, 0, 0, 1))])
        self.alone('address: only a prefix', KIND, here, names=address((127, 0, 0)))
        self.alone('address: with a mask', KIND, here, names=address((127, 0, 0, 1, 255, 255, 255, 255)))
        for name, names in {
                'another': address((127, 0, 0, 2)), 'as name': dns(here), 'by wildcard': dns('*.0.0.1'),
                'inside IPv6': address((*[0] * 10, 255, 255, 127, 0, 0, 1)),
                'first bytes of one of IPv6': address((127, 0, 0, 1, *[0] * 12)),
                'as URI': [tlv(0x86, b'https://127.0.0.1/')],
                'in hexadecimal as name': dns('7f.0.0.1')}.items():
            self.alone(f'address: {name}', wanted, here, names=names, subject=here)
        six = '[::1]'
        self.alone('address: of IPv6', host=six, names=address((*[0] * 15, 1)))
        self.alone('address: of IPv4, whose bytes begin that of IPv6', 'not for "::1"', six,
                   names=address((0, 0, 0, 0)))
        self.alone('address: only in the common name', 'no subject alternative names', here, subject=here,
                   extensions=(end_entity(), usage('digitalSignature'), purpose('server')))
        self.alone('address whose bytes spell the name', 'not for "abcd"', 'abcd', names=address(b'abcd'))

    def extensions(self):
        name = san(dns(HOST))
        self.alone('usage: only for clients', PURPOSE, extensions=(end_entity(), purpose('client'), name))
        self.alone('usage: only for code', PURPOSE, extensions=(end_entity(), purpose('code'), name))
        self.alone('usage: servers among others', extensions=(end_entity(), purpose('client', 'server'), name))
        self.alone('usage: anything', extensions=(end_entity(), purpose('any'), name))
        self.alone('usage: nothing said', extensions=(name,))
        self.alone('usage: no digital signature', PURPOSE, servers=(PUPPET,),
                   extensions=(end_entity(), usage('keyEncipherment', 'keyAgreement'), purpose('server'), name))
        self.alone('usage: none at all', PURPOSE, servers=(PUPPET,),
                   extensions=(end_entity(), usage(), purpose('server'), name))
        self.alone('usage: for clients and again for servers', UNCHECKED, servers=(PUPPET,),
                   extensions=(end_entity(), purpose('client'), purpose('server'), name))
        self.under('usage: intermediate only for clients', (PURPOSE, '"inter"'), add=(purpose('client'),))
        self.under('usage: intermediate for servers', add=(purpose('server'),))
        self.alone('unknown extension', add=(unknown(False),))
        self.alone('unknown extension, critical', UNCHECKED, add=(unknown(True),))
        self.under('unknown extension, critical, of the intermediate', UNCHECKED, add=(unknown(True),))
        self.alone('policy: any, critical', add=(policy('any_policy'),))
        self.alone('policy: a certain one, critical', UNCHECKED, add=(policy('unknown'),))
        self.under('policy constraints, critical', UNCHECKED,
                   add=(('policy_constraints', True, seq(tlv(0x80, b'\0'))),))
        self.alone('two SAN extensions', UNCHECKED, servers=(PUPPET,), names=dns('other.example.test'), add=(name,))
        self.alone('SAN is no sequence', UNCHECKED, servers=(PUPPET,), extensions=(('san', False, tlv(4, b'x')),))
        self.under('name constraints', (CONSTRAINTS, '"inter"'), add=(constraints(False),))
        self.under('name constraints, critical', UNCHECKED, add=(constraints(True),))
        for critical in (False, True):
            root = issuing(None, 'narrow root', own_key=key('P-256', 6), add=(constraints(critical),))
            self.add(f'name constraints of the root{", critical" * critical}', [leaf(root)],
                     (CONSTRAINTS, '"narrow root"'), roots=pem_file(root))

    def authorities(self):
        signs = usage('keyCertSign')
        self.under('issuer is no authority (CA false)', ISSUER, extensions=(end_entity(), signs))
        self.under('issuer has no basic constraints', ISSUER, extensions=(signs,))
        self.under('issuer has no extensions', ISSUER, extensions=())
        self.under('issuer is of version 1', ISSUER, extensions=(), version=1)
        self.under('issuer may not sign certificates', ISSUER,
                   extensions=(authority(), usage('digitalSignature', 'cRLSign')))
        self.under('issuer says nothing on usage', extensions=(authority(),))
        self.under('issuer whose CA flag is not critical', extensions=(authority(critical=False), signs))
        server = leaf(self.root, own_key=key('P-256', 2), subject='inter')
        self.add('issued by another server', [leaf(server), server], ISSUER)
        root = issuing(None, 'weak root', own_key=key('P-256', 5), extensions=(end_entity(), signs))
        self.add('root is no authority', [leaf(root)], ('weak root',), roots=pem_file(root))
        root = issuing(None, 'old root', own_key=key('P-256', 5), extensions=(), version=1)
        self.add('root of version 1, as old ones are', [leaf(root)], roots=pem_file(root))
        self.alone('the server is an authority itself', extensions=(authority(), san(dns(HOST))))
        root = issuing(None, 'root', own_key=key('P-256', 9), dates=(-3000, 3000))
        self.add('root sent along', [leaf(root), root], roots=pem_file(root))

    def path_lengths(self):
        def chain(*limits, issuer=None):
            certificates, above = [], issuer or self.root
            for number, limit in enumerate(limits):
                above = issuing(above, f'level {number}', own_key=key('P-256', number % 2 + 1), path_length=limit)
                certificates.insert(0, above)
            return [leaf(above), *certificates]

        self.add('path length: 0 met', chain(0))
        self.add('path length: 1 met', chain(1, None))
        self.add('path length: 0 passed', chain(0, None), ISSUER)
        self.add('path length: 1 passed', chain(1, None, None), ISSUER)
        self.add('path length: of the second passed', chain(5, 0, None), ISSUER)
        for limit, words in ((0, ISSUER), (1, ACCEPTED)):
            root = issuing(None, 'short root', own_key=key('P-256', 4), path_length=limit)
            self.add(f'path length: {limit} of the root and one intermediate', chain(None, issuer=root),
                     words and 'short root', roots=pem_file(root))
        self.add('eight intermediates', chain(*[None] * 8))
        self.add('nine intermediates', chain(*[None] * 9), 'a longer chain')

    def order(self):
        first = issuing(self.root, 'first', own_key=key('P-384'))
        second = issuing(first, 'second')
        server = leaf(second)
        other = issuing(self.stranger, 'other', own_key=key('P-256', 3))
        self.add('two intermediates', [server, second, first])
        self.add('intermediate missing', [server], (ISSUER, 'whole chain', '"second"'))
        self.add('upper intermediate missing', [server, second], (ISSUER, 'whole chain', '"first"'))
        self.add('lower intermediate missing', [server, first], (ISSUER, 'whole chain', '"second"'))
        self.add('intermediates in the wrong order', [server, first, second], (ISSUER, 'whole chain'))
        self.add('a needless certificate in between', [server, other, second, first])
        self.add('a needless certificate at the end', [server, second, first, other])
        self.add('an intermediate twice', [server, second, second, first])
        self.add('self-signed', [leaf(None)], 'self-signed')
        self.add('of a stranger', [leaf(self.stranger)], ISSUER)
        self.add('of a stranger, its root sent along', [leaf(self.stranger), self.stranger],
                 ('self-signed', '"stranger"'))
        self.add('signed in a circle', [leaf(issuing(None, 'ring', issuer_name=name_of('ring 2'))),
                                        issuing(None, 'ring', issuer_name=name_of('ring 2')),
                                        issuing(None, 'ring 2', issuer_name=name_of('ring'))], 'ring')
        pinned = leaf(None, own_key=key('P-256', 3), subject='pinned')
        self.add('the server itself in the CA file', [pinned], roots=pem_file(pinned))
        same_name = leaf(None, subject='pinned')
        self.add('another of the same name as one in the CA file', [same_name], FORGED, roots=pem_file(pinned))

    def renewals(self):
        """The same authority in several certificates: one that is good and fits must do, wherever it stands."""
        old = issuing(self.root, 'inter', dates=(-10, -1))
        coming = issuing(self.root, 'inter', dates=(1, 10))
        good = issuing(self.root, 'inter')
        other = issuing(self.root, 'inter', own_key=key('P-256', 4))
        narrow = issuing(self.root, 'inter', add=(constraints(False),))
        server = leaf(good)
        for name, certificates in {
                'old, renewed': (old, good), 'renewed, old': (good, old), 'old, coming, renewed': (old, coming, good),
                'coming, renewed': (coming, good), 'old three times, renewed': (old, old, old, good),
                'another key, renewed': (other, good), 'another key, old, renewed': (other, old, good),
                'renewed, another key': (good, other), 'with name constraints, without': (narrow, good),
                'six of them': (old, other, coming, narrow, old, good)}.items():
            self.add(f'renewed: {name}', [server, *certificates])
        self.add('renewed: only old ones', [server, old, old], (EXPIRED, '"inter"'))
        self.add('renewed: old, and another key', [server, old, other], (EXPIRED, '"inter"'))
        self.add('renewed: other keys', [server, other, other], 'the server sent a certificate of that name, but not with')
        upper_old, upper = (issuing(self.root, 'upper', own_key=key('P-384'), dates=dates)
                            for dates in ((-10, -1), (-10, 10)))
        lower_old, lower = (issuing(upper, 'lower', dates=dates) for dates in ((-10, -1), (-10, 10)))
        for name, certificates in {
                'two levels': (lower_old, lower, upper_old, upper), 'two levels, mixed': (upper_old, lower_old, lower, upper),
                'two levels, good first': (lower, lower_old, upper, upper_old)}.items():
            self.add(f'renewed: {name}', [leaf(lower), *certificates])
        # The root of old among the trusted, while its name and key have a certificate by another root now.
        expired = issuing(None, 'moved', own_key=key('P-256', 5), dates=(-10, -1))
        moved = issuing(self.root, 'moved', own_key=key('P-256', 5))
        self.add('renewed: an old root, now below another', [leaf(moved), moved], roots=pem_file(expired, self.root))
        self.add('renewed: an old root alone', [leaf(moved), expired], (EXPIRED, '"moved"'), roots=pem_file(expired))

    def roots_of_one_name(self):
        """However many roots have one name, the one that fits is found."""
        others = [issuing(None, 'root', own_key=key('P-256', number)) for number in range(10, 19)]
        old = issuing(None, 'root', own_key=key('P-256', 9), dates=(-10, -1))
        narrow = issuing(None, 'root', own_key=key('P-256', 9), add=(constraints(False),))
        for name, certificates in {
                'the fifth': (*others[:4], self.root), 'the tenth': (*others, self.root),
                'the first': (self.root, *others), 'old ones before': (*[old] * 5, self.root),
                'old ones after': (self.root, *[old] * 5), 'others and old ones': (*others[:3], old, old, self.root),
                'one with constraints before': (narrow, self.root)}.items():
            self.add(f'roots of one name: {name}', [leaf(self.root)], roots=pem_file(*certificates))
        self.add('roots of one name: none of nine', [leaf(self.root)], FORGED, roots=pem_file(*others))
        self.add('roots of one name: only old ones', [leaf(self.root)], (EXPIRED, '"root"'),
                 roots=pem_file(*others[:2], old, old))
        rsa = [issuing(None, 'rsa root', own_key=key(2048, number)) for number in (7, 8)]
        self.add('roots of one name: RSA', [leaf(self.rsa_root)], roots=pem_file(*others[:2], *rsa * 2, self.rsa_root))

    def labels(self):
        """What may stand in the line before a certificate."""
        chain = [leaf(self.root)]

        def settings(*parts):
            return seq(*parts)

        def uses(*names):
            return seq(*map(oid, names))

        def rejected(*names):
            return tlv(0xa0, *map(oid, names))

        alias, key_id = tlv(0x0c, b'alias'), tlv(4, bytes(20))
        for name, label, more, words in (
                ('X509 CERTIFICATE', 'X509 CERTIFICATE', b'', ACCEPTED),
                ('TRUSTED CERTIFICATE, bare', 'TRUSTED CERTIFICATE', b'', ACCEPTED),
                ('no settings', 'TRUSTED CERTIFICATE', settings(), ACCEPTED),
                ('an alias', 'TRUSTED CERTIFICATE', settings(alias, key_id), ACCEPTED),
                ('trusted for servers', 'TRUSTED CERTIFICATE', settings(uses('client', 'server'), alias), ACCEPTED),
                ('trusted for anything', 'TRUSTED CERTIFICATE', settings(uses('any')), ACCEPTED),
                ('rejected for clients', 'TRUSTED CERTIFICATE', settings(rejected('client', 'code')), ACCEPTED),
                ('trusted for clients only', 'TRUSTED CERTIFICATE', settings(uses('client')), ISSUER),
                ('trusted for nothing', 'TRUSTED CERTIFICATE', settings(uses()), ISSUER),
                ('rejected for servers', 'TRUSTED CERTIFICATE', settings(rejected('server')), ISSUER),
                ('rejected for anything', 'TRUSTED CERTIFICATE', settings(rejected('client', 'any')), ISSUER),
                ('trusted and rejected', 'TRUSTED CERTIFICATE', settings(uses('server'), rejected('server')), ISSUER),
                ('settings that are cut', 'TRUSTED CERTIFICATE', settings(rejected('server'))[:-1], ISSUER),
                ('bytes behind the settings', 'TRUSTED CERTIFICATE', settings() + b'\0', ISSUER),
                ('settings of another form', 'TRUSTED CERTIFICATE', settings(tlv(0x13, b'x')), ISSUER),
                ('settings with a long length', 'TRUSTED CERTIFICATE', long_tlv(0x30, 4, rejected('server')), ISSUER),
                ('settings without the label', 'CERTIFICATE', settings(), ISSUER),
                ('another label', 'NEW CERTIFICATE', b'', ISSUER),
                ('a label that goes on', 'CERTIFICATES', b'', ISSUER)):
            # The stranger, so that the file has a certificate.
            self.add(f'label: {name}', chain, words, servers=('1.3',),
                     roots=pem_file(self.stranger, self.root.pem_as(label, more)))

    def encodings(self):
        """What mbedTLS reads and DER forbids must not hide an extension."""
        inside = oid('constraints') + tlv(4, constraints(False)[2])
        hidden = {
            'as it should be': (seq(inside), CONSTRAINTS),
            'length of the extension in 1 byte more': (long_tlv(0x30, 1, inside), NOT_DER),
            'length of the extension in 3 bytes': (long_tlv(0x30, 3, inside), NOT_DER),
            'length of the extension in 4 bytes': (long_tlv(0x30, 4, inside), NOT_DER),
            'length of the id in 4 bytes': (seq(long_tlv(6, 4, oid('constraints')[2:]), tlv(4, constraints(False)[2])),
                                            NOT_DER),
            'length of the id in 1 byte more': (seq(long_tlv(6, 1, oid('constraints')[2:]), tlv(4, b'')), NOT_DER),
        }
        for name, (raw, words) in hidden.items():
            self.under(f'encoding: {name}', words, raw_extensions=raw)
            # Behind another that is unreadable, and before it.
            if words == NOT_DER:
                harmless = long_tlv(0x30, 4, oid('unknown') + tlv(4, b'x'))
                self.under(f'encoding: {name}, after a harmless one', NOT_DER, raw_extensions=harmless + raw)
                root = issuing(None, 'narrow', own_key=key('P-256', 6), raw_extensions=raw)
                self.add(f'encoding: {name}, of a root', [leaf(root)], (NOT_DER, '"narrow"'), roots=pem_file(root))
        self.under('encoding: a harmless extension with a length in 4 bytes', NOT_DER,
                   raw_extensions=long_tlv(0x30, 4, oid('unknown') + tlv(4, b'x')))
        self.alone('encoding: of the server\'s own, which constrains nobody',
                   extensions=(end_entity(), usage('digitalSignature'), purpose('server'), san(dns(HOST))),
                   raw_extensions=long_tlv(0x30, 4, oid('unknown') + tlv(4, b'x')), servers=(PUPPET,))

    def strength(self):
        self.alone('RSA 1024', ('rsa key of 1024 bits',), own_key=key(1024))
        self.alone('RSA 2040', ('rsa key of 2040 bits',), own_key=key(2040))
        self.alone('RSA 2048', own_key=key(2048))
        self.alone('RSA 4096', own_key=key(4096))
        self.alone('RSA 4224', KIND, own_key=key(4224))
        self.alone('P-384', own_key=key('P-384'))
        for curve in ('P-224', 'P-521', 'secp256k1', 'brainpoolP256r1'):
            self.alone(curve, KIND, servers=(PUPPET,), own_key=key(curve))
        self.alone('Ed25519', KIND, servers=(PUPPET,), own_key=key('ED25519'))
        self.alone('a key that is no point of its curve', KIND, servers=(PUPPET,), own_key=Bent(key()))
        for kind, words in ((1024, 'rsa key of 1024 bits'), ('P-224', KIND), ('P-521', KIND)):
            self.under(f'intermediate {kind}', words, own_key=key(kind))
        for digest, words in (('sha256', ACCEPTED), ('sha384', ACCEPTED), ('sha512', ACCEPTED), ('sha1', ALGORITHM)):
            self.alone(f'ECDSA with {digest}', words, digest=digest)
            self.alone(f'RSA with {digest}', words, issuer=self.rsa_root, digest=digest)
        self.alone('RSA with MD5', ALGORITHM, issuer=self.rsa_root, digest='md5')
        self.alone('ECDSA with sha224', 'not accepted', digest='sha224')
        self.alone('RSA-PSS', issuer=self.rsa_root, pss=True)
        inter = issuing(self.rsa_root, 'inter', digest='sha1')
        self.add('intermediate signed with SHA-1', [leaf(inter), inter], (ALGORITHM, '"inter"'))
        root = issuing(None, 'sha1 root', own_key=key(2048, 8), digest='sha1')
        self.add('root signed with SHA-1, which says nothing', [leaf(root)], roots=pem_file(root))
        weak = issuing(None, 'weak root', own_key=key(1024, 9))
        self.add('root of RSA 1024', [leaf(weak)], ('"weak root" has an rsa key of 1024 bits',), roots=pem_file(weak))
        edwards = issuing(None, 'edwards', own_key=key('ED25519', 1))
        self.add('signed with Ed25519', [leaf(edwards)], 'algorithm|not accepted', roots=pem_file(edwards, self.root))

    def forgeries(self):
        self.alone('signed with another key in the name of the root', FORGED, signing_key=key('P-256', 3))
        self.alone('signature with one bit changed', FORGED, spoil=lambda s: s[:-1] + bytes((s[-1] ^ 1,)))
        self.alone('signature empty', FORGED, spoil=lambda _: b'')
        self.alone('signature of zeros', FORGED, spoil=lambda _: seq(integer(0), integer(0)))
        self.alone('signature with bytes behind', FORGED, spoil=lambda s: s + b'\0')
        self.alone('RSA signature of zeros', FORGED, issuer=self.rsa_root, spoil=lambda s: bytes(len(s)))
        self.alone('algorithms inside and outside differ', 'certificate', inner_digest='sha384')
        inter = issuing(self.root, 'inter')
        thief = issuing(self.root, 'inter', own_key=key('P-256', 3), signing_key=key('P-256', 3))
        self.add('intermediate forged', [leaf(thief), thief], ('"inter"', FORGED))
        self.add('server signed with another key than the intermediate\'s',
                 [leaf(inter, signing_key=key('P-256', 3)), inter],
                 ('"server"', 'the server sent a certificate of that name, but not with the key'))

    def oddities(self):
        self.alone('version 1', 'no subject alternative names', extensions=(), version=1, subject=HOST)
        self.alone('version 4', KIND, version=4)
        self.alone('a subject of 200 characters', subject='s' * 200)
        self.alone('an escape sequence in the names', (NAME,), names=dns('\x1b[2J.example.test'),
                   subject='\x1b]0;x\x07')
        self.alone('a large extension', add=(('unknown', False, tlv(4, bytes(9000))),))


def check(chain, words, host, roots, version):
    """Both ways of calling one server of this chain."""
    words = (words,) if isinstance(words, str) else words
    outcome, reason = ('accepted', 'ok') if words is ACCEPTED else ('not_sent', 'certificate_rejected')
    if version == PUPPET:
        check_puppet(play(), outcome, reason, words or (), chain=chain, roots=roots, host=host)
        return
    service = Simulator(PKI)
    service.context = server_context(PKI, credential(chain), version)
    with service:
        for text in (False, True):
            judge(call(service.port, host=host, ca_file=roots, text=text), outcome, reason, words or ())
        for record in service.wait_log(2):
            assert bool(record.get('bytes_received')) == (words is ACCEPTED), record


def rows():
    """(name, function) of every chain and server."""
    for name, chain, words, host, roots, servers in Chains().rows:
        for server in servers:
            yield f'{name}, {server}', functools.partial(check, chain, words, host, roots, server)
