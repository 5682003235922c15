"""Chains of certificates as large as those of public services, and their roots: what a board needs most memory for.

    public_chain.make(DIR)      makes DIR/public.pem and DIR/public4096.pem, with keys, and DIR/public-roots.pem beside all
                                that pki.make(DIR) makes, unless they are there; for Simulator(DIR, cert='public')

Three certificates with RSA keys of 2048 bits under a root of 2048 or 4096 bits, with what real ones carry: many names,
timestamps of transparency logs, places of revocation lists and of issuers, policies.
"""

import pathlib
import shutil
import subprocess
import tempfile

import machine  # noqa: F401 # says where the next one is
import pki

NAMES = ['sms.example.test', 'localhost'] + [f'*.region-{number}.cloud-service.example.test' for number in range(14)]

COMMON = """
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
authorityInfoAccess = OCSP;URI:http://ocsp.some-authority.example.test/gsrsaovsslca2018,caIssuers;URI:http://secure.some-authority.example.test/cacert/gsrsaovsslca2018.crt
crlDistributionPoints = URI:http://crl.some-authority.example.test/gsrsaovsslca2018.crl
certificatePolicies = 1.3.6.1.4.1.4146.1.20, 2.23.140.1.2.2
"""
AUTHORITY = 'basicConstraints = critical,CA:true\nkeyUsage = critical,keyCertSign,cRLSign\n' + COMMON
ROOT = ('basicConstraints = critical,CA:true\nkeyUsage = critical,keyCertSign,cRLSign\nsubjectKeyIdentifier = hash\n')
LEAF = ('basicConstraints = critical,CA:false\nkeyUsage = critical,digitalSignature,keyEncipherment\n'
        'extendedKeyUsage = serverAuth,clientAuth\n'
        'subjectAltName = ' + ','.join('DNS:' + name for name in NAMES) + '\n'
        # Three signed certificate timestamps of 121 bytes each, of which nobody checks more than the outer shape.
        '1.3.6.1.4.1.11129.2.4.2 = DER:0482016F016D' + '0077' + '5A' * 119 + '0077' + 'A5' * 119 + '0077' + 'C3' * 119 +
        '00\n' + COMMON)

# name: (bits of the key, issuer, extensions); in this order
CHAIN = {
    'root': (2048, None, ROOT),
    'root4096': (4096, None, ROOT),
    'upper': (2048, 'root', AUTHORITY),
    'upper4096': (2048, 'root4096', AUTHORITY),
    'lower': (2048, 'upper', AUTHORITY),
    'lower4096': (2048, 'upper4096', AUTHORITY),
    'public': (2048, 'lower', LEAF),
    'public4096': (2048, 'lower4096', LEAF),
}


def _openssl(folder, *arguments):
    done = subprocess.run(('openssl', *arguments), cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=120, check=False)
    if done.returncode != 0:
        raise RuntimeError(f'openssl {" ".join(arguments)}:\n{done.stderr}')


def _sign(folder, name, bits, issuer, extensions):
    (folder / 'extensions').write_text(extensions)
    subject = f'/C=XX/L=Somewhere/O=Some Organization of Some Length nv-sa/CN=Some {name} RSA OV SSL CA 2026'
    _openssl(folder, 'req', '-new', '-newkey', f'rsa:{bits}', '-nodes', '-keyout', f'{name}.key', '-subj', subject,
             '-out', 'request')
    signer = (('-signkey', f'{name}.key') if issuer is None else
              ('-CA', f'{issuer}.crt', '-CAkey', f'{issuer}.key', '-CAcreateserial'))
    _openssl(folder, 'x509', '-req', '-in', 'request', '-days', '3650', '-sha256', '-extfile', 'extensions', *signer,
             '-out', f'{name}.crt')


def make(directory):
    """Makes the files; the folder's path."""
    target = pki.make(directory)
    roots = target / 'public-roots.pem'    # written last
    if roots.exists():
        return target
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)

        def text(*names):
            return ''.join((folder / f'{name}.crt').read_text() for name in names)

        for name, (bits, issuer, extensions) in CHAIN.items():
            _sign(folder, name, bits, issuer, extensions)
        for kind in ('', '4096'):
            (target / f'public{kind}.pem').write_text(text(f'public{kind}', f'lower{kind}', f'upper{kind}'))
            shutil.copy(folder / f'public{kind}.key', target / f'public{kind}.key')
        roots.write_text(text('root', 'root4096'))
    return target
