"""Every allocation of TLS in a call fails: the arena runs out there and then."""

import tempfile

from truth import PKI, ROOT, Run, Running, Simulator, all_of, by_address, parse_json, problems, target
from peers import Chained, Meeting

PROGRAM = ROOT / 'build/tests/faults/migtask'

STEP = 1  # From one allocation that fails to the next.

# Where TLS itself gets on without the memory, the call goes on too.
ALLOWED = {'not_sent, out_of_memory', 'unknown, out_of_memory', 'accepted, ok'}


class SideBySide:
    """One run of four calls at a time whose handshakes are all cut, in which allocation `number` fails (0: none)."""

    def __init__(self, number):
        with (tempfile.NamedTemporaryFile('r') as report, Chained() as service,
              Meeting(service.port, 4, cut=True) as between, Running(
                  ('start', 'first', 'a', 'b', 'c', 'd', '--json', '--parallel=4', '--retries=0', '--timeout=20',
                   *target(between.port)), binary=PROGRAM,
                  env={'MIGTASK_TEST_ALLOCATION': str(number), 'MIGTASK_TEST_REPORT': report.name}) as running):
            self.result = running.finish(20)
            self.count = int(report.read().split()[0])
        self.reasons = sorted(line['reason'] for line in parse_json(self.result)[1:])


class Allocation(Run):
    """One run in which allocation `number` fails (0: none)."""

    def __init__(self, number, service):
        with tempfile.NamedTemporaryFile('r') as report:
            super().__init__(f'allocation {number}', service, by_address, binary=PROGRAM,
                             env={'MIGTASK_TEST_ALLOCATION': str(number), 'MIGTASK_TEST_REPORT': report.name})
            self.count, self.used = map(int, report.read().split())


def alone(**options):
    """Every allocation of a call to such a service: (what is wrong, how many runs)."""
    with Simulator(PKI, **options) as service:
        good = Allocation(0, service)
        assert good.verdict == 'accepted, ok', good.result
        runs = all_of(range(1, good.count + 1, STEP), lambda number: Allocation(number, service))
        wrong = problems(service, runs)
    for run in runs:
        if run.verdict not in ALLOWED:
            wrong.append(f'{run.what} of {good.count}: not one of {ALLOWED}\n{run.result}')
        if run.used > good.used:
            wrong.append(f'{run.what}: {run.used} bytes of the arena are still in use, not {good.used}\n{run.result}')
    if not any('out_of_memory' in run.verdict for run in runs):
        wrong.append('the arena never ran out')
    return wrong, len(runs)


def side_by_side():
    """The arena runs out for one of several calls: the others say what became of them: (what is wrong, how many runs)."""
    good = SideBySide(0)
    assert good.reasons == ['connection_lost'] * 4, good.result
    # Those of the first call, which goes alone, are about a fifth of all.
    runs = [SideBySide(good.count * part // 20) for part in range(9, 19, 3)]
    allowed = ['connection_lost'] * 3 + ['out_of_memory']
    wrong = [f'{run.reasons}\n{run.result}' for run in runs if run.reasons not in (allowed, good.reasons)]
    if not any(run.reasons == allowed for run in runs):
        wrong.append('the arena never ran out')
    return wrong, len(runs)
