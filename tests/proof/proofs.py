"""What is proved: the list that run.py works through."""

import dataclasses
import os

JSMN = os.environ.get('JSMN_DIR', 'build/deps/jsmn')

# Arithmetic that is meant to wrap or to cut, line by line; everywhere else it is a failure.
MEANT = {
    'core/http_response.c': [
        # a byte's code, whatever the sign of char
        '    unsigned code = (unsigned char)c;',
        # below '0' becomes a large number
        '    unsigned digit = (unsigned)(c - \'0\');',
        # with a digit that is none the message is malformed, whatever this gives
        '        http->status = (uint16_t)(http->status * 10 + digit);',
        # the test behind it is for just that
        '    uint64_t left = http->left * base + digit;',
        # behind the last one the message is too large
        '        if (http->interim_left-- == 0) {',
    ],
    'core/unicode.c': [
        # what is no digit becomes a large number
        '    unsigned digit = (unsigned char)c - (unsigned)\'0\';',
        '    unsigned letter = ((unsigned char)c | 0x20u) - \'a\';',
        # a borrow is what is looked for
        '        size_t quote = (word ^ EACH(\'"\')) - EACH(1);',
        '        size_t backslash = (word ^ EACH(\'\\\\\')) - EACH(1);',
        '        if (((word | (word + EACH(1)) | (word - EACH(0x20)) | quote | backslash) & EACH(0x80)) !=',
    ],
}

# Limits of the configuration on whose values no proof depends are small.
DEFINES = {}


@dataclasses.dataclass
class Bug:
    """One that the proof must reject: old, which stands once in file, becomes new."""
    what: str
    file: str
    old: str
    new: str


@dataclasses.dataclass
class Proof:
    """prove_<name>() in the first source. Bounds: how often each loop is unwound (CBMC proves that
    no more is needed), and macros in capitals that the numbers of turns may refer to."""
    name: str
    sources: list
    bounds: dict = dataclasses.field(default_factory=dict)
    large: dict = dataclasses.field(default_factory=dict)  # what --all has instead
    bugs: list = dataclasses.field(default_factory=list)


RESPONSE = ['response.c', 'core/unicode.c']
HTTP = 'core/http_response.c'
NAMES = {'migtask_find_name.0': 7, 'memcmp.0': 19}


def plain(span):
    """Loops of migtask_plain_length(): words, then bytes."""
    return {'migtask_plain_length.0': span // 8 + 1, 'migtask_plain_length.1': min(span, 8) + 1}


def reader(span):
    return {'SPAN': span, 'migtask_http_read.0': span + 2, 'take_span.0': span + 1, **NAMES,
            **plain(span)}


PROOFS = [
    Proof('response_init', RESPONSE, bugs=[
        Bug('no limit of the header section', HTTP,
            'http->line_left = MIGTASK_HEADER_MAX;\n}', '}'),
    ]),
    Proof('response_number', RESPONSE, bugs=[
        Bug('a length of 21 digits wraps', HTTP,
            ' || http->left >> 32 > UINT32_MAX / base', ''),
        Bug('a colon is a digit (off by one)', 'core/unicode.c', 'digit < 10', 'digit < 11'),
    ]),
    Proof('response_step', RESPONSE,
          reader(2), reader(4), [
        Bug('a value that is one byte too long (off by one)', HTTP,
            'if (http->value_len < sizeof http->value) {',
            'if (http->value_len <= sizeof http->value) {'),
        Bug('a chunk of length 0 is data', HTTP, 'if (http->left == 0) { /* the last',
            'if (false) { /* the last'),
        Bug('204 has a body', HTTP, 'http->status == 204', 'http->status == 205'),
    ]),
    Proof('response_span', RESPONSE, {'SPAN': 9, 'take_span.0': 10, **plain(9)},
          {'SPAN': 40, 'take_span.0': 41, **plain(40)}, [
        Bug('a span longer than what the header section may still have', HTTP,
            '    len = len < http->line_left ? len : http->line_left;\n', ''),
        Bug('DEL counts as plain when a word is looked at', 'core/unicode.c',
            '(word + EACH(1)) | ', ''),
    ]),
]
