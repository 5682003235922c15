"""Several calls at a time in one process: none waits for another, and each is told once."""

import collections
import os
import pathlib
import signal
import socket
import ssl
import tempfile
import threading
import time

from peers import YES, Chained, Meeting, ScriptedPeer, _Server, pass_on, read_request
from proxies import OPENED, read_head
from support import EXIT, LONG_TOKEN, PKI, SIGNALS, Case, build_preload, target
from waves import connections, tasks_seen

# A signal ends the command within 0.1 s; a busy machine has more time for it.
AT_ONCE = 1


def outcomes(result):
    """{task: (outcome, reason, attempts)}; AssertionError where a task is told twice."""
    assert len({line['task_id'] for line in result.lines}) == len(result.lines), f'told twice\n{result}'
    return {line['task_id']: (line['outcome'], line['reason'], line['attempts']) for line in result.lines}


class Parallel(Case):
    """A case whose commands make four calls at a time, unless it says otherwise."""

    def begin(self, service, tasks, *options, **how):
        """The command has been started."""
        return self.start('start', *tasks, '--json', '--parallel=4', *target(service.port), *options, **how)

    def run_tasks(self, service, tasks, *options, timeout=20, **how):
        """The result of it."""
        return self.finish(self.begin(service, tasks, *options, **how), timeout)


class Together(Parallel):
    """What comes of it."""

    def test_each_task_once(self):
        service = self.service(keep_alive=100)
        names = [f'ready-{number}' for number in range(40)]
        result = self.run_tasks(service, names)
        self.assertEqual(result.code, 0, str(result))
        self.assertEqual(sorted(outcomes(result)), sorted(names))
        self.assertEqual(sorted(tasks_seen(service)), sorted(names))
        self.assertEqual(connections(service), 40)
        # The first shows that the token is good; the session that it leaves serves all others.
        self.assertEqual([record['resumed'] for record in service.requests].count(False), 1)

    def test_at_the_same_time(self):
        service = self.service()
        result = self.run_tasks(service, ['ready-1', *(f'fault-slow-{1000 + number}' for number in range(4))])
        self.assertEqual(len(result.lines), 5)
        self.assertLess(result.seconds, 3)

    def test_one_process(self):
        service = self.service()
        running = self.begin(service, ['ready-1', *(f'fault-slow-{1000 + number}' for number in range(4))])
        service.wait_log(5)
        process = running.process.pid
        self.assertEqual(pathlib.Path(f'/proc/{process}/task/{process}/children').read_text(), '')
        self.assertEqual(self.finish(running, 5).code, 0)

    def test_no_more_connections_than_asked_for(self):
        for parallel, tasks in ((2, 6), (4, 3)):
            service = self.service()
            running = self.begin(service, ['ready-1', *(f'fault-slow-{25000 + number}' for number in range(tasks - 1))],
                                 f'--parallel={parallel}', '--timeout=30')
            most = min(parallel, tasks - 1)
            service.wait_log(1 + most)
            time.sleep(0.2)
            self.assertEqual(len(service.requests), 1 + most)
            running.signal(signal.SIGTERM)
            self.finish(running, 5)

    def test_the_last_goes_over_the_connection_of_the_first(self):
        service = self.service(keep_alive=100)
        self.run_tasks(service, ['ready-1', 'ready-2'], '--reuse')
        self.assertEqual((tasks_seen(service), connections(service)), (['ready-1', 'ready-2'], 1))
        service.clear_log()
        self.run_tasks(service, [f'ready-{number}' for number in range(3, 23)], '--reuse')
        self.assertLessEqual(connections(service), 4)

    def test_unlike_ones(self):
        """One silent, one slow, one cut, one good, one to be repeated: each as if it were alone."""
        service = self.service()
        result = self.run_tasks(service, ['ready-1', 'fault-silent', 'fault-slow-700', 'fault-cut-20', 'ready-2',
                                          'fault-retry-1-1', 'fault-sms-7713', 'ready-3'], '--timeout=1.5')
        self.assertEqual(outcomes(result), {
            'ready-1': ('accepted', 'ok', 1), 'fault-silent': ('unknown', 'timeout', 1),
            'fault-slow-700': ('accepted', 'ok', 1), 'fault-cut-20': ('unknown', 'connection_lost', 1),
            'ready-2': ('accepted', 'ok', 1), 'fault-retry-1-1': ('accepted', 'ok', 2),
            'fault-sms-7713': ('refused', 'http_status', 1), 'ready-3': ('accepted', 'ok', 1)}, str(result))
        self.assertLess(result.seconds, 3)

    def test_long_results_are_whole(self):
        service = self.service()
        tasks = {'ready-1', 'fault-max403', 'fault-max403rev', 'fault-max403utf8', 'ready-2'}
        for _ in range(3):
            service.clear_log()
            result = self.run_tasks(service, tasks)
            self.assertEqual(set(outcomes(result)), tasks)
            self.assertTrue(all(len(line['error_param']) == 20 for line in result.lines if 'max' in line['task_id']))

    def test_a_refused_token_is_tried_once(self):
        service = self.service()
        result = self.run_tasks(service, [f'ready-{number}' for number in range(9)], token='wrong-token-of-some-length')
        self.assertEqual([line['reason'] for line in result.lines], ['http_status'] + ['auth_failed'] * 8)
        self.assertEqual(len(service.requests), 1)

    def test_a_stop_ends_no_call_that_is_under_way(self):
        """The account is refused for one task: the others that were sent are told as they end, the rest is not begun."""
        def talk(peer, tls):
            request = read_request(tls.recv)
            if b'/slow' in request.split(b'\r\n')[0]:
                time.sleep(0.6)
            body = b'{"error_code":"SMS.6525","error_msg":"frozen"}' if b'/bad' in request.split(b'\r\n')[0] else b'{}'
            tls.sendall(b'HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b'
                        % (200 if body == b'{}' else 403, len(body), body))
            peer.stall()

        with ScriptedPeer(talk) as peer:
            result = self.run_tasks(peer, ['first', 'slow-1', 'slow-2', 'bad', 'slow-3', 'rest-1', 'rest-2'])
        self.assertEqual(collections.Counter(outcomes(result).values()), {
            ('accepted', 'ok', 1): 4, ('refused', 'http_status', 1): 1, ('not_sent', 'auth_failed', 0): 2}, str(result))
        self.assertEqual(result.code, EXIT['refused'])

    def test_where_there_is_no_memory_for_more(self):
        service = self.service()
        running = self.begin(service, ['fault-silent'])
        service.wait_log(1)
        [peak] = [int(line.split()[1]) for line in pathlib.Path(f'/proc/{running.process.pid}/status').read_text().split('\n')
                  if line.startswith('VmPeak')]
        running.process.kill()
        service.clear_log()
        names = ['ready-1', *(f'fault-slow-{300 + number}' for number in range(3))]
        result = self.run_tasks(service, names, before=('prlimit', f'--as={1024 * (peak + 500)}'))
        self.assertEqual([line['outcome'] for line in result.lines], ['accepted'] * 4, str(result))
        self.assertGreater(result.seconds, 0.9, 'there was memory')

    def test_stopped_and_continued(self):
        """Ctrl-Z and fg, or a debugger: nothing is lost, and deadlines that passed meanwhile are those of the calls."""
        service = self.service()
        running = self.begin(service, ['ready-1', 'fault-slow-300', 'fault-slow-301', 'fault-slow-302', 'ready-2', 'ready-3'],
                             '--timeout=10')
        service.wait_log(4)
        running.signal(signal.SIGSTOP)
        time.sleep(0.8)
        running.signal(signal.SIGCONT)
        result = self.finish(running, 5)
        self.assertEqual((result.code, len(outcomes(result))), (0, 6), str(result))


class Stop(_Server):
    """Passes the first connection on to a service, and stops all others in one phase of theirs."""

    def __init__(self, phase, port):
        super().__init__()
        self._phase, self._service = phase, port
        self._over = threading.Event()
        self.stopped = threading.Semaphore(0)

    def __exit__(self, *_):
        self._over.set()
        super().__exit__()

    def handle(self, connection):
        if self._phase == 'proxy':
            read_head(connection)
            if self.connections == 1:
                connection.sendall(OPENED)
        if self.connections > 1:
            if self._phase == 'securing':
                connection.recv(4096)
            self.stopped.release()
            self._over.wait(30)
            return
        with socket.create_connection(('127.0.0.1', self._service)) as service:
            pass_on(connection, service)


class Cancelled(Parallel):
    """A signal, with four calls under way and two tasks to come."""

    def cancel(self, service, tasks, reached, number, *options, **how):
        """The outcomes after a signal, which comes once this is reached."""
        running = self.begin(service, ['ready-1', *tasks, 'ready-2', 'ready-3'], '--timeout=25', '--connect-timeout=25',
                             *options, **how)
        reached()
        sent = time.monotonic()
        running.signal(number)
        result = self.finish(running, 5)
        self.assertLess(time.monotonic() - sent, AT_ONCE)
        told = outcomes(result)
        self.assertEqual(told.pop('ready-1'), ('accepted', 'ok', 1))
        self.assertEqual([told.pop(task) for task in ('ready-2', 'ready-3')], [('not_sent', 'cancelled', 0)] * 2)
        self.assertEqual(list(told), list(dict.fromkeys(told)))
        self.assertEqual(set(told), set(tasks), str(result))
        return set(told.values())

    def test_while_the_service_has_them(self):
        for fault, expected in (('fault-slow-{}', ('unknown', 'cancelled', 1)), ('fault-drip-{}', ('unknown', 'cancelled', 1)),
                                ('fault-retry-9-{}', ('refused', 'http_status', 1))):
            for number in SIGNALS:
                with self.subTest(fault, number=number.name):
                    service = self.service()

                    def reached(service=service):
                        service.wait_log(5)
                        time.sleep(0.1)

                    tasks = [fault.format(20000 + i if 'slow' in fault else 15 + i) for i in range(4)]
                    self.assertEqual(self.cancel(service, tasks, reached, number), {expected})

    def test_before_they_are_sent(self):
        for phase in ('securing', 'proxy'):
            for number in SIGNALS:
                service = self.service()
                with self.subTest(phase, number=number.name), Stop(phase, service.port) as stop:
                    def reached(stop=stop):
                        for _ in range(4):
                            self.assertTrue(stop.stopped.acquire(timeout=10))

                    way = ('--proxy', f'http://127.0.0.1:{stop.port}') if phase == 'proxy' else ()
                    to = service if phase == 'proxy' else stop
                    self.assertEqual(self.cancel(to, ['a', 'b', 'c', 'd'], reached, number, *way),
                                     {('not_sent', 'cancelled', 1)})
                self.assertEqual(tasks_seen(service), ['ready-1'])

    def test_while_connecting(self):
        """The port takes one connection, and then no more."""
        first = threading.Event()

        def answer(connection):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(PKI / 'ec.pem', PKI / 'ec.key')
            with context.wrap_socket(connection, server_side=True) as tls:
                read_request(tls.recv)
                listener.listen(0)
                for _ in range(8):
                    filler = self.enterContext(socket.socket())
                    filler.setblocking(False)
                    filler.connect_ex(listener.getsockname())
                time.sleep(0.2)
                tls.sendall(YES)
                first.set()
                tls.recv(1)

        with socket.create_server(('127.0.0.1', 0), backlog=1) as listener:
            class Peer:
                """Where it is."""
                port = listener.getsockname()[1]

            thread = threading.Thread(target=lambda: answer(listener.accept()[0]), daemon=True)
            thread.start()

            def reached():
                self.assertTrue(first.wait(10))
                time.sleep(0.3)

            told = self.cancel(Peer, ['a', 'b', 'c', 'd'], reached, signal.SIGINT)
            self.assertEqual(told, {('not_sent', 'cancelled', 1)})
            thread.join(5)

    def test_while_sending(self):
        """Their kernels take little, and nobody reads."""
        sending = threading.Semaphore(0)

        def talk(peer, tls):
            if peer.connections == 1:
                read_request(tls.recv)
                tls.sendall(YES)
                return
            tls.recv(100)
            sending.release()
            peer.stall()

        def reached():
            for _ in range(4):
                self.assertTrue(sending.acquire(timeout=10))
            time.sleep(0.1)

        with tempfile.TemporaryDirectory() as folder, ScriptedPeer(talk, receive_buffer=4096) as peer:
            library = build_preload(pathlib.Path(folder), 'small_send.c')
            told = self.cancel(peer, ['a', 'b', 'c', 'd'], reached, signal.SIGINT, token=LONG_TOKEN, preload=library)
        self.assertEqual(told, {('not_sent', 'cancelled', 1)})

    def test_while_a_result_waits_for_its_reader(self):
        """Nobody reads standard output, and then nobody standard error either."""
        for both in (False, True):
            with self.subTest(both=both):
                service = self.service()
                running = self.begin(service, ['fault-max403', *(f'fault-slow-{20000 + i}' for i in range(4)), 'ready-1'],
                                     '--timeout=25', *(() if both else ('-q',)))
                service.wait_log(1)
                time.sleep(0.5)
                self.assertIsNone(running.process.poll())
                sent = time.monotonic()
                running.signal(signal.SIGINT)
                self.assertEqual(running.process.wait(5), 5)
                self.assertLess(time.monotonic() - sent, AT_ONCE)
                if not both:
                    err = running.process.stderr.read().decode()
                    self.assertIn('refused: start fault-max403: ', err)
                    self.assertRegex(err, r'not_sent: start 5 tasks: not begun: (an outcome before could not be told|cancelled)')


class Slow(Parallel):
    """Results that nobody reads for a while."""

    def test_they_hold_up_no_call(self):
        """The others have their answers and their deadlines meanwhile."""
        service = self.service()
        tasks = ['ready-1', 'fault-max403', *(f'fault-slow-{400 + number}' for number in range(3)), 'ready-2']
        running = self.begin(service, tasks, '--timeout=1.5', '-q')
        service.wait_log(5)
        time.sleep(3)
        self.assertIsNone(running.process.poll())
        result = self.finish(running, 10)
        self.assertEqual({task: outcome[0] for task, outcome in outcomes(result).items()},
                         {task: 'refused' if 'max' in task else 'accepted' for task in tasks}, str(result)[:2000])

    def test_a_lost_result_ends_the_run(self):
        service = self.service()
        names = [f'ready-{number}' for number in range(30)]
        with open('/dev/full', 'wb') as full:
            result = self.run_command('start', *names, '--parallel=2', *target(service.port), stdout=full)
        self.assertEqual(result.code, 5, str(result))
        self.assertEqual(tasks_seen(service), ['ready-0'])
        self.assertIn('start ready-0:', result.err)
        for name in names[1:]:
            self.assertIn(f'\n  {name}\n', result.err)

    def test_calls_under_way_when_output_is_lost(self):
        service = self.service()
        read, write = os.pipe()
        running = self.start('start', 'ready-1', 'fault-silent', 'fault-slow-300', 'ready-2', '--parallel=2', '--timeout=1',
                             *target(service.port), stdout=write)
        os.close(write)
        os.read(read, 4096)
        os.close(read)
        result = self.finish(running, 8)
        self.assertEqual(result.code, 5, str(result))
        for words in ('unknown: start fault-silent: no complete answer came within 1 s (--timeout)\n',
                      'accepted: start fault-slow-300: ', 'not_sent: start ready-2: not begun: '):
            self.assertEqual(result.err.count(words), 1, str(result))


class Memory(Parallel):
    """The arena is one for all."""

    def test_four_large_chains_at_once(self):
        """As many certificates as are accepted, with TLS 1.2 and 1.3, and no session to resume."""
        with tempfile.TemporaryDirectory() as folder:
            chain = pathlib.Path(folder) / 'chain.pem'
            text = (PKI / 'rsa4096.pem').read_text()
            more = (PKI / 'root-rsa.pem').read_text()
            size = len(ssl.PEM_cert_to_DER_cert(more))
            chain.write_text(text + more * min(7, (15000 - len(ssl.PEM_cert_to_DER_cert(text.split('\n\n')[0]))) // size))
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                with self.subTest(version.name), Chained(chain, version) as peer, Meeting(peer.port, 4) as between:
                    result = self.run_tasks(between, ['ready-1', 'a', 'b', 'c', 'd'], '--retries=0')
                    self.assertEqual(set(outcomes(result).values()), {('accepted', 'ok', 1)}, str(result))
                    self.assertEqual(between.met, 4)
