"""Runs of the command under faults, and the judge of what they said: the service's own log."""

import concurrent.futures
import itertools
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent / 'command'), str(HERE.parent / 'service')]

import pki  # noqa: E402

os.environ.setdefault('MIGTASK_TEST_BINARY', str(ROOT / f'build/static/migtask-{os.uname().machine}'))
os.environ.setdefault('MIGTASK_TEST_STATIC', '')
os.environ.setdefault('MIGTASK_TEST_PKI', str(pki.make(ROOT / 'build/pki')))

from simulator import Simulator  # noqa: E402,F401
from support import PKI, RESULT_LOST, Running, by_address, check_result, parse_json, target, wait_until  # noqa: E402,F401

TIMEOUT = 4    # seconds that a call may take in all; nothing here takes that long unless it hangs
_numbers = itertools.count(1)


class Run:
    """One run with a task of its own."""

    def __init__(self, what, service, options, **how):
        self.what = what
        self.task = f'ready-{next(_numbers)}'
        arguments = ('start', self.task, '--json', '--retries=0', f'--timeout={TIMEOUT}', *options(service.port))
        with Running(arguments, **how) as running:
            self.result = running.finish(3 * TIMEOUT)
        self._malformed = None
        try:
            check_result(self.result, running.token)
        except AssertionError as error:
            self._malformed = error

    def problem(self, log):
        """What is wrong with what it said, None if nothing."""
        try:
            assert self._malformed is None, self._malformed
            assert self.result.seconds < TIMEOUT + 1.5, 'it did not end in time'
            records = [record for record in log if record.get('task_id') == self.task and record.get('complete')]
            executed = sum(record['executed'] for record in records)
            assert executed == len(records) <= 1, f'{len(records)} requests, {executed} carried out'
            outcome = self.outcome
            assert outcome != 'accepted' or executed, 'accepted, and it was not carried out'
            assert outcome not in ('not_sent', 'invalid', 'refused') or not executed, f'{outcome}, and it was carried out'
        except AssertionError as error:
            return f'{self.what}: {error}\n{self.result}'
        return None

    @property
    def outcome(self):
        """The word, None where the result was lost."""
        return self.result.json['outcome'] if self.result.json else None

    @property
    def verdict(self):
        """Outcome and reason in one."""
        return f'{self.outcome}, {self.result.json["reason"]}' if self.result.json else 'lost'


def all_of(jobs, function):
    """The results of function(job) for all jobs, some at once."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(function, jobs))


def problems(service, runs):
    """What is wrong with these runs by the log of the service, once it has nothing more to say."""
    service.wait_idle()
    log = service.log
    return [problem for run in runs if (problem := run.problem(log))]
