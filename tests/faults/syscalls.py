"""Every system call of a call fails, by strace: each alone, and every pair of a short exchange."""

import itertools
import re
import tempfile

from truth import PKI, Run, Simulator, all_of, by_address, problems

# How each can fail. What is repeated, or not needed, changes nothing: the call is accepted all the same.
HARMLESS = {
    'poll': ('EINTR', 'ENOMEM'), 'rt_sigaction': ('EINVAL',), 'rt_sigprocmask': ('EINVAL',), 'ioctl': ('ENOTTY',),
    'madvise': ('EINVAL',), 'setsockopt': ('ENOPROTOOPT',), 'close': ('EIO', 'EINTR'), 'ppoll': ('EINTR', 'ENOMEM'),
    'getrandom': ('EINTR', 'ENOSYS'), 'sendto': ('EINTR', 'EAGAIN'), 'recvfrom': ('EINTR', 'EAGAIN'),
    'write': ('EINTR', 'EAGAIN'),
}
HARMFUL = {
    'openat': ('ENOENT', 'EMFILE'), 'fstat': ('EIO',), 'pread64': ('EIO',), 'socket': ('EMFILE', 'EACCES'),
    'connect': ('ECONNREFUSED', 'ENETUNREACH'), 'getrandom': ('EIO',), 'sendto': ('ECONNRESET', 'EPIPE'),
    'recvfrom': ('ECONNRESET', 'ETIMEDOUT'), 'write': ('ENOSPC', 'EIO'),
}
# What a harmful one may come to. Of the last sends and reads the answer does not depend.
FILE = {'invalid, invalid_config', 'not_sent, invalid_config'}
CONNECTION = {'not_sent, connection_lost', 'unknown, connection_lost', 'accepted, ok'}
VERDICTS = {
    'openat': FILE, 'fstat': FILE, 'pread64': FILE, 'socket': {'not_sent, connect_failed'},
    'connect': {'not_sent, connect_failed'}, 'getrandom': {'not_sent, no_entropy'}, 'sendto': CONNECTION,
    'recvfrom': CONNECTION, 'write': {'lost'},
}
# The process that asks for addresses has one write of its own, to its parent.
RESOLVER = {'write': {'not_sent, resolve_failed', 'accepted, ok'}}


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


def inject(*faults):
    """The command line of strace that makes these (name, number, error) fail."""
    numbers = {}
    for name, number, error in faults:
        numbers.setdefault((name, error), []).append(number)
    words = ['strace', '-f', '-qq', '-o', '/dev/null']
    for (name, error), which in numbers.items():
        when = str(which[0]) if len(which) == 1 else f'{which[0]}..{which[1]}+{which[1] - which[0]}'
        words += ['-e', f'inject={name}:error={error}:when={when}']
    return words


def alone(options):
    """Every system call in every way: (what is wrong, how many runs)."""
    with Simulator(PKI) as service:
        faults = [(name, number, error) for name, number in calls(service, options)
                  for error in (*HARMLESS.get(name, ()), *HARMFUL.get(name, ()))]
        runs = all_of(faults, lambda fault: Run('{} {}: {}'.format(*fault), service, options, before=inject(fault)))
        wrong = problems(service, runs)
    for (name, _, error), run in zip(faults, runs):
        allowed = VERDICTS[name] if error in HARMFUL.get(name, ()) else {'accepted, ok'}
        if options is by_name:
            allowed = allowed | RESOLVER.get(name, set())
        if run.verdict not in allowed:
            wrong.append(f'{run.what}: not one of {allowed}\n{run.result}')
    return wrong, len(runs)


def pairs():
    """Every pair of them, each in its worst way."""
    with Simulator(PKI) as service:
        faults = [(name, number, HARMFUL.get(name, HARMLESS.get(name))[0])
                  for name, number in calls(service, by_address)]
        both = list(itertools.combinations(faults, 2))
        runs = all_of(both, lambda pair: Run(f'{pair[0]} and {pair[1]}', service, by_address, before=inject(*pair)))
        return problems(service, runs), len(runs)
