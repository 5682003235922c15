"""A token typed or pasted at a terminal: asked for, not shown, whole, and the terminal is as before however it ends."""

import fcntl
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import termios
import time

from support import BINARY, LONG_TOKEN, TOKEN, Case, Result, check_result, environment, parse_json, target, wait_until

QUESTION = 'Token ('
LINE_MODE_MAX = 4095  # Of a line, what the line mode of a terminal keeps.


class Person:
    """The command on a terminal of its own, which is its standard input and error; standard output is a pipe. -q: no progress
    there, however slow this machine is."""

    def __init__(self, arguments, shell=False, **env):
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.arguments = (*arguments, '-q')
        self.shown = ''
        self.process = subprocess.Popen(
            [BINARY, *self.arguments], env=environment(**{'TERM': 'xterm', **env}), stdin=self.slave, stderr=self.slave,
            stdout=subprocess.PIPE, start_new_session=True,
            preexec_fn=lambda: _begin(shell))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.stdout.close()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)

    def look(self, seconds=0.0):
        """What is on the screen by now."""
        while select.select([self.master], [], [], seconds)[0]:
            self.shown += os.read(self.master, 65536).decode()
        return self.shown

    def wait_for(self, count=1):
        """Until the question was asked so many times."""
        wait_until(lambda: self.look().count(QUESTION) == count and self.is_quiet())

    def pid(self):
        """Of the job of the shell."""
        [job] = pathlib.Path(f'/proc/{self.process.pid}/task/{self.process.pid}/children').read_text().split()
        return int(job)

    def is_quiet(self):
        """The terminal does not show what is typed."""
        return not termios.tcgetattr(self.slave)[3] & termios.ECHO

    def type(self, text):
        """As fast as the terminal takes it."""
        data = text.encode()
        while data:
            data = data[os.write(self.master, data[:1024]):]

    def finish(self, echoed=False):
        """Its end: the result, checked; what is on the screen is its standard error. echoed: what was typed is there too."""
        out, _ = self.process.communicate(timeout=10)
        text = re.sub(r'\x1b\[\?2004[hl]', '', self.look()).replace('\r\n', '\n').replace('\r\x1b[K', '')
        result = Result(self.arguments, self.process.returncode, out, text.encode(), 0)
        for token in () if echoed else (TOKEN, LONG_TOKEN):
            check_result(result, token)
        result.lines = parse_json(result)
        return result

    def is_as_before(self):
        """The terminal's modes."""
        return termios.tcgetattr(self.slave) == self.before

    def left(self):
        """What a shell would now read as a command."""
        os.set_blocking(self.slave, False)
        quiet = termios.tcgetattr(self.slave)
        quiet[3] &= ~termios.ICANON
        termios.tcsetattr(self.slave, termios.TCSANOW, quiet)
        try:
            return os.read(self.slave, 65536)
        except BlockingIOError:
            return b''


def _begin(shell):
    """In the new process: the terminal becomes the session's own, so that its keys send signals. shell: the command runs
    as a job of a shell, which alone can be stopped."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    if not shell:
        return
    job = os.fork()
    if job:
        os.closerange(0, 256)
        os._exit(os.waitstatus_to_exitcode(os.waitpid(job, 0)[1]) & 255)
    os.setpgid(0, 0)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)


def _state(pid):
    return pathlib.Path(f'/proc/{pid}/stat').read_text(encoding='utf-8').rpartition(')')[2].split()[0]


class Prompt(Case):
    """-t - where standard input is a terminal."""

    def ask(self, *options, task='ready-1', shell=False, **env):
        """The command, which has asked."""
        self.simulator = self.service()
        person = self.enterContext(Person(['start', task, '--json', *target(self.simulator.port), '-t', '-', *options],
                                          shell, **env))
        person.wait_for()
        return person

    def assert_arrives(self, person, token):
        """The service gets exactly this token."""
        result = person.finish()
        self.assert_outcome(result, 'accepted')
        self.assertEqual(self.simulator.wait_log(1)[0]['token'], token)
        self.assertTrue(person.is_as_before())
        return result

    def assert_refused(self, person, words):
        """Nothing is sent; what the rest of the paste was does not reach the shell."""
        result = person.finish()
        self.assert_outcome(result, 'invalid')
        self.assertRegex(result.said, words)
        self.assertTrue(person.is_as_before())
        self.assertEqual(person.left(), b'')
        self.assertEqual(self.simulator.log, [])

    def test_all_of_it(self):
        for token in (TOKEN, LONG_TOKEN, 'k' * 4095, 'k' * 4096, 'k'):
            for end in ('\r', '\n', '\r\n', '\x04'):
                with self.subTest(len(token), end=end):
                    person = self.ask()
                    person.type(token + end)
                    self.assert_arrives(person, token)

    def test_bracketed_paste(self):
        for text in ('\x1b[200~@\x1b[201~\r', '\x1b[200~@\r\x1b[201~', '\x1b[200~@\n\x1b[201~\r', 'x\x7f\x1b[200~@\x1b[201~\x04'):
            with self.subTest(text):
                person = self.ask()
                self.assertIn('\x1b[?2004h', person.shown)
                person.type(text.replace('@', LONG_TOKEN))
                self.assert_arrives(person, LONG_TOKEN)
                self.assertTrue(person.shown.rindex('\x1b[?2004l') > person.shown.rindex('\x1b[?2004h'))

    def test_a_terminal_that_knows_nothing(self):
        for kind in ('dumb', ''):
            person = self.ask(TERM=kind)
            person.type(f'{TOKEN}\r')
            self.assert_arrives(person, TOKEN)
            self.assertNotIn('\x1b[?2004', person.shown)

    def test_correcting(self):
        person = self.ask()
        person.type(f'wrong\x15{TOKEN}xyz\x7f\x08\x7f\r')
        self.assert_arrives(person, TOKEN)

    def test_what_is_no_token(self):
        for text, words in (('\r', 'the token is empty'), ('\x04', 'the token is empty'), ('"@"\r', 'quotation mark'),
                            ('@\r@\r', 'byte 517 is a line feed'), ('\x1b[200~@\r@\x1b[201~\r', 'byte 517 is a line feed'),
                            ('{\r  "token": {\r "expires_at": 1\r}}\r', 'json'), ('\x1b[A\r', 'an escape'),
                            ('@\x1b[200~\x04\x1b[201~\r', 'a control character')):
            with self.subTest(text):
                person = self.ask()
                person.type(text.replace('@', TOKEN))
                self.assert_refused(person, words)

    def test_too_much(self):
        for text in ('@x\r', '@@@\r', '\x1b[200~@@\r@\x1b[201~\r'):
            with self.subTest(text):
                person = self.ask()
                person.type(text.replace('@', LONG_TOKEN))
                self.assert_refused(person, 'too long|more was typed')

    def test_typed_before_the_question(self):
        """What the line mode kept whole counts; what it has cut is refused."""
        self.simulator = self.service()
        for token in (TOKEN, LONG_TOKEN):
            with self.subTest(len(token)):
                path = self.scratch() / 'tasks'
                os.mkfifo(path)
                person = self.enterContext(Person(['start', '--tasks', str(path), '--json', '-t', '-',
                                                   *target(self.simulator.port)]))
                person.type(f'{token}\n')
                wait_until(lambda: len(person.look()) >= min(len(token), LINE_MODE_MAX))  # The terminal works on its own.
                path.write_text('ready-1\n', encoding='ascii')  # Waits until the command has opened it.
                if token == TOKEN:
                    person.shown = ''  # Of what was typed before, the terminal itself showed it.
                    result = person.finish(echoed=True)
                    self.assert_outcome(result, 'accepted')
                    self.assertEqual(self.simulator.wait_log(1)[0]['token'], token)
                else:
                    result = person.finish(echoed=True)
                    self.assert_outcome(result, 'invalid')
                    self.assertIn('after the question', result.said)
                self.assertTrue(person.is_as_before())
                self.simulator.clear_log()

    def test_cancelled(self):
        """By a key or a signal, in the middle of it."""
        for end in ('\x03', signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(end):
                person = self.ask()
                person.type(TOKEN[:200])
                if isinstance(end, str):
                    person.type(end)
                else:
                    person.process.send_signal(end)
                result = person.finish()
                self.assert_outcome(result, 'not_sent', 'cancelled', attempts=0)
                self.assertTrue(person.is_as_before())
                self.assertEqual(person.left(), b'')

    def test_the_deadline(self):
        """A --timeout that was given is for all of it."""
        person = self.ask('--timeout=0.5')
        person.type(TOKEN)
        result = person.finish()
        self.assert_outcome(result, 'not_sent', 'timeout', attempts=0)
        self.assertTrue(person.is_as_before())

    def test_killed(self):
        """By what cannot be answered in order: the terminal is as before all the same."""
        for number in (signal.SIGQUIT, signal.SIGSEGV, signal.SIGABRT, signal.SIGUSR1, signal.SIGALRM):
            with self.subTest(number):
                person = self.ask()
                person.type(TOKEN[:100])
                person.process.send_signal(number)
                self.assertEqual(person.process.wait(10), -number)
                self.assertTrue(person.is_as_before())
                self.assertTrue(person.look().rindex('\x1b[?2004l') > person.shown.rindex('\x1b[?2004h'))
                self.assertEqual(person.left(), b'')

    def test_stopped_and_continued(self):
        """As before while it is stopped; then the question is asked again, and typing begins anew."""
        for stop in (signal.SIGTSTP, signal.SIGSTOP, '\x1a'):
            with self.subTest(stop):
                person = self.ask(shell=True)
                person.type(TOKEN[:100])
                time.sleep(0.05)
                if stop == '\x1a':
                    person.type(stop)
                else:
                    os.kill(person.pid(), stop)
                wait_until(lambda: _state(person.pid()) == 'T')
                if stop == signal.SIGSTOP:
                    termios.tcsetattr(person.slave, termios.TCSANOW, person.before)  # As a shell does.
                self.assertTrue(person.is_as_before())
                os.kill(person.pid(), signal.SIGCONT)
                person.wait_for(2)
                person.type(f'{TOKEN}\r')
                self.assert_arrives(person, TOKEN)

    def test_another_name_of_the_terminal(self):
        self.simulator = self.service()
        person = self.enterContext(Person(['start', 'ready-1', '--json', *target(self.simulator.port), '-t', '/dev/tty']))
        person.wait_for()
        person.type(f'{LONG_TOKEN}\r')
        self.assert_arrives(person, LONG_TOKEN)

    def test_nothing_in_a_pipe(self):
        service = self.service()
        result = self.call(service, 'ready-1', '-t', '-', token=None, stdin=TOKEN.encode())
        self.assert_outcome(result, 'accepted')
        self.assertEqual(result.err, '')
