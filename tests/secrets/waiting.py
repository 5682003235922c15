"""While the command waits, however long: no token, and no password of a proxy, is where it need not be."""

import contextlib
import fcntl
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import tempfile

from command import OTHER, PROXY_SECRETS, PASSWORD
from process import Memory, Traced, search
from proxies import RecordingProxy
from simulator import Simulator
from support import PKI, TOKEN, environment, target, wait_until

SECRETS = (TOKEN.encode(), OTHER.encode(), *PROXY_SECRETS)
# Each stands twice, as some programs that start others leave it: getenv() sees only the first.
VARIABLES = [f'{name}={value}' for value in (TOKEN, OTHER) for name in ('MIGTASK_TOKEN', 'HW_AUTH_TOKEN')]
PROXIES = [f'{name}=http://operator:{PASSWORD}@127.0.0.1:9' for name in ('https_proxy', 'ALL_PROXY', 'ALL_PROXY')]
NO_PROXY = ['no_proxy=*']


def full_pipe(stack):
    """A pipe that nobody reads and that takes nothing more; the end for writing."""
    reader, writer = os.pipe()
    stack.callback(os.close, reader)
    stack.callback(os.close, writer)
    flags = fcntl.fcntl(writer, fcntl.F_GETFL)
    fcntl.fcntl(writer, fcntl.F_SETFL, flags | os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, bytes(4096))
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b'.')
    fcntl.fcntl(writer, fcntl.F_SETFL, flags)
    return writer


def silent_pipe(stack):
    """A pipe into which nobody writes; the end for reading."""
    reader, writer = os.pipe()
    stack.callback(os.close, reader)
    stack.callback(os.close, writer)
    return reader


def watch(binary, arguments, variables, *, stdin=None, stdout=None, stderr=None, only='', before=lambda: True):
    """Runs it until it is clean (where `only` says), which must come before its end; it is killed then. before: what must
    have happened first."""
    with contextlib.ExitStack() as stack:
        null = stack.enter_context(open(os.devnull, 'r+b')).fileno()
        files = [null if file is None else file(stack) for file in (stdin, stdout, stderr)]
        traced = Traced([binary, *arguments], variables, *files)
        try:
            assert search(traced.memory, SECRETS, only=only), 'the search itself does not work'
            left = []

            def is_clean():
                left[:] = search(traced.memory, SECRETS, only=only) if before() else ['not so far']
                return not left

            try:
                traced.run_until(is_clean, 5)
            except AssertionError as error:
                raise AssertionError(f'{error}: left in memory: {"; ".join(left)}') from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                traced.kill()


def for_a_reader(binary, task, *options, through=False):
    """The result is not read: what it took is gone all the same."""
    with Simulator(PKI) as service, RecordingProxy() as proxy:
        way = [f'https_proxy=http://operator:{PASSWORD}@127.0.0.1:{proxy.port}'] if through else NO_PROXY
        watch(binary, ['start', *task, *target(service.port), *options], VARIABLES + PROXIES[1:] + way, stdout=full_pipe,
              before=lambda: service.requests)


def for_a_reader_of_complaints(binary, *arguments):
    """What is wrong with an argument is not read."""
    watch(binary, arguments, VARIABLES + PROXIES, stdout=full_pipe, stderr=full_pipe)


def for_tasks(binary):
    """The list of tasks comes late: the token is needed later on, the environment's copies are not."""
    watch(binary, ['start', '--tasks=-', '--endpoint=https://h', '--timeout=60'], VARIABLES + PROXIES, stdin=silent_pipe,
          only='[stack]')


def for_a_token(binary):
    """The token comes late: those of the environment are not used."""
    watch(binary, ['start', 'ready-1', '--token-file=-', '--endpoint=https://h', '--timeout=60'],
          VARIABLES + PROXIES + NO_PROXY, stdin=silent_pipe)


def for_random_numbers(binary):
    """Early after boot."""
    with tempfile.TemporaryDirectory() as folder:
        library = pathlib.Path(folder) / 'late.so'
        source = pathlib.Path(__file__).parent.parent / 'command/late_random.c'
        # Bound at once, as the command is: else the linker saves registers on the stack, with a part of the token.
        subprocess.run([os.environ.get('CC', 'cc'), '-shared', '-fPIC', '-Wl,-z,now', '-o', library, source, '-ldl'],
                       check=True)
        watch(binary, ['start', 'ready-1', '--endpoint=https://h', '--timeout=60'],
              [f'LD_PRELOAD={library}', 'RANDOM_LATE_MS=1000000', *VARIABLES, *PROXIES], only='[stack]')


def in_children(binary, *options):
    """Whoever looks a name up, one that the table of this machine does not have, gets no copy."""
    with contextlib.ExitStack() as stack:
        null = stack.enter_context(open(os.devnull, 'r+b')).fileno()
        traced = Traced([binary, 'start', 'ready-1', 'ready-2', 'ready-3', '--endpoint=https://no-such-host.invalid',
                         '--ca-file', PKI / 'roots.pem', '-q', '--retries=0', '--timeout=2', *options],
                        VARIABLES + PROXIES + NO_PROXY, *[null] * 3)
        found, children = [], []

        def look(pid):
            children.append(pid)
            memory = Memory(pid)
            found.extend(search(memory, SECRETS))
            memory.close()

        try:
            traced.run_to_child(look)
            code = traced.finish()
        except BaseException:
            traced.kill()
            raise
        assert (code, len(children)) == (3, 6), f'exit {code}, {len(children)} processes'
        assert not found, 'left in the child: ' + '; '.join(found)


def killed(program, number, wait, **how):
    """Whether a process that a signal ends leaves a core file."""
    def before():
        resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)

    with tempfile.TemporaryDirectory() as folder:
        child = subprocess.Popen(program, cwd=folder, preexec_fn=before, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **how)
        try:
            wait()
        finally:
            os.kill(child.pid, number)
            _, status = os.waitpid(child.pid, 0)
            child.returncode = 0
        return os.WCOREDUMP(status) or bool(os.listdir(folder))


def in_a_core_file(binary):
    """A crash, or a signal that asks for a core file, in the middle of a call."""
    with Simulator(PKI) as service:
        for number in (signal.SIGQUIT, signal.SIGSEGV, signal.SIGABRT):
            service.clear_log()
            command = [binary, 'start', 'fault-silent', *target(service.port)]
            assert not killed(command, number, lambda: wait_until(lambda: service.requests),
                              env=environment(TOKEN)), f'{number.name}: a core file'
    if not killed(['sleep', '60'], signal.SIGQUIT, lambda: None):
        return 'this machine writes no core files, of no program'
    return None


def by_the_same_user(binary):
    """Another process of the user cannot look into it: what the kernel shows of it belongs to root."""
    if os.getuid() != 0:
        return None
    with Simulator(PKI) as service, tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for path in (binary, PKI / 'roots.pem'):
            shutil.copy(path, folder)
        command = [f'{folder}/migtask', 'start', 'fault-silent',
                   *target(service.port, ca_file=f'{folder}/roots.pem')]
        with subprocess.Popen(command, env=environment(TOKEN), user=65534, group=65534, extra_groups=[],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as child:
            try:
                wait_until(lambda: service.requests)
                for name in ('environ', 'mem', 'maps'):
                    owner = os.stat(f'/proc/{child.pid}/{name}').st_uid
                    assert owner == 0, f'/proc/PID/{name} belongs to {owner}'
            finally:
                child.kill()
    return None


def rows():
    """(name, function of the command's path)."""
    yield 'a result that waits for its reader', lambda binary: for_a_reader(binary, ['ready-1'])
    yield 'the same with --json', lambda binary: for_a_reader(binary, ['ready-1'], '--json')
    yield 'the same, refused', lambda binary: for_a_reader(binary, ['fault-denied'], '--json')
    yield 'the same, through a proxy', lambda binary: for_a_reader(binary, ['ready-1'], '--json', through=True)
    yield 'the last of several', lambda binary: for_a_reader(binary, ['ready-1', 'fault-denied'], '-q')
    yield 'the same, at the same time', lambda binary: for_a_reader(binary, ['ready-1', 'ready-2', 'fault-denied'],
                                                                    '--parallel=2', '-q')
    yield 'a complaint that waits for its reader', lambda binary: for_a_reader_of_complaints(binary, 'start', 'ready-1',
                                                                                             '--bogus', '--json')
    yield 'the same, of an operation', lambda binary: for_a_reader_of_complaints(binary, 'explode', 'ready-1')
    yield 'the same, of an endpoint', lambda binary: for_a_reader_of_complaints(binary, 'start', 'ready-1', '-e', 'h')
    yield 'the same, of the roots', lambda binary: for_a_reader_of_complaints(
        binary, 'start', 'ready-1', '-e', 'https://h', '--ca-file=/dev/null')
    yield 'the same, of the tasks', lambda binary: for_a_reader_of_complaints(
        binary, 'start', '--tasks=/dev/null', '-e', 'https://h')
    yield 'help that waits for its reader', lambda binary: for_a_reader_of_complaints(binary, '--help')
    yield 'the same, of error codes', lambda binary: for_a_reader_of_complaints(binary, 'explain', 'SMS.7713')
    yield 'a dry run that waits for its reader', lambda binary: for_a_reader_of_complaints(
        binary, 'start', 'ready-1', '-e', 'https://h', '--dry-run')
    yield 'tasks that come late', for_tasks
    yield 'a token that comes late', for_a_token
    yield 'random numbers that come late', for_random_numbers
    yield 'a process that looks a name up', in_children
    yield 'the same, at the same time', lambda binary: in_children(binary, '--parallel=2')
    yield 'no core file', in_a_core_file
    yield 'no look by others', by_the_same_user
