"""The completions, asked in the shells themselves: each is loaded as the shell would load it from
where `make install` put it, and gives what could stand at the end of a line."""

import os
import pathlib
import pty
import re
import select
import signal
import tempfile
import time
import unittest

from common import PREFIX, help_forms, help_operations, help_options, installed, regions, run

BASH = r'''
. /usr/share/bash-completion/bash_completion
. "$1"
COMP_LINE=$2 COMP_POINT=${#2}
read -r -a COMP_WORDS <<<"$(sed 's/[=:]/ & /g' <<<"$2")"
[[ $2 != *" " ]] || COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
complete -p migtask >/dev/null && _migtask
printf '%s\n' "${COMPREPLY[@]}"
'''


def share(path):
    return installed() / PREFIX[1:] / 'share' / path


class Cases:
    """What holds in each shell. complete(line) gives the set of words that may stand at its end."""

    def test_operations(self):
        self.assertEqual(self.complete('migtask '), {*help_operations(), *help_forms()})
        self.assertEqual(self.complete('migtask cl'), {'clear', 'clone_test'})
        self.assertEqual(self.complete('migtask --json cl'), {'clear', 'clone_test'})

    def test_one_operation(self):
        self.assertEqual(self.complete('migtask start cl'), set())

    def test_options(self):
        self.assertEqual({word.rstrip('=') for word in self.complete('migtask start x --')},
                         {f'--{name}' for name in help_options()})

    def test_regions(self):
        self.assertEqual(self.complete('migtask start x --region '), set(regions()))
        self.assertEqual(self.complete('migtask start x --region my-'), {'my-kualalumpur-1'})

    def test_equals_sign(self):
        self.assertEqual({word.removeprefix('--region=')
                          for word in self.complete('migtask start x --region=ap-')},
                         {region for region in regions() if region.startswith('ap-')})

    def test_endpoint(self):
        for option in ('-e ', '--endpoint '):
            words = self.complete(f'migtask start x {option}https://sms.my-')
            self.assertEqual({word.removeprefix('https:') for word in words},
                             {'//sms.my-kualalumpur-1.myhuaweicloud.com'})

    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / 'token').touch()
            (pathlib.Path(folder) / 'roots.pem').touch()
            names = [name for name, (_, value) in help_options().items() if value == 'FILE']
            self.assertIn('ca-file', names)
            for name in names:
                words = self.complete(f'migtask start x --{name} {folder}/r')
                words = {os.path.basename(word) for word in words}
                self.assertIn('roots.pem', words)
                self.assertNotIn('token', words)  # zsh gives the folders on the way too

    def test_free_values(self):
        """Nothing is proposed where nobody but the user can know."""
        for name in ('timeout', 'template-id', 'connect-to'):
            self.assertEqual(self.complete(f'migtask start x --{name} '), set())


class Bash(Cases, unittest.TestCase):
    def complete(self, line):
        return set(run(['bash', '--norc', '-c', BASH, 'bash',
                        share('bash-completion/completions/migtask'), line]).split())

    def test_style(self):
        run(['shellcheck', '-s', 'bash', share('bash-completion/completions/migtask')])


class Fish(Cases, unittest.TestCase):
    def complete(self, line):
        script = 'source $argv[1]; complete -C $argv[2]'
        with tempfile.TemporaryDirectory() as home:
            text = run(['fish', '--no-config', '-c', script,
                        share('fish/vendor_completions.d/migtask.fish'), line],
                       env={**os.environ, 'HOME': home})
        return {line.split('\t')[0] for line in text.splitlines()}


class Zsh(Cases, unittest.TestCase):
    """Zsh completes on a terminal only, so it gets one. What it would add to the line is printed
    by a function that stands before its own builtin."""

    SETUP = r'''
PS1= PS2= RPS1=
fpath=(%s $fpath)
autoload -Uz compinit && compinit -D -u
compadd() {
    local -a matches
    builtin compadd -O matches "$@"
    print -rl -- ${matches/#/MATCH:} >>"$REPORT"
    builtin compadd "$@"
}
zstyle ':completion:*' list-max 0
setopt no_beep no_list_beep
ask() { print DONE >>"$REPORT" }
zle -N ask
bindkey '^T' ask
'''

    def complete(self, line):
        with tempfile.TemporaryDirectory() as home:
            pathlib.Path(home, '.zshrc').write_text(self.SETUP % share('zsh/site-functions'),
                                                    encoding='utf-8')
            report = pathlib.Path(home, 'report')
            report.touch()
            environment = {'PATH': os.environ['PATH'], 'HOME': home, 'ZDOTDIR': home,
                           'REPORT': str(report), 'TERM': 'dumb', 'LC_ALL': 'C.UTF-8'}
            child, terminal = pty.fork()
            if child == 0:
                os.execvpe('zsh', ['zsh', '-i'], environment)
            try:
                os.write(terminal, b'\x14')
                self.wait(terminal, report, 1)
                os.write(terminal, line.encode() + b'\t\x14')
                self.wait(terminal, report, 2)
            finally:
                os.close(terminal)
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
            return set(re.findall(r'^MATCH:(.+)$', report.read_text(encoding='utf-8'), re.M))

    def wait(self, terminal, report, count):
        end = time.monotonic() + 30
        while report.read_text(encoding='utf-8').count('DONE\n') < count:
            self.assertLess(time.monotonic(), end, 'zsh says nothing')
            if select.select([terminal], [], [], 0.02)[0]:
                os.read(terminal, 65536)


if __name__ == '__main__':
    unittest.main()
