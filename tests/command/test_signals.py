"""SIGINT, SIGTERM and SIGHUP in each phase: the outcome is printed, and the exit code is the outcome's."""

import os
import signal
import time

from peers import deaf_port
from support import EXIT, ROOTS, SIGNALS, Case, target, wait_until


class Signals(Case):
    """Each phase is reached by a peer that stops there. The middle of sending is in test_sending."""

    def cancel(self, number, reached, *arguments, operation='start', task_id='ready-1', **how):
        """Start a call, wait until the phase is reached, send the signal; with and without --json."""
        results = []
        for option in ((), ('--json',)):
            running = self.start(operation, task_id, *arguments, *option, '--timeout=20', '--connect-timeout=20', **how)
            reached(running)
            running.signal(number)
            result = self.finish(running, 3)
            self.assertLess(result.seconds, 5)
            results.append(result)
        told, shown = results
        self.assertEqual(told.code, shown.code)
        return told, shown

    def test_while_connecting(self):
        with deaf_port() as port:
            for number in SIGNALS:
                with self.subTest(number.name):
                    told, shown = self.cancel(number, lambda running: wait_until(lambda: is_connecting(running, port)),
                                              *target(port))
                    self.assert_outcome(shown, 'not_sent', 'cancelled', attempts=1, http_status=None)
                    self.assert_words(told, 'not sent|not_sent')

    def test_while_securing(self):
        for number in SIGNALS:
            with self.subTest(number.name):
                service = self.service(silent_handshake=True)
                _, shown = self.cancel(number, lambda running: time.sleep(0.3), *target(service.port))
                self.assert_outcome(shown, 'not_sent', 'cancelled', attempts=1)
                self.assertEqual(service.requests, [])

    def test_while_waiting(self):
        for number in SIGNALS:
            with self.subTest(number.name):
                service = self.service()

                def reached(_, service=service):
                    service.wait_log(1)
                    service.clear_log()

                told, shown = self.cancel(number, reached, *target(service.port), task_id='fault-silent')
                self.assert_outcome(shown, 'unknown', 'cancelled', attempts=1, http_status=None)
                self.assert_words(told, 'unknown', 'may have been|may already', 'repeat')

    def test_while_receiving(self):
        for number in SIGNALS:
            with self.subTest(number.name):
                service = self.service()

                def reached(_, service=service):
                    service.wait_log(1)
                    service.clear_log()
                    time.sleep(0.3)  # Some bytes of the answer, at 20 a second.

                _, shown = self.cancel(number, reached, *target(service.port), task_id='fault-drip-50')
                self.assert_outcome(shown, 'unknown', 'cancelled', attempts=1)

    def test_while_pausing_between_attempts(self):
        """Design: the final outcome is the last attempt's. What was refused stays refused; or, seen from the attempt
        that was about to begin, is not sent. Both are true; accepted and unknown would not be."""
        for number in SIGNALS:
            with self.subTest(number.name):
                service = self.service()

                def reached(_, service=service):
                    service.wait_log(1)
                    service.clear_log()
                    time.sleep(0.3)

                _, shown = self.cancel(number, reached, *target(service.port), task_id='fault-retry-9-15')
                self.assertIn(shown.json['outcome'], ('refused', 'not_sent'), str(shown))
                self.assertEqual(shown.json['attempts'], 1)

    def test_while_reading_the_token(self):
        """Nothing is attempted yet: invalid and not_sent both say so, and no connection is opened."""
        service = self.service()
        for number in SIGNALS:
            with self.subTest(number.name):
                reader, writer = os.pipe()
                with open(reader, 'rb') as stdin:
                    _, shown = self.cancel(number, lambda running: time.sleep(0.2), '-t', '-', *target(service.port),
                                           stdin=stdin, token=None)
                os.close(writer)
                self.assertIn(shown.code, (EXIT['invalid'], EXIT['not_sent']), str(shown))
                self.assertEqual(service.log, [])

    def test_while_resolving(self):
        """The resolver may be quicker than the signal; the outcome is the same."""
        for number in SIGNALS:
            running = self.start('start', 'ready-1', '--json', '--endpoint=https://no-such-host.invalid',
                                 '--ca-file', ROOTS, '--timeout=20', '--retries=50')
            time.sleep(0.1)
            running.signal(number)
            result = self.finish(running, 3)
            self.assert_outcome(result, 'not_sent', ('cancelled', 'resolve_failed'))

    def test_nohup(self):
        """Who started the command with SIGHUP ignored does not want it to end with the terminal. The design does not say
        so; every user of nohup expects it."""
        service = self.service()
        running = self.start('start', 'fault-slow-1000', '--json', *target(service.port),
                             before=('/bin/sh', '-c', 'trap "" HUP; exec "$@"', 'sh'))
        service.wait_log(1)
        running.signal(signal.SIGHUP)
        self.assert_outcome(self.finish(running), 'accepted')

    def test_a_second_signal_changes_nothing(self):
        service = self.service()
        running = self.start('start', 'fault-silent', '--json', *target(service.port))
        service.wait_log(1)
        for number in SIGNALS:
            running.signal(number)
        self.assert_outcome(self.finish(running, 3), 'unknown', 'cancelled')


def is_connecting(running, port):
    """The command has a connection to the port under way (state SYN_SENT in /proc/net/tcp)."""
    with open(f'/proc/{running.process.pid}/net/tcp', encoding='ascii') as table:
        return any(fields[2].endswith(f':{port:04X}') and fields[3] == '02'
                   for fields in (line.split() for line in table) if len(fields) > 3)
