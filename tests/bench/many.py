"""Many tasks in one run: what each of them costs as the work grows."""

import math
import pathlib
import statistics
import tempfile

import measure
import servers
from programs import MigtaskEach
from tables import Row, Table

# How many tasks, and how often that is measured.
COUNTS = {1: 10, 10: 10, 100: 5, 1000: 3}
FEW = {1: 4, 10: 4, 100: 2}
# A process for each of a thousand tasks takes a thousand times what one takes.
MOST_EACH = 100


def compare(bench, everyone, call, counts):
    """The table, and for the chart {name: [(count, wall ms of each task)]}."""
    migtask = everyone[0]
    everyone = [*everyone, MigtaskEach('migtask, one by one', migtask.file)]
    table = Table('Many tasks in one run over TLS 1.3, ECDSA, for each task: '
                  'curl, wget and requests over one connection', [program.name for program in everyone], beside=False)
    lines = {program.name: [] for program in everyone}
    with tempfile.TemporaryDirectory(prefix='migtask-') as name:
        for count, rounds in counts.items():
            turns = bench.attempt(f'{count} tasks', _turns, everyone, call, count, pathlib.Path(name), otherwise=[])
            if migtask not in [program for program, *_ in turns]:
                bench.note(f'{migtask.file} has no --tasks: no figures of it for many tasks in one run')
            taken = bench.attempt(f'times of {count} tasks', measure.times, turns, rounds, otherwise=[])
            found = {program: [statistics.median(1000 / count * one[number] for one in runs) for number in (0, 1)]
                     for (program, *_), runs in zip(turns, taken)}
            for number, figure in enumerate(('wall', 'CPU')):
                table.rows.append(Row(f'{count:,} task{"s" * (count > 1)}: {figure} ms',
                                      [found.get(program, (None, None))[number] for program in everyone],
                                      form='{:.2f}'))
            for program, (wall, _) in found.items():
                lines[program.name].append((count, wall))
        most = max(counts)
        peaks = {program: bench.attempt(f'peak memory with {most} tasks, {program.name}', measure.peak_of_command,
                                        program, command)
                 for program, command, _ in turns if not isinstance(program, MigtaskEach)}
        table.rows.append(Row(f'{most:,} tasks: peak KiB', [peaks.get(program) for program in everyone]))
    return table, {name: points for name, points in lines.items() if points}


def _turns(everyone, call, count, folder):
    tasks = servers.many(count)
    commands = [(program, program.many(call, tasks, folder)) for program in everyone
                if count <= (MOST_EACH if isinstance(program, MigtaskEach) else math.inf)]
    return [(program, command, 0) for program, command in commands if command]
