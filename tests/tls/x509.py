"""Certificates as one wants them, right or wrong: a writer of DER with nothing that checks what is written."""

import base64
import datetime

# ---- DER ----

OIDS = {
    'cn': '2.5.4.3', 'basic': '2.5.29.19', 'usage': '2.5.29.15', 'purpose': '2.5.29.37', 'san': '2.5.29.17',
    'constraints': '2.5.29.30', 'policies': '2.5.29.32', 'policy_constraints': '2.5.29.36', 'any_policy': '2.5.29.32.0',
    'unknown': '1.3.6.1.4.1.99999.1', 'sha256': '2.16.840.1.101.3.4.2.1', 'mgf1': '1.2.840.113549.1.1.8',
    'pss': '1.2.840.113549.1.1.10', 'server': '1.3.6.1.5.5.7.3.1', 'client': '1.3.6.1.5.5.7.3.2',
    'code': '1.3.6.1.5.5.7.3.3', 'any': '2.5.29.37.0',
}

# Signature algorithms by kind of key and digest. RSA has NULL as parameters.
SIGNATURES = {
    ('ec', 'sha256'): '1.2.840.10045.4.3.2', ('ec', 'sha384'): '1.2.840.10045.4.3.3',
    ('ec', 'sha512'): '1.2.840.10045.4.3.4', ('ec', 'sha1'): '1.2.840.10045.4.1',
    ('ec', 'sha224'): '1.2.840.10045.4.3.1',
    ('rsa', 'sha256'): '1.2.840.113549.1.1.11', ('rsa', 'sha384'): '1.2.840.113549.1.1.12',
    ('rsa', 'sha512'): '1.2.840.113549.1.1.13', ('rsa', 'sha1'): '1.2.840.113549.1.1.5',
    ('rsa', 'md5'): '1.2.840.113549.1.1.4', ('ed', None): '1.3.101.112',
}

USAGES = ('digitalSignature', 'nonRepudiation', 'keyEncipherment', 'dataEncipherment', 'keyAgreement', 'keyCertSign',
          'cRLSign')


def tlv(tag, *contents):
    """One element."""
    content = b''.join(contents)
    size = len(content)
    if size < 128:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, 'big')
    return bytes((tag, 0x80 | len(octets))) + octets + content


def long_tlv(tag, octets, *contents):
    """One element whose length takes so many octets, more than DER allows."""
    content = b''.join(contents)
    return bytes((tag, 0x80 | octets)) + len(content).to_bytes(octets, 'big') + content


def seq(*contents):
    """A SEQUENCE."""
    return tlv(0x30, *contents)


def integer(number):
    """An INTEGER that is not negative."""
    return tlv(2, number.to_bytes(number.bit_length() // 8 + 1, 'big'))


def oid(name):
    """An OBJECT IDENTIFIER, by its short name here or by its numbers."""
    first, second, *rest = map(int, OIDS.get(name, name).split('.'))
    out = bytearray((first * 40 + second,))
    for number in rest:
        septets = [number & 0x7f]
        while number := number >> 7:
            septets.append(0x80 | number & 0x7f)
        out += bytes(reversed(septets))
    return tlv(6, bytes(out))


def name_of(text):
    """A Name with one common name (bytes or str); none if empty."""
    text = text.encode() if isinstance(text, str) else text
    return seq(tlv(0x31, seq(oid('cn'), tlv(0x0c, text)))) if text else seq()


def moment(days):
    """A time so many days from now, or the text of one as it stands in the certificate."""
    if isinstance(days, str):
        text = days
    else:
        text = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)).strftime('%Y%m%d%H%M%SZ')
    if len(text) == 15 and '1950' <= text[:4] < '2050':
        text = text[2:]
    return tlv(0x17 if len(text) == 13 else 0x18, text.encode())


# ---- Extensions: (id, critical, content) ----

def dns(*names):
    """Names of hosts, for san()."""
    return [tlv(0x82, name.encode() if isinstance(name, str) else name) for name in names]


def address(octets):
    """An address, for san()."""
    return [tlv(0x87, bytes(octets))]


def san(general_names, critical=False):
    """Subject alternative names."""
    return 'san', critical, seq(*general_names)


def authority(path_length=None, critical=True):
    """Basic constraints of an authority."""
    return 'basic', critical, seq(tlv(1, b'\xff'), *([] if path_length is None else [integer(path_length)]))


def end_entity():
    """Basic constraints of a server."""
    return 'basic', True, seq()


def usage(*names):
    """Key usage."""
    bits = sum(0x80 >> USAGES.index(name) for name in names)
    unused = (bits & -bits).bit_length() - 1 if bits else 0
    return 'usage', True, tlv(3, bytes((unused, bits)))


def purpose(*names):
    """Extended key usage."""
    return 'purpose', False, seq(*map(oid, names))


# ---- Certificates ----

class Certificate:
    """One certificate and the key it was made for."""

    serial = 1000

    def __init__(self, subject, key, issuer=None, *, extensions=(), raw_extensions=b'', dates=('20200101000000Z', '20491231235959Z'),
                 digest='sha256', pss=False, signing_key=None, version=3, issuer_name=None, subject_name=None,
                 inner_digest=None, spoil=None):
        """issuer None: signs itself. signing_key: signs instead of the issuer's. spoil: changes the signature.
        raw_extensions: more of them, as they stand in the certificate."""
        self.key = key
        self.name = name_of(subject) if subject_name is None else subject_name
        signer = signing_key or (issuer.key if issuer else key)
        Certificate.serial += 1
        body = [integer(Certificate.serial), self._algorithm(signer, inner_digest or digest, pss),
                (issuer.name if issuer else self.name) if issuer_name is None else issuer_name,
                seq(*map(moment, dates)), self.name, key.public]
        if version > 1:
            body.insert(0, tlv(0xa0, integer(version - 1)))
        if extensions:
            body.append(tlv(0xa3, seq(*(
                seq(oid(which), tlv(1, b'\xff') if critical else b'', tlv(4, content))
                for which, critical, content in extensions), raw_extensions)))
        tbs = seq(*body)
        signature = signer.sign(tbs, digest if signer.kind != 'ed' else None, pss)
        if spoil:
            signature = spoil(signature)
        self.der = seq(tbs, self._algorithm(signer, digest, pss), tlv(3, b'\0' + signature))

    @staticmethod
    def _algorithm(signer, digest, pss):
        if pss:
            sha256 = seq(oid('sha256'), tlv(5))
            return seq(oid('pss'), seq(tlv(0xa0, sha256), tlv(0xa1, seq(oid('mgf1'), sha256)), tlv(0xa2, integer(32))))
        return seq(oid(SIGNATURES[signer.kind, digest if signer.kind != 'ed' else None]),
                   tlv(5) if signer.kind == 'rsa' else b'')

    @property
    def pem(self):
        """The certificate as PEM (bytes)."""
        return self.pem_as('CERTIFICATE')

    def pem_as(self, label, more=b''):
        """The same under another label, with more bytes behind the certificate."""
        return (f'-----BEGIN {label}-----\n'.encode() + base64.encodebytes(self.der + more) +
                f'-----END {label}-----\n'.encode())
