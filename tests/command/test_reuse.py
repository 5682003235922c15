"""One connection for several tasks: only with --reuse, and what an answer too many or a silent end does there and without."""

import time

from http_response import SHORT_200
from peers import ScriptedPeer, read_request
from support import HOST, target
from waves import Wave, connections, tasks_seen


class Reuse(Wave):
    """--reuse, one task after the other."""

    def run_reusing(self, service, tasks, *options, **how):
        """With --json, over one connection where it lasts."""
        return self.run_tasks(service, tasks, '--reuse', *options, **how)

    def test_one_connection(self):
        for tls in ('1.2', '1.3'):
            with self.subTest(tls):
                service = self.service(keep_alive=100, tls=tls)
                tasks = [f'ready-{number}' for number in range(20)]
                result = self.run_reusing(service, tasks)
                self.assertEqual(result.code, 0, str(result))
                self.assertEqual(tasks_seen(service), tasks)
                self.assertEqual(connections(service), 1)
                self.assertEqual([record['headers'].get('connection') for record in service.requests],
                                 [None] * 19 + ['close'])

    def test_a_connection_that_ended_meanwhile_is_opened_anew(self):
        service = self.service(keep_alive=100, idle='close')
        tasks = ['ready-1', 'ready-2', 'ready-3', 'ready-4']
        result = self.run_reusing(service, tasks)
        self.assertEqual([line['outcome'] for line in result.lines], ['accepted'] * 4, str(result))
        self.assertEqual(tasks_seen(service), tasks)
        self.assertEqual(connections(service), 4)

    def test_an_answer_that_nobody_asked_for_is_not_taken(self):
        service = self.service(keep_alive=100, idle='answer')
        result = self.run_reusing(service, ['ready-1', 'fault-sms-7713', 'fault-denied', 'ready-2'])
        # A 200 lies there before the refusals: it is no answer to them.
        self.assertEqual([line['outcome'] for line in result.lines], ['accepted', 'refused', 'refused', 'accepted'],
                         str(result))
        self.assertEqual(connections(service), 4)

    def test_a_silent_end_turns_it_off(self):
        for fault in ('reset', 'cut-0', 'silent'):
            for tls in ('1.2', '1.3'):
                with self.subTest(fault, tls=tls):
                    service = self.service(keep_alive=100, tls=tls)
                    tasks = ['ready-1', 'ready-2', f'fault-{fault}', 'ready-3', 'ready-4', 'ready-5']
                    result = self.run_reusing(service, tasks, '--timeout=1')
                    self.assertEqual([line['outcome'] for line in result.lines],
                                     ['accepted'] * 2 + ['unknown'] + ['accepted'] * 3, str(result))
                    self.assertEqual([record['number'] for record in service.requests], [1, 2, 3, 1, 1, 1])
                    self.assertEqual(tasks_seen(service), tasks)

    def test_an_end_within_an_answer_does_not(self):
        service = self.service(keep_alive=100)
        result = self.run_reusing(service, ['ready-1', 'fault-cut-20', 'ready-2', 'ready-3'])
        self.assertEqual([line['outcome'] for line in result.lines], ['accepted', 'unknown', 'accepted', 'accepted'],
                         str(result))
        self.assertEqual([record['number'] for record in service.requests], [1, 2, 1, 2])

    def test_nor_does_the_end_of_a_new_connection(self):
        service = self.service(keep_alive=100)
        result = self.run_reusing(service, ['fault-reset', 'ready-1', 'ready-2'])
        self.assertEqual([line['outcome'] for line in result.lines], ['unknown', 'accepted', 'accepted'], str(result))
        self.assertEqual([record['number'] for record in service.requests], [1, 1, 2])

    def test_what_is_shown_of_it(self):
        shown = self.run_command('start', 'one', 'two', '--reuse', '--dry-run', '-e', f'https://{HOST}')
        self.assertEqual(shown.out.count('Connection: close'), 1, 'only the last closes')
        service = self.service(keep_alive=100)
        told = self.run_command('start', 'ready-1', 'ready-2', '--reuse', '-v', *target(service.port))
        self.assertIn('still connected to 127.0.0.1', told.err)
        self.assertNotIn('Connection: close', told.err)


class Stray(Wave):
    """A gateway that answers once more than it was asked, after a moment."""

    def test_it_is_the_answer_of_no_other_task(self):
        read = []

        def twice(peer, tls):
            request = read_request(tls.recv)
            read.append(request)
            tls.sendall(SHORT_200.replace(b'close', b'keep-alive'))
            time.sleep(0.02)
            tls.sendall(SHORT_200)
            peer.stall()

        tasks = ['ready-1', 'ready-2', 'ready-3']
        with ScriptedPeer(twice) as peer:
            result = self.run_tasks(peer, tasks, '--timeout=1')
            self.assertEqual([line['outcome'] for line in result.lines], ['accepted'] * 3, str(result))
            # Each yes is of a request that was read.
            self.assertEqual([request.split(b'/')[3].decode() for request in read], tasks)
            self.assertEqual(peer.connections, 3)
