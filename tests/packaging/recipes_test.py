"""The packages for OpenWrt and Yocto. Neither system is here, so their recipes are read by small
stand-ins: for OpenWrt's rules tests/packaging/openwrt.mk, for bitbake the function below. What
the recipes say is then done, with the compiler of this machine."""

import hashlib
import os
import re
import shutil
import tarfile
import unittest

from common import TOP, WORK, pkg_config, build, example, call_example, read, run

MBEDTLS = TOP / 'build/deps/mbedtls'
JSMN = TOP / 'build/deps/jsmn'
VERSION = re.search(r'^#define MIGTASK_VERSION "(.*)"', read('core/migtask.h'), re.M)[1]
ENVIRONMENT = {name: os.environ[name] for name in ('PATH', 'HOME') if name in os.environ}

# The archives that the recipes name: of these versions Debian's signed index has the same sums.
SUMS = {'mbedtls-3.6.6': '8fb65fae8dcae5840f793c0a334860a411f884cc537ea290ce1c52bb64ca007a',
        'jsmn-1.1.0': '5f0913a10657fe7ec8d5794ccf00a01000e3e1f2f1e1f143c34a0f7b47edcb38'}


def archives(folder):
    """What upstream's archives hold of what we need, under their names."""
    folder.mkdir(parents=True)
    for name, tree, parts, kind in (
            ('mbedtls-3.6.6', MBEDTLS, ('3rdparty', 'include', 'library', 'LICENSE'), 'bz2'),
            ('jsmn-1.1.0', JSMN, ('jsmn.h', 'LICENSE'), 'gz')):
        with tarfile.open(folder / f'{name}.tar.{kind}', f'w:{kind}', compresslevel=1) as archive:
            for part in parts:
                archive.add(tree / part, f'{name}/{part}')


def fresh(name):
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


class OpenWrt(unittest.TestCase):
    def make(self, top, target):
        (top / 'include').mkdir(exist_ok=True)
        (top / 'rules.mk').write_text('', encoding='utf-8')
        shutil.copy(TOP / 'tests/packaging/openwrt.mk', top / 'include/package.mk')
        return run(['make', '-j2', target, f'TOPDIR={top}', f'INCLUDE_DIR={top}/include',
                    f'DL_DIR={top}/dl'], timeout=300, cwd=TOP / 'boards/packages/openwrt', env=ENVIRONMENT)

    def test_sources(self):
        sums = {}
        for line in self.make(fresh('openwrt-sources'), 'download').splitlines():
            if ' http' in line:
                file, digest, url = line.split()
                sums[file.split('.tar')[0]] = digest
                self.assertRegex(url, r'^https://')
        self.assertEqual(sums, SUMS)

    def test_version(self):
        self.assertIn(f'\nPKG_VERSION:={VERSION}\n', read('boards/packages/openwrt/Makefile'))

    def test_build(self):
        top = fresh('openwrt')
        archives(top / 'dl')
        self.make(top, 'compile')
        self.assertEqual([path.name for path in top.glob('ipkg/**/*') if path.is_file()],
                         ['migtask'])
        self.assertEqual(run([top / 'ipkg/usr/bin/migtask', '--version']).split()[1], VERSION)
        words = pkg_config(top / 'staging', '/usr/lib', '--cflags', '--libs', '--static')
        call_example(self, build(top / 'example', example(), libraries=words))


def bitbake(text, given):
    """The variables and functions of a recipe. Knows the syntax that ours has, and nothing else."""
    variables = dict(given)
    text = re.sub(r'^#.*\n', '', text.replace('\\\n', ' '), flags=re.M)
    function = re.compile(r'^(\w+)\(\) \{\n(.*?)^\}\n', re.M | re.S)
    functions = dict(function.findall(text))
    for line in function.sub('', text).splitlines():
        if not line.strip():
            continue
        if inherited := re.fullmatch(r'inherit ([\w -]+)', line):
            variables['inherit'] = inherited[1]
            continue
        name, operator, value = re.fullmatch(
            r'([\w${}:-]+(?:\[[\w.]+\])?) (=|\?=|\?\?=|:=|\+=|=\+) "([^"]*)"', line).groups()
        how = ''
        if name.endswith((':prepend', ':append')):
            name, how = name.split(':')
        if how or operator in ('+=', '=+'):
            old = variables.get(name, '')
            before = how == 'prepend' or operator == '=+'
            space = '' if how else ' '
            value = value + space + old if before else old + space + value
        variables[name] = value
    return variables, functions


def expand(text, variables):
    """${NAME}, and the one expression that we have."""
    text = re.sub(r"\$\{@d\.getVar\('(\w+)'\) or d\.getVar\('(\w+)'\)\}",
                  lambda got: variables.get(got[1]) or variables[got[2]], text)
    while found := re.search(r'\$\{([\w]+)\}', text):
        text = text.replace(found[0], variables[found[1]])
    return text


class Yocto(unittest.TestCase):
    RECIPE = f'boards/packages/yocto/migtask_{VERSION}.bb'

    def given(self, top):
        """What bitbake.conf and the machine say."""
        return {'BP': f'migtask-{VERSION}', 'PN': 'migtask', 'THISDIR': str(TOP / 'boards/packages/yocto'),
                'FILESEXTRAPATHS': '', 'PACKAGES': '', 'WORKDIR': str(top / 'work'),
                'D': str(top / 'image'), 'DEBIAN_MIRROR': 'http://mirror.example/debian/pool',
                'DEBUG_FLAGS': '-g', 'CC': 'gcc -m64', 'AR': 'ar', 'OBJCOPY': 'objcopy',
                'CFLAGS': '${FULL_OPTIMIZATION}', 'LDFLAGS': '-Wl,--hash-style=gnu',
                'prefix': '/usr', 'bindir': '/usr/bin', 'libdir': '/usr/lib64',
                'includedir': '/usr/include', 'datadir': '/usr/share', 'mandir': '/usr/share/man'}

    def unpack(self, top, variables):
        """SRC_URI, as do_fetch and do_unpack would."""
        archives(top / 'dl')
        sums = {}
        for uri in expand(variables['SRC_URI'], variables).split():
            where, *parameters = uri.split(';')
            parameters = dict(parameter.split('=') for parameter in parameters)
            folder = top / 'work' / parameters['subdir']
            if where.startswith('file://'):
                path = where.removeprefix('file://')
                source = TOP / 'boards/packages/yocto/../../..' / path
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
            else:
                name = re.sub(r'[_-]([\d.]+[0-9])(?:\.orig)?\.tar.*', r'-\1',
                              where.rsplit('/', 1)[1])
                sums[name] = variables[f"SRC_URI[{parameters['name']}.sha256sum]"]
                with tarfile.open(next((top / 'dl').glob(f'{name}.tar.*'))) as archive:
                    archive.extractall(folder)
        self.assertEqual(sums, SUMS)

    def test_build(self):
        """In both layouts: with UNPACKDIR, and without."""
        top = fresh('yocto')
        given = self.given(top)
        variables, functions = bitbake(read(self.RECIPE), given)
        self.assertEqual(expand(variables['S'], {**variables, 'UNPACKDIR': '/x'}),
                         f'/x/migtask-{VERSION}')
        self.unpack(top, variables)
        source = expand(variables['S'], variables)
        for checksum in expand(variables['LIC_FILES_CHKSUM'], variables).split():
            path, digest = checksum.removeprefix('file://').split(';md5=')
            with open(f'{source}/{path}', 'rb') as file:
                self.assertEqual(hashlib.md5(file.read()).hexdigest(), digest, path)
        make = expand(variables['EXTRA_OEMAKE'], variables)
        tasks = ''.join(expand(functions[name], variables) for name in ('do_compile', 'do_install'))
        run(['sh', '-euc', f'oe_runmake() {{ make -j2 {make} "$@"; }}\n{tasks}'], cwd=source,
            env=ENVIRONMENT, timeout=300)
        image = top / 'image'
        self.assertEqual(run([image / 'usr/bin/migtask', '--version']).split()[1], VERSION)
        words = pkg_config(image, '/usr/lib64', '--cflags', '--libs', '--static')
        call_example(self, build(top / 'example', example(), libraries=words))
        # Each file has its package: by our FILES, or by those of bitbake.conf and the class.
        packaged = [expand(value, variables) for name, value in variables.items()
                    if name.startswith('FILES:')]
        packaged += ['/usr/bin', '/usr/lib64', '/usr/include', '/usr/share/man',
                     '/usr/share/bash-completion']
        for path in image.rglob('*'):
            name = f'/{path.relative_to(image)}'
            self.assertTrue(path.is_dir() or name.startswith(tuple(packaged)), name)

    def test_layer(self):
        variables, _ = bitbake(re.sub(r' \.= ', ' += ', read('boards/packages/yocto/conf/layer.conf')), {})
        collection = variables['BBFILE_COLLECTIONS'].strip()
        for name in ('BBFILE_PATTERN', 'BBFILE_PRIORITY', 'LAYERSERIES_COMPAT'):
            self.assertIn(f'{name}_{collection}', variables)


if __name__ == '__main__':
    unittest.main()
