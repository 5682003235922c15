"""When a wave stops: what tells that the tasks which follow would fare no better, and what does not."""

import json
import os

from peers import ScriptedPeer, closed_port, read_request
from proxies import RecordingProxy, ScriptedProxy, read_head
from support import EXIT, HERE, PKI, RESULT_LOST, Simulator, target
from waves import Wave, tasks_seen

# What is said of whoever asks, whatever the task.
OF_THE_CALLER = ('SMS.6521', 'SMS.6522', 'SMS.6523', 'SMS.6524', 'SMS.6525', 'SMS.6528', 'SMS.6529', 'SMS.6542',
                 'SMS.6560', 'SMS.0202', 'APIGW.0301', 'APIGW.0302', 'APIGW.0303', 'APIGW.0304', 'APIGW.0305',
                 'APIGW.0306', 'APIGW.0307', 'APIGW.0310', 'APIGW.0311', 'APIGW.0401', 'APIGW.0402', 'APIG.0301',
                 'APIG.0307')
# What is said of one task, or of the moment; and what only looks like one of the others.
OF_A_TASK = ('SMS.7713', 'SMS.6520', 'SMS.6526', 'SMS.6527', 'SMS.9004', 'APIGW.0101', 'APIGW.0201', 'SMS.65210',
             'SMS.0301', 'APIGW.652', 'APIG.6521', 'APIGW.', 'APIG.', 'SMS.6521 ')


def refusing(status, code):
    """A peer that answers each request with this refusal."""
    body = json.dumps({'error_code': code, 'error_msg': 'no'}).encode()

    def talk(peer, tls):
        request = read_request(tls.recv)
        tls.sendall(b'HTTP/1.1 %d No\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n'
                    % (status, len(body)) + body)
        peer.stall()

    return ScriptedPeer(talk)


class Unanswered(Wave):
    """Three tasks in a row without a clear answer."""

    def outcomes(self, service, tasks, *options):
        """The result, and (outcome, attempts) of each task."""
        result = self.run_tasks(service, tasks, '--timeout=1', *options)
        return result, [(line['outcome'], line['attempts']) for line in result.lines]

    def test_three_unknown(self):
        for unclear in (['fault-reset', 'fault-cut-0', 'fault-cut-20'], ['fault-silent', 'fault-reset', 'fault-garbage'],
                        ['fault-status-502', 'fault-status-504', 'fault-status-500'],
                        ['fault-closecut', 'fault-503', 'fault-html-502']):
            with self.subTest(unclear):
                service = self.service()
                result, outcomes = self.outcomes(service, ['ready-1', *unclear, 'ready-2', 'ready-3'])
                self.assertEqual(outcomes, [('accepted', 1)] + [('unknown', 1)] * 3 + [('not_sent', 0)] * 2, str(result))
                self.assertEqual(result.code, EXIT['unknown'])
                self.assertEqual(tasks_seen(service), ['ready-1', *unclear])
                told = self.run_command('start', *unclear, 'ready-4', '--timeout=1', *target(service.port))
                self.assert_words(told, 'not begun: three tasks in a row got no clear answer')

    def test_some_unknown_some_unreachable(self):
        service = self.service(accept_then_close=1)
        tasks = ['ready-1', 'fault-reset', 'fault-cut-0', 'ready-2', 'ready-3']
        result, outcomes = self.outcomes(service, tasks, '--retries=0')
        self.assertEqual(outcomes, [('not_sent', 1)] + [('unknown', 1)] * 2 + [('not_sent', 0)] * 2, str(result))

    def test_a_clear_answer_between(self):
        service = self.service()
        tasks = ['fault-reset', 'fault-cut-0', 'fault-sms-7713', 'fault-cut-1', 'fault-cut-2', 'ready-1', 'ready-2']
        result, outcomes = self.outcomes(service, tasks)
        self.assertEqual([outcome for outcome, _ in outcomes],
                         ['unknown'] * 2 + ['refused'] + ['unknown'] * 2 + ['accepted'] * 2, str(result))

    def test_side_by_side(self):
        service = self.service()
        tasks = ['ready-1', *(f'fault-cut-{number}' for number in range(20))]
        result, outcomes = self.outcomes(service, tasks, '--parallel=2')
        # One more may be under way.
        self.assertIn(outcomes.count(('unknown', 1)), (3, 4), str(result))
        self.assertEqual(outcomes.count(('not_sent', 0)), 20 - outcomes.count(('unknown', 1)))


class Refused(Wave):
    """By a code that speaks of the caller."""

    def test_codes(self):
        for code in OF_THE_CALLER + OF_A_TASK:
            for status in (400, 403) if code in ('SMS.6521', 'SMS.7713') else (400,):
                with self.subTest(code, status=status), refusing(status, code) as peer:
                    result = self.run_tasks(peer, ['a', 'b', 'c', 'd'])
                    stops = code in OF_THE_CALLER
                    self.assertEqual([(line['outcome'], line['reason'], line['attempts']) for line in result.lines],
                                     [('refused', 'http_status', 1)]
                                     + [('not_sent', 'auth_failed', 0) if stops else ('refused', 'http_status', 1)] * 3)
                    self.assertEqual(result.code, EXIT['refused'])

    def test_what_people_see(self):
        with refusing(400, 'SMS.6521') as peer:
            told = self.run_command('start', 'a', 'b', '--parallel=2', *target(peer.port))
        self.assert_words(told, 'not begun: a task before got an answer that refuses this token or account')

    def test_such_codes_are_documented(self):
        table = (HERE.parent.parent / 'boards/host/error_codes.tsv').read_text()
        for code in OF_THE_CALLER:
            self.assertIn('\n' + code.replace('APIG.', 'APIGW.') + '\t', table)


class Told(Wave):
    """People are told once why the rest was not begun; a program gets a line for each task."""

    NAMES = ('a', 'b', 'c', 'd', 'e', 'f')

    def rest(self, count):
        """What people see of it."""
        return (f'not_sent: start {count} tasks: not begun: the network did not let three tasks in a row through\n'
                + ''.join(f'  {name}\n' for name in self.NAMES[-count:])
                + '  The action was not carried out for any of these. It is safe to repeat it, for these alone.\n')

    def stopped(self, *options, names=NAMES, **how):
        """A run to a port where nobody listens."""
        return self.run_command('start', *names, '--retries=0', *target(closed_port()), *options, **how)

    def test_for_people(self):
        self.assertTrue(self.stopped().out.endswith(self.rest(3) + '6 tasks: 6 not_sent\n'))
        self.assertTrue(self.stopped('-q').out.endswith(self.rest(3)))
        alone = self.stopped(names=self.NAMES[:4]).out
        self.assertIn('not_sent: start d: not begun: the network', alone)

    def test_for_programs(self):
        result = self.stopped('--json')
        self.assertEqual([line['task_id'] for line in result.lines], list(self.NAMES))
        self.assertEqual([line['message'][:10] for line in result.lines], ['connection'] * 3 + ['not begun:'] * 3)
        self.assertTrue(result.err.endswith(self.rest(3)), str(result))
        self.assertEqual(self.stopped('--json', '-q').err, '')

    def test_where_nothing_can_be_begun(self):
        read, write = os.pipe()
        result = self.run_command('start', *self.NAMES[:2], '-t', '-', '-e', 'https://h', '--timeout=0.2', token=None,
                                  stdin=read)
        os.close(read)
        os.close(write)
        self.assertTrue(result.out.startswith('not_sent: start 2 tasks: the token did not come within 0.2 s (--timeout)\n'
                                              '  a\n  b\n'), str(result))

    def test_where_output_is_lost(self):
        with open('/dev/full', 'wb') as full:
            for options in ((), ('--json',), ('--json', '-q')):
                with self.subTest(options):
                    result = self.stopped(*options, stdout=full)
                    self.assertEqual(result.code, RESULT_LOST)
                    for name in self.NAMES[1:]:
                        self.assertEqual(result.err.count(f'\n  {name}\n'), 1, str(result))

    def test_a_thousand(self):
        names = [f'task-{number:030}' for number in range(1000)]
        result = self.stopped('--json', names=names)
        self.assertEqual([line['task_id'] for line in result.lines], names)
        self.assertEqual(result.err.count('not_sent:'), 4)


class Proxies(Wave):
    """A proxy that refuses the caller ends the run; one that cannot at the moment is asked again."""

    def through(self, proxy, tasks, *options):
        """The tasks through a proxy, to nowhere if it does not say where."""
        return self.run_command('start', *tasks, '--json', *target(closed_port()), '--proxy',
                                f'http://user:word@127.0.0.1:{proxy.port}', *options)

    def test_refusals_of_the_caller(self):
        for status in (407, 403, 401):
            with self.subTest(status), ScriptedProxy(b'HTTP/1.1 %d No\r\n\r\n' % status, 'close') as proxy:
                result = self.through(proxy, 'abcdefg', '--retries=5')
                self.assertEqual([(line['outcome'], line['reason'], line['attempts']) for line in result.lines],
                                 [('not_sent', 'proxy_failed', 1)] + [('not_sent', 'proxy_failed', 0)] * 6)
                self.assertEqual(len(proxy.heads), 1)

    def test_other_answers(self):
        for answer, attempts in ((b'HTTP/1.1 502 Bad\r\n\r\n', 2), (b'HTTP/1.0 503 Bad\r\nRetry-After: 0\r\n\r\n', 2),
                                 (b'HTTP/1.1 504 Bad\r\n\r\n', 2), (b'HTTP/1.1 500 Bad\r\n\r\n', 2),
                                 (b'HTTP/1.1 429 Slow\r\n\r\n', 2), (b'', 2), (b'HTTP/1.1 200', 2),
                                 (b'HTTP/1.1 405 No\r\n\r\n', 1), (b'SSH-2.0-x\r\n', 1)):
            with self.subTest(answer), ScriptedProxy(answer, 'close') as proxy:
                result = self.through(proxy, 'abcde', '--retries=1')
                # As any three that are not reached.
                self.assertEqual([line['attempts'] for line in result.lines], [attempts] * 3 + [0] * 2, str(result))
                self.assertEqual({line['outcome'] for line in result.lines}, {'not_sent'})
                self.assertEqual(len(proxy.heads), 3 * attempts)

    def test_a_hiccup(self):
        for answer in (b'HTTP/1.1 502 Bad\r\n\r\n', b'HTTP/1.1 503 Busy\r\n\r\n', b'HTTP/1.1 504 Late\r\n\r\n', b''):
            with self.subTest(answer), Simulator(PKI) as service, Hiccup(answer, service.port) as proxy:
                result = self.through(proxy, ['ready-1', 'ready-2', 'ready-3'])
                self.assertEqual([(line['outcome'], line['attempts']) for line in result.lines],
                                 [('accepted', 1), ('accepted', 2), ('accepted', 1)], str(result))
                self.assertEqual(tasks_seen(service), ['ready-1', 'ready-2', 'ready-3'])


class Hiccup(RecordingProxy):
    """Its second connection is answered so, and closed."""

    def __init__(self, answer, port):
        super().__init__(target=('127.0.0.1', port))
        self._hiccup = answer

    def handle(self, connection):
        if self.connections == 2:
            read_head(connection)
            connection.sendall(self._hiccup)
        else:
            super().handle(connection)
