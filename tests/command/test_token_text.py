"""What people take for a token: refused before anything is sent, with the place and kind of what is wrong."""

import json

from invalid import Invalid
from support import TOKEN

IAM_ANSWER = json.dumps({'token': {'expires_at': '2026-11-30T00:00:00.000000Z', 'methods': ['password'],
                                   'user': {'domain': {'name': 'd', 'id': '0' * 32}, 'name': 'u'}}})

# (what was copied, what is said of it); @ stands for the token.
MISTAKES = {
    '{"token":"@"}': 'byte 1 begins json',
    IAM_ANSWER: 'byte 1 begins json.*header x-subject-token',
    '["@"]': 'byte 1 begins json',
    '"@"': 'byte 1 is a quotation mark',
    "'@'": 'byte 1 is a quotation mark',
    '`@`': 'byte 1 is a quotation mark',
    '@"': 'byte 517 is a quotation mark',
    '@",': 'byte 518 is a comma',
    '@...': 'byte 517 begins dots',
    '@\u2026': 'byte 517 begins an ellipsis',
    '\u201c@\u201d': 'byte 1 begins a typographic quotation mark',
    '@\u201d': 'byte 517 begins a typographic quotation mark',
    '***': 'byte 1 begins asterisks',
    'null': 'byte 1 begins a word',
    'NULL': 'byte 1 begins a word',
    'None': 'byte 1 begins a word',
    'undefined': 'byte 1 begins a word',
    '\ufeff@': 'byte 1 begins a byte order mark',
    '@\ufeff': 'byte 517 begins a byte order mark',
    'X-Subject-Token: @': 'byte 1 begins a name',
    'x-subject-token:@': 'byte 1 begins a name',
    'X-Auth-Token: @': 'byte 1 begins a name',
    'token: @': 'byte 1 begins a name',
    'Authorization: @': 'byte 1 begins a name',
    'MIGTASK_TOKEN=@': 'byte 1 begins a name',
    'export MIGTASK_TOKEN=@': 'byte 1 begins a name',
    '< X-Subject-Token: @': 'byte 1 begins .*curl',
    'Bearer @': 'byte 1 begins the word bearer',
    'HTTP/1.1 201 Created\r\nX-Subject-Token: @\r\n': 'byte 1 begins a whole answer',
    '<html>': 'byte 1 begins html',
    '$TOKEN': 'byte 1 begins the name of a variable',
    '-----BEGIN CMS-----\n@\n-----END CMS-----': 'byte 1 begins a pem',
    ' @': 'byte 1 is a blank',
    '@ ': 'byte 517 is a blank',
    '\t@': 'byte 1 is a tab',
    '@\n@': 'byte 517 is a line feed: a token is one line',
    '@\n\n': 'byte 517 is a line feed',
    '@\r\n\r\n': 'byte 517 is a carriage return',
    '@\r': 'byte 517 is a carriage return',
    '@\u00a0': 'byte 517 begins a no-break space',
    '@\u200b': 'byte 517 begins a zero-width space',
    '@\x1b[A': 'byte 517 is an escape',
    '@\x00': 'byte 517 is nul',
    '@\x07': 'byte 517 is a control character',
    '@\u00e9': 'byte 517 is not ascii',
}

# What looks strange and is none of these.
GOOD = ('@', '@=', '@==', 'a:b', 'null@', 'xtoken=', 'xtoken==', '@.', 'true', '-@', '.', 'a"b', '!{[')


class Text(Invalid):
    """Of a file; standard input and variables go the same way."""

    def test_mistakes(self):
        path = self.scratch() / 'token'
        assert len(TOKEN) == 516
        for pattern, words in MISTAKES.items():
            content = pattern.replace('@', TOKEN)
            with self.subTest(pattern):
                path.write_bytes(content.encode())
                told = self.run_command('start', 'ready-1', *self.target(), '-t', str(path), token=None)
                self.assertRegex(told.said, f'cannot be a token: .*{words}', str(told))
                self.assertNotIn(content[:8] if len(content) > 16 else 'none', told.err.replace(str(path), ''))
                self.assert_invalid('start', 'ready-1', *self.target(), '-t', str(path), token=None)

    def test_of_every_source(self):
        for value in ('"quoted"', 'null', '{"a":1}'):
            for how in ({'token': value}, {'token': None, 'env': {'HW_AUTH_TOKEN': value}}):
                with self.subTest(value, how=how):
                    self.assert_invalid('start', 'ready-1', *self.target(), names=['byte 1'], **how)
            self.assert_invalid('start', 'ready-1', *self.target(), '-t', '-', names=['byte 1'], token=None,
                                stdin=value.encode())

    def test_good_ones(self):
        for value in GOOD:
            with self.subTest(value):
                self.assert_valid('start', 'ready-1', *self.target(), token=value.replace('@', TOKEN))
