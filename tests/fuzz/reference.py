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


MCU = Limits(False, 16384, 1024 - 5 - 40 - 510, 64, 2, 128, 1, 128, 64)
HOST = Limits(True, 65536, 16384 - 5 - 40 - 4 * 510, 65535, 20, 65535, 20, 65535, 255)


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


def _no_constant(name):
    raise ValueError(name)


_DECODER = json.JSONDecoder(object_pairs_hook=Members, parse_constant=_no_constant, parse_int=float, strict=True)


def _depth(text):
    deepest = depth = 0
    for token in re.findall(r'"(?:\\.|[^"\\])*"|[][{}]', text, re.S):
        if token in '[{':
            depth += 1
            deepest = max(deepest, depth)
        elif token in ']}':
            depth -= 1
    return deepest


def parse(body, limits):
    """(valid, value) of a body; no body at all is valid."""
    if not body:
        return True, None
    try:
        text = body.decode('utf-8')
        return _depth(text) <= limits.depth, _DECODER.decode(text)
    except (ValueError, RecursionError):
        return False, None


# ---- the reply ----

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
            if name == b'x-request-id' and 'request_id' not in self.texts:
                shown = ''.join(chr(byte) if byte < 0x80 else '\ufffd' for byte in text)
                self.texts['request_id'] = mask(re.sub('[ \t]+', ' ', shown))
        self.error_param = self.details = None
        iam = False
        for name, member in value if isinstance(value, Members) else ():
            if name in ('error_code', 'error_msg', 'encoded_authorization_message', 'request_id'):
                self._text(name, member)
            elif name == 'error_param' and type(member) is list and self.error_param is None:
                self.error_param = [mask(text) for text in member if isinstance(text, str)]
            elif name == 'details' and type(member) is list and self.details is None:
                self.details = [self._detail(item) for item in member if isinstance(item, Members)]
            elif name == 'error' and isinstance(member, Members) and not iam:
                iam = True
                for inner, text in member:
                    if inner in ('code', 'message'):
                        self._text({'code': 'error_code', 'message': 'error_msg'}[inner], text)

    def _text(self, name, member):
        if isinstance(member, str):
            self.texts.setdefault(name, mask(member))

    @staticmethod
    def _detail(item):
        detail = {}
        for name, text in item:
            if name in ('error_code', 'error_msg') and isinstance(text, str):
                detail.setdefault(name, mask(text))
        return detail

    def size(self):
        """Bytes that all of it takes when it is kept."""
        texts = [*self.texts.values(), *(self.error_param or ())]
        texts += [text for detail in self.details or () for text in (b'', *detail.values())]
        return sum(len(text) + 4 for text in texts) + 32


def is_gateways(code):
    """Whether an error code is one of the gateway's."""
    return len(code) > 5 and code.startswith((b'APIG.', b'APIGW.'))
