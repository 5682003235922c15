"""The large and the hostile bodies of the faults. Tests compare what a client shows with these same functions."""

import json

# The documented maxima of the reply, in characters.
MAX_CODE, MAX_MESSAGE, MAX_LONG, MAX_COUNT = 255, 255, 65535, 20


_ASCII = 'abcdefghijklmnopqrstuvwxyz0123456789+/'
_THREE_BYTES = ''.join(chr(0x4e00 + number) for number in range(5000))


def _filled(label, length, filler):
    """A text of `length` characters that begins with its own label."""
    return (label + filler * (length // len(filler) + 1))[:length]


def largest(detail_length=MAX_MESSAGE, wide_characters=False):
    """The largest documented 403, as a dict in the documented member order."""
    filler = _THREE_BYTES if wide_characters else _ASCII
    return {
        'error_code': _filled('SMS.9004', MAX_CODE, filler),
        'error_msg': _filled('message ', MAX_MESSAGE, filler),
        'encoded_authorization_message': _filled('encoded ', MAX_LONG, filler),
        'error_param': [_filled(f'param {number} ', MAX_LONG, filler) for number in range(MAX_COUNT)],
        'details': [{'error_code': _filled(f'code {number} ', detail_length, filler),
                     'error_msg': _filled(f'detail {number} ', detail_length, filler)} for number in range(MAX_COUNT)],
    }


def after_unknown_members(kib, code, message):
    """A refusal behind `kib` KiB of members that no client knows."""
    text = 'x' * (1024 - len('"unknown-00000000":"",'))
    members = ''.join(f'"unknown-{number:08}":"{text}",' for number in range(kib))
    return f'{{{members}"error_code":"{code}","error_msg":"{message}"}}'.encode()


def after_nesting(depth, code, message):
    """A refusal behind an unknown member that nests `depth` arrays."""
    return f'{{"unknown":{"[" * depth}{"]" * depth},"error_code":"{code}","error_msg":"{message}"}}'.encode()


def _escape_all(text, upper=False):
    """Every character as a JSON escape."""
    return ''.join(f'\\u{ord(character):04{"X" if upper else "x"}}' for character in text)


def _quote(text):
    return json.dumps(text, ensure_ascii=False)


# What must not reach a terminal: as raw characters where JSON permits that, and as escapes.
HOSTILE_RAW = '\x7f\x9b31m\x9d0;owned\x9c\u202e\u2066\u2069\u200f\u2028\u2029'
HOSTILE_ESCAPED = ('\\u001b[2J\\u001b]0;owned\\u0007\\u0000\\u0008\\r\\n\\t\\u007f\\u009b31m\\u0085'
                   '\\u202E\\u2067\\u061c\\u2028\\ud800')


def echoing(token):
    """A 403 that repeats the token everywhere: whole, in parts, escaped, at the ends where a client may cut."""
    middle = max(0, len(token) // 2 - 8)
    whole = _quote(token)[1:-1]
    half_escaped = ''.join(_escape_all(character, upper=True) if position % 2 else _quote(character)[1:-1]
                           for position, character in enumerate(token))
    parts = [_quote(part)[1:-1] for part in (
        token[:16], token[-16:], token[middle:middle + 16], token[1:], token[:-1], token[:17], token[:32], token[-64:],
        token[:15], token[-15:], ' '.join(token[start:start + 15] for start in range(0, min(len(token), 150), 15)))]
    # Padded so that a cut at any of the usual limits falls into the token, and behind it.
    cuts = ['x' * (limit - reach) + whole for limit in (64, 255, 256, 1024) for reach in (8, 15, 16)]
    strings = [whole, _escape_all(token), _escape_all(token, upper=True), half_escaped, f'{whole}{whole}',
               f'{HOSTILE_ESCAPED}{HOSTILE_RAW}{whole}{HOSTILE_RAW}{HOSTILE_ESCAPED}', *parts, *cuts]
    # error_param and details are documented with up to 20 members each.
    param, rest = strings[:20], strings[20:] + strings[:6]
    details = ','.join(f'{{"error_code":"{text}","error_msg":"{HOSTILE_ESCAPED}{text}"}}' for text in rest)
    return (f'{{"error_code":"SMS.9004 {whole}",'
            f'"error_msg":"{HOSTILE_ESCAPED}{HOSTILE_RAW} refused for {whole} and {_escape_all(token)}",'
            f'"encoded_authorization_message":"{half_escaped} {whole} {parts[0]}",'
            f'"error_param":[{",".join(f"{chr(34)}{text}{chr(34)}" for text in param)}],'
            f'"details":[{details}],"request_id":"{whole}","{whole}":"{whole}"}}').encode('utf-8')
