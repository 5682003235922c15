"""Where the trusted roots come from when --ca-file does not say: SSL_CERT_FILE, then the places of the systems."""

import os
import pathlib
import shutil

from support import HOST, PKI, ROOTS, STATIC, TOKEN, Case
from test_nothing import alone

# Roots alone decide here, so nothing of what a machine has may matter: the first process of a bare root directory.
FIRST = 'etc/ssl/certs/ca-certificates.crt'
PLACES = (FIRST, 'etc/pki/tls/certs/ca-bundle.crt', 'etc/ssl/ca-bundle.pem',
          'etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem', 'etc/ssl/cert.pem',
          'usr/local/share/certs/ca-root-nss.crt')


def good_roots():
    """The simulator's."""
    return pathlib.Path(ROOTS).read_bytes()


class Environment(Case):
    """SSL_CERT_FILE."""

    def ask(self, *options, named='', **how):
        """One action with it; `named` is the variable's value."""
        port = self.service().port
        return self.run_command('network_check', 'ready-1', '--json', '-e', f'https://{HOST}:{port}', '--connect-to',
                                '127.0.0.1', *options, env={'SSL_CERT_FILE': str(named)}, **how)

    def test_names_the_file(self):
        self.assert_outcome(self.ask(named=ROOTS), 'accepted')
        self.assert_outcome(self.ask(named=PKI / 'other-root.pem'), 'not_sent', 'certificate_rejected')
        self.assert_outcome(self.ask('--ca-file', ROOTS, named=PKI / 'other-root.pem'), 'accepted')

    def test_a_file_that_cannot_be_used(self):
        empty = self.scratch() / 'empty.pem'
        empty.touch()
        for named, words in (('/no/such', 'does not exist'), ('/', 'directory'), (empty, 'no certificate')):
            result = self.ask(named=named)
            self.assert_outcome(result, 'invalid', 'invalid_config')
            self.assert_words(result, words, str(named))
        self.assert_words(self.ask(named='/no/such'), 'ssl_cert_file')

    def test_a_file_that_may_not_be_read(self):
        secret = self.scratch() / 'secret.pem'
        os.chmod(secret.parent, 0o755)
        secret.write_bytes(good_roots())
        secret.chmod(0)
        binary = secret.parent / 'migtask'
        shutil.copy(STATIC if os.access(STATIC, os.X_OK) else self.skipTest('no static command'), binary)
        nobody = ('setpriv', '--reuid=65534', '--clear-groups') if os.getuid() == 0 else ()
        for options, named in (((), secret), (('--ca-file', secret), '')):
            result = self.ask(*options, named=named, before=nobody, binary=binary)
            self.assert_outcome(result, 'invalid', 'invalid_config')
            self.assert_words(result, 'permission|not allowed|may not', str(secret))


class Places(Case):
    """The bundles of the systems."""

    def setUp(self):
        self.root = self.scratch()
        shutil.copy(STATIC, self.root / 'migtask') if os.access(STATIC, os.X_OK) else self.skipTest('no static command')
        self.before = alone(self.root)
        if self.before is None:
            self.skipTest('no unshare for a root directory of its own')

    def place(self, name):
        """That file, its folder made."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def ask(self, **how):
        """One action there."""
        port = self.service().port
        return self.run_command('network_check', 'ready-1', '--json', '-e', f'https://{HOST}:{port}', '--connect-to',
                                '127.0.0.1', before=self.before, binary='/migtask', token=TOKEN, **how)

    def test_each(self):
        listed = self.run_command('--help', 'all', before=self.before, binary='/migtask').out
        for name in PLACES:
            self.place(name).write_bytes(good_roots())
            self.assert_outcome(self.ask(), 'accepted')
            self.place(name).unlink()
            self.assertIn(f'/{name}\n', listed)
        self.assert_outcome(self.ask(), 'invalid', 'invalid_config')

    def test_one_that_is_there_is_not_passed_over(self):
        self.place(PLACES[1]).write_bytes(good_roots())
        for what, words in (('loop', 'symbolic links'), ('folder', 'directory'), ('empty', 'no certificate')):
            path = self.place(FIRST)
            path.symlink_to(path.name) if what == 'loop' else path.mkdir() if what == 'folder' else path.touch()
            result = self.ask()
            self.assert_outcome(result, 'invalid', 'invalid_config')
            self.assert_words(result, words, f'/{FIRST}')
            path.rmdir() if what == 'folder' else path.unlink()

    def test_named_ones_go_first(self):
        self.place(FIRST).write_bytes((PKI / 'other-root.pem').read_bytes())
        self.place('mine.pem').write_bytes(good_roots())
        self.assert_outcome(self.ask(), 'not_sent', 'certificate_rejected')
        self.assert_outcome(self.ask(env={'SSL_CERT_FILE': '/mine.pem'}), 'accepted')
