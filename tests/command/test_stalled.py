"""Output that nobody reads: messages are dropped, results are waited for until a signal. And the time that there is."""

import contextlib
import os
import pty
import signal
import sys
import termios
import threading
import time

from peers import deaf_port
from support import EXIT, HERE, HOST, RESULT_LOST, SIGNALS, TOKEN, Case, target
from waves import Wave


class Stalled(Case):
    """A case with pipes and terminals that are not read."""

    def full_pipe(self):
        """(reading end, writing end) of a pipe without room."""
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        self.addCleanup(os.close, writer)
        os.set_blocking(writer, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writer, bytes(4096))
        os.set_blocking(writer, True)
        return reader, writer

    def stopped_terminal(self):
        """(master, slave) of a terminal that was stopped by Ctrl-S."""
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        self.addCleanup(os.close, slave)
        termios.tcflow(slave, termios.TCOOFF)
        return master, slave

    def stalled_errors(self):
        """What standard error may be: a name and a descriptor."""
        yield 'pipe', self.full_pipe()[1]
        yield 'terminal', self.stopped_terminal()[1]


class Messages(Stalled):
    """On standard error."""

    def test_the_deadline_holds(self):
        service = self.service()
        for name, stderr in self.stalled_errors():
            for options in (('-v',), (), ('-v', '--json')):
                with self.subTest(name, options=options):
                    result = self.run_command('start', 'fault-silent', '--timeout=0.8', *options, *target(service.port),
                                              stderr=stderr)
                    self.assertEqual(result.code, EXIT['unknown'], str(result))
                    self.assertLess(result.seconds, 1.5)

    def test_repeats_and_their_pauses(self):
        with deaf_port() as port:
            for name, stderr in self.stalled_errors():
                with self.subTest(name):
                    result = self.run_command('start', 'a', 'b', '--timeout=0.8', '--connect-timeout=0.1', '--retries=3',
                                              '--json', '-v', *target(port), stderr=stderr)
                    self.assertEqual([line['outcome'] for line in result.lines], ['not_sent'] * 2)
                    self.assertLess(result.seconds, 2.5)

    def test_several_at_a_time(self):
        service = self.service()
        tasks = ['ready-1', 'fault-retry-1-0', 'fault-retry-1-0'.replace('1-0', '2-0'), 'ready-2']
        for name, stderr in self.stalled_errors():
            with self.subTest(name):
                result = self.run_command('start', *tasks, '--json', '-v', '--parallel=2', *target(service.port),
                                          stderr=stderr)
                self.assertEqual(len(result.lines), 4)
                self.assertLess(result.seconds, 6)
                service.clear_log()

    def test_what_is_wrong_with_the_arguments(self):
        for name, stderr in self.stalled_errors():
            with self.subTest(name):
                for arguments in (('begin', 'a'), ('start', 'a', '--region', 'nowhere'), ('start', 'a', '-x'),
                                  ('start', 'a', '-e', f'https://{HOST}', '--ca-file', '/nonexistent'),
                                  ('explain', 'X.1')):
                    result = self.run_command(*arguments, '--json', stderr=stderr)
                    self.assertEqual(result.code, EXIT['invalid'], str(result))
                    self.assertLess(result.seconds, 1)

    def test_a_signal(self):
        service = self.service()
        for name, stderr in self.stalled_errors():
            for number in SIGNALS:
                with self.subTest(name, number=number):
                    running = self.start('start', 'fault-silent', '--json', '-v', *target(service.port), stderr=stderr)
                    service.wait_log(1)
                    service.clear_log()
                    sent = time.monotonic()
                    running.signal(number)
                    self.assert_outcome(self.finish(running, 5), 'unknown', 'cancelled')
                    self.assertLess(time.monotonic() - sent, 0.5)

    def test_a_reader_that_is_only_slow_misses_nothing(self):
        service = self.service()
        reader, writer = self.full_pipe()
        read = bytearray()

        def drain():
            while data := os.read(reader, 4096):
                read.extend(data)
                time.sleep(0.001)
                if b'connected to' in read and b'\n' in read[read.index(b'connected to'):]:
                    return

        thread = threading.Thread(target=drain, daemon=True)
        thread.start()
        result = self.run_command('start', 'ready-1', '-v', *target(service.port), stderr=writer)
        self.assertEqual(result.code, 0)
        thread.join(5)
        said = bytes(read).replace(b'\0', b'')
        self.assertTrue(said.startswith(b'trusted roots: ') and b'POST /v3' in said and b'connected to' in said, said)


class Results(Stalled):
    """On standard output."""

    def test_a_terminal_that_takes_a_part(self):
        """The system call that writes blocks in the middle, where signals are blocked as a rule."""
        service = self.service()
        for number in SIGNALS:
            for options in (('--json',), ()):
                with self.subTest(number.name, options=options):
                    master, slave = pty.openpty()
                    running = self.start('start', 'fault-max403', *options, *target(service.port), stdout=slave)
                    service.wait_log(1)
                    service.clear_log()
                    service.wait_idle()
                    if options:
                        time.sleep(0.4)  # The terminal takes some of 1.4 MB, and no more.
                        self.assertIsNone(running.process.poll())
                        sent = time.monotonic()
                        running.signal(number)
                        self.assertEqual(running.process.wait(5), RESULT_LOST)
                        self.assertLess(time.monotonic() - sent, 0.5)
                        self.assertIn(b'refused', running.process.stderr.read())
                    os.close(slave)
                    os.close(master)
                    running.process.wait(5)

    def test_one_signal_is_enough_whenever_it_comes(self):
        """While the reader still reads, too: then the line is whole, or the outcome is on standard error."""
        service = self.service()
        for pause in (0.001, 0.01, 0.02):
            running = self.start('start', 'fault-max403', '--json', *target(service.port))
            running.process.stdout.read(1)
            time.sleep(pause)
            running.signal(signal.SIGTERM)
            text = b'{' + running.process.stdout.read()
            code = running.process.wait(5)
            if code == RESULT_LOST:
                self.assertIn(b'refused', running.process.stderr.read())
            else:
                self.assertEqual((code, text.endswith(b'}\n')), (EXIT['refused'], True))

    def test_a_stopped_terminal_that_goes_on(self):
        service = self.service()
        master, slave = self.stopped_terminal()
        running = self.start('start', 'ready-1', *target(service.port), stdout=slave)
        service.wait_log(1)
        time.sleep(0.3)
        self.assertIsNone(running.process.poll())
        termios.tcflow(slave, termios.TCOON)
        self.assertIn(b'accepted: start ready-1', os.read(master, 4096))
        self.assertEqual(running.process.wait(5), 0)

    def test_an_alarm_that_was_set_before_still_comes(self):
        """alarm() is inherited: some set a limit by it."""
        service = self.service()
        _, slave = pty.openpty()
        self.addCleanup(os.close, slave)
        running = self.start('start', 'ready-1', 'fault-silent', *target(service.port), stdout=slave, before=(
            sys.executable, '-c', 'import os, signal, sys; signal.alarm(1); os.execv(sys.argv[1], sys.argv[1:])'))
        self.assertEqual(running.process.wait(5), -signal.SIGALRM)


class OneBudget(Wave):
    """--timeout counts from the start of the command to its first result."""

    def fed(self, *pieces):
        """The reading end of a pipe that gets (seconds, bytes) one after the other, and then stays silent."""
        reader, writer = os.pipe()
        self.addCleanup(os.close, writer)
        self.addCleanup(os.close, reader)

        def feed():
            for seconds, data in pieces:
                time.sleep(seconds)
                os.write(writer, data)

        thread = threading.Thread(target=feed)
        thread.start()
        self.addCleanup(thread.join)
        return reader

    def fifo(self, seconds, data):
        """A FIFO that gets its bytes late."""
        path = self.scratch() / 'fifo'
        os.mkfifo(path)

        def feed():
            time.sleep(seconds)
            path.write_bytes(data)

        thread = threading.Thread(target=feed, daemon=True)
        thread.start()
        return path

    def test_a_late_list_and_a_silent_token(self):
        tasks = self.fifo(0.7, b'a\nb\n')
        result = self.run_command('start', '--tasks', str(tasks), '-t', '-', '-e', f'https://{HOST}', '--timeout=1',
                                  '--json', token=None, stdin=self.fed())
        self.assertEqual([(line['outcome'], line['reason'], line['attempts']) for line in result.lines],
                         [('not_sent', 'timeout', 0)] * 2, str(result))
        self.assertLess(result.seconds, 1.5)

    def test_a_late_token_and_a_silent_service(self):
        service = self.service()
        token = self.fifo(0.8, TOKEN.encode())
        result = self.run_command('start', 'fault-silent', '-t', str(token), '--json', '--timeout=1.2',
                                  *target(service.port), token=None)
        self.assert_outcome(result, 'unknown', 'timeout')
        self.assertLess(result.seconds, 1.7)

    def test_all_of_it_late(self):
        tasks, token = self.fifo(0.4, b'fault-silent\nready-1\n'), self.fifo(0.8, TOKEN.encode())
        service = self.service()
        running = self.start('start', '--tasks', str(tasks), '-t', str(token), '--json', '--timeout=1.2',
                             *target(service.port), token=None)
        first = running.process.stdout.readline()
        self.assertLess(time.monotonic() - running.started, 1.7)
        self.assertIn(b'"timeout"', first)
        # The next task has all of its time.
        self.assertIn(b'"accepted"', running.process.stdout.readline())
        self.assertEqual(running.process.wait(5), EXIT['unknown'])

    def test_a_dripping_token(self):
        result = self.run_command('start', 'a', '-t', '-', '-e', f'https://{HOST}', '--timeout=0.6', '--json', token=None,
                                  stdin=self.fed(*((0.1, b'x') for _ in range(12))))
        self.assert_outcome(result, 'not_sent', 'timeout')
        self.assertLess(result.seconds, 1.1)


class Descriptors(Case):
    """0, 1 or 2 are closed, and what usually takes their place may not be opened: no connection may."""

    def denied(self, service, numbers, *what, options=('--json', '-v')):
        """A call with these descriptors closed."""
        running = self.start('start', 'ready-1', *options, *target(service.port), before=(
            sys.executable, str(HERE / 'deny.py'), numbers, *what, '--'))
        stdout, stderr = running.process.communicate(timeout=15)
        return running.process.returncode, stdout, stderr

    def test_no_directory(self):
        for numbers in ('0', '1', '2', '01', '12', '02', '012'):
            with self.subTest(numbers):
                service = self.service()
                code, _, stderr = self.denied(service, numbers, 'directory')
                self.assertEqual(code, RESULT_LOST if '1' in numbers else 0, stderr)
                [record] = service.wait_log(1)
                self.assertEqual((record['complete'], record['extra_bytes']), (True, 0))

    def test_nothing_at_all(self):
        for numbers in ('0', '1', '2', '01', '12', '02', '012'):
            with self.subTest(numbers):
                service = self.service()
                code, stdout, stderr = self.denied(service, numbers, 'directory', 'socket')
                self.assertEqual(code, RESULT_LOST if '1' in numbers else EXIT['invalid'], stderr)
                self.assertEqual(service.log, [])
                if '1' not in numbers:
                    self.assertIn(b'"invalid_config"', stdout)
                if '2' not in numbers:
                    self.assertIn(b'is closed, and nothing can be opened', stderr)

    def test_few_descriptors(self):
        """Whatever their number, nothing is sent in the clear."""
        for limit in range(3, 9):
            for closing in ('', '<&-', '>&-', '2>&-'):
                with self.subTest(limit=limit, closing=closing):
                    service = self.service()
                    running = self.start('start', 'ready-1', '--json', '-v', *target(service.port), before=(
                        '/bin/sh', '-c', f'ulimit -n {limit}; exec "$@" {closing}', 'sh'))
                    running.process.communicate(timeout=15)
                    self.assertIn(running.process.returncode, (*range(6), 126, 127))
                    for record in service.log:
                        self.assertEqual(record.get('extra_bytes', 0), 0)
                        self.assertNotEqual(record['event'], 'handshake_failed')
