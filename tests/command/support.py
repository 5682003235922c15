"""What the tests of the command stand on: running it, and what must hold for every run whatever it was asked."""

import dataclasses
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from simulator import Simulator

try:
    import jsonschema
except ImportError:
    # Debian's, for a python that is not Debian's own.
    sys.path.append('/usr/lib/python3/dist-packages')
    import jsonschema

HERE = pathlib.Path(__file__).resolve().parent
# run.py sets these.
BINARY = os.environ['MIGTASK_TEST_BINARY']
STATIC = os.environ['MIGTASK_TEST_STATIC']
PKI = pathlib.Path(os.environ['MIGTASK_TEST_PKI'])
ROOTS = str(PKI / 'roots.pem')

# What --json promises.
SCHEMA = jsonschema.Draft202012Validator(json.loads((HERE.parent.parent / 'core/report.schema.json').read_text()))

# The bundle of roots of Debian, which the command finds by itself.
SYSTEM_ROOTS = pathlib.Path('/etc/ssl/certs/ca-certificates.crt')

OPERATIONS = ('start', 'stop', 'test', 'cutover', 'clone_test', 'restart', 'network_check', 'skip', 'clear',
              'migration_test', 'error_for_overspeed')

# The host and the token of calls that say nothing else. The token is like no other text, so finding a part of it in an
# output means that it leaked.
HOST = 'sms.example.test'
TOKEN = 'MIIT' + ''.join(f'{number:02x}Zq{number * 7 % 97:02d}k-' for number in range(64))

# The longest that there may be, for requests that do not fit into one segment.
LONG_TOKEN = ('MIIL' + ''.join(f'{number * 7919 % 99991:05d}o{number:04x}G-' for number in range(1500)))[:16384]

# What cancels a call. Ignored signals are inherited (nohup and background jobs have some): with a handler here, which is
# not inherited, the command starts with the default whoever runs the tests.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
for _number in SIGNALS:
    if signal.getsignal(_number) == signal.SIG_IGN:
        signal.signal(_number, lambda *_: None)

EXIT = {'accepted': 0, 'refused': 1, 'invalid': 2, 'not_sent': 3, 'unknown': 4}
# Of several outcomes the last in this order is the exit status.
GRAVITY = ('accepted', 'not_sent', 'refused', 'unknown', 'invalid')
RESULT_LOST = 5

MEMBERS = ('outcome', 'reason', 'operation', 'task_id', 'http_status', 'error_code', 'error_msg',
           'encoded_authorization_message', 'error_param', 'details', 'request_id', 'message', 'truncated', 'attempts',
           'advice')

# Control characters but the line feed, DEL, C1, bidirectional controls, line and paragraph separator.
UNSAFE = re.compile('[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]')

# The monotonic second at which the whole module must be over.
END = float(os.environ.get('MIGTASK_TEST_END', 'inf'))

# Shown by run.py after the results: measured figures, and what could not be judged here.
NOTES = []


def note(text):
    """Keep a line for the end of the run."""
    NOTES.append(text)


@dataclasses.dataclass
class Result:
    """One run that has ended."""

    arguments: tuple
    code: int
    stdout: bytes
    stderr: bytes
    seconds: float
    lines: list = dataclasses.field(default_factory=list)   # The objects that --json printed.

    @property
    def json(self):
        """The object that --json printed; of several, the one that decides the exit status."""
        return max(self.lines, key=lambda line: GRAVITY.index(line['outcome']), default=None)

    @property
    def out(self):
        """Standard output as text."""
        return self.stdout.decode('utf-8')

    @property
    def err(self):
        """Standard error as text."""
        return self.stderr.decode('utf-8')

    @property
    def said(self):
        """Everything it said, in lower case and with single blanks, to look for words in."""
        return ' '.join((self.out + ' ' + self.err).lower().split())

    def __str__(self):
        shown = ' '.join(os.fsdecode(argument)[:80] for argument in self.arguments)
        return (f'migtask {shown}\nexit {self.code} after {self.seconds:.2f} s\n'
                f'stdout: {self.stdout[:1500]!r}\nstderr: {self.stderr[:1500]!r}')


def environment(token=None, **more):
    """An environment that holds nothing but what a test gives."""
    given = {} if token is None else {'MIGTASK_TOKEN': token}
    given.update(more)
    return given


def target(port, host=HOST, address='127.0.0.1', ca_file=ROOTS):
    """The options of a call to a local service by name, without the resolver."""
    return ['--endpoint', f'https://{host}:{port}', '--connect-to', f'{address}:{port}', '--ca-file', ca_file]


def by_address(port, address='127.0.0.1', ca_file=ROOTS):
    """The options of a call to an endpoint that is an address."""
    host = f'[{address}]' if ':' in address else address
    return ['--endpoint', f'https://{host}:{port}', '--ca-file', ca_file]


class Running:
    """The command while it runs, in a process group of its own. Use with `with`: it never outlives the test."""

    def __init__(self, arguments, *, token=TOKEN, env=None, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                 stderr=subprocess.PIPE, binary=None, before=(), preload=None):
        self.arguments = tuple(arguments)
        self.token = token
        if time.monotonic() > END:
            raise AssertionError('not run: the module takes too long')
        given = environment(token, **(env or {}))
        if preload:
            given['LD_PRELOAD'] = str(preload)
        with tempfile.TemporaryFile() as file:
            if isinstance(stdin, bytes):
                # A file and not a pipe: nobody has to feed it while the command runs.
                file.write(stdin)
                file.seek(0)
                stdin = file
            self.started = time.monotonic()
            self.process = subprocess.Popen([*before, binary or BINARY, *self.arguments], env=given, stdin=stdin,
                                            stdout=stdout, stderr=stderr, start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()
        self.process.wait()

    def signal(self, number):
        """Send a signal to the command."""
        self.process.send_signal(number)

    def finish(self, timeout):
        """Wait for the end; AssertionError if it does not come in time."""
        timeout = max(0.1, min(timeout, END - time.monotonic()))
        try:
            stdout, stderr = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            stdout, stderr = self.process.communicate()
            raise AssertionError(f'still running after {timeout:.1f} s: {self.arguments}\n'
                                 f'{stdout!r}\n{stderr!r}') from None
        return Result(self.arguments, self.process.returncode, stdout or b'', stderr or b'',
                      time.monotonic() - self.started)


def _only_member_names(pairs):
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f'a member stands twice: {names}'
    return dict(pairs)


def parse_json(result):
    """The objects on standard output, one a line, each as the schema says."""
    assert result.stdout.endswith(b'\n'), f'no line\n{result}'
    answers = []
    for line in result.stdout.decode('utf-8', 'strict').split('\n')[:-1]:
        answer = json.loads(line, object_pairs_hook=_only_member_names)
        error = jsonschema.exceptions.best_match(SCHEMA.iter_errors(answer))
        assert error is None, f'{error.json_path if error else ""}: {str(error)[:300]}\n{result}'
        # Calls begun: none where nothing was attempted, or where the end came before the first.
        none_begun = answer['outcome'] == 'invalid' or (answers and answer['outcome'] == 'not_sent') or answer[
            'reason'] in ('cancelled', 'timeout', 'out_of_memory', 'no_entropy')
        assert answer['attempts'] > 0 or none_begun, f'no attempts\n{result}'
        assert answer['attempts'] == 0 or answer['outcome'] != 'invalid', f'attempts\n{result}'
        # The sentence for people: in a log as well, unless nobody wants that.
        assert bool(answer['message']) == (answer['outcome'] != 'accepted'), f'no sentence\n{result}'
        assert not result.stderr or answer['message'] is None or '-q' in result.arguments or (
            answer['message'] in result.err), f'not on standard error\n{result}'
        answers.append(answer)
    return answers


def _strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def leaked_part(token, *texts):
    """A part of the token that stands in one of the texts, None if none does.

    A part is any 16 characters of it, or all of a token of 8 to 15; shorter ones are words of any language."""
    length = min(16, len(token))
    if length < 8:
        return None
    windows = {token[start:start + length] for start in range(len(token) - length + 1)}
    for text in texts:
        for start in range(len(text) - length + 1):
            if text[start:start + length] in windows:
                return text[start:start + length]
    return None


def check_result(result, token, captured=True):
    """What holds for every run: codes and words agree, output is safe, and the token is nowhere in it.

    Not captured: standard output went elsewhere."""
    arguments = [os.fsdecode(argument) for argument in result.arguments]
    options = arguments[:arguments.index('--')] if '--' in arguments else arguments
    assert result.code in range(6), f'no documented exit code\n{result}'
    explains = result.code == 0 and ({'--help', '--help=all', '-h', '--version', '--dry-run'} & set(options) or 'explain' in arguments)
    if '--json' in options and captured and not explains and result.code != RESULT_LOST:
        result.lines = parse_json(result)
        assert EXIT[result.json['outcome']] == result.code, f'exit code and outcome differ\n{result}'
    elif result.code == EXIT['invalid']:
        assert not result.stdout, f'standard output though invalid\n{result}'
        assert result.stderr, f'no message\n{result}'
    elif result.code != RESULT_LOST and not explains and captured and '-q' not in options:
        [outcome] = (name for name, code in EXIT.items() if code == result.code)
        assert outcome in result.out.lower().replace(' ', '_'), f'the outcome is not on standard output\n{result}'
    for text in (result.out, result.err):  # Both decode as UTF-8, or this fails.
        # Of the preview of a request the lines may end as they do on the wire.
        shown = text.replace('\r\n', '\n') if '--dry-run' in options else text
        assert not (found := UNSAFE.search(shown)), f'raw {found[0]!r}\n{result}'
    if isinstance(token, str):
        # In JSON every backslash stands twice, so that fifteen of them look like thirty: what counts is the text meant.
        printed = () if result.lines and re.search(r'["\\]', token) else (result.out,)
        part = leaked_part(token, *printed, result.err, *_strings(result.lines))
        assert part is None, f'the token leaked: {part!r}\n{result}'


class Case(unittest.TestCase):
    """A test case that can run the command."""

    longMessage = True
    maxDiff = 2000

    def start(self, *arguments, **how):
        """Start the command and leave it running; ended with the test at the latest."""
        return self.enterContext(Running(arguments, **how))

    def finish(self, running, timeout=20):
        """The result of a command that was started, checked."""
        result = running.finish(timeout)
        check_result(result, running.token, running.process.stdout is not None)
        return result

    def run_command(self, *arguments, timeout=20, **how):
        """Run the command to its end; the result is checked for what holds always."""
        with Running(arguments, **how) as running:
            return self.finish(running, timeout)

    def call(self, service, task_id, *options, operation='start', **how):
        """One action for a service (a Simulator, or a port) with --json."""
        port = service if isinstance(service, int) else service.port
        return self.run_command(operation, task_id, '--json', *target(port), *options, **how)

    def tell(self, service, task_id, *options, operation='start', **how):
        """The same without --json: what people see."""
        port = service if isinstance(service, int) else service.port
        return self.run_command(operation, task_id, *target(port), *options, **how)

    def service(self, **options):
        """A simulator for the rest of this test."""
        return self.enterContext(Simulator(PKI, **options))

    def scratch(self):
        """A folder for the rest of this test."""
        return pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix='migtask-')))

    def assert_outcome(self, result, outcome, reason=None, **members):
        """Outcome, reason and any members of the JSON object; a tuple lists what is allowed."""
        for name, wanted in {'outcome': outcome, 'reason': reason, **members}.items():
            if name == 'reason' and wanted is None:
                continue
            allowed = wanted if isinstance(wanted, tuple) else (wanted,)
            self.assertIn(result.json[name], allowed, f'{name}\n{result}')

    def assert_words(self, result, *patterns):
        """Each pattern (a regular expression, lower case) is found in what the command said."""
        for pattern in patterns:
            self.assertRegex(result.said, pattern, str(result))


def wait_until(condition, timeout=5.0):
    """Wait until a condition holds; AssertionError if it does not in time."""
    end = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError('waited in vain')
        time.sleep(0.01)
    return value


def has_ipv6():
    """This machine has a loopback address of IPv6."""
    try:
        with socket.create_server(('::1', 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


def is_static(binary):
    """The program has no dynamic loader, so nothing can be preloaded into it."""
    with open(binary, 'rb') as file:
        return b'/ld-' not in file.read(4096)


def build_preload(folder, source):
    """Compile a library that is loaded into the command before all others; skips the test where that cannot work."""
    if is_static(BINARY):
        raise unittest.SkipTest('the command is linked statically: nothing can be preloaded')
    library = folder / (pathlib.Path(source).stem + '.so')
    compiler = os.environ.get('CC', 'cc')
    try:
        subprocess.run([compiler, '-shared', '-fPIC', '-O1', '-o', library, HERE / source, '-ldl'], check=True)
    except FileNotFoundError:
        raise unittest.SkipTest(f'no compiler {compiler}') from None
    return library


