"""Calls over a line that loses, doubles, delays and reorders frames: true outcomes within the deadline."""

import random

from support import Case

CALLS = 18
NETWORK_REASONS = ('resolve_failed', 'connect_failed', 'connection_lost', 'timeout')


class Line:
    """Seeded faults. Whatever happens, the log of the simulator is the judge."""

    variant = 'calls'
    percent = 5
    enough = 70  # of a hundred calls end as on a good line

    def make_calls(self, seed):
        """Calls of all kinds."""
        chance = random.Random(f'{self.variant} {self.percent} {seed}')
        board = self.board(seed=1000 * self.percent + seed)
        as_usual = 0
        for _ in range(CALLS):
            service = self.service(tls=chance.choice(('1.2', '1.3')), cert=chance.choice(('ec', 'rsa-inter')))
            task, expected = chance.choice((
                *[('ready-1', 'accepted')] * 5, ('running-1', 'refused'), ('fault-denied', 'refused'),
                ('fault-bigbody-30', 'refused'), ('fault-cut-60', 'unknown'), ('fault-reset', 'unknown'),
                ('fault-splits-100', 'accepted')))
            result = self.call(service, task, board=board, timeout=40000, connect_timeout=20000,
                               operation='start' if task == 'running-1' else 'network_check',
                               token_length=chance.choice((0, 800, 3000, 16384)), loss=self.percent,
                               duplicate=chance.choice((0, self.percent)), reorder=chance.choice((0, self.percent)),
                               delay=chance.choice((1, 20)), jitter=chance.choice((0, 10)), lossless=3000)
            outcome = result.json['outcome']
            self.assertIn(outcome, (expected, 'not_sent', 'unknown'), result)
            if outcome != expected:  # but never for what was sent or received wrong
                self.assertIn(result.json['reason'], NETWORK_REASONS, result)
            as_usual += outcome == expected
        print(f'note: {self.variant}, {self.percent} % of frames lost: {as_usual} of {CALLS} calls as without')
        self.assertGreaterEqual(as_usual * 100, self.enough * CALLS)

    def test_seed_1(self):
        self.make_calls(1)

    def test_seed_2(self):
        self.make_calls(2)

    def test_seed_3(self):
        self.make_calls(3)

    def test_seed_4(self):
        self.make_calls(4)


class Line5(Line, Case):
    """As it is."""


class Line20(Line, Case):
    """A bad line."""

    percent = 20
    enough = 30


class SmallLine5(Line5):
    """Little memory, and segments out of order are dropped."""

    variant = 'calls-small'


class SmallLine20(Line20):
    """Both."""

    variant = 'calls-small'


class TightLine5(Line5):
    """Too little memory."""

    variant = 'calls-tight'
