"""Several tasks in one run: a result for each, a connection for each, nothing sent twice."""

import os
import signal
import time

from invalid import Invalid
from peers import closed_port
from support import EXIT, GRAVITY, HOST, PKI, Simulator, target
from waves import Wave, connections, tasks_seen


class Several(Wave):
    """One after the other."""

    def test_a_line_for_each_task_in_order(self):
        service = self.service(keep_alive=100)
        tasks = ['ready-1', 'fault-sms-7713', 'ready-2', 'fault-max403', 'ready-3']
        result = self.run_tasks(service, tasks)
        self.assertEqual([line['task_id'] for line in result.lines], tasks)
        self.assertEqual([line['outcome'] for line in result.lines],
                         ['accepted', 'refused', 'accepted', 'refused', 'accepted'])
        self.assertEqual(result.code, EXIT['refused'])
        self.assertEqual(tasks_seen(service), tasks)

    def test_what_people_see(self):
        service = self.service(keep_alive=100)
        result = self.run_command('start', 'ready-1', 'syncing-1', 'ready-2', *target(service.port))
        self.assertEqual([line.split(':')[0] for line in result.out.splitlines() if not line.startswith(' ')],
                         ['accepted', 'refused', 'accepted', '3 tasks'])
        self.assertTrue(result.out.endswith('3 tasks: 2 accepted, 1 refused\n'), str(result))
        quiet = self.run_command('start', 'ready-4', 'ready-5', '-q', *target(service.port))
        self.assertEqual((quiet.out, quiet.code), ('', 0))

    def test_the_exit_status_is_the_gravest_outcome(self):
        for tasks, outcomes, lost in ((('ready-1', 'ready-2'), ['accepted', 'accepted'], 0),
                                      (('ready-1', 'ready-2'), ['not_sent', 'accepted'], 1),
                                      (('ready-1', 'fault-sms-7713', 'ready-2'), ['not_sent', 'refused', 'accepted'], 1),
                                      (('fault-sms-7713', 'fault-reset', 'ready-1'), ['refused', 'unknown', 'accepted'], 0)):
            with self.subTest(outcomes), Simulator(PKI, keep_alive=100, accept_then_close=lost) as service:
                result = self.run_tasks(service, tasks, '--retries=0')
                self.assertEqual([line['outcome'] for line in result.lines], outcomes, str(result))
                self.assertEqual(result.code, EXIT[max(outcomes, key=GRAVITY.index)])

    def test_a_connection_for_each_and_a_resumed_session(self):
        for tls in ('1.2', '1.3'):
            for cert in ('ec', 'rsa'):
                with self.subTest(tls=tls, cert=cert):
                    service = self.service(keep_alive=100, tls=tls, cert=cert)
                    result = self.run_tasks(service, ['ready-1', 'ready-2', 'ready-3'])
                    self.assertEqual(result.code, 0, str(result))
                    self.assertEqual([record['resumed'] for record in service.requests], [False, True, True])
                    self.assertEqual(connections(service), 3)
                    self.assertEqual({record['headers']['connection'] for record in service.requests}, {'close'})

    def test_a_single_task_asks_for_no_session(self):
        service = self.service()
        self.call(service, 'ready-1')
        self.assertEqual(service.requests[0]['headers']['connection'], 'close')

    def test_death_behind_the_last_byte_is_unknown_and_not_repeated(self):
        for fault in ('reset', 'cut-0', 'cut-20', 'cutreset-40', 'silent'):
            with self.subTest(fault):
                service = self.service(keep_alive=100)
                tasks = ['ready-1', f'fault-{fault}', 'ready-2']
                result = self.run_tasks(service, tasks, '--timeout=1', '--retries=9')
                self.assertEqual([line['outcome'] for line in result.lines], ['accepted', 'unknown', 'accepted'],
                                 str(result))
                self.assertEqual(result.lines[1]['attempts'], 1)
                self.assertEqual(tasks_seen(service), tasks)

    def test_a_refused_token_ends_the_run(self):
        service = self.service(keep_alive=100)
        result = self.run_tasks(service, ['ready-1', 'ready-2', 'ready-3'], token='wrong-token-of-some-length')
        self.assertEqual([(line['outcome'], line['reason'], line['attempts']) for line in result.lines],
                         [('refused', 'http_status', 1), ('not_sent', 'auth_failed', 0), ('not_sent', 'auth_failed', 0)])
        self.assertEqual(result.code, EXIT['refused'])
        self.assertEqual(tasks_seen(service), ['ready-1'])
        told = self.run_command('start', 'ready-1', 'ready-2', *target(service.port), token='wrong-token-of-some-length')
        self.assert_words(told, 'not begun', 'token', 'locks')

    def test_a_rejected_certificate_ends_the_run(self):
        service = self.service(cert='expired')
        result = self.run_tasks(service, ['ready-1', 'ready-2', 'ready-3'])
        self.assertEqual([(line['outcome'], line['reason'], line['attempts']) for line in result.lines],
                         [('not_sent', 'certificate_rejected', 1)] + [('not_sent', 'certificate_rejected', 0)] * 2)
        self.assertEqual(len(service.wait_log(1)), 1)

    def test_an_absent_service_is_tried_for_each(self):
        result = self.run_command('start', 'a', 'b', '--json', *target(closed_port()), '--retries=0')
        self.assertEqual([(line['outcome'], line['reason'], line['attempts']) for line in result.lines],
                         [('not_sent', 'connect_failed', 1)] * 2)

    def test_a_dead_network_ends_the_run(self):
        names = ['a', 'b', 'c', 'd', 'e']
        for parallel in ('1', '2'):
            with self.subTest(parallel):
                where = [*target(closed_port()), '--retries=0', f'--parallel={parallel}']
                result = self.run_command('start', *names, '--json', *where)
                attempts = [line['attempts'] for line in result.lines]
                self.assertEqual({line['reason'] for line in result.lines}, {'connect_failed'})
                self.assertLessEqual(sum(attempts), 4, str(result))
                self.assertEqual((len(attempts), attempts.count(0) > 0), (5, True))
                told = self.run_command('start', *names, *where)
                self.assert_words(told, 'not begun: the network did not let three tasks in a row through',
                                  'safe to repeat it, for')
                self.assertNotIn('repeat the command', told.said)

    def test_a_file_that_may_not_grow(self):
        service = self.service(keep_alive=100)
        for option in ((), ('--json',), ('--parallel=2',)):
            with self.subTest(option), open(self.scratch() / 'out', 'wb') as file:
                service.clear_log()
                result = self.run_command('start', 'ready-1', 'ready-2', *option, *target(service.port), stdout=file,
                                          before=('prlimit', '--fsize=0'))
                self.assertEqual(result.code, 5, str(result))
                self.assertIn('start ready-1: ', result.err)
                self.assertEqual(tasks_seen(service), ['ready-1'])

    def test_a_signal_ends_the_run(self):
        service = self.service(keep_alive=100)
        running = self.start('start', 'ready-1', 'fault-silent', 'ready-2', 'ready-3', '--json', *target(service.port),
                             '--timeout=20')
        service.wait_log(2)
        running.signal(signal.SIGTERM)
        result = self.finish(running, 5)
        self.assertEqual([(line['outcome'], line['reason'], line['attempts']) for line in result.lines],
                         [('accepted', 'ok', 1), ('unknown', 'cancelled', 1)] + [('not_sent', 'cancelled', 0)] * 2)
        self.assertEqual(result.code, EXIT['unknown'])
        self.assertEqual(tasks_seen(service), ['ready-1', 'fault-silent'])

    def test_a_signal_in_a_pause_ends_the_run(self):
        service = self.service(keep_alive=100)
        running = self.start('start', 'fault-retry-9-8', 'ready-1', 'ready-2', '--json', *target(service.port))
        service.wait_log(1)
        time.sleep(0.2)
        running.signal(signal.SIGTERM)
        result = self.finish(running, 5)
        self.assertEqual([(line['outcome'], line['reason'], line['attempts']) for line in result.lines],
                         [('refused', 'http_status', 1)] + [('not_sent', 'cancelled', 0)] * 2)

    def test_retries_and_deadline_are_of_each_task(self):
        service = self.service(keep_alive=100)
        result = self.run_tasks(service, ['fault-retry-1-1', 'fault-retry503-1-1', 'ready-1'], '--timeout=2')
        self.assertEqual([(line['outcome'], line['attempts']) for line in result.lines],
                         [('accepted', 2), ('accepted', 2), ('accepted', 1)], str(result))

    def test_the_dry_run_shows_all(self):
        result = self.run_command('start', 'one', 'two', '--dry-run', '-e', f'https://{HOST}')
        self.assertIn('POST /v3/tasks/one/action', result.out)
        self.assertIn('POST /v3/tasks/two/action', result.out)
        self.assertEqual(result.out.count('Connection: close'), 2)

    def test_a_lost_result_ends_the_run(self):
        service = self.service(keep_alive=100)
        with open('/dev/full', 'wb') as full:
            result = self.run_command('start', 'ready-1', 'ready-2', 'ready-3', *target(service.port), stdout=full)
        self.assertEqual(result.code, 5, str(result))
        self.assertEqual(tasks_seen(service), ['ready-1'])
        self.assertIn('accepted: start ready-1', result.err)
        self.assertIn('not_sent: start 2 tasks: not begun: an outcome before could not be told\n  ready-2\n  ready-3\n',
                      result.err)

    def test_the_total_deadline_is_of_one_task(self):
        service = self.service(keep_alive=100)
        result = self.run_tasks(service, ['fault-silent', 'ready-1'], '--timeout=0.5')
        self.assertEqual([line['outcome'] for line in result.lines], ['unknown', 'accepted'])


class List(Invalid):
    """--tasks FILE."""

    def tasks_file(self, content):
        """A file with these bytes."""
        path = self.scratch() / 'tasks'
        path.write_bytes(content)
        return str(path)

    def run_list(self, content, service, *options, **how):
        """A run over a file with these bytes."""
        return self.run_command('start', '--tasks', self.tasks_file(content), '--json', *target(service.port), *options,
                                **how)

    def test_a_list(self):
        service = self.service(keep_alive=100)
        result = self.run_list(b'\xef\xbb\xbf# the first wave\n\n  ready-1\t\r\nready-2\r\n\t# more\nready-3', service)
        self.assertEqual([line['task_id'] for line in result.lines], ['ready-1', 'ready-2', 'ready-3'])
        self.assertEqual(result.code, 0)

    def test_standard_input(self):
        service = self.service(keep_alive=100)
        result = self.run_command('start', '--tasks', '-', '--json', *target(service.port), stdin=b'ready-1\nready-2\n')
        self.assertEqual([line['task_id'] for line in result.lines], ['ready-1', 'ready-2'])

    def test_a_thousand(self):
        service = self.service(keep_alive=1000)
        names = [f'ready-{number}' for number in range(1000)]
        result = self.run_list('\n'.join(names).encode(), service, timeout=60)
        self.assertEqual((result.code, len(result.lines)), (0, 1000))
        self.assertEqual(tasks_seen(service), names)

    def test_nothing_is_sent_where_one_is_wrong(self):
        for content, wrong, words in (
                (b'ready-1\nready 2\nready-3\n', 'ready 2', ['line 2']), (b'ready-1\n\n-x\n', '-x', ['line 3']),
                (b'ready-1\nready-2\nready-1\n', 'ready-1', ['line 3', 'twice']),
                (b'ready-1\nready-2\nREADY-1\n', 'READY-1', ['line 3', 'twice', 'capitals']),
                (b'a' * 37, 'a' * 37, ['line 1']), (b'r\xc3\xa4dy\n', 'r\u00e4dy', ['line 1']),
                (b'', None, ['no task']), (b'# none\n\n', None, ['no task']), (b'a\0b\n', None, ['nul']),
                (b'x' * 2000000, None, ['too large'])):
            with self.subTest(content[:40]), Simulator(PKI) as service:
                result = self.run_list(content, service)
                self.assert_outcome(result, 'invalid', 'invalid_argument', attempts=0, task_id=wrong)
                self.assert_words(result, *words)
                self.assertEqual(service.log, [])

    def test_too_many(self):
        service = self.service()
        result = self.run_list(b''.join(b'%d\n' % number for number in range(10001)), service)
        self.assert_outcome(result, 'invalid', 'invalid_argument')
        self.assert_words(result, '10000', 'line 10001')
        self.assertEqual(service.log, [])

    def test_what_does_not_go_together(self):
        where = ['-e', f'https://{HOST}', '--json']
        for arguments, words in ((['start', 'a', '--tasks', 'x'], 'both'),
                                 (['start', '--tasks', '-', '--token-file', '-'], 'standard input'),
                                 (['start', '--tasks', '/nonexistent'], 'does not exist'),
                                 (['start', '--tasks', '/'], 'directory'), (['start', '--tasks', ''], 'does not exist'),
                                 (['start', 'a', 'a'], 'twice'), (['start', 'a-B', 'b', 'A-b'], 'twice: a-b'),
                                 (['start', 'a', '--parallel', '0'], '1 to 4'),
                                 (['start', 'a', '--parallel', '5'], '1 to 4'),
                                 (['start', 'a', '--parallel', 'x'], '1 to 4')):
            with self.subTest(arguments):
                result = self.run_command(*arguments, *where)
                self.assert_outcome(result, 'invalid', 'invalid_argument')
                self.assert_words(result, words)

    def test_a_silent_pipe_meets_the_deadline(self):
        read, write = os.pipe()
        arguments = ['start', '--tasks', '-', '-e', f'https://{HOST}', '--timeout=0.3']
        try:
            result = self.run_command(*arguments, '--json', stdin=read)
            told = self.run_command(*arguments, stdin=read)
            running = self.start(*arguments[:-1], stdin=read)
            time.sleep(0.2)
            running.signal(signal.SIGTERM)
            cancelled = self.finish(running, 5)
            with open('/dev/full', 'wb') as full:
                lost = self.run_command(*arguments, stdin=read, stdout=full)
        finally:
            os.close(read)
            os.close(write)
        self.assert_outcome(result, 'not_sent', 'timeout', attempts=0, task_id=None)
        self.assertEqual(told.out.splitlines()[0],
                         'not_sent: start: the list of tasks did not come within 0.3 s (--timeout)')
        self.assertEqual(cancelled.out.splitlines()[0], 'not_sent: start: cancelled by a signal')
        self.assertIn('not_sent: start: the list of tasks did not come', lost.err)

    def test_what_is_wrong_elsewhere_has_no_line(self):
        tasks = self.tasks_file(b'ready-1\nready-2\n')
        for options in (['--ca-file', '/nonexistent'], ['--token-file', '/nonexistent']):
            with self.subTest(options):
                result = self.run_command('start', '--tasks', tasks, '-e', f'https://{HOST}', *options)
                self.assertEqual(result.code, EXIT['invalid'])
                self.assertIn('/nonexistent\n', result.err)
