"""What `make install` installs can be used by somebody who has nothing else of us."""

import re
import unittest

import common
from common import LIBDIR, PREFIX, TOP, WORK, call_example, example, installed, make, run

SIZES = '''
#include <stdio.h>
#include "migtask.h"
#include "migtask_posix.h"
#include "migtask_tls.h"
int main(void)
{
    printf("%zu %zu %zu %zu %zu %zu\\n", sizeof(migtask_call), sizeof(migtask_reply),
           sizeof(migtask_tls), sizeof(migtask_trust_pem), sizeof(migtask_posix_tcp),
           (size_t)MIGTASK_TLS_ARENA);
    return 0;
}
'''


def include():
    return installed() / PREFIX[1:] / 'include/migtask'


def pkg_config(*what):
    return common.pkg_config(installed(), LIBDIR, *what)


def build(name, text, *flags, libraries=None, **options):
    libraries = pkg_config('--libs', '--static') if libraries is None else libraries
    return common.build(WORK / name, text, *flags, libraries=libraries, **options)


class Files(unittest.TestCase):
    def test_list(self):
        headers = ('migtask migtask_config migtask_limits migtask_posix migtask_proxy migtask_tls '
                   'migtask_tls_config').split()
        share = ('man/man1/migtask.1', 'man/man3/migtask.3', 'bash-completion/completions/migtask',
                 'zsh/site-functions/_migtask', 'fish/vendor_completions.d/migtask.fish')
        self.assertEqual(
            sorted(f'/{path.relative_to(installed())}' for path in installed().rglob('*')
                   if path.is_file()),
            sorted([f'{PREFIX}/bin/migtask', f'{LIBDIR}/libmigtask.a',
                    f'{LIBDIR}/pkgconfig/migtask.pc', *(f'{PREFIX}/share/{name}' for name in share),
                    *(f'{PREFIX}/include/migtask/{name}.h' for name in headers)]))

    def test_uninstall(self):
        root = WORK / 'uninstall'
        make('install', f'DESTDIR={root}')
        make('uninstall', f'DESTDIR={root}')
        self.assertEqual([path for path in root.rglob('*') if path.is_file()], [])

    def test_only_the_host(self):
        with self.assertRaisesRegex(AssertionError, 'not BOARD=mps2-an385'):
            make('install', f'DESTDIR={WORK}/none', 'BOARD=mps2-an385')

    def test_no_link_time_optimization(self):
        with self.assertRaisesRegex(AssertionError, 'no library is installed with -flto'):
            make('install-library', f'DESTDIR={WORK}/none', 'CFLAGS=-O2 -flto=auto')

    def test_version(self):
        version = run([f'{installed()}{PREFIX}/bin/migtask', '--version']).split()[1]
        self.assertEqual(pkg_config('--modversion'), [version])


class Library(unittest.TestCase):
    def test_c(self):
        call_example(self, build('example', example(), '-std=c11', '-D_POSIX_C_SOURCE=200809L',
                                 '-Wextra', '-Wshadow', '-Wconversion', *pkg_config('--cflags')))

    def test_either_form_of_include(self):
        """<migtask/migtask.h> and <migtask.h>, in C and C++, by what pkg-config says and nothing else."""
        for compiler, language in (('gcc', 'c'), ('g++', 'c++')):
            for form in ('<migtask/{}>', '<{}>', '"{}"'):
                with self.subTest(language, form=form):
                    headers = ''.join(f'#include {form.format(path.name)}\n' for path in sorted(include().iterdir()))
                    build('form', f'{headers}int main(void) {{ return (int)migtask_text("").len; }}', '-x', language,
                          *pkg_config('--cflags'), compiler=compiler,
                          libraries=['-x', 'none', *pkg_config('--libs', '--static')])

    def test_cxx(self):
        """Every header, and a call that is linked."""
        headers = ''.join(f'#include <migtask/{path.name}>\n'
                          for path in sorted(include().iterdir()))
        build('cxx', f'{headers}int main() {{ return migtask_text("").len + '
              '(migtask_posix_now_ms(nullptr) == 0 && migtask_tls_start(nullptr)); }',
              '-x', 'c++', '-std=c++11', '-Wextra', f'-I{include().parent}', compiler='g++',
              libraries=['-x', 'none', *pkg_config('--libs', '--static')])

    def test_one_header_at_a_time(self):
        for path in include().iterdir():
            build('one', f'#include <migtask/{path.name}>\nint main(void) {{ return 0; }}',
                  f'-I{include().parent}')

    def test_only_our_names(self):
        names = run(['nm', '-g', '--defined-only', f'{installed()}{LIBDIR}/libmigtask.a'])
        names = re.findall(r'^[0-9a-f]+ [A-Z] (\S+)$', names, re.M)
        self.assertGreater(len(names), 50)
        self.assertEqual([name for name in names if not name.startswith('migtask_')], [])

    def test_beside_another_mbedtls(self):
        """A program whose own mbedTLS has the same names, and does nothing."""
        names = run(['nm', '-g', '--defined-only', TOP / 'build/host/libmigtask.a'])
        names = sorted(set(re.findall(r' T ((?:mbedtls|psa)_\w+)$', names, re.M)))
        self.assertGreater(len(names), 300)
        theirs = '\n'.join(f'int {name}(void); int {name}(void) {{ __builtin_trap(); }}'
                           for name in names)
        call_example(self, build('beside', f'{example()}\n{theirs}\n', *pkg_config('--cflags')))


class Limits(unittest.TestCase):
    def sizes(self, name, *flags):
        return run([build(name, SIZES, *flags, libraries=[])])

    def tree(self, *flags):
        return self.sizes('tree', *(f'-I{TOP}/{folder}' for folder in
                                    ('core', 'port/posix', 'port/mbedtls')), *flags)

    def test_as_compiled(self):
        self.assertEqual(self.sizes('sizes', *pkg_config('--cflags')),
                         self.tree('-DMIGTASK_CONFIG_HOST'))

    def test_changed(self):
        """Another configuration of the library, by flags and by Kconfig."""
        out = WORK / 'out'
        small = ('MIGTASK_REPLY_TEXT=5000', 'MIGTASK_TLS_RECORD_OUT=512', 'MIGTASK_TLS_OUT=700',
                 'MIGTASK_POSIX_ADDRESSES=3')
        by_flags = [f'-D{limit}' for limit in small]
        kconfig = ['MIGTASK_CONFIG_HOST=y', 'MIGTASK_RX_BUFFER=777']
        for dot_config, flags in (([], by_flags), (kconfig, ['-DMIGTASK_RX_BUFFER=777'])):
            with self.subTest(flags):
                out.mkdir(parents=True, exist_ok=True)
                (out / '.config').unlink(missing_ok=True)
                if dot_config:
                    (out / '.config').write_text('\n'.join([*dot_config, '']), encoding='utf-8')
                for path in (out / 'install/include').glob('*'):
                    path.unlink()
                make(f'OUT={out}', 'install-headers',
                     'CFLAGS=' + ('' if dot_config else ' '.join(by_flags)))
                self.assertEqual(self.sizes('changed', f'-I{out}/install/include'),
                                 self.tree('-DMIGTASK_CONFIG_HOST', *flags))

    def test_mismatch(self):
        with self.assertRaisesRegex(AssertionError, 'compiled with MIGTASK_RX_BUFFER 4096'):
            self.sizes('mismatch', '-DMIGTASK_RX_BUFFER=352', *pkg_config('--cflags'))
        self.sizes('match', '-DMIGTASK_RX_BUFFER=4096', '-DMIGTASK_CONFIG_HOST',
                   *pkg_config('--cflags'))


if __name__ == '__main__':
    unittest.main()
