"""What the tests of this folder share: the board in a process, and a case whose judge is the simulator's log."""

import dataclasses
import itertools
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / 'tests/service'))

from simulator import Simulator  # noqa: E402

PROGRAMS = pathlib.Path(os.environ.get('MIGTASK_LWIP_PROGRAMS', ROOT / 'build/tests/lwip'))
PKI = pathlib.Path(os.environ.get('MIGTASK_TEST_PKI', ROOT / 'build/pki'))

# The name and the address in the certificates, and how the board reaches this machine's 127.0.0.1.
NAME = 'sms.example.test'
HERE = '10.0.2.2'

# A call takes a tenth of a second of real time, a few seconds where it has to time out.
CALL_SECONDS = 60

# What a call may take beyond its deadline, in ms of the board: a step of TLS on a machine that is busy.
SLACK = 2000


@dataclasses.dataclass
class Result:
    """What a call came to: the report that every board makes, and what the test program saw besides."""

    order: str
    json: dict
    seen: dict

    def __str__(self):
        return f'{self.order}\n{self.json}\n{self.seen}'


class Board:
    """A program of this folder, which makes one call after the other."""

    def __init__(self, variant='calls', seed=1, roots='roots.pem'):
        self.process = subprocess.Popen(
            [PROGRAMS / variant, PKI / roots, str(seed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env={**os.environ, 'ASAN_OPTIONS': 'handle_sigill=1'})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        watch = threading.Timer(CALL_SECONDS, self.process.kill)
        watch.start()
        complaints = self.process.stderr.read()
        status = self.process.wait()
        watch.cancel()
        self.process.stdout.close()
        self.process.stderr.close()
        if status != 0 or complaints:
            raise AssertionError(f'the board ended with status {status}:\n{complaints}')

    def call(self, **words):
        """One call; the words are those of struct order in calls.c."""
        order = ' '.join(f'{name}={value}' for name, value in words.items())
        watch = threading.Timer(CALL_SECONDS, self.process.kill)
        watch.start()
        try:
            self.process.stdin.write(order + '\n')
            self.process.stdin.flush()
            report, seen = self.process.stdout.readline(), self.process.stdout.readline()
        except OSError:
            seen = ''
        watch.cancel()
        if not seen:
            raise AssertionError(f'the board ended in: {order}')
        return Result(order, json.loads(report), json.loads(seen))


class Case(unittest.TestCase):
    """Tests with simulators and boards; every call is judged twice, at once and at the end."""

    variant = 'calls'

    def setUp(self):
        self.services = {}
        self.boards = {}
        self.judged = []
        self.numbers = itertools.count(1)

    def service(self, **options):
        """The simulator with these options, started on its first use."""
        key = tuple(sorted(options.items()))
        if key not in self.services:
            self.services[key] = self.enterContext(Simulator(PKI, **options))
        return self.services[key]

    def board(self, **options):
        """The board with these options; the same for the whole test."""
        key = tuple(sorted(options.items()))
        if key not in self.boards:
            self.boards[key] = self.enterContext(Board(**{'variant': self.variant, **options}))
        return self.boards[key]

    def call(self, service, task='ready-1', board=None, name=NAME, token='', **words):
        """A call of that task, by name unless connect_to is given. Its token is one of a kind, to be found in the log."""
        mark = f'{token}call{next(self.numbers):06}'
        limit = words.setdefault('timeout', 200000)
        words.setdefault('connect_timeout', 100000)
        result = (board or self.board()).call(url=f'https://{name}:{service.port}', task=task,
                                              operation=words.pop('operation', 'network_check'), token=mark, **words)
        self.judged.append((mark, result))
        self.assertEqual(result.seen['leaks'], '', result)
        self.assertEqual(result.seen['arena'], 0, result)
        self.assertLessEqual(result.seen['took'], limit + SLACK, result)
        return result

    def assert_outcome(self, result, outcome, reason=None, **members):
        """The outcome, the reason and members of the report."""
        self.assertEqual(result.json['outcome'], outcome, result)
        if reason:
            self.assertEqual(result.json['reason'], reason, result)
        for name, value in members.items():
            self.assertEqual(result.json[name], value, result)

    def tearDown(self):
        """The log is the judge: never accepted for what was not carried out, never not_sent for what arrived whole."""
        quiet_since = time.monotonic()
        records = 0
        while time.monotonic() - quiet_since < 0.3:
            time.sleep(0.02)
            if (now := sum(len(service.log) for service in self.services.values())) != records:
                records, quiet_since = now, time.monotonic()
        arrived = {}
        for record in (record for service in self.services.values() for record in service.requests):
            if record['complete']:
                mark = record['token'].rstrip('a')
                self.assertNotIn(mark, arrived, 'sent twice')
                arrived[mark] = record
        for mark, result in self.judged:
            self.judge(result, arrived.get(mark))

    def judge(self, result, record):
        """One call against its record, None if the request did not arrive whole."""
        outcome = result.json['outcome']
        if outcome == 'accepted':
            self.assertTrue(record and record['executed'], f'{result}\n{record}')
        elif outcome == 'not_sent':
            self.assertIsNone(record, f'{result}\n{record}')
        elif outcome == 'refused' and record:
            self.assertFalse(record['executed'], f'{result}\n{record}')
