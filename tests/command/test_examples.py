"""Every console example of the documents is what appears: its commands are run, and their output is compared."""

import os
import pathlib
import re
import shlex
import subprocess

from peers import closed_port
from support import BINARY, HOST, ROOTS, TOKEN, Case

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
DOCUMENTS = ('README.md', 'boards/README.md', 'port/README.md', 'tests/README.md')

# What differs from run to run, or from machine to machine.
PLACEHOLDERS = ((r'\b[0-9a-f]{32}\b', 'REQUEST-ID'), (r'\b(127\.0\.0\.1|192\.0\.2\.7) port \d+', 'ADDRESS'))

WAVE = '5e0b1a2c-7d34-4f6e-9a01-000000000001\n5e0b1a2c-7d34-4f6e-9a01-000000000002\n'


def examples():
    """(document, block): each block a list of (command, output)."""
    for document in DOCUMENTS:
        text = (TOP / document).read_text(encoding='utf-8')
        for block in re.findall(r'^```console\n(.*?)^```', text, re.M | re.S):
            parts = re.split(r'^\$ (.*)\n', block, flags=re.M)
            assert not parts[0], f'{document}: a console example begins with a command: {parts[0]}'
            yield document, list(zip(parts[1::2], parts[2::2]))


def plain(text):
    """Without what may differ."""
    for pattern, word in PLACEHOLDERS:
        text = re.sub(pattern, word, text)
    return text


class Examples(Case):
    """The simulator stands for the service, its roots for the machine's."""

    def show(self, command, expected, service, folder):
        """What appears. The place is another one where the example is of one that refuses or falls silent."""
        words = shlex.split(command)
        port = closed_port() if 'connection refused' in expected else service.port
        task = words[2] if len(words) > 2 else ''
        if 'no complete answer came' in expected:
            words[2] = 'fault-silent'
        if words[1] != 'explain':
            words += ['--connect-to', f'127.0.0.1:{port}', '--ca-file', ROOTS]
        words = [str(folder / 'token') if word == '/run/token' else word for word in words]
        done = subprocess.run([BINARY, *words[1:]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder,
                              env={'MIGTASK_ENDPOINT': f'https://{HOST}:{port}', 'PATH': os.environ['PATH']},
                              stdin=subprocess.DEVNULL, check=False, timeout=60)
        return done.stdout.decode().replace('fault-silent', task)

    def test_all(self):
        count = 0
        for document, block in examples():
            service = self.service()
            folder = self.scratch()
            (folder / 'token').write_text(TOKEN, encoding='ascii')
            (folder / 'wave-1.txt').write_text(WAVE, encoding='ascii')
            for command, expected in block:
                if command.startswith('export '):
                    continue
                with self.subTest(f'{document}: {command}'):
                    self.assertTrue(command.startswith('migtask '), command)
                    self.assertEqual(plain(self.show(command, expected, service, folder)), plain(expected))
                    count += 1
        self.assertGreater(count, 6)
