"""Instructions of the core alone: no TLS, no sockets."""

import os
import pathlib
import subprocess
import tempfile

import answers
from measure import callgrind, collected, run, temporary_log

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

_STREAM = ('memory_connect', 'memory_send', 'memory_recv', 'memory_close', 'memory_retained', 'memory_failure')
_RESPONSES = {'accepted': (answers.as_response('200 OK', answers.ACCEPTED), 'accepted 200 '),
              'refused': (answers.as_response('403 Forbidden', answers.REFUSED), 'refused 403 SMS.9004'),
              'largest': (answers.as_response('403 Forbidden', answers.LARGEST), 'refused 403 SMS.9004')}


def instructions(flags):
    """Build core.c with the core; for each response the instructions of one call, without those of its stream."""
    counted = {}
    with tempfile.TemporaryDirectory(prefix='migtask-') as name:
        folder = pathlib.Path(name)
        # -z now: no look-up of symbols in what is counted.
        run([os.environ.get('CC', 'gcc'), '-std=c11', *flags, f'-I{ROOT}/core', '-isystem',
             str(ROOT / os.environ.get('JSMN_DIR', 'build/deps/jsmn')), *map(str, sorted((ROOT / 'core').glob('*.c'))),
             str(ROOT / 'tests/bench/core.c'), '-Wl,-z,now', '-o', str(folder / 'core')])
        (folder / 'token').write_text(answers.TOKEN)
        for response, (data, said) in _RESPONSES.items():
            (folder / 'response').write_bytes(data)
            command = [str(folder / 'core'), str(folder / 'token'), str(folder / 'response')]
            output = run(command, stdout=subprocess.PIPE)
            assert output.startswith(said), f'{response}: {output[:100]}'
            with temporary_log() as log:
                run([*callgrind(log, *(f'--toggle-collect={name}' for name in ('one_call', *_STREAM))), *command])
                counted[response] = collected(log)
    return counted
