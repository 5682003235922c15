"""What the rows of the matrix have in common: calling the command as programs and as people do, and judging it."""

import functools
import os
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent / 'command'), str(HERE.parent / 'service')]

import pki  # noqa: E402

os.environ.setdefault('MIGTASK_TEST_BINARY', str(ROOT / 'build/host/migtask'))
os.environ.setdefault('MIGTASK_TEST_STATIC', '')
os.environ.setdefault('MIGTASK_TEST_PKI', str(pki.make(ROOT / 'build/pki')))

import puppet  # noqa: E402
from crypto import Key  # noqa: E402
from support import EXIT, HOST, PKI, ROOTS, TOKEN, Running, check_result, target, wait_until  # noqa: E402,F401
from x509 import authority, Certificate, dns, end_entity, purpose, san, usage  # noqa: E402

SCRATCH = pathlib.Path(tempfile.mkdtemp(prefix='migtask-tls-'))
KEYS = ROOT / 'build/tests/tls/keys'

# Bytes of an alert that is protected: its two, the type, the tag.
ALERT_RECORD = 19


def key(kind='P-256', number=0):
    """A key of this kind, made once for all runs."""
    path = KEYS / f'{kind}-{number}.pem'
    if not path.exists():
        KEYS.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f'.{os.getpid()}')
        fresh.write_bytes(Key.generate(kind).pem)
        fresh.rename(path)
    return Key.from_pem(path.read_bytes())


def leaf(issuer, *, own_key=None, names=None, extensions=None, add=(), subject='server', **how):
    """A server's certificate, right but for what is said."""
    usual = (end_entity(), usage('digitalSignature'), purpose('server'),
             san(dns(HOST, 'localhost') if names is None else names))
    return Certificate(subject, own_key or key(), issuer,
                       extensions=(*(usual if extensions is None else extensions), *add), **how)


def issuing(issuer, subject, *, own_key=None, extensions=None, add=(), path_length=None, **how):
    """The certificate of an authority, right but for what is said; issuer None: a root."""
    usual = (authority(path_length), usage('keyCertSign', 'cRLSign'))
    return Certificate(subject, own_key or key('P-256', 1), issuer,
                       extensions=(*(usual if extensions is None else extensions), *add), **how)


def pem_file(*certificates):
    """The path of a file with these certificates (or texts)."""
    with tempfile.NamedTemporaryFile(dir=SCRATCH, suffix='.pem', delete=False) as file:
        file.write(b''.join(getattr(certificate, 'pem', certificate) for certificate in certificates))
    return file.name


def credential(chain):
    """Files with a chain and its key; their path without .pem and .key."""
    path = pem_file(*chain).removesuffix('.pem')
    pathlib.Path(path + '.key').write_bytes(chain[0].key.pem)
    return path


def run(*arguments, timeout=20, **how):
    """One run of the command, checked for what holds for every run."""
    with Running(arguments, **how) as running:
        result = running.finish(timeout)
    check_result(result, running.token)
    return result


def call(port, *options, host=HOST, ca_file=ROOTS, text=False, **how):
    """One call of a local server."""
    return run('start', *(['ready-2'] if text else ['ready-1', '--json']), *target(port, host=host, ca_file=ca_file),
               '--retries=0', '--timeout=8', *options, **how)


def judge(result, outcome, reason=None, words=()):
    """The outcome, and the reason of a run with --json or the words of one without."""
    assert result.code == EXIT[outcome], f'not {outcome}\n{result}'
    if result.json:
        reasons = (reason,) if isinstance(reason, str) else reason
        assert not reasons or result.json['reason'] in reasons, f'reason is not {reason}\n{result}'
    else:
        for word in words:
            assert any(part in result.said for part in word.split('|')), f'not said: {word}\n{result}'


@functools.cache
def good_root():
    """The root of good_chain(), and its file."""
    root = issuing(None, 'root', own_key=key('P-256', 9))
    return root, pem_file(root)


@functools.cache
def good_chain():
    """A chain that nothing is wrong with."""
    return [leaf(good_root()[0])]


def check_puppet(act, outcome, reason, words=(), *, chain=None, roots=None, most_seconds=3, host=HOST, options=(),
                 alert=None):
    """Both ways of calling a puppet. No byte of a request may come if it is not sent, all of it if it is accepted."""
    for text in (False, True):
        with puppet.Puppet(act, chain or good_chain()) as server:
            result = call(server.port, *options, ca_file=roots or good_root()[1], host=host, text=text)
            wait_until(lambda: server.ended == server.connections)
        judge(result, outcome, reason, words)
        assert result.seconds < most_seconds, f'too late\n{result}'
        if outcome == 'not_sent':
            assert not server.received, f'sent: {bytes(server.received)!r}\n{result}'
            assert server.unreadable <= ALERT_RECORD, f'{server.unreadable} bytes were sent that have no key\n{result}'
        else:
            assert server.received.count(TOKEN.encode()) == 1, f'no request\n{result}'
        assert alert is None or server.alerts[:1] == [alert], f'alert {server.alerts}, not {alert}\n{result}'
