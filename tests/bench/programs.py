"""The programs that are compared, and what one call takes of each: every function measures one kind of figure.

A call that does not end as it should is an AssertionError: nothing is measured of calls that fail."""

import dataclasses
import os
import pathlib
import re
import signal
import statistics
import subprocess
import tempfile
import time

import answers
import servers
from support import ROOTS, build_preload

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# Seconds after which a call gives up by itself (valgrind takes some of them), and after which it is ended.
CALL_SECONDS = 40
RUN_SECONDS = 60

# Where a call goes: an address, a name for the resolver, a name whose address is given.
ADDRESS, NAME, NAME_WITH_ADDRESS = 'address', 'name', 'name with address'


@dataclasses.dataclass(frozen=True)
class Call:
    """One call: where to, for which answer, and which roots are trusted."""

    port: int
    task: str = servers.ACCEPTED
    way: str = ADDRESS
    roots: str = ROOTS

    @property
    def host(self):
        """As the URL names it."""
        return '127.0.0.1' if self.way == ADDRESS else 'localhost'


@dataclasses.dataclass(frozen=True)
class Program:
    """A client of the service: its file, and its exit status when the answer is no."""

    file: str
    refused: int

    @property
    def environment(self):
        """Nothing but what it needs."""
        return {'PATH': os.environ['PATH']}

    def command(self, call):
        """The command line of a call."""
        raise NotImplementedError

    def expected(self, call):
        """The exit status of a call that went as it should."""
        return 0 if call.task == servers.ACCEPTED else self.refused


class Migtask(Program):
    """Our command."""

    def __init__(self, file):
        super().__init__(str(file), refused=1)

    @property
    def environment(self):
        return {**super().environment, 'MIGTASK_TOKEN': answers.TOKEN}

    def command(self, call):
        given = ['--connect-to', f'127.0.0.1:{call.port}'] if call.way == NAME_WITH_ADDRESS else []
        return [self.file, 'start', call.task, '--json', '--endpoint', f'https://{call.host}:{call.port}', *given,
                '--ca-file', call.roots, f'--timeout={CALL_SECONDS}', f'--connect-timeout={CALL_SECONDS}']


class Curl(Program):
    """What people use now. The token stands among its arguments, where it costs least."""

    def __init__(self, file):
        super().__init__(str(file), refused=22)

    def command(self, call):
        given = ['--resolve', f'localhost:{call.port}:127.0.0.1'] if call.way == NAME_WITH_ADDRESS else []
        return [self.file, '-q', '-sS', '--fail-with-body', '--max-time', str(CALL_SECONDS), '--cacert', call.roots,
                *given, '-H', 'Content-Type: application/json', '-H', f'X-Auth-Token: {answers.TOKEN}',
                '-d', '{"operation":"start"}', f'https://{call.host}:{call.port}/v3/tasks/{call.task}/action']


def run(command, expected=0, environment=None, stdout=subprocess.DEVNULL):
    """Run to the end, in bounded time, and check the exit status; what it wrote."""
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE,
                          text=True, errors='replace', start_new_session=True) as process:
        try:
            output, errors = process.communicate(timeout=RUN_SECONDS)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)     # whom a tracer traces, too
            raise
    assert process.returncode == expected, f'{" ".join(command)[:120]}: exit {process.returncode}: {errors[-300:]}'
    return output


def run_call(program, call, before=(), environment=None):
    """One call, under another program perhaps."""
    run([*before, *program.command(call)], program.expected(call), {**program.environment, **(environment or {})})


def _temporary_log():
    return tempfile.NamedTemporaryFile(prefix='migtask-', mode='r', errors='replace')


# ---- whole programs ----

def size(program):
    """(bytes of the file, bytes of the libraries that it loads)."""
    told = subprocess.run(['ldd', program.file], capture_output=True, text=True, timeout=RUN_SECONDS,
                          check=False).stdout
    libraries = {pathlib.Path(path).resolve() for path in re.findall(r'(/\S+) \(0x', told)}
    return pathlib.Path(program.file).stat().st_size, sum(library.stat().st_size for library in libraries)


def _callgrind(log, *options):
    return ['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null', f'--log-file={log.name}', *options]


def _collected(log):
    return int(re.search(r'Collected : (\d+)', log.read())[1])


def instructions(program, call):
    """Instructions of the whole process; the median of three, since keys are random."""
    counts = []
    for _ in range(3):
        with _temporary_log() as log:
            run_call(program, call, _callgrind(log))
            counts.append(_collected(log))
    return statistics.median(counts)


def system_calls(program, call):
    """System calls of one call, execve and exit included, those of its children and threads too.

    Every answer takes its time, as over a network, so that the number is the same each time."""
    with _temporary_log() as log, servers.FlightProxy(call.port, answers.TOKEN_BYTES) as proxy:
        run_call(program, dataclasses.replace(call, port=proxy.port),
                 ['strace', '-f', '-qq', '-s', '0', '-e', 'signal=none', '-o', log.name])
        lines = [re.sub(r'^\d+ +', '', line) for line in log]
    return sum(not line.startswith(('+++', '---', '<...')) for line in lines)


def heap_calls(program, call):
    """Calls that take memory of the heap, whoever makes them. Not for a static program."""
    with tempfile.TemporaryDirectory(prefix='migtask-') as folder:
        log = pathlib.Path(folder) / 'heap.log'
        library = build_preload(pathlib.Path(folder), 'heap_calls.c')
        run_call(program, call, environment={'LD_PRELOAD': str(library), 'HEAP_LOG': str(log)})
        lines = log.read_text(errors='replace').splitlines()
    assert lines and lines[0] == 'begin', 'the library was not loaded'
    return sum(not line.startswith(('begin', 'free ')) for line in lines)


def peak_memory(program, call):
    """KiB resident at most, looked at while the program is held at its exit.

    Not getrusage(), which counts what was there before the exec too; not VmHWM alone, which newer kernels estimate."""
    hold = ['strace', '-D', '-qq', '-o', '/dev/null', '-e', 'trace=exit_group',
            '-e', 'inject=exit_group:delay_enter=300000']
    wanted = os.path.realpath(program.file)
    most = 0
    # -D: the tracer is the grandchild, and the process that we start becomes the program.
    with subprocess.Popen([*hold, *program.command(call)], env=program.environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        about = pathlib.Path('/proc') / str(process.pid)
        end = time.monotonic() + RUN_SECONDS
        while process.poll() is None and time.monotonic() < end:
            try:
                if os.readlink(about / 'exe') == wanted:
                    most = max(most, _kib(about / 'smaps_rollup', 'Rss'), _kib(about / 'status', 'VmHWM'))
            except OSError:
                pass    # it has ended, or is not the program yet
            time.sleep(0.02)
        process.kill()
    assert process.returncode == program.expected(call) and most, f'{program.file}: exit {process.returncode}'
    return most


def _kib(path, name):
    found = re.search(rf'^{name}:\s+(\d+) kB', path.read_text(), re.M)
    return int(found[1]) if found else 0


def on_the_wire(program, call):
    """(bytes that went to the server as TCP payload, round trips until the answer)."""
    with servers.FlightProxy(call.port, answers.TOKEN_BYTES) as proxy:
        run_call(program, dataclasses.replace(call, port=proxy.port, way=NAME_WITH_ADDRESS))
        assert proxy.over.wait(10), 'the connection does not end'
        return proxy.to_server, proxy.round_trips


def _timed(program, command, expected):
    """(wall, CPU) seconds of one call, which bounds its time itself."""
    quiet = [(os.POSIX_SPAWN_OPEN, number, '/dev/null', os.O_RDWR, 0) for number in (0, 1, 2)]
    start = time.perf_counter()
    process = os.posix_spawn(program.file, command, program.environment, file_actions=quiet)
    _, status, usage = os.wait4(process, 0)
    wall = time.perf_counter() - start
    code = os.waitstatus_to_exitcode(status)
    assert code == expected, f'{program.file}: exit {code}'
    return wall, usage.ru_utime + usage.ru_stime


def times(programs, call, rounds):
    """For each program the (wall, CPU) seconds of its calls; in a round every program has one turn."""
    turns = [(program, program.command(call), program.expected(call)) for program in programs]
    taken = [[_timed(*turn) for turn in turns] for _ in range(rounds + 1)]
    return list(zip(*taken[1:]))     # the first round warms the caches


# ---- the core alone ----

_STREAM = ('memory_connect', 'memory_send', 'memory_recv', 'memory_close', 'memory_retained', 'memory_failure')
_RESPONSES = {'accepted': (answers.as_response('200 OK', answers.ACCEPTED), 'accepted 200 '),
              'refused': (answers.as_response('403 Forbidden', answers.REFUSED), 'refused 403 SMS.9004'),
              'largest': (answers.as_response('403 Forbidden', answers.LARGEST), 'refused 403 SMS.9004')}


def core_instructions(flags):
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
            with _temporary_log() as log:
                run([*_callgrind(log, *(f'--toggle-collect={name}' for name in ('one_call', *_STREAM))), *command])
                counted[response] = _collected(log)
    return counted
