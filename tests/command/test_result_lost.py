"""Exit code 5: standard output cannot be written, and the outcome must not be lost with it."""

import contextlib
import os
import pathlib
import signal
import subprocess
import time

from peers import closed_port
from support import EXIT, RESULT_LOST, SIGNALS, Case, target, wait_until

# The numbers of ppoll() on the machines that the tests run on.
PPOLL = {'x86_64': 271, 'aarch64': 73, 'riscv64': 73, 'armv7l': 336}


def sleeps_in_ppoll(running):
    """The command waits for something."""
    words = pathlib.Path(f'/proc/{running.process.pid}/syscall').read_text().split()
    return words[0] == str(PPOLL.get(os.uname().machine))


class ResultLost(Case):
    """Exit code 5: the outcome must not be lost with standard output."""

    def assert_lost(self, outcome, *arguments, **how):
        """The outcome is told on standard error instead."""
        for option in ((), ('--json',)):
            result = self.run_command(*arguments, *option, **how)
            self.assertEqual(result.code, RESULT_LOST, str(result))
            self.assertRegex(result.err.lower().replace(' ', '_'), outcome, str(result))

    def test_full_device(self):
        service = self.service()
        with open('/dev/full', 'wb') as full:
            self.assert_lost('accepted', 'network_check', 'ready-1', *target(service.port), stdout=full)
            self.assert_lost('refused', 'start', 'running-1', *target(service.port), stdout=full)
            self.assert_lost('unknown', 'start', 'fault-reset', *target(service.port), stdout=full)
            self.assert_lost('not_sent', 'start', 'ready-1', *target(closed_port()), '--retries=0', stdout=full)
        # A reply that fills many buffers.
        with open('/dev/full', 'wb') as full:
            result = self.call(service, 'fault-max403', stdout=full)
            self.assertEqual(result.code, RESULT_LOST)
            self.assertIn('refused', result.err.lower())

    def test_closed_pipe(self):
        service = self.service()
        for option in ((), ('--json',)):
            reader, writer = os.pipe()
            os.close(reader)
            result = self.run_command('network_check', 'ready-1', *target(service.port), *option, stdout=writer)
            os.close(writer)
            self.assertEqual(result.code, RESULT_LOST, str(result))
            self.assertIn('accepted', result.err.lower())

    def test_pipe_that_closes_half_way(self):
        """As `migtask ... | head -c 100` does, with more to say than a pipe holds."""
        service = self.service()
        running = self.start('start', 'fault-max403', '--json', *target(service.port))
        running.process.stdout.read(100)
        running.process.stdout.close()
        err = running.process.stderr.read().decode()
        self.assertEqual(running.process.wait(10), RESULT_LOST, err)
        self.assertIn('refused', err.lower())

    def test_closed_descriptor(self):
        """Descriptor 1 is closed, so the next socket would get its number: nothing must be written into that."""
        service = self.service()
        for number, closing in enumerate(('>&-', '<&- >&-', '<&- >&- 2>&-'), 1):
            with self.subTest(closing):
                result = self.run_command('network_check', 'ready-1', '--json', *target(service.port),
                                          before=('/bin/sh', '-c', f'exec "$@" {closing}', 'sh'))
                self.assertEqual(result.code, RESULT_LOST, str(result))
                record = service.wait_log(number)[-1]
                self.assertEqual((record['complete'], record['extra_bytes']), (True, 0))

    def test_closed_standard_error(self):
        """Only standard output carries the result; a lost message changes no exit code."""
        service = self.service()
        result = self.run_command('start', 'running-1', '--json', '-v', *target(service.port),
                                  before=('/bin/sh', '-c', 'exec "$@" 2>&-', 'sh'))
        self.assert_outcome(result, 'refused')
        with open('/dev/full', 'wb') as full:
            result = self.run_command('start', 'running-1', '--json', '-v', *target(service.port), stderr=full)
            self.assert_outcome(result, 'refused')

    def stopped(self):
        """A pipe that is full, for what is left of the test: its reader has stopped reading."""
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        self.addCleanup(os.close, writer)
        os.set_blocking(writer, False)
        held = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                held += os.write(writer, bytes(4096))
        os.set_blocking(writer, True)
        return reader, writer, held

    def write_into(self, service, *options, stderr=subprocess.PIPE):
        """A call whose result finds no room; (it, the reading end, how much has to be read before it)."""
        reader, writer, held = self.stopped()
        running = self.start('network_check', 'ready-1', *options, *target(service.port), stdout=writer,
                             stderr=writer if stderr is subprocess.STDOUT else stderr)
        service.wait_log(1)
        service.clear_log()
        service.wait_idle()    # The answer is there and the connection closed: nothing else is waited for.
        wait_until(lambda: sleeps_in_ppoll(running))
        return running, reader, held

    def test_reader_that_stopped_for_a_while(self):
        service = self.service()
        for option, word in (((), b'accepted'), (('--json',), b'"outcome":"accepted"')):
            running, reader, held = self.write_into(service, *option)
            time.sleep(0.2)
            self.assertIsNone(running.process.poll())
            os.set_blocking(reader, False)
            text = bytearray()

            def drain(reader=reader, running=running, text=text):
                with contextlib.suppress(BlockingIOError):
                    text += os.read(reader, 1 << 20)
                return running.process.poll() is not None

            wait_until(drain)
            drain()
            self.assertEqual(running.process.returncode, 0)
            self.assertIn(word, text[held:])

    def test_reader_that_stopped_for_good(self):
        """A signal ends the wait for it, and the outcome goes to standard error."""
        service = self.service()
        for number in SIGNALS:
            for option in ((), ('--json',)):
                with self.subTest(number.name, option=option):
                    running, _, _ = self.write_into(service, *option)
                    running.signal(number)
                    result = self.finish(running, 5)
                    self.assertEqual(result.code, RESULT_LOST, str(result))
                    self.assertIn('accepted', result.err)

    def test_both_readers_stopped(self):
        """One signal ends the wait for both."""
        running, _, _ = self.write_into(self.service(), stderr=subprocess.STDOUT)
        self.assertIsNone(running.process.poll())
        wait_until(lambda: sleeps_in_ppoll(running))
        running.signal(signal.SIGTERM)
        self.assertEqual(running.process.wait(1), RESULT_LOST)

    def test_reader_that_stops_half_way(self):
        service = self.service()
        running = self.start('start', 'fault-max403', '--json', *target(service.port))
        running.process.stdout.read(100)
        time.sleep(0.3)
        running.signal(signal.SIGTERM)
        self.assertEqual(running.process.wait(5), RESULT_LOST)
        self.assertIn(b'refused', running.process.stderr.read())

    def test_invalid_too(self):
        """The message is on standard error anyway."""
        with open('/dev/full', 'wb') as full:
            result = self.run_command('start', '--json', stdout=full)
            self.assertIn(result.code, (RESULT_LOST, EXIT['invalid']), str(result))
            self.assertTrue(result.err)
