"""Every system call of a call fails, by strace: each alone, and every pair of a short exchange."""

import itertools
import re
import tempfile

from proxies import RecordingProxy
from truth import PKI, Run, Simulator, all_of, by_address, problems

END = 'end'    # of the stream, which is no error

# How each can fail. What is repeated, or not needed, changes nothing: the call is accepted all the same.
HARMLESS = {
    'poll': ('EINTR', 'ENOMEM'), 'rt_sigaction': ('EINVAL',), 'rt_sigprocmask': ('EINVAL',), 'ioctl': ('ENOTTY',),
    'madvise': ('EINVAL',), 'setsockopt': ('ENOPROTOOPT',), 'close': ('EIO', 'EINTR'), 'ppoll': ('EINTR', 'ENOMEM'),
    'getrandom': ('ENOSYS', 'EAGAIN', 'EFAULT'),    # the first is only a look: boards/host/randomness.h
    'sendto': ('EINTR', 'EAGAIN'), 'recvfrom': ('EINTR', 'EAGAIN'),
    'write': ('EINTR', 'EAGAIN'),
}
HARMFUL = {
    'openat': ('ENOENT', 'EMFILE'), 'fstat': ('EIO',), 'pread64': ('EIO',), 'socket': ('EMFILE', 'EACCES'),
    'connect': ('ECONNREFUSED', 'ENETUNREACH'), 'sendto': ('ECONNRESET', 'EPIPE'),
    'recvfrom': ('ECONNRESET', 'ETIMEDOUT', END), 'write': ('ENOSPC', 'EIO'),
    'getrandom': ('EIO', 'EINTR'),
}
# What harms only if it goes on for ever.
FOR_EVER = {'getrandom'}
# What a harmful one may come to. Of the last sends and reads the answer does not depend.
FILE = {'invalid, invalid_config', 'not_sent, invalid_config'}
CONNECTION = {'not_sent, connection_lost', 'unknown, connection_lost', 'accepted, ok'}
VERDICTS = {
    'openat': FILE, 'fstat': FILE, 'pread64': FILE, 'socket': {'not_sent, connect_failed'},
    'connect': {'not_sent, connect_failed'}, 'getrandom': {'not_sent, no_entropy'}, 'sendto': CONNECTION,
    'recvfrom': CONNECTION, 'write': {'lost'},
}
# The first file is the trusted roots; what comes after it (what standard output is, the machine's names) may be missing.
LATER = {name: {'accepted, ok', 'not_sent, resolve_failed'} for name in ('openat', 'fstat', 'pread64')}
# The process that asks for addresses has one write of its own, to its parent. It has sockets of its own too, and the
# name may have several addresses (localhost is ::1 and 127.0.0.1 on a plain Debian), of which another is tried then.
RESOLVER = {name: {'not_sent, resolve_failed', 'accepted, ok'} for name in ('write', 'socket', 'connect')}


def by_name(port):
    """The options of a call to a name that has to be resolved."""
    return ('--endpoint', f'https://localhost:{port}', '--ca-file', str(PKI / 'roots.pem'))


def calls(service, options):
    """The system calls of a call that goes well: (name, which of that name), without those of the program's start."""
    with tempfile.NamedTemporaryFile('r') as trace:
        run = Run('without a fault', service, options, before=['strace', '-f', '-o', trace.name])
        assert run.verdict == 'accepted, ok', run.result
        names = re.findall(r'^\d+ +(\w+)\(', trace.read(), re.M)
    numbered = [(name, names[:at].count(name) + 1) for at, name in enumerate(names)]
    return [(name, number) for name, number in numbered if name in HARMLESS or name in HARMFUL]


class Injected(Run):
    """One run in which these (name, number, error) fail."""

    def __init__(self, faults, service, options):
        with tempfile.NamedTemporaryFile('r') as trace:
            super().__init__(' and '.join('{} {}: {}'.format(*fault) for fault in faults), service, options,
                             before=['strace', '-f', '-qq', '-o', trace.name, *_inject(faults)])
            self._trace = trace.read()

    def problem(self, log):
        """The same, and what was opened and not closed."""
        # The processes that it starts have descriptors of their own; the first line is the command itself.
        command = self._trace.split(maxsplit=1)[0]
        opened = set()
        for name, arguments, result in re.findall(rf'^{command} +(\w+)\((.*)\) += (\d+)', self._trace, re.M):
            if name in ('openat', 'socket'):
                opened.add(result)
            elif name == 'close':
                opened.discard(arguments)
        # Of a close() that failed the descriptor is gone all the same.
        opened -= set(re.findall(rf'^{command} +close\((\d+)\) += -1 .*INJECTED', self._trace, re.M))
        return super().problem(log) or (f'{self.what}: not closed: {opened}\n{self.result}' if opened else None)


def _inject(faults):
    """Options of strace. Two of the same name fail in the same way."""
    numbers = {}
    for name, number, error in faults:
        numbers.setdefault((name, error), []).append(number)
    words = []
    for (name, error), which in numbers.items():
        how = 'retval=0' if error == END else f'error={error}'
        when = str(which[0]) if len(which) == 1 else f'{which[0]}..{which[1]}+{which[1] - which[0]}'
        words += ['-e', f'inject={name}:{how}:when={when}']
    return words


def alone(options, also):
    """Every system call in every way: (what is wrong, how many runs). also: what more each may come to."""
    with Simulator(PKI) as service:
        faults = []
        for name, number in calls(service, options):
            faults += [(name, number, error) for error in HARMLESS.get(name, ())]
            from_there = f'{number}+' if name in FOR_EVER else number
            faults += [(name, from_there, error) for error in HARMFUL.get(name, ())]
        runs = all_of(faults, lambda fault: Injected((fault,), service, options))
        wrong = problems(service, runs)
    for (name, number, error), run in zip(faults, runs):
        allowed = VERDICTS[name] if error in HARMFUL.get(name, ()) else {'accepted, ok'}
        if number != 1:
            allowed = allowed | LATER.get(name, set())
        if run.verdict not in allowed | also.get(name, set()):
            wrong.append(f'{run.what}: not one of {allowed}\n{run.result}')
    return wrong, len(runs)


def to_an_address():
    """To an address, directly."""
    return alone(by_address, {})


def to_a_name():
    """To a name that has to be resolved."""
    return alone(by_name, RESOLVER)


def through_a_proxy():
    """To an address, through a proxy that has one too."""
    with RecordingProxy() as proxy:
        way = ('--proxy', f'http://user:password@127.0.0.1:{proxy.port}')
        return alone(lambda port: (*by_address(port), *way), {})


def pairs():
    """Every pair of them, each in its worst way."""
    with Simulator(PKI) as service:
        faults = [(name, number, HARMFUL.get(name, HARMLESS.get(name))[0])
                  for name, number in calls(service, by_address)]
        both = list(itertools.combinations(faults, 2))
        runs = all_of(both, lambda pair: Injected(pair, service, by_address))
        return problems(service, runs), len(runs)
