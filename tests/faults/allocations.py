"""Every allocation of TLS in a call fails: the arena runs out there and then."""

import tempfile

from truth import PKI, ROOT, Run, Simulator, all_of, by_address, problems

PROGRAM = ROOT / 'build/tests/faults/migtask'

STEP = 1  # From one allocation that fails to the next.

# Where TLS itself gets on without the memory, the call goes on too.
ALLOWED = {'not_sent, out_of_memory', 'unknown, out_of_memory', 'accepted, ok'}


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
