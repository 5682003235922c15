"""A test case for calls that must not be attempted."""

from peers import Trap
from support import EXIT, Case, target


class Invalid(Case):
    """A case in which nothing may be attempted: no connection, nothing on standard output without --json."""

    def setUp(self):
        self.trap = self.enterContext(Trap())

    def target(self):
        """Options that would lead to the trap."""
        return target(self.trap.port)

    def assert_invalid(self, *arguments, names=(), **how):
        """Both with and without --json: exit 2, a message with these words in it, no connection."""
        told = self.run_command(*arguments, **how)
        self.assertEqual(told.code, EXIT['invalid'], str(told))
        self.assertTrue(told.err.strip(), f'no message\n{told}')
        for name in names:
            self.assertIn(name.lower(), told.said, str(told))
        shown = self.run_command('--json', *arguments, **how)
        self.assert_outcome(shown, 'invalid', http_status=None, error_code=None, request_id=None, attempts=0)
        self.assertFalse(self.trap.was_touched(), f'a connection was opened\n{told}')
        return shown

    def assert_valid(self, *arguments, **how):
        """Accepted as far as arguments go, judged by a dry run; its text with plain line ends."""
        result = self.run_command(*arguments, '--dry-run', **how)
        self.assertEqual(result.code, 0, str(result))
        self.assertFalse(self.trap.was_touched(), f'a connection was opened\n{result}')
        return result.out.replace('\r\n', '\n')
