"""The committed corpus: a text file for each kind of input, a Python bytes literal a line."""

import ast
import hashlib
import pathlib

FOLDER = pathlib.Path(__file__).resolve().parent / 'corpus'


def load(kind):
    """The inputs of that kind, in the order of the file."""
    inputs = []
    for line in (FOLDER / f'{kind}.txt').read_text(encoding='ascii').splitlines():
        inputs.append(ast.literal_eval(line))
    return inputs


def store(kind, inputs):
    """Replaces the file: shortest first, each once."""
    lines = sorted({repr(data) for data in inputs}, key=lambda line: (len(line), line))
    (FOLDER / f'{kind}.txt').write_text(''.join(f'{line}\n' for line in lines), encoding='ascii')


def unpack(kind, folder):
    """A file for each input, as libFuzzer wants them."""
    folder.mkdir(parents=True, exist_ok=True)
    for data in load(kind):
        (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
