"""Early after boot: the kernel has no random numbers yet, and the clock is wrong."""

import signal
import time

from support import Case, build_preload, target

FAR = 10 ** 9     # milliseconds: never
DAY = 86400

# The credentials of the throw-away authority are valid from 2020-01-01 00:00 to 2049-12-31 23:59.
FIRST_DAY = 1577836800
LAST_SECOND = 2524607999


class RandomNumbers(Case):
    """The command waits for them, says so, and keeps its deadline and its signals."""

    def setUp(self):
        self.library = build_preload(self.scratch(), 'late_random.c')

    def late(self, ms):
        """What makes a run have random numbers that late."""
        return {'preload': self.library, 'env': {'RANDOM_LATE_MS': str(ms)}}

    def test_a_wait_that_ends(self):
        service = self.service()
        how = self.late(700)
        for options, told in (((), True), (('-v',), True), (('-q',), False)):
            with self.subTest(options):
                result = self.call(service, 'ready-1', *options, operation='network_check', **how)
                self.assert_outcome(result, 'accepted', attempts=1)
                self.assertGreater(result.seconds, 0.6)
                self.assertEqual('waiting for the kernel' in result.err, told, str(result))
                self.assertEqual(result.err.count('waiting for'), int(told))

    def test_no_word_without_a_wait(self):
        result = self.call(self.service(), 'ready-1', **self.late(0))
        self.assert_outcome(result, 'accepted')
        self.assertEqual(result.err, '')

    def test_the_deadline_holds(self):
        service = self.service()
        how = self.late(FAR)
        result = self.call(service, 'ready-1', '--timeout=0.5', **how)
        self.assert_outcome(result, 'not_sent', 'no_entropy', attempts=0)
        self.assertTrue(0.4 < result.seconds < 3, str(result))
        self.assert_words(self.tell(service, 'ready-1', '--timeout=0.2', **how), 'no random numbers', '--timeout',
                          'safe to repeat')
        self.assertEqual(service.log, [], 'nothing was connected')

    def test_each_task_is_told(self):
        """None of several was begun: each has its line, people are told why once."""
        service = self.service()
        how = self.late(FAR)
        result = self.run_command('start', 'ready-1', 'ready-2', 'ready-3', '--json', '--timeout=0.2',
                                  *target(service.port), **how)
        self.assertEqual([(line['task_id'], line['outcome'], line['reason'], line['attempts'])
                          for line in result.lines],
                         [(f'ready-{number}', 'not_sent', 'no_entropy', 0) for number in (1, 2, 3)])
        result = self.run_command('start', 'ready-1', 'ready-2', '--timeout=0.2', *target(service.port), **how)
        self.assertEqual(result.out.count('no random numbers'), 1, str(result))
        self.assert_words(result, '2 tasks: 2 not_sent')
        self.assertEqual(service.log, [])

    def test_the_deadline_is_the_whole_of_it(self):
        """What the wait took is missing afterwards."""
        result = self.call(self.service(), 'fault-silent', '--timeout=1.2', **self.late(900))
        self.assert_outcome(result, 'unknown', 'timeout')
        self.assertLess(result.seconds, 2)

    def test_signals_hold(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number.name):
                running = self.start('start', 'ready-1', '--json', *target(1), **self.late(FAR))
                running.process.stderr.read(10)    # The wait is announced.
                time.sleep(0.05)
                running.signal(number)
                result = self.finish(running, 5)
                self.assert_outcome(result, 'not_sent', 'cancelled', attempts=0)
                self.assertLess(result.seconds, 3)

    def test_what_needs_none(self):
        how = self.late(FAR)
        for arguments in (('--help',), ('--version',), ('explain', 'SMS.7713'),
                          ('start', 'ready-1', '--dry-run', *target(1))):
            self.assertEqual(self.run_command(*arguments, timeout=5, **how).code, 0)


class Clock(Case):
    """A certificate is refused for its date, whatever the reason, and the message tells what to do."""

    def setUp(self):
        self.library = build_preload(self.scratch(), 'other_clock.c')

    def at(self, epoch_s):
        """What makes a run believe that it is then."""
        return {'preload': self.library, 'env': {'CLOCK_EPOCH_S': str(epoch_s)}}

    def refuse(self, service, epoch_s, *words, reason='certificate_rejected'):
        """Nothing of a request is sent, there is one attempt, and these words."""
        how = self.at(epoch_s)
        result = self.call(service, 'ready-1', **how)
        self.assert_outcome(result, 'not_sent', reason, attempts=1)
        result = self.tell(service, 'ready-1', **how)
        self.assert_words(result, *words, r"date -u -s 'yyyy-mm-dd hh:mm'", 'root', 'utc')
        self.assertEqual(service.requests, [])
        return result

    def test_before_the_certificate(self):
        for cert in ('ec', 'rsa-inter'):
            service = self.service(cert=cert)
            for epoch_s, date in ((0, '1970-01-01 00:00'), (59, '1970-01-01 00:00'), (60, '1970-01-01 00:01'),
                                  (DAY, '1970-01-02 00:00'), (951782399, '2000-02-28 23:59'),
                                  (951782400, '2000-02-29 00:00'), (FIRST_DAY - 1, '2019-12-31 23:59')):
                with self.subTest(cert, date=date):
                    self.refuse(service, epoch_s, 'not valid yet', 'from 2020-01-01 00:00 to 2049-12-31 23:59 utc',
                                f"this machine's clock says {date} utc", 'the clock is wrong: this program was written later')

    def test_after_the_certificate(self):
        """Also where 32-bit counts of seconds end."""
        service = self.service()
        for epoch_s, date in ((LAST_SECOND + 1, '2050-01-01 00:00'), (2 ** 32 - 1, '2106-02-07 06:28'),
                              (2 ** 32, '2106-02-07 06:28'), (253402300799, '9999-12-31 23:59')):
            with self.subTest(date):
                self.refuse(service, epoch_s, 'has expired', 'from 2020-01-01 00:00 to 2049-12-31 23:59 utc',
                            f"this machine's clock says {date} utc", 'if the clock is wrong')

    def test_within_the_certificate(self):
        """To the second at both ends, and beyond 2038."""
        service = self.service()
        for epoch_s in (FIRST_DAY, 2 ** 31 - 1, 2 ** 31, LAST_SECOND):
            with self.subTest(epoch_s):
                self.assert_outcome(self.call(service, 'ready-1', operation='network_check', **self.at(epoch_s)),
                                    'accepted')

    def test_no_time_at_all(self):
        """Before 1970 and after 9999 there is none to go by."""
        for epoch_s in (-1, -2 ** 40, 253402300800, 2 ** 62):
            with self.subTest(epoch_s):
                self.refuse(self.service(), epoch_s, 'the time is not known', reason='clock_unset')

    def test_the_clock_is_right_and_the_certificate_is_not(self):
        for cert, words in (('expired', ('has expired', 'renewed')), ('not-yet', ('not valid yet',))):
            result = self.tell(self.service(cert=cert), 'ready-1')
            self.assert_words(result, *words, 'if the clock is wrong', 'date -u -s')

    def test_no_word_of_the_clock_without_need(self):
        for cert in ('wrong-name', 'unknown', 'self-signed'):
            result = self.tell(self.service(cert=cert), 'ready-1')
            self.assertNotIn('date -u', result.said)

    def test_dry_run_and_explain_need_no_clock(self):
        how = self.at(-1)
        for arguments in (('explain', 'SMS.7713'), ('start', 'ready-1', '--dry-run', *target(1))):
            self.assertEqual(self.run_command(*arguments, **how).code, 0)
