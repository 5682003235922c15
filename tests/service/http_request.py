"""Reading one HTTP request, as strictly as a test's judge should."""

import json
import re

_REQUEST_LINE = re.compile(r'([A-Z]+) (\S+) (HTTP/1\.[01])')
_HEADER_LINE = re.compile(r'([!#$%&\'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*')
_ACTION_PATH = re.compile(r'/v3/tasks/([^/?#]+)/action')


class Malformed(Exception):
    """The bytes are no well-formed request; the text says why."""


class Request:
    """A request as it comes in: feed() bytes, look at what is there."""

    def __init__(self):
        self._buffer = bytearray()
        self._head_length = None
        self.bytes_received = 0
        self.method = self.path = self.version = None
        self.headers = {}

    def feed(self, data):
        """Take in bytes; Malformed where they cannot become a request."""
        self._buffer += data
        self.bytes_received += len(data)
        if self.method is None:
            self._read_line()
        if self._head_length is None:
            self._read_headers()

    def _read_line(self):
        line, end, _ = bytes(self._buffer).partition(b'\r\n')
        if not end:
            return
        match = _REQUEST_LINE.fullmatch(_text(line))
        if not match:
            raise Malformed('request line')
        self.method, self.path, self.version = match.groups()

    def _read_headers(self):
        end = self._buffer.find(b'\r\n\r\n')
        if end < 0:
            return
        for line in _text(self._buffer[:end]).split('\r\n')[1:]:
            match = _HEADER_LINE.fullmatch(line)
            # The client sends every header once: a second one is a fault of the client.
            if not match or match[1].lower() in self.headers or re.search(r'[\0\r\n]', line):
                raise Malformed(f'header line {line[:40]!r}')
            self.headers[match[1].lower()] = match[2]
        if 'host' not in self.headers:
            raise Malformed('no host')
        if not re.fullmatch(r'\d{1,18}', self.headers.get('content-length', '0')):
            raise Malformed('content-length')
        self._head_length = end + 4

    @property
    def has_headers(self):
        """The header section is complete."""
        return self._head_length is not None

    @property
    def header_bytes(self):
        """The length of the header section as far as it is known."""
        return len(self._buffer) if self._head_length is None else self._head_length

    @property
    def content_length(self):
        """The announced length of the body, None if there is no such header."""
        length = self.headers.get('content-length')
        return None if length is None else int(length)

    @property
    def complete(self):
        """Header section and body are there."""
        return self.has_headers and len(self._buffer) - self._head_length >= (self.content_length or 0)

    @property
    def extra_bytes(self):
        """What came beyond the end of the request."""
        return max(0, len(self._buffer) - self._head_length - (self.content_length or 0)) if self.has_headers else 0

    @property
    def body(self):
        """The body as far as it is there."""
        if not self.has_headers:
            return b''
        return bytes(self._buffer[self._head_length:self._head_length + (self.content_length or 0)])

    @property
    def token(self):
        """The value of x-auth-token, None if there is none."""
        return self.headers.get('x-auth-token')

    @property
    def task_id(self):
        """The task id of an action's path, None for any other path."""
        match = _ACTION_PATH.fullmatch(self.path or '')
        return match and match[1]

    @property
    def operation(self):
        """The operation that the body names, None where it does not."""
        try:
            operation = json.loads(self.body)['operation']
        except (ValueError, KeyError, TypeError):
            return None
        return operation if isinstance(operation, str) else None


def _text(data):
    try:
        return data.decode('ascii')
    except UnicodeDecodeError:
        raise Malformed('a byte that is not ASCII') from None
