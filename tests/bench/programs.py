"""The programs that are compared: what each is called with for one call, and for many tasks in one run."""

import dataclasses
import os
import subprocess

import answers
import servers
from support import ROOTS

# Seconds after which a call gives up by itself (valgrind takes some of them).
CALL_SECONDS = 40

# Where a call goes: an address, a name for the resolver, a name whose address is given.
ADDRESS, NAME, NAME_WITH_ADDRESS = 'address', 'name', 'name with address'

BODY = '{"operation":"start"}'


@dataclasses.dataclass(frozen=True)
class Call:
    """One call: where to, for which answer, and which roots are trusted."""

    port: int
    task: str = servers.ACCEPTED
    way: str = ADDRESS
    roots: str = ROOTS

    @property
    def origin(self):
        """The URL's beginning."""
        return f'https://{"127.0.0.1" if self.way == ADDRESS else "localhost"}:{self.port}'

    def url(self, task=None):
        """Of this call, or of one for another task."""
        return f'{self.origin}/v3/tasks/{task or self.task}/action'


@dataclasses.dataclass(frozen=True)
class Program:
    """A client of the service: what tables call it, its file, and its exit status when the answer is no."""

    name: str
    file: str
    refused: int = 1

    @property
    def environment(self):
        """Nothing but what it needs."""
        return {'PATH': os.environ['PATH'], 'LC_ALL': 'C'}

    def command(self, call):
        """The command line of one call."""
        raise NotImplementedError

    def many(self, call, tasks, folder):
        """The command line for so many tasks in one run, over one connection; files go into the folder.

        None: it cannot."""
        raise NotImplementedError

    def expected(self, call):
        """The exit status of a call that went as it should."""
        return 0 if call.task == servers.ACCEPTED else self.refused

    @property
    def scripts(self):
        """Files that it loads besides its libraries."""
        return ()


def lines_file(folder, name, lines):
    """A file of these lines; its path."""
    path = folder / name
    path.write_text(''.join(f'{line}\n' for line in lines))
    return str(path)


class Migtask(Program):
    """Our command."""

    @property
    def environment(self):
        return {**super().environment, 'MIGTASK_TOKEN': answers.TOKEN}

    def _options(self, call):
        given = ['--connect-to', f'127.0.0.1:{call.port}'] if call.way == NAME_WITH_ADDRESS else []
        return ['--json', '--endpoint', call.origin, *given, '--ca-file', call.roots, f'--timeout={CALL_SECONDS}',
                f'--connect-timeout={CALL_SECONDS}']

    def command(self, call):
        return [self.file, 'start', call.task, *self._options(call)]

    def many(self, call, tasks, folder):
        return [self.file, 'start', '--tasks', lines_file(folder, 'tasks', tasks), '--reuse', *self._options(call)]


class MigtaskEach(Migtask):
    """The same, a process for each task, as a script would do it."""

    def many(self, call, tasks, folder):
        script = 'for task; do "$0" start "$task" %s >/dev/null || exit; done' % ' '.join(self._options(call))
        return ['/bin/sh', '-c', script, self.file, *tasks]


class Curl(Program):
    """What people use now. The token stands among its arguments, where it costs least."""

    def _options(self, call):
        given = ['--resolve', f'localhost:{call.port}:127.0.0.1'] if call.way == NAME_WITH_ADDRESS else []
        return ['-q', '-sS', '--fail-with-body', '--max-time', str(CALL_SECONDS), '--cacert', call.roots, *given,
                '-H', 'Content-Type: application/json', '-H', f'X-Auth-Token: {answers.TOKEN}', '-d', BODY]

    def command(self, call):
        return [self.file, *self._options(call), call.url()]

    def many(self, call, tasks, folder):
        urls = lines_file(folder, 'curl', (f'url = "{call.url(task)}"' for task in tasks))
        return [self.file, *self._options(call), '-K', urls]


@dataclasses.dataclass(frozen=True)
class Wget(Program):
    """GNU wget. Without an empty folder to look for more it would read all roots of the machine too."""

    empty: str = '/nonexistent'

    def _options(self, call):
        return ['--no-config', '--no-hsts', '-q', '-O', '-', '--content-on-error', '--tries=1',
                f'--timeout={CALL_SECONDS}', f'--ca-directory={self.empty}', f'--ca-certificate={call.roots}',
                '--header=Content-Type: application/json', f'--header=X-Auth-Token: {answers.TOKEN}',
                f'--post-data={BODY}']

    def command(self, call):
        return [self.file, *self._options(call), call.url()]

    def many(self, call, tasks, folder):
        return [self.file, *self._options(call), '-i', lines_file(folder, 'wget', map(call.url, tasks))]


REQUESTS = '''
import os, sys
import requests
def call(session, url):
    answer = session.post(url, data=sys.argv[1], headers=headers, verify=sys.argv[2], timeout=float(sys.argv[3]))
    sys.stdout.write(answer.text)
    return answer.ok
headers = {'Content-Type': 'application/json', 'X-Auth-Token': os.environ['TOKEN']}
with requests.Session() as session:
    urls = open(sys.argv[5]) if sys.argv[4] == '-i' else sys.argv[4:]
    good = [call(session, url.strip()) for url in urls]
sys.exit(not all(good))
'''


class Requests(Program):
    """python3 with requests."""

    @property
    def environment(self):
        return {**super().environment, 'TOKEN': answers.TOKEN}

    def _options(self, call):
        return ['-I', '-c', REQUESTS, BODY, call.roots, str(CALL_SECONDS)]

    def command(self, call):
        return [self.file, *self._options(call), call.url()]

    def many(self, call, tasks, folder):
        return [self.file, *self._options(call), '-i', lines_file(folder, 'requests', map(call.url, tasks))]

    @property
    def scripts(self):
        told = subprocess.run([self.file, '-I', '-c', 'import requests, sys\nfor module in list(sys.modules.values()):\n'
                               '    print(getattr(module, "__file__", None) or "")'],
                              capture_output=True, text=True, timeout=60, check=True).stdout
        return tuple(filter(None, told.splitlines()))
