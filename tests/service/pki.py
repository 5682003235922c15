"""The throw-away certificates of the tests: two trusted roots, one untrusted, and good and bad server chains.

Usage: python3 pki.py DIR
"""

import base64
import concurrent.futures
import hashlib
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import tempfile

# Its content names the recipe that made the folder; it is written last, so its presence means complete.
MARKER = 'made-by'

SAN = 'DNS:localhost,DNS:sms.example.test,IP:127.0.0.1,IP:::1'

# Wide enough for a build folder of any age and for boards whose clock stands at the time of the build.
VALID = ('20200101000000Z', '20491231235959Z')
EXPIRED = ('20200101000000Z', '20210101000000Z')
NOT_YET = ('20450101000000Z', '20460101000000Z')

P256 = ('-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256')
P384 = ('-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384')


def rsa(bits):
    """Arguments of genpkey for an RSA key."""
    return ('-algorithm', 'RSA', '-pkeyopt', f'rsa_keygen_bits:{bits}')


ROOTS = {'root-ec': P256, 'root-rsa': rsa(2048), 'other-root': P256}
TRUSTED = ('root-ec', 'root-rsa')

# name: (key, issuer, more extensions)
INTERMEDIATES = {
    'inter-ec': (P384, 'root-ec', {}),
    'inter-rsa': (rsa(2048), 'root-rsa', {}),
    # Not critical, as real ones often are: a client that does not know the extension would let it pass.
    'inter-constrained': (P256, 'root-ec', {'nameConstraints': 'permitted;DNS:localhost'}),
}


def leaf(issuer, key=P256, san=SAN, usage='serverAuth', dates=VALID, digest='sha256', send_issuer=True, forged=False, stolen=False):
    """One server credential; send_issuer: an intermediate issuer belongs to the chain that is sent; forged: the
    issuer's signature is not right; stolen: the server has not the key that belongs to it (P-256)."""
    return {'issuer': issuer, 'key': key, 'san': san, 'usage': usage, 'dates': dates, 'digest': digest,
            'send_issuer': send_issuer, 'forged': forged, 'stolen': stolen}


LEAVES = {
    'ec': leaf('root-ec'),
    'ec-inter': leaf('inter-ec'),
    'p384': leaf('root-ec', key=P384),
    'rsa': leaf('root-rsa', key=rsa(2048)),
    'rsa-inter': leaf('inter-rsa', key=rsa(2048)),
    'rsa4096': leaf('root-rsa', key=rsa(4096)),
    'wildcard': leaf('root-ec', san='DNS:*.example.test'),
    'expired': leaf('root-ec', dates=EXPIRED),
    'not-yet': leaf('root-ec', dates=NOT_YET),
    'wrong-name': leaf('root-ec', san='DNS:other.example.test'),
    'cn-only': leaf('root-ec', san=None),
    'self-signed': leaf(None),
    'unknown': leaf('other-root'),
    'no-inter': leaf('inter-ec', send_issuer=False),
    # Obeys the constraint: only a client that gives up on constraints altogether rejects it.
    'name-constraints': leaf('inter-constrained', san='DNS:localhost,IP:127.0.0.1,IP:::1'),
    'client-only': leaf('root-ec', usage='clientAuth'),
    'rsa1024': leaf('root-rsa', key=rsa(1024)),
    'sha1': leaf('root-rsa', digest='sha1'),
    'forged': leaf('root-ec', forged=True),
    'forged-rsa': leaf('root-rsa', key=rsa(2048), forged=True),
    'stolen': leaf('root-ec', stolen=True),
}

# One request for all: every certificate takes its subject from the command line and its extensions from a file.
OPENSSL_CONFIG = """
[req]
distinguished_name = name
prompt = no
[name]
CN = replaced
[ca]
default_ca = throw_away
[throw_away]
database = index.txt
new_certs_dir = .
rand_serial = yes
unique_subject = no
policy = any
email_in_dn = no
[any]
commonName = supplied
"""


def _openssl(folder, *arguments):
    done = subprocess.run(('openssl', *arguments), cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f'openssl {" ".join(map(str, arguments))}:\n{done.stderr}')


def _make_key(folder, name, key):
    _openssl(folder, 'genpkey', *key, '-out', f'{name}.key')


def _sign(folder, name, issuer, subject, extensions, dates=VALID, digest='sha256'):
    """Make NAME.crt for NAME.key; issuer None signs with that key. `openssl ca`, as `x509` of 3.0 takes no dates."""
    # Its own folder for each certificate: `openssl ca` keeps an index there, and they run at the same time.
    work = folder / f'work-{name}'
    work.mkdir()
    (work / 'index.txt').touch()
    (work / 'config').write_text(OPENSSL_CONFIG)
    (work / 'extensions').write_text(''.join(f'{key} = {value}\n' for key, value in extensions.items()))
    _openssl(work, 'req', '-new', '-config', 'config', '-key', f'../{name}.key', '-subj', f'/CN={subject}',
             '-out', 'request')
    signer = (('-selfsign', '-keyfile', f'../{name}.key') if issuer is None else
              ('-cert', f'../{issuer}.crt', '-keyfile', f'../{issuer}.key'))
    _openssl(work, 'ca', '-batch', '-notext', '-preserveDN', '-config', 'config', '-extfile', 'extensions',
             '-startdate', dates[0], '-enddate', dates[1], '-md', digest, *signer,
             '-in', 'request', '-out', f'../{name}.crt')
    shutil.rmtree(work)


def _sign_authority(folder, name, issuer, more=()):
    _sign(folder, name, issuer, f'migtask test {name}',
          {'basicConstraints': 'critical,CA:true', 'keyUsage': 'critical,keyCertSign,cRLSign',
           'subjectKeyIdentifier': 'hash', **dict(more)})


def _sign_leaf(folder, name, about):
    extensions = {'basicConstraints': 'critical,CA:false', 'keyUsage': 'critical,digitalSignature',
                  'extendedKeyUsage': about['usage'], 'subjectKeyIdentifier': 'hash'}
    if about['san']:
        extensions['subjectAltName'] = about['san']
    _sign(folder, name, about['issuer'], 'localhost', extensions, about['dates'], about['digest'])
    if about['forged']:
        _forge(folder / f'{name}.crt')
    if about['stolen']:
        _swap(folder / f'{name}.key')


def _forge(certificate):
    """The signature is what a certificate ends in."""
    der = bytearray(ssl.PEM_cert_to_DER_cert(certificate.read_text()))
    der[-1] ^= 1
    certificate.write_text(ssl.DER_cert_to_PEM_cert(bytes(der)))


def _swap(key):
    """Another private key beside the same public one: OpenSSL compares only the latter with the certificate."""
    label, *lines, end = key.read_text().splitlines()
    der = bytearray(base64.b64decode(''.join(lines)))
    scalar = der.index(bytes.fromhex('0201010420')) + 5    # version 1, then an octet string of 32 bytes
    der[scalar + 31] ^= 1
    key.write_text('\n'.join((label, base64.b64encode(der).decode(), end, '')))


def _join(folder, target, *names):
    (folder / target).write_text(''.join((folder / f'{name}.crt').read_text() for name in names))


def _make_all(folder):
    keys = {**ROOTS, **{name: about[0] for name, about in INTERMEDIATES.items()},
            **{name: about['key'] for name, about in LEAVES.items()}}
    with concurrent.futures.ThreadPoolExecutor() as pool:
        def each(function, arguments):
            list(pool.map(lambda given: function(folder, *given), arguments))

        each(_make_key, keys.items())
        each(_sign_authority, ((name, None) for name in ROOTS))
        each(_sign_authority, ((name, issuer, more) for name, (_, issuer, more) in INTERMEDIATES.items()))
        each(_sign_leaf, LEAVES.items())
    for name in ROOTS:
        _join(folder, f'{name}.pem', name)
    _join(folder, 'roots.pem', *TRUSTED)
    for name, about in LEAVES.items():
        intermediate = (about['issuer'],) if about['issuer'] in INTERMEDIATES and about['send_issuer'] else ()
        _join(folder, f'{name}.pem', name, *intermediate)
    # Nothing is signed later: only what servers and clients load stays.
    for scrap in (*folder.glob('*.crt'), *(folder / f'{name}.key' for name in (*ROOTS, *INTERMEDIATES))):
        scrap.unlink()


def _is_complete(folder, recipe):
    try:
        return (folder / MARKER).read_text() == recipe
    except FileNotFoundError:
        return False


def make(directory):
    """Make all certificates in `directory` unless they are there; return its path."""
    folder = pathlib.Path(directory).absolute()
    recipe = hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest() + '\n'
    if _is_complete(folder, recipe):
        return folder
    if (folder / MARKER).exists():
        shutil.rmtree(folder, ignore_errors=True)
    elif folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f'{folder} holds something else and stays as it is')
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = pathlib.Path(tempfile.mkdtemp(prefix=f'{folder.name}.', dir=folder.parent))
    try:
        fresh.chmod(0o755)
        _make_all(fresh)
        (fresh / MARKER).write_text(recipe)
        try:
            os.rename(fresh, folder)
        except OSError:
            # Another process may have been quicker.
            if not _is_complete(folder, recipe):
                raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    make(sys.argv[1])
