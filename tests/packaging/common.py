"""What the tests of this folder share: the tree, running things, one installation of it all."""

import functools
import os
import pathlib
import re
import shutil
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
WORK = TOP / 'build/tests/packaging'
PREFIX = '/opt/migtask'
LIBDIR = f'{PREFIX}/lib/some-triplet'

sys.path.insert(0, str(TOP / 'tests/service'))

from simulator import Simulator  # noqa: E402


def run(command, status=0, **options):
    """Its standard output; it must end with this status."""
    options = {'cwd': TOP, 'stdin': subprocess.DEVNULL, 'capture_output': True, 'text': True,
               'timeout': 600, **options}
    done = subprocess.run([str(part) for part in command], check=False, **options)
    if done.returncode != status:
        raise AssertionError(f'{command}: exit status {done.returncode}\n{done.stdout}'
                             f'{done.stderr}')
    return done.stdout


def make(*arguments, **options):
    environment = {name: value for name, value in os.environ.items() if not name.startswith('MAKE')}
    return run(['make', '--no-print-directory', *arguments], env=environment, **options)


@functools.cache
def installed():
    """Where `make install` has put everything: a DESTDIR that is fresh in each run."""
    root = WORK / 'root'
    shutil.rmtree(root, ignore_errors=True)
    make('install', f'DESTDIR={root}', f'PREFIX={PREFIX}', f'libdir={LIBDIR}')
    return root


def read(path):
    return (TOP / path).read_text(encoding='utf-8')


@functools.cache
def help_text():
    return run([installed() / PREFIX[1:] / 'bin/migtask', '--help', 'all'])


@functools.cache
def help_options():
    """{long name: (letter or None, placeholder or None)} of the text of --help all."""
    return {name: (letter or None, value or None) for letter, name, value in
            re.findall(r'^  (?:-(\w), |    )--([a-z-]+)(?: (\S+))?(?:  .*)?$', help_text(), re.M)}


@functools.cache
def help_operations():
    part = re.search(r'^OPERATION:\n((?:  .*\n)+)', help_text(), re.M)[1]
    return re.findall(r'^  (\w+)', part, re.M)


@functools.cache
def help_forms():
    """Words in the place of an operation that have a form of their own, `migtask WORD ...`."""
    return re.findall(r'^(?:Usage:)? +migtask ([a-z_]+) ', help_text(), re.M)


@functools.cache
def regions():
    return re.findall(r'^    \{"([a-z0-9-]+)", "', read('core/endpoint.c'), re.M)


def pkg_config(root, libdir, *what):
    """The words of pkg-config about a library installed in this folder."""
    environment = {**os.environ, 'PKG_CONFIG_LIBDIR': f'{root}{libdir}/pkgconfig',
                   'PKG_CONFIG_SYSROOT_DIR': str(root)}
    return run(['pkg-config', *what, 'migtask'], env=environment).split()


def build(program, text, *flags, compiler='gcc', libraries=()):
    """Compiles and links a program outside of the tree."""
    source = program.with_suffix('.c')
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(text, encoding='utf-8')
    run([compiler, '-Wall', '-Werror', *flags, source, *libraries, '-o', program], cwd='/')
    return program


def example():
    """The program of the README, with endpoint and roots taken from its arguments."""
    section = re.search(r'^## Using the library\n(.*?)^## ', read('README.md'), re.M | re.S)[1]
    text = re.search(r'^```c\n(.*?)^```', section, re.M | re.S)[1]
    for old, new in (('migtask_region_endpoint(migtask_text("ap-southeast-3")',
                      'migtask_endpoint_parse(migtask_text(argc > 2 ? argv[1] : "")'),
                     ('"/etc/ssl/certs/ca-certificates.crt"', 'argv[2]'),
                     ('int main(void)', 'int main(int argc, char *argv[])')):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def call_example(test, program):
    """Runs it against the simulator, which must see the action."""
    with Simulator(TOP / 'build/pki') as service:
        said = run([program, f'https://localhost:{service.port}', TOP / 'build/pki/roots.pem'])
        test.assertEqual(said, 'accepted, ok\n')
        test.assertEqual([request['operation'] for request in service.requests], ['start'])
