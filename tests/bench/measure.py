"""What one call of a program takes: every function measures one kind of figure.

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
from programs import NAME_WITH_ADDRESS
from support import build_preload

# Seconds after which a run is ended.
RUN_SECONDS = 120


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


def temporary_log():
    """A file for what a tracer says."""
    return tempfile.NamedTemporaryFile(prefix='migtask-', mode='r', errors='replace')


def size(program):
    """(bytes of the file, bytes of the libraries and scripts that it loads)."""
    files = [program.file, *(script for script in program.scripts if script.endswith('.so'))]
    told = ''.join(subprocess.run(['ldd', file], capture_output=True, text=True, timeout=RUN_SECONDS,
                                  check=False).stdout for file in files)
    loaded = {pathlib.Path(path).resolve() for path in (*re.findall(r'(/\S+) \(0x', told), *program.scripts)}
    return pathlib.Path(program.file).stat().st_size, sum(file.stat().st_size for file in loaded)


def callgrind(log, *options):
    """What to put before a command so that its instructions are counted into the log."""
    return ['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null', f'--log-file={log.name}', *options]


def collected(log):
    """What callgrind has counted."""
    return int(re.search(r'Collected : (\d+)', log.read())[1])


def instructions(program, call):
    """Instructions of the whole process; they differ by some per mille, since keys are random."""
    with temporary_log() as log:
        run_call(program, call, callgrind(log))
        return collected(log)


def system_calls(program, call):
    """System calls of one call, execve and exit included, those of its children and threads too.

    Every answer takes its time, as over a network, so that the number is the same each time."""
    with temporary_log() as log, servers.FlightProxy(call.port, answers.TOKEN_BYTES) as proxy:
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
    """KiB resident at most."""
    return peak_of_command(program, program.command(call), program.expected(call))


def peak_of_command(program, command, expected=0):
    """The same for any command line, looked at while the program is held at its exit.

    Not getrusage(), which counts what was there before the exec too; not VmHWM alone, which newer kernels estimate."""
    hold = ['strace', '-D', '-qq', '-o', '/dev/null', '-e', 'trace=exit_group',
            '-e', 'inject=exit_group:delay_enter=300000']
    wanted = os.path.realpath(program.file)
    most = 0
    # -D: the tracer is the grandchild, and the process that we start becomes the program.
    with subprocess.Popen([*hold, *command], env=program.environment, stdin=subprocess.DEVNULL,
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
    assert process.returncode == expected and most, f'{program.file}: exit {process.returncode}'
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


def sent(program, call):
    """Bytes that went to the server as TCP payload."""
    return on_the_wire(program, call)[0]


def _timed(program, command, expected):
    """(wall, CPU) seconds of one run, which bounds its time itself."""
    quiet = [(os.POSIX_SPAWN_OPEN, number, '/dev/null', os.O_RDWR, 0) for number in (0, 1, 2)]
    start = time.perf_counter()
    process = os.posix_spawn(command[0], command, program.environment, file_actions=quiet)
    _, status, usage = os.wait4(process, 0)
    wall = time.perf_counter() - start
    code = os.waitstatus_to_exitcode(status)
    assert code == expected, f'{program.file}: exit {code}'
    return wall, usage.ru_utime + usage.ru_stime


def times(turns, rounds):
    """Turns are (program, command line, exit status). For each the (wall, CPU) seconds of its runs; in a round every
    one has its turn, so that all see the same machine."""
    taken = [[_timed(*turn) for turn in turns] for _ in range(rounds + 1)]
    return list(zip(*taken[1:]))     # the first round warms the caches


def medians(taken, reference):
    """Of what times() gave, for each program: median wall and CPU time in ms, and the median of its wall time's ratio
    to that of the reference (its index) in the same round."""
    wall, cpu = ([statistics.median(1000 * one[number] for one in runs) for runs in taken] for number in (0, 1))
    ratio = [statistics.median(one[0] / other[0] for one, other in zip(runs, taken[reference])) for runs in taken]
    return wall, cpu, ratio
