"""Exit code 5: standard output cannot be written, and the outcome must not be lost with it."""

import os

from peers import closed_port
from support import EXIT, RESULT_LOST, Case, target


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

    def test_invalid_too(self):
        """The message is on standard error anyway."""
        with open('/dev/full', 'wb') as full:
            result = self.run_command('start', '--json', stdout=full)
            self.assertIn(result.code, (RESULT_LOST, EXIT['invalid']), str(result))
            self.assertTrue(result.err)
