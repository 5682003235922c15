"""Handshakes that break the rules, each in one place, and odd ones that keep them. Good certificates throughout."""

import functools
import itertools
import os
import socket
import time

import flips
from judge import PKI, check_puppet, key, leaf, good_root, issuing, call, credential, judge
from peers import OpensslServer
from puppet import (ALERT, CCS, CERTIFICATE, CERTIFICATE_REQUEST, DATA, ENCRYPTED_EXTENSIONS,
                    FINISHED, HANDSHAKE, KEY_UPDATE, NEW_SESSION_TICKET, P256, SERVER_HELLO, X25519, alpn,
                    extension, message, number, play, record, vector)
from simulator import Simulator

OK = ('accepted', 'ok')
FAILED = ('not_sent', 'tls_failed')
REJECTED = ('not_sent', 'certificate_rejected')
LOST = ('not_sent', 'connection_lost')
RESET = ('not_sent', ('connection_lost', 'connect_failed'))
TIMEOUT = ('not_sent', 'timeout')
SOON = ('--connect-timeout=0.3',)

CLOSED = 'closed the connection during the tls handshake'
TOO_LARGE = ('larger than this client accepts (16384 bytes in all)',)
NO_TLS = 'what the server sends is not tls'
NO_VERSION = 'does not speak tls 1.2 or 1.3'

# What the sentence says of a broken rule: mbedTLS's word for the alerts of RFC 8446.
ILLEGAL, NO_DEAL, UNEXPECTED, DECODE, BAD_MAC, UNSUPPORTED, CONFIG, FEATURE = (
    f'mbedtls error -0x{code}' for code in ('6600', '6e00', '7700', '7300', '7180', '7500', '7100', '7080'))


def cases(**by_reason):
    """(name, how, words) of dictionaries by the name of the reason."""
    for reason, named in by_reason.items():
        for name, how in named.items():
            yield name, how, (globals()[reason],)


def certificate_request(context=b'', schemes=(0x0403,)):
    """The contents of a CertificateRequest."""
    return vector(1, context), vector(2, extension(13, vector(2, *(number(scheme, 2) for scheme in schemes))))


def ticket(octets=32):
    """The contents of a NewSessionTicket."""
    return number(7200, 4), number(1, 4), vector(1, b'n'), vector(2, os.urandom(octets)), vector(2)


def raw(*pieces, hello=True, end=None, endless=False):
    """Send bytes after (or instead of) reading the ClientHello; end: 'close', 'reset', or None for silence."""
    def act(link):
        if hello:
            link.hello()
        for piece in itertools.cycle(pieces) if endless else pieces:
            link.raw(piece)
        finish(link, end)
    return act


def finish(link, end):
    """End the connection in the given way."""
    if end == 'close':
        link.tcp.shutdown(socket.SHUT_WR)
    elif end == 'reset':
        link.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
        link.tcp.close()


def hello_12(suite=0xc02b, version=0x0303, compression=0, random=bytes(32), more=b'', session=b'', ems=True):
    """The record of a ServerHello of TLS 1.2."""
    extensions = extension(0xff01, b'\0') + (extension(23) if ems else b'') + more
    return record(HANDSHAKE, message(SERVER_HELLO, number(version, 2), random, vector(1, session), number(suite, 2),
                                     bytes((compression,)), vector(2, extensions)))


def do(function, *arguments):
    """A step of a play by its name."""
    return lambda link: getattr(link, function)(*arguments)


def server_hellos():
    """What is wrong with the first message."""
    for name, how, words in cases(
            ILLEGAL={
                'a suite that was not offered': {'suite': 0x1304},
                'ChaCha20, which was not offered': {'suite': 0x1303}, 'a suite of TLS 1.2': {'suite': 0xc02b},
                'compression': {'compression': 1}, 'another session id': {'session': bytes(32)},
                'no session id': {'session': b''}, 'version 1.1 selected': {'selected': 0x0302},
                'version 1.4 selected': {'selected': 0x0305},
                'an extension that was not asked for': {'more': extension(0x1234)}},
            NO_VERSION={'a legacy version of 1.0': {'version': 0x0301}},
            NO_DEAL={
                'a group that was not offered': {'group': 0x19},
                'a group without a share': {'group': X25519, 'share': bytes(32)},
                'a short share': {'share': b'\4' + bytes(63)}, 'an empty share': {'share': b''},
                'a long share': {'share': b'\4' + bytes(65)},
                'a share of zeros': {'share': b'\4' + bytes(64)},
                'a share that is no point of the curve': {'share': b'\4' + b'\1' * 64},
                'the point at infinity': {'share': b'\0'},
                'no share': {'extensions': extension(43, number(0x0304, 2))}},
            UNSUPPORTED={'a pre-shared key nobody has': {'more': extension(41, number(0, 2))}},
            DECODE={'an extension that is cut': {'extensions': extension(43, number(0x0304, 2)) + b'\0\x33\0\x24'}},
            BAD_MAC={'bytes behind in the record': {
                'behind': record(HANDSHAKE, message(ENCRYPTED_EXTENSIONS, vector(2)))}}):
        yield f'ServerHello: {name}', play(server_hello=how), FAILED, words

    def in_one_record(link):
        link.hello()
        link.raw(record(HANDSHAKE, message(ENCRYPTED_EXTENSIONS, vector(2)) * 2))
    yield 'ServerHello missing', in_one_record, FAILED, (UNEXPECTED,)

    for name, first, second, word in (
            ('for the group it has', {'retry': P256}, {}, ILLEGAL),
            ('for a group not offered', {'retry': 0x19}, {}, NO_DEAL),
            ('twice', {'retry': X25519}, {'retry': X25519}, UNEXPECTED),
            ('and then another group', {'retry': X25519}, {'group': P256}, NO_DEAL),
            ('and then a share of zeros, which gives a known secret', {'retry': X25519}, {'share': bytes(32)}, NO_DEAL),
            ('and then a share of small order', {'retry': X25519}, {'share': b'\1' + bytes(31)}, NO_DEAL)):
        def act(link, first=first, second=second):
            link.hello()
            link.server_hello(**first)
            link.hello()
            link.server_hello(**second)
        yield f'HelloRetryRequest {name}', act, FAILED, (word,)
    # As Java's servers do it.
    for name, first in (('for X25519', {'retry': X25519}), ('for X25519 with a cookie', {'retry': X25519, 'cookie': b'c' * 99}),
                        ('with a cookie alone', {'cookie': b'c' * 32})):
        def again(link, first=first):
            link.hello()
            link.server_hello(**first)
            cookie = first.get('cookie')
            play()(link)
            assert not cookie or extension(44, vector(2, cookie)) in link.hellos[1], 'the cookie did not come back'
        yield f'HelloRetryRequest {name}', again, OK


def old_versions():
    """ServerHello of TLS 1.2, on which all depends in that version, and of older ones."""
    yield 'TLS 1.2: a good ServerHello and silence', raw(hello_12()), TIMEOUT, (), SOON
    for name, how, words in cases(
            CONFIG={'RSA key exchange': {'suite': 0x009c}, 'no encryption': {'suite': 0xc006}, 'CBC': {'suite': 0xc009},
                    'anonymous': {'suite': 0xc018}, 'RC4': {'suite': 0xc007}, 'null with null': {'suite': 0}},
            NO_DEAL={'a suite of 1.3': {'suite': 0x1301}, 'ALPN h2': {'more': alpn(b'h2')},
                     'renegotiation of a handshake that was not': {'more': extension(0xff01, b'\x0cAAAAAAAAAAAA')}},
            FEATURE={'compression': {'compression': 1}},
            NO_VERSION={'version 1.1': {'version': 0x0302}, 'version 1.0': {'version': 0x0301},
                        'SSL 3': {'version': 0x0300}, 'version 2.0': {'version': 0x0400}},
            DECODE={'two protocols': {'more': alpn(b'http/1.1', b'h2')}, 'an empty protocol': {'more': alpn(b'')}},
            ILLEGAL={'the mark of a downgrade from 1.3': {'random': bytes(24) + b'DOWNGRD\1'},
                     'the mark of a downgrade from 1.2': {'random': bytes(24) + b'DOWNGRD\0'}}):
        yield f'TLS 1.2: {name}', raw(hello_12(**how)), FAILED, words


def middles():
    """The messages between ServerHello and Finished."""
    rsa = [leaf(good_root()[0], own_key=key(2048))]
    yield 'ALPN http/1.1', play(), OK
    yield 'no ALPN', play(encrypted_extensions={'extensions': ()}), OK
    for name, extensions, words in cases(
            CONFIG={'ALPN h2': [alpn(b'h2')], 'ALPN http/1.0': [alpn(b'http/1.0')],
                    'ALPN of two': [alpn(b'h2', b'http/1.1')]},
            DECODE={'ALPN of none': [extension(16, vector(2))], 'an extension that is cut': [b'\0\x10\0\x20\0']},
            ILLEGAL={'an extension not asked for': [extension(0x1234)],
                     'an extension of another message': [extension(43, number(0x0304, 2))]},
            UNSUPPORTED={'early data': [extension(42)]}):
        yield f'EncryptedExtensions: {name}', play(encrypted_extensions={'extensions': extensions}), FAILED, words
    yield 'no EncryptedExtensions', play(skip=('encrypted_extensions',)), FAILED, (UNEXPECTED,)
    yield 'EncryptedExtensions twice', play(before={'certificate': do('encrypted_extensions')}), FAILED, (UNEXPECTED,)

    yield 'an RSA certificate', play(), OK, (), (), rsa
    yield 'no Certificate', play(skip=('certificate',)), FAILED, (UNEXPECTED,)
    yield 'neither Certificate nor its proof', play(skip=('certificate', 'certificate_verify')), FAILED, (UNEXPECTED,)
    yield 'Finished right behind ServerHello', play(skip=STEPS_BETWEEN), FAILED, (UNEXPECTED,)
    yield 'Certificate: empty chain', play(certificate={'chain': []}), FAILED, ('no certificate',)
    yield 'Certificate: an empty certificate', play(certificate={'chain': [b'']}), FAILED, (DECODE,)
    yield 'Certificate: with a context', play(certificate={'context': b'x'}), FAILED, (DECODE,)
    yield 'Certificate twice', play(before={'certificate_verify': do('certificate')}), FAILED, (UNEXPECTED,)
    der = leaf(good_root()[0]).der
    for name, damaged in {'cut': der[:-1], 'random bytes': bytes(range(200)),
                          'a sequence that never ends': b'\x30\x84\x7f\xff\xff\xff' + der,
                          'deep nesting': b'\x30\x80' * 2000}.items():
        yield f'Certificate: {name}', play(certificate={'chain': [damaged]}), REJECTED
        yield f'Certificate: the second, {name}', play(certificate={'chain': [der, damaged]}), REJECTED
    for name, body in {'length of the list too large': b'\0\0\xff\xff' + vector(3, der),
                       'length of a certificate too large': b'\0' + vector(3, number(len(der) + 9, 3), der),
                       'no body': b'', 'extensions cut': b'\0' + vector(3, vector(3, der), b'\0')}.items():
        yield f'Certificate: {name}', play(skip=('certificate',), before={
            'certificate_verify': do('say', CERTIFICATE, body)}), FAILED, (DECODE,)
    yield 'Certificate in records of 100 bytes', play(certificate={'size': 100}), OK
    yield 'Certificate in records of 4 bytes', play(certificate={'size': 4}), OK
    yield 'ServerHello in records of 4 bytes', play(server_hello={'size': 4}), OK
    padding = issuing(good_root()[0], 'padding', add=(('unknown', False, b'\4\x82\x07\xd0' + bytes(2000)),)).der
    for count in (6, 7, 50):
        # A handshake message must fit into the record buffer of 16 KiB.
        yield (f'Certificate: chain of {(count * len(padding) + len(der)) // 100 / 10} KB',
               play(certificate={'chain': [der, *[padding] * count], 'size': 16000}),
               *((OK,) if count == 6 else (REJECTED, TOO_LARGE)))
    yield 'Certificate: 16 MB', play(skip=('certificate',), before={'certificate_verify': lambda link: [
        link.send(HANDSHAKE, bytes((CERTIFICATE, 0xff, 0xff, 0xff)) + bytes(16000)) for _ in range(1000)]}), REJECTED, (
            TOO_LARGE)

    yield 'no CertificateVerify', play(skip=('certificate_verify',)), FAILED, (UNEXPECTED,)
    for name, how in {
            'by another key': {'key': key('P-256', 3)}, 'in the role of a client': {'role': b'client'},
            'of another handshake': {'over': bytes(32)}, 'ECDSA with SHA-1': {'scheme': 0x0203, 'digest': 'sha1'},
            'another digest than it says': {'digest': 'sha384'}, 'a scheme of RSA': {'scheme': 0x0804},
            'a scheme that was not offered': {'scheme': 0x0807}, 'one bit changed': {'spoil': flip},
            'empty': {'spoil': lambda _: b''}, 'cut': {'spoil': lambda s: s[:-1]},
            'zeros': {'spoil': lambda _: b'\x30\6\2\1\0\2\1\0'}, 'bytes behind': {'spoil': lambda s: s + b'\0'},
    }.items():
        yield f'CertificateVerify: {name}', play(certificate_verify=how), FAILED, (NO_DEAL,)
    for name, how in {'one bit changed': {'spoil': flip}, 'by another key': {'key': key(2048, 1)},
                      'PKCS #1 1.5 under the name of PSS': {'pss': False},
                      'SHA-1': {'digest': 'sha1', 'pss': False, 'scheme': 0x0201}}.items():
        yield f'CertificateVerify of RSA: {name}', play(certificate_verify=how), FAILED, (NO_DEAL,), (), rsa
    yield 'CertificateVerify twice', play(before={'finished': do('certificate_verify')}), FAILED, (UNEXPECTED,)

    for name, spoil in {'one bit changed': flip, 'empty': lambda _: b'', 'cut': lambda mac: mac[:-1],
                        'zeros': lambda mac: bytes(32), 'one byte more': lambda mac: mac + b'\0'}.items():
        yield f'Finished: {name}', play(finished={'spoil': spoil}), FAILED, (NO_DEAL + '|' + DECODE,)
    yield ('Finished without an end',
           play(before={'finished': do('send', HANDSHAKE, bytes((FINISHED, 0, 0, 32)) + bytes(9))}, until='finished'),
           TIMEOUT, (), SOON)
    yield 'a client certificate is asked for', play(before={
        'certificate': do('say', CERTIFICATE_REQUEST, *certificate_request())}), OK
    yield 'a client certificate is asked for twice', play(before={'certificate': lambda link: [
        link.say(CERTIFICATE_REQUEST, *certificate_request()) for _ in range(2)]}), FAILED, (UNEXPECTED,)
    for name, kind, body in (('a ticket', NEW_SESSION_TICKET, ticket()), ('KeyUpdate', KEY_UPDATE, (b'\0',)),
                             ('HelloRequest', 0, ()), ('an unknown message', 99, (b'x' * 9,)),
                             ('a second ServerHello', SERVER_HELLO, (b'\3\3' + bytes(38),))):
        yield f'{name} before Finished', play(before={'finished': do('say', kind, *body)}), FAILED, (UNEXPECTED,)


def flip(data):
    """The same but for one bit."""
    return data[:-1] + bytes((data[-1] ^ 1,))


STEPS_BETWEEN = ('encrypted_extensions', 'certificate', 'certificate_verify')


def tolerated():
    """What RFC 8446 wants refused and mbedTLS lets pass. None of it lets anybody in who lacks the server's key; a row
    that begins to fail here is good news."""
    rsa = [leaf(good_root()[0], own_key=key(2048))]
    yield 'ServerHello: the same extension twice', play(server_hello={'more': extension(43, number(0x0304, 2))}), OK
    yield 'EncryptedExtensions: ALPN of two', play(encrypted_extensions={'extensions': [alpn(b'http/1.1', b'h2')]}), OK
    yield 'Certificate: bytes behind it', play(certificate={'chain': [leaf(good_root()[0]).der + b'\0']}), OK
    yield 'CertificateVerify: P-256 with the scheme of P-384', play(
        certificate_verify={'scheme': 0x0503, 'digest': 'sha384'}), OK
    yield ('CertificateVerify: RSA PKCS #1 1.5', play(certificate_verify={'pss': False, 'scheme': 0x0401}),
           OK, (), (), rsa)
    yield 'TLS 1.2: an extension not asked for', raw(hello_12(more=extension(0x1234))), TIMEOUT, (), SOON
    # The other way round: RFC 8446 allows it, mbedTLS wants the head of a message in one record.
    yield 'ServerHello in records of 1 byte', play(server_hello={'size': 1}), FAILED


def records():
    """What is wrong with records, whatever is in them."""
    garbage = b''.join(number(n * 2654435761 % 2 ** 32, 4) for n in range(4000))
    for name, pieces in {
            'plain HTTP': (b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}',), 'SSH': (b'SSH-2.0-OpenSSH_9.2\r\n',),
            'random bytes': (garbage,), 'zeros': (bytes(5000),), 'ones': (b'\xff' * 5000,),
            'SSL 2': (b'\x80\x30\4\0\1\0\2' + bytes(60),), 'an unknown type': (record(77, b'x' * 50),)}.items():
        yield f'garbage: {name}', raw(*pieces), FAILED, (NO_TLS,)
        yield f'garbage without waiting for the ClientHello: {name}', raw(*pieces, hello=False), FAILED, (NO_TLS,)
    yield 'garbage without end', raw(garbage, endless=True), FAILED, (NO_TLS,)
    yield 'a record too long', raw(bytes((HANDSHAKE, 3, 3, 0xff, 0xff)) + bytes(70000)), FAILED
    yield 'application data at once', raw(record(DATA, b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}')), FAILED
    yield 'an empty handshake record', raw(record(HANDSHAKE, b'')), FAILED
    yield 'an empty record of data', raw(record(DATA, b'')), FAILED
    yield 'a ClientHello back', raw(record(HANDSHAKE, message(1, bytes(60)))), FAILED, (UNEXPECTED,)
    yield ('a message of 16 MB', raw(record(HANDSHAKE, b'\2\xff\xff\xff' + bytes(16000)), endless=True),
           FAILED, (CONFIG,))
    yield 'a CCS before the ServerHello', play(before={'server_hello': lambda link: link.raw(record(CCS, b'\1'))}), OK
    yield 'a CCS where middleboxes want one', play(before={
        'encrypted_extensions': lambda link: link.raw(record(CCS, b'\1'))}), OK
    yield 'a CCS of 2', play(before={'encrypted_extensions': lambda link: link.raw(record(CCS, b'\2'))}), FAILED
    yield 'CCS without end', play(before={
        'encrypted_extensions': raw(record(CCS, b'\1'), hello=False, endless=True)}), TIMEOUT, (), SOON
    yield 'records with padding', play(before={'encrypted_extensions': padded}), OK
    yield 'a record of padding only', play(before={
        'encrypted_extensions': lambda link: link.raw(link.writing.seal(0, b'', 50))}), FAILED
    yield 'a record with a wrong tag', play(before={
        'encrypted_extensions': lambda link: link.raw(flip(link.writing.seal(HANDSHAKE, b'x')))}), FAILED, (BAD_MAC,)
    yield 'a record of another key', play(before={
        'encrypted_extensions': lambda link: link.raw(link.writing.next().seal(HANDSHAKE, b'x'))}), FAILED, (BAD_MAC,)
    yield 'a record shorter than a tag', play(before={
        'encrypted_extensions': lambda link: link.raw(record(DATA, b'short'))}), FAILED, (BAD_MAC,)
    yield 'a record without protection under keys', play(before={
        'certificate': lambda link: link.raw(record(HANDSHAKE, message(CERTIFICATE, bytes(4))))}), FAILED, (BAD_MAC,)
    yield 'data before Finished', play(before={'finished': lambda link: link.answer()}), FAILED, (UNEXPECTED,)
    yield 'data before the certificate', play(before={'certificate': lambda link: link.answer()}), FAILED, (UNEXPECTED,)


def padded(link):
    """From now on every record has padding."""
    plain = link.send
    link.send = lambda kind, data, padding=0: plain(kind, data, 200)


def alerts():
    """Alerts instead of the next message."""
    for number_, word in ((40, 'handshake_failure'), (42, 'alert 42'), (47, 'alert 47'), (49, 'access_denied'),
                          (70, 'protocol_version'), (80, 'internal_error'), (112, 'unrecognized_name'),
                          (116, 'certificate_required'), (120, 'no_application_protocol'), (255, 'alert 255')):
        alert = record(ALERT, bytes((2, number_)))
        yield f'alert {number_} after the ClientHello', raw(alert), FAILED, (word,)
        yield f'alert {number_} before the ClientHello', raw(alert, hello=False), FAILED
    yield 'close_notify after the ClientHello', raw(record(ALERT, b'\1\0')), FAILED, ('in the middle of the handshake',)
    yield 'a protected alert', play(before={'certificate': do('alert', 80)}), FAILED, ('internal_error',)
    yield 'an alert without protection under keys', play(before={
        'certificate': lambda link: link.raw(record(ALERT, b'\2\x50'))}), FAILED, (BAD_MAC,)
    yield 'a warning', raw(record(ALERT, b'\1\x5a')), TIMEOUT, (), SOON
    yield 'warnings without end', raw(record(ALERT, b'\1\x5a') * 1000, endless=True), TIMEOUT, (), SOON
    yield 'an alert of one byte', raw(record(ALERT, b'\2')), FAILED
    yield 'an alert of three bytes', raw(record(ALERT, b'\2\x28\0')), FAILED
    yield 'an alert of level 9', raw(record(ALERT, b'\x09\x28')), TIMEOUT, (), SOON


def truncated():
    """The connection ends, or stands still, before each step and inside the first message."""
    steps = ('hello', 'server_hello', *STEPS_BETWEEN, 'finished')
    for step in steps:
        for end, outcome, words in (('close', LOST, (CLOSED,)), ('reset', LOST, ()), (None, TIMEOUT, ())):
            yield (f'{end or "silence"} before {step}',
                   play(before={step: functools.partial(finish, end=end)}, until=step),
                   RESET if (step, end) == ('hello', 'reset') else outcome, words, () if end else SOON)
    whole = hello_12()
    for size in (1, 4, 5, 6, 9, len(whole) - 1):
        yield f'close after {size} bytes of a ServerHello', raw(whole[:size], end='close'), LOST, (CLOSED,)
    yield 'a ServerHello one byte at a time, slowly', lambda link: drip(link, whole), TIMEOUT, (), SOON


def drip(link, data):
    """Send bytes one by one, too slowly for the deadline."""
    link.hello()
    for octet in data:
        link.raw(bytes((octet,)))
        time.sleep(0.05)


def check_openssl(options, chain, outcome, words):
    """`openssl s_server` with options that only it has."""
    file = credential(chain)
    for text in (False, True):
        with OpensslServer(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}', *options, cert=file) as server:
            judge(call(server.port, ca_file=good_root()[1], text=text), *outcome, words)
            assert (b'POST' in server.received) == (outcome is OK), bytes(server.received)


def real_servers():
    """OpenSSL as it can be configured."""
    ec, rsa = [leaf(good_root()[0])], [leaf(good_root()[0], own_key=key(2048))]
    low = ('-cipher', 'ALL:eNULL:@SECLEVEL=0')
    none = 'handshake_failure: no cipher or curve in common'
    for name, options, chain, outcome, words in (
            ('TLS 1.0', ('-tls1', *low), ec, FAILED, ('protocol_version',)),
            ('TLS 1.1', ('-tls1_1', *low), ec, FAILED, ('protocol_version',)),
            ('TLS 1.2 to 1.3', (), ec, OK, ()),
            ('no encryption', ('-tls1_2', '-cipher', 'eNULL:@SECLEVEL=0'), ec, FAILED, (none,)),
            ('anonymous', ('-tls1_2', '-cipher', 'aNULL:@SECLEVEL=0'), ec, FAILED, (none,)),
            ('a pre-shared key', ('-tls1_2', '-cipher', 'PSK', '-psk', '00'), ec, FAILED, (none,)),
            ('CBC', ('-tls1_2', '-cipher', 'ECDHE-ECDSA-AES256-SHA384'), ec, FAILED, (none,)),
            ('CCM', ('-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0'), ec, FAILED, (none,)),
            ('ChaCha20', ('-tls1_2', '-cipher', 'ECDHE-ECDSA-CHACHA20-POLY1305'), ec, FAILED, (none,)),
            ('finite-field key exchange', ('-tls1_2', '-cipher', 'DHE'), rsa, FAILED, (none,)),
            ('RSA key exchange', ('-tls1_2', '-cipher', 'kRSA'), rsa, FAILED, (none,)),
            ('1.3 with ChaCha20', ('-tls1_3', '-ciphersuites', 'TLS_CHACHA20_POLY1305_SHA256'), ec, FAILED, (none,)),
            ('1.3 with AES-256', ('-tls1_3', '-ciphersuites', 'TLS_AES_256_GCM_SHA384'), ec, OK, ()),
            ('1.2 with AES-256', ('-tls1_2', '-cipher', 'ECDHE-ECDSA-AES256-GCM-SHA384'), ec, OK, ()),
            ('group P-521', ('-groups', 'P-521'), ec, FAILED, (none,)),
            ('group X448', ('-groups', 'X448'), ec, FAILED, (none,)),
            ('group P-256, by a HelloRetryRequest', ('-tls1_3', '-groups', 'P-256'), ec, OK, ()),
            ('group P-384, by a HelloRetryRequest', ('-tls1_3', '-groups', 'P-384'), ec, OK, ()),
            ('no common ALPN', ('-alpn', 'h2'), ec, FAILED, ('no_application_protocol',)),
            ('ALPN among others', ('-alpn', 'h2,http/1.1'), ec, OK, ()),
            ('no tickets', ('-no_ticket',), ec, OK, ()),
            ('a certificate demanded, 1.2', ('-tls1_2', '-Verify', '1'), ec, FAILED, (none,)),
            ('PSS in TLS 1.2', ('-tls1_2', '-sigalgs', 'rsa_pss_rsae_sha256'), rsa, OK, ()),
            ('SHA-1 in the key exchange', ('-tls1_2', '-sigalgs', 'ECDSA+SHA1', '-cipher', 'ALL:@SECLEVEL=0'), ec,
             FAILED, (none,)),
            ('old renegotiation', ('-tls1_2', '-legacy_renegotiation'), ec, OK, ()),
            ('records of 512 bytes', ('-tls1_2', '-max_send_frag', '512'), ec, OK, ())):
        yield f'openssl: {name}', functools.partial(check_openssl, options, chain, outcome, words)


def check_downgrade():
    """Somebody on the way takes TLS 1.3 out of what the command offers."""
    def without_13(_proxy, direction, index, found):
        offered = bytes(found[0])
        if (direction, index) == (flips.CLIENT, 0):
            assert (both := extension(43, vector(1, b'\3\4\3\3'))) in offered
            offered = offered.replace(both, extension(43, vector(1, b'\3\3\3\3')))
        return [offered], 1

    for text in (False, True):
        with Simulator(PKI) as service:
            with flips.Proxy(service.port, without_13) as proxy:
                judge(call(proxy.port, text=text), *FAILED, (ILLEGAL,))
            assert not service.wait_log(1)[0].get('bytes_received')


def rows():
    """(name, function) of every server."""
    for part in (server_hellos, old_versions, middles, tolerated, records, alerts, truncated):
        for name, act, outcome, *more in part():
            words, options, chain = (*more, *((), (), None)[len(more):])
            yield name, functools.partial(check_puppet, act, *outcome, words, options=options, chain=chain)
    yield 'TLS 1.3 taken out on the way', check_downgrade
    yield from real_servers()
