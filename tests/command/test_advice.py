"""What is advised: a function of the outcome first, for every documented error code; and the table of advice itself."""

import re

from peers import ScriptedPeer
from support import EXIT, PKI, Case, target
from test_explain import documented

# What asks for a repetition. Of an outcome that is unknown nothing may, whatever the code.
REPEATS = re.compile(r'\b(repeat|retry|retries|again|later|re-?start|re-?run)\b|\btry\b', re.I)
LOOK = 'Look at the task\'s state first'
WARNING = 'The action may have been carried out: do not simply repeat it.'


def is_refused(code, status):
    """What design section 2 makes of a complete answer with this status and code."""
    return 300 <= status <= 499 or status == 503 and code.startswith(('APIGW.', 'APIG.'))


def answer(_peer, tls):
    """The task id says status and code: 400-SMS-7713."""
    data = b''
    while not (found := re.match(rb'POST /v3/tasks/(\d+)-([A-Z]+)-(\d+)/action .*\r\n\r\n\{.*\}', data, re.S)):
        part = tls.recv(65536)
        if not part:
            return
        data += part
    body = b'{"error_code":"%b.%b","error_msg":"Words of the service."}' % (found[2], found[3])
    tls.sendall(b'HTTP/1.1 %b X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b' % (found[1], len(body), body))


def cases():
    """(status, code, row) for every row: with its own status, which may be a refusal, and with two that are none.

    Never three unknown ones in a row, nor a 401: those would end a run."""
    for code, rows in documented().items():
        for status, _, _ in rows:
            refusing = status if status and is_refused(code, status) and status not in (401, 429, 503) else 400
            first = next((row[2] for row in rows if row[0] == refusing), rows[0][2])
            yield refusing, code, first
            yield 500, code, None
            yield 200, code, None


class EveryCode(Case):
    """Through the command and TLS."""

    def run_all(self, *options):
        """All cases, in as few runs as it goes (some codes end a run): {task id: what is told of it}."""
        wanted = {f'{status}-{code.replace(".", "-")}': (status, code, row) for status, code, row in cases()}
        left = list(wanted)
        told = {}
        with ScriptedPeer(answer) as peer:
            while left:
                file = self.scratch() / 'tasks'
                file.write_text('\n'.join(left), encoding='ascii')
                result = self.run_command('start', '--tasks', str(file), *target(peer.port), '--retries=0', *options,
                                          timeout=120)
                blocks = re.split(r'^(?=\w+: start )', result.out, flags=re.M)
                parts = [(line['task_id'], line['outcome'], line) for line in result.lines] or [
                    (*re.match(r'(\w+): start ([\w-]+):', block).group(2, 1), block) for block in blocks if
                    re.match(r'\w+: start [\w-]+:', block)]
                before = len(left)
                for task, outcome, what in parts:
                    if outcome != 'not_sent':
                        told[task] = (outcome, what)
                        left.remove(task)
                self.assertLess(len(left), before, str(result))
        return wanted, told

    def test_for_programs(self):
        wanted, told = self.run_all('--json', '-q')
        self.assertGreater(len(wanted), 3 * 400)
        for task, (status, code, row) in wanted.items():
            outcome, line = told[task]
            with self.subTest(task):
                if is_refused(code, status):
                    self.assertEqual((outcome, line['advice']), ('refused', row))
                else:
                    self.assertEqual(outcome, 'unknown')
                    self.assertTrue(line['advice'].startswith(LOOK), line['advice'])
                    self.assertNotRegex(line['advice'], REPEATS)

    def test_for_people(self):
        wanted, told = self.run_all()
        for task, (status, code, row) in wanted.items():
            outcome, block = told[task]
            with self.subTest(task):
                if is_refused(code, status):
                    self.assertEqual(outcome, 'refused')
                    self.assertIn(f'  Advice: {row}\n', block)
                else:
                    self.assertEqual(outcome, 'unknown')
                    self.assertRegex(block.split('\n', 1)[1], rf'^  {LOOK}.*\n.*\n  {WARNING}\n')
                    self.assertNotRegex(block.replace(WARNING, ''), REPEATS)
                    self.assertNotIn('Advice:', block)


class Tokens(Case):
    """The gateway has one code for all that is wrong with a token; its message says which."""

    def test_by_the_message(self):
        for message, wanted in {
                'Incorrect IAM authentication information: x-auth-token not found': 'X-Auth-Token',
                'Incorrect IAM authentication information: decrypt token fail': 'all of it',
                'Incorrect IAM authentication information: Decrypt Token Fail': 'all of it',
                'Incorrect IAM authentication information: token expires, expires_at: 2026-01-01T00:00:00.000000Z':
                    'get a new one',
                'The token must be updated': 'get a new one',
                'Incorrect IAM authentication information': 'Get a new token',
                'decrypt token fai': 'Get a new token', '': 'Get a new token'}.items():
            for status, outcome in ((401, 'refused'), (500, 'unknown')):
                with self.subTest(message, status=status):
                    result = self.answered(status, message)
                    self.assert_outcome(result, outcome, 'http_status')
                    self.assertIn(wanted if outcome == 'refused' else LOOK, result.json['advice'])

    def answered(self, status, message):
        """A call that gets this answer."""
        def talk(peer, tls):
            peer.receive(tls)
            body = b'{"error_code":"APIGW.0301","error_msg":"%b"}' % message.encode()
            tls.sendall(b'HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b'
                        % (status, len(body), body))

        with ScriptedPeer(talk) as peer:
            return self.call(peer, 'ready-1')


class Table(Case):
    """The texts are for those who read them, not for those who wrote them."""

    NOTES = re.compile(r'see (the )?(report|section|excerpt|sub-message|below|above)|excerpt|sub-message|\bcut in\b|'
                       r'contradict|%[a-z]|\{\d|\bTODO\b|\?\?|\.\.\.|\bAPI page\b', re.I)

    def rows(self):
        """(code, status, text) of every meaning and every advice."""
        for code, rows in documented().items():
            for status, meaning, advice in rows:
                yield code, status, meaning
                yield code, status, advice

    def test_no_notes_of_its_author(self):
        for code, _, text in self.rows():
            with self.subTest(code):
                self.assertNotRegex(text, self.NOTES)

    def test_whole_sentences(self):
        for code, _, text in self.rows():
            with self.subTest(code):
                self.assertRegex(text, r'^[A-Za-z/][^;]*(; [a-z][^;]*)*$')
                self.assertNotRegex(text, r'  | $|[.,;:(-]$')
                self.assertEqual(text.count('('), text.count(')'))
                self.assertGreater(len(text), 5)

    def test_support_is_told_what_it_asks_for(self):
        for code, _, text in self.rows():
            if re.search(r'contact|support of', text, re.I) and 'sms_' not in text:
                with self.subTest(code):
                    self.assertIn('request id', text)

    def test_statuses_that_leave_the_outcome_open(self):
        """`explain` has no outcome; the status of the row has."""
        for code, rows in documented().items():
            for status, _, advice in rows:
                if status and not is_refused(code, status):
                    with self.subTest(code, status=status):
                        self.assertTrue(advice.startswith(LOOK))
                        self.assertNotRegex(advice, REPEATS)


class NextStep(Case):
    """The fixed sentences go with the outcome as well."""

    def test_not_sent(self):
        """What would fail again in the same way is not called safe to repeat."""
        service = self.service()
        told = self.run_command('start', 'ready-1', *target(service.port, ca_file=str(PKI / 'other-root.pem')))
        self.assertEqual(told.code, EXIT['not_sent'])
        self.assertIn('Remove the cause', told.out)
        self.assertNotIn('safe to repeat', told.out)
