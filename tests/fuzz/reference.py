"""What a call must make of an answer, read with regular expressions and Python's json: slow, whole in memory, and
independent of the code under test. RFC 9110, 9112 and 8259 and the design's section 2, 4 and 5.
"""

import dataclasses
import json
import re

SILENT, CLOSED, LOST = range(3)     # What comes behind the bytes: enum stream_end.
TOKEN = 'MIIPAgYJKoZIhvcNAQcCoIIO8zCCDu8CAQExDTALBglghkgBZQMEAgEwgg0TBgkq'
MASK_RUN = 16
_RUNS = [TOKEN[at:at + MASK_RUN].encode() for at in range(len(TOKEN) - MASK_RUN + 1)]

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_TEXT = rb'[\t \x21-\x7e\x80-\xff]'
_QUOTED = rb'"(?:[\t !\x23-\x5b\x5d-\x7e\x80-\xff]|\\' + _TEXT + rb')*"'
_STATUS_LINE = re.compile(rb'HTTP/1\.([01]) ([1-5][0-9][0-9])(?: ' + _TEXT + rb'*)?')
_FIELD = re.compile(rb'(' + _TOKEN + rb'):[ \t]*(' + _TEXT + rb'*?)[ \t]*')
_CHUNK = re.compile(rb'([0-9A-Fa-f]+)(?:[ \t]*;[ \t]*' + _TOKEN +
                    rb'(?:[ \t]*=[ \t]*(?:' + _TOKEN + rb'|' + _QUOTED + rb'))?)*')


@dataclasses.dataclass
class Limits:
    """Those of a configuration, core/migtask_config.h."""

    characters: bool
    header: int
    text: int       # Together, before anything but the code and the message may be cut for want of room.
    encoded: int
    params: int
    param: int
    details: int
    detail: int
    request_id: int
    code: int = 255
    chunk_line: int = 1024
    interim: int = 16
    depth: int = 64


MCU = Limits(False, 16384, 1024 - 5 - 32 - 510, 64, 2, 128, 1, 128, 64)
HOST = Limits(True, 65536, 16384 - 5 - 32 - 4 * 510, 65535, 20, 65535, 20, 65535, 255)


# ---- HTTP ----

class Bad(Exception):
    """The framing is wrong, for this reason."""


class Cut(Exception):
    """The bytes ended first."""


@dataclasses.dataclass
class Answer:
    """As far as it came."""

    status: int = 0     # 0 before the final header section was complete.
    fields: list = dataclasses.field(default_factory=list)
    body: bytes = None  # None: not complete.
    fault: str = None   # Why not, if the framing is wrong.


def _line(data, at):
    end = data.find(b'\r\n', at)
    if end < 0:
        # What is there may be wrong already; that is not told apart here.
        raise Cut
    return data[at:end], end + 2


def _section(data, at, limit):
    """Header lines or trailers up to the empty line."""
    fields = []
    while True:
        line, at = _line(data, at)
        if at > limit:
            raise Bad('more than the header section may have')
        if not line:
            return fields, at
        match = _FIELD.fullmatch(line)
        if not match:
            raise Bad('a line folded, without colon, with white space before it, or with a control character')
        fields.append((match[1].lower(), match[2]))


def _framing(fields, minor):
    """(length or None, chunked) of a header section."""
    lengths = [value for name, value in fields if name == b'content-length']
    codings = [value.lower() for name, value in fields if name == b'transfer-encoding']
    for value in lengths:
        # 63 digits are more than a number of 64 bits needs, whatever zeros it begins with.
        if not re.fullmatch(rb'[0-9]{1,62}', value) or int(value) >= 1 << 64:
            raise Bad('a Content-Length that is no number of 64 bits')
    if len(lengths) > 1:
        raise Bad('more than one Content-Length')
    if codings and (codings != [b'chunked'] or minor == b'0'):
        raise Bad('a transfer coding other than one "chunked", or any in HTTP/1.0')
    if codings and lengths:
        raise Bad('Content-Length and Transfer-Encoding')
    return int(lengths[0]) if lengths else None, bool(codings)


def _chunks(data, at, limits):
    body = b''
    while True:
        line, after = _line(data, at)
        match = _CHUNK.fullmatch(line)
        if not match or int(match[1], 16) >= 1 << 64:
            raise Bad('a chunk line outside the grammar')
        if after - at > limits.chunk_line - 2:
            raise Bad('more than a chunk line may have')
        size = int(match[1], 16)
        if size == 0:
            _section(data, after, after + limits.header)
            return body
        body += data[after:after + size]
        at = after + size
        if data[at:at + 2] != b'\r\n'[:len(data[at:at + 2])]:
            raise Bad('a chunk longer or shorter than its size')
        if len(data) < at + 2:
            raise Cut
        at += 2


def read(data, end, limits):
    """The answer in these bytes."""
    answer = Answer()
    at = 0
    try:
        for left in range(limits.interim, -1, -1):
            limit = at + limits.header
            line, at = _line(data, at)
            match = _STATUS_LINE.fullmatch(line)
            if not match or match[2] == b'101':
                raise Bad('a status line outside the grammar or the limits, or 101')
            fields, at = _section(data, at, limit)
            length, is_chunked = _framing(fields, match[1])
            if match[2] >= b'200':
                break
            if left == 0:
                raise Bad('too many interim answers')
        answer.status = int(match[2])
        answer.fields = fields
        if answer.status in (204, 304):
            answer.body = b''
        elif is_chunked:
            answer.body = _chunks(data, at, limits)
        elif length is not None:
            if len(data) - at < length:
                raise Cut
            answer.body = data[at:at + length]
        elif end == CLOSED:
            answer.body = data[at:]
        else:
            raise Cut
    except Bad as bad:
        answer.fault = str(bad)
    except Cut:
        pass
    return answer


# ---- JSON ----

class Members(list):
    """The members of an object, in their order, all of them."""


@dataclasses.dataclass
class Number:
    """As it came."""

    text: str


def _no_constant(name):
    raise ValueError(name)


_DECODER = json.JSONDecoder(object_pairs_hook=Members, parse_constant=_no_constant, parse_int=Number,
                            parse_float=Number, strict=True)


def _depth(text):
    deepest = depth = 0
    for token in re.findall(r'"(?:\\.|[^"\\])*"|[][{}]', text, re.S):
        if token in '[{':
            depth += 1
            deepest = max(deepest, depth)
        elif token in ']}':
            depth -= 1
    return deepest


JSON, BLANK, TEXT, NEITHER = 'JSON', 'blank', 'text', 'neither'


# A value of JSON that is no string, array or object, or its beginning, and then what no text goes on with.
_NUMBER = r'-?(?:(?:0|[1-9][0-9]*)(?:\.(?:[0-9]+(?:[eE][+-]?[0-9]*)?)?|[eE][+-]?[0-9]*)?)?'
_SCALAR = re.compile(rf'(?:(?:{_NUMBER}|true|false|null)[ \t\r\n]*|tr?u?|fa?l?s?|nu?l?)[{{\["<\x7f]')


def _hides(character):
    """White space beyond ASCII, and what nobody sees."""
    return (0x80 <= character <= 0xa0 or 0x2000 <= character <= 0x206f or 0xfe00 <= character <= 0xfe0f or
            0xfff0 <= character <= 0xffff or character >= 0xe0000 or character in (0x1680, 0x180e, 0x3000, 0xfeff))


def parse(body, limits):
    """(kind, value) of a body; no body at all is JSON. The value of plain text is as it is kept."""
    if not body:
        return JSON, None
    try:
        text = body.decode('utf-8')
    except ValueError:
        return NEITHER, None
    try:
        if _depth(text) <= limits.depth:
            return JSON, _DECODER.decode(text)
    except (ValueError, RecursionError):
        pass
    shown = ' '.join(re.split('[ \t\r\n]+', text)).strip(' ')
    if not shown:
        return BLANK, None
    if shown[0] in '{["<\x7f' or _hides(ord(shown[0])) or _SCALAR.match(text.lstrip(' \t\r\n')) or re.search('[\x00-\x08\x0b\x0c\x0e-\x1f\ufeff]', text):
        return NEITHER, None
    return TEXT, shown


def _is_zero(value):
    return isinstance(value, Number) and not re.search('[1-9]', re.split('[eE]', value.text)[0])


def says_no(value):
    """Whether an error code, or an `error`, that is not empty stands anywhere in a JSON value."""
    if isinstance(value, Members):
        for name, member in value:
            empty = member is None or member in ('', '0') or _is_zero(member)
            if name in CODES and not empty:
                return True
            if name == 'error' and not (empty or member is False or member == []):
                return True
        value = [member for _, member in value]
    return isinstance(value, list) and any(map(says_no, value))


# ---- the reply ----

CODES = ('error_code', 'errorCode', 'code')
# What stands for a message elsewhere than in the service's own shape; the better ones first.
MESSAGES = (('error_msg', 'errorMsg', 'message', 'msg', 'detail'), ('title', 'error'))


def mask(text):
    """With each stretch of characters that stand in a run of the token replaced; as bytes."""
    # A surrogate without its other half becomes U+FFFD.
    data = text.encode('utf-16', 'surrogatepass').decode('utf-16', 'replace').encode()
    places = sorted(match.start() for run in _RUNS if run in data
                    for match in re.finditer(b'(?=%s)' % re.escape(run), data))
    out = bytearray()
    done = 0    # Up to here it is copied or hidden.
    for at in places:
        if at > done or done == 0:
            out += data[done:at] + b'***'
        done = at + MASK_RUN
    return bytes(out + data[done:])


def cut(data, limit, limits):
    """Masked text as it is kept under a limit."""
    if limits.characters:
        return data.decode()[:limit].encode()
    return data[:limit].decode('utf-8', 'ignore').encode()


class Reply:
    """The wanted members, masked and whole."""

    def __init__(self, fields, value):
        self.texts = {}
        for name, text in fields:
            if name == b'x-request-id' and text and 'request_id' not in self.texts:
                shown = ''.join(chr(byte) if byte < 0x80 else '\ufffd' for byte in text)
                self.texts['request_id'] = mask(re.sub('[ \t]+', ' ', shown))
        self.error_param = self.details = None
        self.others = {'error_code': [[]], 'error_msg': [[], []]}     # What stands for them, the better ones first.
        if isinstance(value, str):
            self.others['error_msg'][0].append(mask(value))
        elif isinstance(value, Members):
            self._root(value)
        else:
            self._elsewhere(value)
        self.own = set(self.texts)
        for name, ranks in self.others.items():
            for other in ranks:
                if other:
                    self.texts.setdefault(name, other[0])

    def _root(self, value):
        for name, member in value:
            if name in ('error_code', 'error_msg', 'encoded_authorization_message', 'request_id'):
                self._text(name, member)
                self._elsewhere(member)
            elif name == 'error_param' and type(member) is list and self.error_param is None:
                self.error_param = [mask(text) for text in member if isinstance(text, str)]
            elif name == 'details' and type(member) is list and self.details is None:
                self.details = [self._detail(item) for item in member if isinstance(item, Members)]
            else:
                self._elsewhere(Members([(name, member)]))

    def _elsewhere(self, value):
        """What stands for a code or a message, in a part of the body that is not known."""
        if isinstance(value, Members):
            for name, member in value:
                if name in CODES and isinstance(member, (str, Number)):
                    self.others['error_code'][0].append(mask(getattr(member, 'text', member)))
                for rank, names in enumerate(MESSAGES):
                    if name in names and isinstance(member, str):
                        self.others['error_msg'][rank].append(mask(member))
                self._elsewhere(member)
        elif isinstance(value, list):
            for member in value:
                self._elsewhere(member)

    def _text(self, name, member):
        if isinstance(member, str) or (name == 'error_code' and isinstance(member, Number)):
            self.texts.setdefault(name, mask(getattr(member, 'text', member)))

    def drop_others(self):
        """Where there is no error nothing stands for one."""
        for name in self.others:
            if name not in self.own:
                self.texts.pop(name, None)

    @staticmethod
    def _detail(item):
        detail = {}
        for name, text in item:
            if name == 'error_code' and isinstance(text, Number):
                text = text.text
            if name in ('error_code', 'error_msg') and isinstance(text, str):
                detail.setdefault(name, mask(text))
        return detail

    def size(self):
        """Bytes that all of it takes when it is kept."""
        texts = [*self.texts.values(), *(self.error_param or ())]
        texts += [text for detail in self.details or () for text in (b'', *detail.values())]
        texts += [other[0] for ranks in self.others.values() for other in ranks if other]
        return sum(len(text) + 4 for text in texts) + 32


def is_readable(answer, kind):
    """Whether the body of a 2xx, which has no error code, is a yes."""
    if any(name == b'content-encoding' and value.lower() not in (b'', b'identity') for name, value in answer.fields):
        return answer.status == 204
    markup = any(name == b'content-type' and re.search(b'[tx]ml', value.lower()) for name, value in answer.fields)
    return kind in (JSON, BLANK) or (kind == TEXT and not markup)


def is_gateways(code):
    """Whether an error code is one of the gateway's."""
    return code.startswith((b'APIG.', b'APIGW.'))
