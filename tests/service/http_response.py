"""Building responses: the gateway's header set, the framings, and what is done with the bytes."""

import dataclasses
import email.utils
import http
import json
import secrets

from tls_connection import NOTIFY

# An accepted action in few bytes, for faults that cut at each of them.
SHORT_200 = (b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 3\r\n'
             b'connection: close\r\n\r\n{ }')

# What an accepted action is answered with: the page's example shows an empty object.
EMPTY_OBJECT = b'{ }'

_REASONS = {494: 'Request Header Or Cookie Too Large'}

# As long as those that consoles and gateways send: a client must pass over it without storing it.
_SECURITY_POLICY = ('default-src \'self\'; ' + ''.join(
    f'{kind}-src \'self\' https://static{number}.example.test https://cdn{number}.example.test '
    f'https://res{number}.example.test \'unsafe-inline\' blob: data:; '
    for number, kind in enumerate(('script', 'style', 'img', 'font', 'connect', 'frame', 'media', 'object')))
    + 'frame-ancestors \'self\' https://*.example.test; base-uri \'self\'; form-action \'self\'')


@dataclasses.dataclass
class Answer:
    """Bytes of a response (or none), and how they leave."""

    data: bytes = b''
    status: int | None = None
    executed: bool = False      # The service carried the action out.
    end: str = NOTIFY       # How the connection is ended after the bytes.
    delay: float = 0            # Seconds before the first byte.
    piece: int = 0              # Bytes in a TLS record; 0: as TLS likes.
    pause: float = 0            # Seconds between pieces.
    hold: bool = False          # Stay silent after the bytes until the peer leaves.
    fault: str | None = None    # The fault's name, for the log.


def new_request_id():
    """An id as the gateway makes them: 32 hex digits."""
    return secrets.token_hex(16)


def gateway_headers(request_id):
    """The headers that the gateway adds to every answer, names in lower case as it sends them."""
    return [
        ('date', email.utils.formatdate(usegmt=True)),
        ('server', 'api-gateway'),
        ('x-request-id', request_id),
        ('http_proxy_id', secrets.token_hex(16)),
        ('x-apig-latency', '12'),
        ('x-apig-ratelimit-api', 'remain:98,limit:100,time:1 minute'),
        ('strict-transport-security', 'max-age=31536000; includeSubDomains'),
        ('x-frame-options', 'SAMEORIGIN'),
        ('x-content-type-options', 'nosniff'),
        ('x-xss-protection', '1; mode=block;'),
        ('content-security-policy', _SECURITY_POLICY),
    ]


def head(status, headers, version='HTTP/1.1', reason=None):
    """Status line and header section."""
    if reason is None:
        reason = _REASONS.get(status) or (http.HTTPStatus(status).phrase if status in _KNOWN else '')
    lines = [f'{version} {status:03} {reason}', *(f'{name}: {value}' for name, value in headers)]
    return '\r\n'.join((*lines, '', '')).encode('utf-8')


_KNOWN = {int(status) for status in http.HTTPStatus}


def chunked(body, size=4096, extension=b'', trailer=b''):
    """The body in chunks of `size` bytes."""
    parts = [body[start:start + size] for start in range(0, len(body), size)]
    framed = b''.join(b'%x%s\r\n%s\r\n' % (len(part), extension, part) for part in parts)
    return framed + b'0' + extension + b'\r\n' + trailer + b'\r\n'


def response(status, body=b'', *, content_type='application/json', framing='length', more=(), request_id=None,
             version='HTTP/1.1', reason=None):
    """A whole response; framing: length, chunked, close (delimited by the end), none (no body, no framing header)."""
    headers = gateway_headers(request_id or new_request_id())
    if body:
        headers.append(('content-type', content_type))
    if framing == 'length':
        headers.append(('content-length', len(body)))
    elif framing == 'chunked':
        headers.append(('transfer-encoding', 'chunked'))
    headers += [('connection', 'close'), *more]
    return head(status, headers, version, reason) + (chunked(body) if framing == 'chunked' else body)


def accepted(**how):
    """The answer to an accepted action; `how` sets members of Answer."""
    return Answer(response(200, EMPTY_OBJECT), 200, executed=True, **how)


def to_json(document):
    """UTF-8 as the service sends it."""
    return json.dumps(document, ensure_ascii=False).encode('utf-8')


def service_error(code, message, status=400, more=()):
    """A refusal by the service."""
    return Answer(response(status, to_json({'error_code': code, 'error_msg': message}), more=more), status)


def gateway_error(status, code, message, framing='length', more=()):
    """A refusal by the gateway: its shape has the request id in the body, and its own member order."""
    request_id = new_request_id()
    body = to_json({'error_msg': message, 'error_code': code, 'request_id': request_id})
    return Answer(response(status, body, framing=framing, more=more, request_id=request_id), status)
