"""Progress on a terminal: visible while a call is slow, gone when it is done, and nothing of it in a pipe."""

import os
import pty
import re
import select
import subprocess
import time

from peers import deaf_port
from support import UNSAFE, Case, Running, target

PHASES = 'resolving|connecting|securing|sending|waiting|receiving'


def screen(data):
    """What a terminal shows after these bytes: its lines. Knows what a line of progress needs, and nothing else."""
    lines, row, column = [''], 0, 0
    for token in re.findall(r'\x1b\[[0-9;?]*[A-Za-z]|.', data, re.S):
        line = lines[row]
        if token == '\r':
            column = 0
        elif token == '\n':
            lines.append('')
            row, column = row + 1, 0
        elif token == '\b':
            column = max(0, column - 1)
        elif re.fullmatch(r'\x1b\[0?K', token):
            lines[row] = line[:column]
        elif token == '\x1b[2K':
            lines[row] = ''
        elif token in ('\x1b[?25l', '\x1b[?25h', '\x1b[0m', '\x1b[m'):
            pass  # Cursor and colours.
        elif token.startswith('\x1b'):
            raise AssertionError(f'unexpected escape {token!r}')
        else:
            lines[row] = line[:column].ljust(column) + token + line[column + 1:]
            column += 1
    return [line.rstrip() for line in lines]


class Progress(Case):
    """Standard error is a terminal, standard output a pipe or the same terminal."""

    def watch(self, *arguments, stdout=subprocess.PIPE, during=None, **how):
        """Run the command on a terminal: what it wrote there, with the second of each piece, and its result."""
        master, slave = pty.openpty()
        pieces = []
        with Running(arguments, stderr=slave, stdout=slave if stdout is None else stdout, **how) as running:
            os.close(slave)
            while True:
                ready = select.select([master], [], [], 10)[0]
                try:
                    data = os.read(master, 65536) if ready else b''
                except OSError:  # EIO: the other end is closed.
                    data = b''
                if not data:
                    break
                pieces.append((time.monotonic() - running.started, data.decode()))
                if during:
                    during(running, ''.join(text for _, text in pieces))
            result = running.finish(10)
        os.close(master)
        self.assertNotIn('\x1b', ''.join(text for _, text in pieces), 'a terminal may know no escape sequences')
        return pieces, result

    def assert_shown_and_erased(self, pieces, word, result):
        """The word was there before the end, and nothing of the progress is left."""
        early = ''.join(text for second, text in pieces if second < result.seconds - 0.3)
        self.assertRegex(early.lower(), word, f'not seen in time: {pieces}')
        left = screen(''.join(text for _, text in pieces))
        self.assertNotRegex('\n'.join(left).lower(), rf'\b({PHASES})\b.{{0,40}}$', f'not erased: {pieces}')
        return [line for line in left if line]

    def test_a_slow_answer(self):
        service = self.service()
        pieces, result = self.watch('start', 'fault-slow-2500', '--json', *target(service.port))
        self.assertEqual(result.code, 0)
        self.assertEqual(self.assert_shown_and_erased(pieces, 'waiting', result), [], 'nothing is left on the terminal')
        self.assertTrue(result.stdout.startswith(b'{') and not UNSAFE.search(result.out))

    def test_simple_terminals(self):
        """Whatever TERM says, or is not set at all: the same, and never wider than a console."""
        service = self.service()
        for env in ({'TERM': 'dumb'}, {'TERM': 'dumb', 'NO_COLOR': '1'}, {'NO_COLOR': '1', 'TERM': 'xterm'}, {'TERM': ''}):
            pieces, result = self.watch('start', 'fault-slow-1000', '--json', *target(service.port), env=env)
            self.assert_shown_and_erased(pieces, 'waiting', result)
            for line in re.split('[\r\n]', ''.join(text for _, text in pieces)):
                self.assertLess(len(line.replace('\b', '')), 80)

    def test_a_slow_connection(self):
        with deaf_port() as port:
            pieces, result = self.watch('start', 'ready-1', *target(port), '--timeout=2.5', '--retries=0')
            self.assertEqual(result.code, 3)
            self.assert_shown_and_erased(pieces, 'connecting', result)

    def test_a_slow_handshake(self):
        service = self.service(silent_handshake=True)
        pieces, result = self.watch('start', 'ready-1', *target(service.port), '--timeout=2.5', '--retries=0')
        self.assertEqual(result.code, 3)
        self.assert_shown_and_erased(pieces, 'securing', result)

    def test_result_on_the_same_terminal(self):
        """The result begins on a clean line."""
        service = self.service()
        pieces, result = self.watch('start', 'fault-slow-2000', *target(service.port), stdout=None)
        self.assertEqual(result.code, 0)
        left = self.assert_shown_and_erased(pieces, 'waiting', result)
        self.assertRegex(left[0].lower(), 'accepted')

    def test_interrupted(self):
        """The line of progress is erased before the outcome is told."""
        service = self.service()
        sent = []

        def interrupt(running, text):
            if 'aiting' in text and not sent:
                sent.append(True)
                running.signal(2)

        pieces, result = self.watch('start', 'fault-silent', *target(service.port), '--timeout=8', stdout=None,
                                    during=interrupt)
        self.assertEqual(result.code, 4)
        left = '\n'.join(screen(''.join(text for _, text in pieces))).lower()
        self.assertIn('unknown', left)
        self.assertNotRegex(left, rf'({PHASES})[^\n]*unknown')

    def test_several_at_a_time(self):
        """What is said of one of them begins on a clean line."""
        service = self.service(keep_alive=100)
        pieces, result = self.watch('start', 'ready-1', 'fault-retry-2-1', 'fault-slow-2500', '--json', '--parallel=2',
                                    *target(service.port))
        self.assertEqual(result.code, 0)
        left = self.assert_shown_and_erased(pieces, 'several at a time', result)
        self.assertEqual([line.split(':')[0] for line in left], ['fault-retry-2-1'] * 2, left)

    def test_a_quick_call_shows_nothing(self):
        service = self.service()
        pieces, result = self.watch('start', 'ready-1', '--json', *target(service.port))
        self.assertEqual(result.code, 0)
        self.assertEqual(screen(''.join(text for _, text in pieces)), [''])

    def test_quiet(self):
        service = self.service()
        pieces, result = self.watch('start', 'fault-slow-1500', '--json', '-q', *target(service.port))
        self.assertEqual((result.code, pieces), (0, []))

    def test_no_escape_sequences(self):
        """TERM=dumb is an editor's window or a serial console, on which they would be seen; and TERM may be wrong."""
        service = self.service()
        for terminal in ('dumb', 'linux', ''):
            pieces, result = self.watch('start', 'fault-slow-1500', *target(service.port), stdout=None,
                                        env={'TERM': terminal})
            self.assertEqual(result.code, 0)
            self.assertNotIn('\x1b', ''.join(text for _, text in pieces))

    def test_nothing_of_it_in_a_pipe(self):
        service = self.service()
        result = self.tell(service, 'fault-slow-2000')
        self.assertEqual(result.code, 0)
        self.assertNotRegex(result.said, PHASES)
        self.assertEqual(result.err, '')

    def test_standard_output_on_a_terminal_alone(self):
        """Progress belongs to standard error: where that is a file, there is none on the terminal either."""
        service = self.service()
        master, slave = pty.openpty()
        result = self.tell(service, 'fault-slow-1500', stdout=slave)
        os.close(slave)
        text = os.read(master, 65536).decode()
        os.close(master)
        self.assertEqual((result.code, result.err), (0, ''))
        self.assertNotRegex(text.lower(), PHASES)
        self.assertNotIn('\x1b', text)
