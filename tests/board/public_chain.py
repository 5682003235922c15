"""Chains of certificates as large as those of public services, and their roots: what a board needs most memory for.

    public_chain.make(DIR)      makes DIR/public-KIND.pem, with keys, beside all that pki.make(DIR) makes, unless they
                                are there, and DIR/all-roots.pem for both; for Simulator(DIR, cert='public-rsa')

Three certificates with what real ones carry: many names, timestamps of transparency logs, places of revocation lists and
of issuers, policies. The kinds: rsa, keys of 2048 bits; rsa4096, the same under a root of 4096 bits; ec, keys on P-256.
"""

import pathlib
import shutil
import subprocess
import tempfile

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

EC = ('ec', '-pkeyopt', 'ec_paramgen_curve:P-256')

# kind: the keys of the root and of what is below it, as openssl req -newkey wants them
KINDS = {'rsa': (('rsa:2048',), ('rsa:2048',)), 'rsa4096': (('rsa:4096',), ('rsa:2048',)), 'ec': (EC, EC)}

def _openssl(folder, *arguments):
    done = subprocess.run(('openssl', *arguments), cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=120, check=False)
    if done.returncode != 0:
        raise RuntimeError(f'openssl {" ".join(arguments)}:\n{done.stderr}')


def _sign(folder, name, key, issuer, extensions):
    (folder / 'extensions').write_text(extensions)
    subject = f'/C=XX/L=Somewhere/O=Some Organization of Some Length nv-sa/CN=Some {name} OV SSL CA 2026'
    _openssl(folder, 'req', '-new', '-newkey', *key, '-nodes', '-keyout', f'{name}.key', '-subj', subject,
             '-out', 'request')
    signer = (('-signkey', f'{name}.key') if issuer is None else
              ('-CA', f'{issuer}.crt', '-CAkey', f'{issuer}.key', '-CAcreateserial'))
    _openssl(folder, 'x509', '-req', '-in', 'request', '-days', '3650', '-sha256', '-extfile', 'extensions', *signer,
             '-out', f'{name}.crt')


def make(directory):
    """Makes the files; the folder's path."""
    target = pki.make(directory)
    roots = target / 'all-roots.pem'    # written last
    if roots.exists():
        return target
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)

        def text(*names):
            return ''.join((folder / f'{name}.crt').read_text() for name in names)

        for kind, (root_key, key) in KINDS.items():
            names = [f'{part}-{kind}' for part in ('root', 'upper', 'lower', 'public')]
            for name, issuer, extensions in zip(names, (None, *names), (ROOT, AUTHORITY, AUTHORITY, LEAF)):
                _sign(folder, name, key if issuer else root_key, issuer, extensions)
            (target / f'public-{kind}.pem').write_text(text(*names[:0:-1]))
            shutil.copy(folder / f'public-{kind}.key', target)
        roots.write_text((target / 'roots.pem').read_text() + text(*(f'root-{kind}' for kind in KINDS)))
    return target
