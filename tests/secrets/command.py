"""No token, and no password of a proxy, is left in the memory of the command when it ends, wherever it came from and
however it ends."""

import base64
import contextlib
import dataclasses
import os
import signal
import tempfile
import threading

import support
from peers import closed_port
from process import Traced, search
from proxies import RecordingProxy, ScriptedProxy
from simulator import Simulator
from support import LONG_TOKEN, PKI, TOKEN, check_result, target, wait_until

# Another one, for the variable that is not used.
OTHER = 'MIIX' + ''.join(f'{number * 31337 % 99991:05d}w' for number in range(20))
SHORT = 'just-24-letters-of-token'

# Of a proxy: as it is given, and as it is sent.
PASSWORD = 'oJ5!rZ.w8_Qe~t2-Kx4'
PROXY_SECRETS = (PASSWORD.encode(), base64.b64encode(f'operator:{PASSWORD}'.encode()))


@dataclasses.dataclass
class Ending:
    """One way to end: what is asked for, which exit status comes of it, and what happens on the way."""

    task: str
    code: int | tuple
    options: tuple = ()
    service: dict = dataclasses.field(default_factory=dict)
    signal: int | None = None       # Sent when the request has arrived.
    token: str = TOKEN
    port: int | None = None         # Instead of the service's.
    closed_output: bool = False
    least: int = 8                  # Bytes of a run that counts.
    proxy: str | None = None        # What the one does that is on the way.


# Of text that a service sends, runs of fewer characters stay by design.
ECHO = 16

ENDINGS = {
    'accepted': Ending('ready-1', 0, ('--json',)),
    'accepted, TLS 1.2': Ending('ready-1', 0, ('--json',), {'tls': '1.2'}),
    'accepted, told everything': Ending('ready-1', 0, ('-v',)),
    'the longest token': Ending('ready-1', 0, ('--json',), token=LONG_TOKEN),
    'a short token': Ending('ready-1', 0, ('--json',), token=SHORT),
    'refused with an echo': Ending('fault-echo', 1, ('--json',), least=ECHO),
    'refused with an echo of the longest token': Ending('fault-echo', 1, ('--json',), token=LONG_TOKEN, least=ECHO),
    'refused early': Ending('fault-early494', 1, ('--json',), token=LONG_TOKEN),
    'refused, the largest answer': Ending('fault-max403', 1, ('--json',)),
    'repeated': Ending('fault-retry-1-0', 0, ('--json',)),
    'unknown, cut': Ending('fault-cut-30', 4, ('--json',)),
    'unknown, reset': Ending('fault-reset', 4, ('--json',)),
    'unknown, no HTTP': Ending('fault-garbage', 4, ('--json',)),
    'timeout': Ending('fault-silent', 4, ('--json', '--timeout=0.5')),
    'timeout of the handshake': Ending('ready-1', 3, ('--json', '--timeout=0.4'), {'silent_handshake': True}),
    'connection lost while sending': Ending('ready-1', (3, 4), ('--json', '--retries=0'), {'die_after': 100},
                                            token=LONG_TOKEN),
    'certificate rejected': Ending('ready-1', 3, ('--json',), {'cert': 'expired'}),
    'nobody listens': Ending('ready-1', 3, ('--json', '--retries=0'), port=-1),
    'SIGINT': Ending('fault-silent', 4, ('--json',), signal=signal.SIGINT),
    'SIGTERM': Ending('fault-silent', 4, ('--json',), signal=signal.SIGTERM),
    'SIGHUP': Ending('fault-silent', 4, ('--json',), signal=signal.SIGHUP),
    'result lost': Ending('ready-1', 5, ('--json',), closed_output=True),
    'dry run': Ending('ready-1', 0, ('--dry-run',)),
    'no roots': Ending('ready-1', 2, ('--json', '--ca-file=/dev/null')),
    'no token': Ending('ready-1', 2, ('--json',), token=TOKEN + '\x01'),
    'through a proxy': Ending('ready-1', 0, ('--json',), proxy='opens'),
    'through a proxy, told everything': Ending('ready-1', 0, ('-v',), proxy='opens'),
    'the proxy refuses': Ending('ready-1', 3, ('--json',), proxy='refuses'),
    'the proxy stays silent': Ending('ready-1', 3, ('--json', '--connect-timeout=0.3', '--retries=0'), proxy='silent'),
    'the proxy is not there': Ending('ready-1', 3, ('-v', '--retries=0'), proxy='absent'),
    'dry run with a proxy': Ending('ready-1', 0, ('--dry-run',), proxy='absent'),
    'no roots with a proxy': Ending('ready-1', 2, ('--json', '--ca-file=/dev/null'), proxy='absent'),
}


SOURCES = ('file', 'standard input', 'MIGTASK_TOKEN', 'HW_AUTH_TOKEN')


# The earlier the end, the less has gone over what the token left on the stack: these are tried with every source.
EARLY = ('accepted', 'nobody listens', 'dry run', 'no roots', 'no token', 'SIGTERM')


def pairs():
    """(ending, source) of all runs; the other endings take turns."""
    for number, name in enumerate(ENDINGS):
        for source in SOURCES if name in EARLY else SOURCES[number % 4:][:1]:
            yield name, source


def _give(token, source, stack):
    """(options, environment, standard input) that hand the token over."""
    null = stack.enter_context(open(os.devnull, 'rb'))
    if source == 'MIGTASK_TOKEN':
        return [], {'MIGTASK_TOKEN': token, 'HW_AUTH_TOKEN': OTHER}, null
    if source == 'HW_AUTH_TOKEN':
        return [], {'HW_AUTH_TOKEN': token}, null
    file = stack.enter_context(tempfile.NamedTemporaryFile())
    file.write(token.encode() + b'\n')
    file.seek(0)
    unused = {'MIGTASK_TOKEN': OTHER, 'HW_AUTH_TOKEN': OTHER}
    return (['--token-file', file.name], unused, null) if source == 'file' else (['--token-file=-'], unused, file)


def _lead(proxy, stack):
    """(options, environment) that lead through a proxy; the variable is not used, but its password is there too."""
    if proxy is None:
        return [], {}
    if proxy == 'opens':
        port = stack.enter_context(RecordingProxy()).port
    elif proxy in ('refuses', 'silent'):
        answer = b'HTTP/1.1 407 No\r\n\r\n' if proxy == 'refuses' else b''
        port = stack.enter_context(ScriptedProxy(answer)).port
    else:
        port = closed_port()
    url = f'http://operator:{PASSWORD}@127.0.0.1:{port}'
    return ['--proxy', url], {'ALL_PROXY': url}


def look(binary, ending, source):
    """One run: (result, what was found before its first instruction, what was found at its end)."""
    with contextlib.ExitStack() as stack:
        service = stack.enter_context(Simulator(PKI, **ending.service))
        options, environment, stdin = _give(ending.token, source, stack)
        way, more = _lead(ending.proxy, stack)
        options, environment = options + way, environment | more
        out = stack.enter_context(open('/dev/full', 'wb') if ending.closed_output else tempfile.TemporaryFile())
        err = stack.enter_context(tempfile.TemporaryFile())
        port = closed_port() if ending.port else service.port
        arguments = ['start', ending.task, *target(port), *ending.options, *options]
        secrets = (ending.token.encode(), OTHER.encode(), *PROXY_SECRETS)
        traced = Traced([binary, *arguments], environment, *(file.fileno() for file in (stdin, out, err)))
        try:
            before = search(traced.memory, secrets)
            if ending.signal:
                threading.Thread(target=_signal, args=(service, traced.pid, ending.signal), daemon=True).start()
            traced.run_to_end()
            after = search(traced.memory, secrets, ending.least)
            code = traced.finish()
        except BaseException:
            traced.kill()
            raise
        texts = [b'' if ending.closed_output and file is out else file.seek(0) or file.read() for file in (out, err)]
        return support.Result(tuple(arguments), code, *texts, 0), before, after


def _signal(service, pid, number):
    wait_until(lambda: service.requests)
    os.kill(pid, number)


def check(binary, name, source):
    """One ending with a token of one source."""
    ending = ENDINGS[name]
    result, before, after = look(binary, ending, source)
    codes = ending.code if isinstance(ending.code, tuple) else (ending.code,)
    assert result.code in codes, f'exit {result.code}, not {codes}\n{result}'
    check_result(result, ending.token, not ending.closed_output)
    check_result(result, PASSWORD, not ending.closed_output)
    assert before, 'the search itself does not work: the environment held a token at first'
    assert not after, 'left in memory: ' + '; '.join(after) + f'\n{result}'


def can_trace():
    """Whether this machine lets one look into a child."""
    with open(os.devnull, 'r+b') as null:
        try:
            Traced(['/bin/true'], {}, *[null.fileno()] * 3).kill()
        except OSError:
            return False
    return True


def check_unwiped(binary):
    """A command that wipes nothing: whatever the source, that is found."""
    for source in SOURCES:
        _, _, after = look(binary, ENDINGS['accepted'], source)
        assert after, f'from {source}: nothing is found'
    _, _, after = look(binary, ENDINGS['the proxy stays silent'], 'file')
    for secret in PROXY_SECRETS:
        assert any(repr(secret[:12])[2:-1] in text for text in after), f'of the proxy: {secret} is not found'
