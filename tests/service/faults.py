"""The faults that a task id can ask for: `fault-NAME`, `fault-NAME-ARG`, `fault-NAME-ARG-ARG`."""

import dataclasses
import email.utils
import re
import time
from collections.abc import Callable

import fault_bodies
import gateway
import tasks
from http_response import (EMPTY_OBJECT, SHORT_200, Answer, accepted, chunked, gateway_error, gateway_headers, head,
                           new_request_id, response, service_error, to_json)
from tls_connection import FIN, NOTIFY, RESET

_TASK_ID = re.compile(r'fault-([a-z0-9]+)((?:-\d{1,6})*)')

_REFUSED = ('SMS.7713', tasks.MESSAGES['SMS.7713'])


def _is_success(status):
    return 200 <= status <= 299


def _with_status(status, body=b'', **how):
    """An answer of any status; one that says success has carried the action out."""
    return Answer(response(status, body, **how), status, executed=_is_success(status))


def _framed_by_hand(headers, rest, version='HTTP/1.1', **how):
    """A 200 whose framing headers and following bytes are given as they are."""
    data = head(200, [*gateway_headers(new_request_id()), ('content-type', 'application/json'), *headers,
                      ('connection', 'close')], version) + rest
    return Answer(data, 200, executed=True, **how)


def _gateway_document(status):
    return to_json({'error_msg': f'Simulated status {status}', 'error_code': 'APIGW.0601',
                    'request_id': new_request_id()})


def _status(_call, status):
    if status in (204, 304):
        return _with_status(status, framing='none')
    if _is_success(status):
        return _with_status(status, EMPTY_OBJECT)
    code = {413: 'APIGW.0201', 414: 'APIGW.0201', 494: 'APIGW.0201', 404: 'APIGW.0101', 429: 'APIGW.0308',
            502: 'APIGW.0201', 503: 'APIGW.0613', 504: 'APIGW.0201'}.get(status, 'APIGW.0601')
    return gateway_error(status, code, f'Simulated status {status}')


def _cut(how, data=None):
    """A fault that sends some bytes of a 200 and then ends the connection."""
    def play(_call, count):
        whole = SHORT_200 if data is None else data()
        return Answer(whole[:count], 200, executed=True, end=how)
    return play


def _first_times(refuse):
    """A fault that refuses the first K calls."""
    def play(call, times, *arguments):
        return refuse(*arguments) if call.count <= times else accepted()
    return play


def _retry_after(value):
    return (('retry-after', value),)


def _date_ahead(seconds):
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


def _chunked(_call, status):
    body = EMPTY_OBJECT if _is_success(status) else _gateway_document(status)
    framed = chunked(body, 7, extension=b';name="a;b"', trailer=b'x-trailer: 1\r\n')
    headers = [*gateway_headers(new_request_id()), ('content-type', 'application/json'),
               ('transfer-encoding', 'chunked'), ('connection', 'close')]
    return Answer(head(status, headers) + framed, status, executed=_is_success(status))


def _interim(_call, count):
    hints = [head(100, []), head(103, [('link', '</style.css>; rel=preload')])]
    answer = accepted()
    answer.data = b''.join(hints[number % 2] for number in range(count)) + answer.data
    return answer


def _big_headers(_call, kib):
    value = 'x' * (1024 - len('x-filler-00000: \r\n'))
    return _with_status(200, EMPTY_OBJECT, more=[(f'x-filler-{number:05}', value) for number in range(kib)])


def _largest(reverse=False, **how):
    def play(_call):
        document = fault_bodies.largest(**how)
        if reverse:
            document = dict(reversed(document.items()))
        return _with_status(403, to_json(document))
    return play


def _early_success(call):
    # Too early to have been carried out, unless the whole request came in one record.
    return dataclasses.replace(accepted(), executed=call.request.complete)


def _flaky(call, times):
    return Answer(end=FIN) if call.count <= times else accepted()


def _echo(call):
    token = call.request.token
    # The request id is shown to people; the others a client may be tempted to show.
    more = [('location', f'https://sms.example.test/{token}'), ('retry-after', token[:64]), ('x-echo', token[:4096])]
    return _with_status(403, fault_bodies.echoing(token), more=more, request_id=token, reason=f'Forbidden {token[:64]}')


def _types(_call):
    return _with_status(400, to_json({
        'details': {'error_code': 1}, 'error_param': 'no array', 'encoded_authorization_message': None,
        'request_id': 12, 'error_code': _REFUSED[0], 'error_msg': _REFUSED[1]}))


def _twice(_call):
    code, message = _REFUSED
    return _with_status(400, (f'{{"error_code":"{code}","error_msg":"{message}",'
                              '"error_code":"SMS.0000","error_msg":"the second one"}').encode())


def _pipelined(_call):
    refused = service_error(*_REFUSED)
    return Answer(refused.data + accepted().data, refused.status)


@dataclasses.dataclass
class Call:
    """What a fault may look at."""

    request: object
    count: int      # How often this task id has been called, this time included.


@dataclasses.dataclass
class Fault:
    """One row of the table. `early`: answered once the request line is there, the rest unread."""

    arguments: tuple[str, ...]
    description: str
    carried_out: str
    play: Callable[..., Answer]
    early: Callable[..., bool] = lambda *_: False


def _always(*_):
    return True


YES, NO, THEN, SUCCESS = 'yes', 'no', 'then', 'if 2xx'

FAULTS = {
    'silent': Fault((), 'reads the request, never answers, holds the connection', YES,
                    lambda call: Answer(executed=True, hold=True)),
    'slow': Fault(('MS',), 'waits MS milliseconds, then the 200', YES,
                  lambda call, ms: accepted(delay=ms / 1000)),
    'drip': Fault(('MS',), 'the short 200, a byte each MS milliseconds', YES,
                  lambda call, ms: Answer(SHORT_200, 200, executed=True, piece=1, pause=ms / 1000)),
    'splits': Fault(('N',), 'the 200 in TLS records of N bytes', YES,
                    lambda call, n: accepted(piece=n)),
    'cut': Fault(('N',), 'N bytes of the short 200, then bare FIN', YES, _cut(FIN)),
    'cutnotify': Fault(('N',), 'N bytes of the short 200, then close_notify and FIN', YES, _cut(NOTIFY)),
    'cutreset': Fault(('N',), 'N bytes of the short 200, then RST', YES, _cut(RESET)),
    'cutlong': Fault(('N',), 'N bytes of the 200, then bare FIN', YES, _cut(FIN, lambda: accepted().data)),
    'reset': Fault((), 'RST instead of an answer', YES, lambda call: Answer(executed=True, end=RESET)),
    'flaky': Fault(('K',), 'the first K calls: bare FIN once the request line is read; then the 200', THEN, _flaky,
                   early=lambda call, times: call.count <= times),
    'status': Fault(('N',), 'status N, gateway-shaped (2xx: `{ }`; 204, 304: no body)', SUCCESS, _status),
    'sms': Fault(('N',), '400 with code SMS.N', NO, lambda call, n: tasks.refusal(f'SMS.{n:04}')),
    'denied': Fault((), '403 SMS.9004 with all its members', NO, lambda call: tasks.permission_denied()),
    'unauthorized': Fault((), '401 APIGW.0301, chunked', NO, lambda call: gateway.token_refused('decrypt token fail')),
    'gw503': Fault((), '503 with an APIGW. code', NO, lambda call: gateway.unavailable()),
    'apig503': Fault((), '503 with an APIG. code', NO, lambda call: gateway.unavailable('APIG.0613')),
    '503': Fault((), '503 with an SMS code', NO,
                 lambda call: service_error('SMS.6000', 'The service is not available.', 503)),
    'html': Fault(('N',), 'status N with an HTML page', SUCCESS,
                  lambda call, n: _with_status(n, b'<html><head><title>Error</title></head><body>Error</body></html>',
                                               content_type='text/html')),
    'plain': Fault(('N',), 'status N with plain text', SUCCESS,
                   lambda call, n: _with_status(n, b'no healthy upstream', content_type='text/plain')),
    'badjson': Fault(('N',), 'status N with broken JSON', SUCCESS,
                     lambda call, n: _with_status(n, b'{"error_code":"SMS.7713","error_msg":"cut here')),
    'blank': Fault(('N',), 'status N with a body of white space', SUCCESS,
                   lambda call, n: _with_status(n, b' \r\n')),
    'empty': Fault(('N',), 'status N without a body', SUCCESS, lambda call, n: _with_status(n)),
    'chunked': Fault(('N',), 'status N, gateway-shaped, chunked with extensions and a trailer', SUCCESS, _chunked),
    'chunkbytes': Fault((), 'the 200 in chunks of one byte', YES,
                        lambda call: _framed_by_hand([('transfer-encoding', 'chunked')], chunked(EMPTY_OBJECT, 1))),
    'badchunk': Fault((), '200 with a chunk size that is no number', YES,
                      lambda call: _framed_by_hand([('transfer-encoding', 'chunked')], b'0x3\r\n{ }\r\n0\r\n\r\n')),
    'hugechunk': Fault((), '200 with a chunk size of FFFFFFFFFFFFFFFF', YES,
                       lambda call: _framed_by_hand([('transfer-encoding', 'chunked')],
                                                    b'FFFFFFFFFFFFFFFF\r\n{ }\r\n0\r\n\r\n')),
    'chunkcut': Fault((), '200, chunked, close_notify before the last chunk', YES,
                      lambda call: _framed_by_hand([('transfer-encoding', 'chunked')], b'3\r\n{ }\r\n')),
    'closedelim': Fault((), '200 delimited by close_notify', YES, lambda call: _framed_by_hand([], EMPTY_OBJECT)),
    'closecut': Fault((), '200 delimited by a bare FIN', YES,
                      lambda call: _framed_by_hand([], EMPTY_OBJECT, end=FIN)),
    'interim': Fault(('N',), 'N interim answers (100 and 103 in turn), then the 200', YES, _interim),
    'switch101': Fault((), '101 Switching Protocols', YES,
                       lambda call: Answer(head(101, [('upgrade', 'h2c'), ('connection', 'upgrade')]), 101, True)),
    'bigheaders': Fault(('N',), 'the 200 with N KiB more of headers, 1 KiB each', YES, _big_headers),
    'bigheader': Fault(('N',), 'the 200 with one more header of N KiB', YES,
                       lambda call, n: _with_status(200, EMPTY_OBJECT, more=[('x-filler', 'x' * 1024 * n)])),
    'bigbody': Fault(('N',), '400 SMS.7713 after N KiB of unknown members', NO,
                     lambda call, n: _with_status(400, fault_bodies.after_unknown_members(n, *_REFUSED))),
    'deep': Fault(('N',), '400 SMS.7713 after an unknown member of N nested arrays', NO,
                  lambda call, n: _with_status(400, fault_bodies.after_nesting(n, *_REFUSED))),
    'max403': Fault((), '403, the largest documented: 255, 255, 65535, 20 x 65535, 20 x (255, 255) (1.4 MB)', NO,
                    _largest()),
    'max403rev': Fault((), 'the same with its members in reverse order', NO, _largest(reverse=True)),
    'max403wide': Fault((), 'the same with details of 65535 each (4 MB)', NO,
                        _largest(detail_length=fault_bodies.MAX_LONG)),
    'max403utf8': Fault((), 'as max403, characters of three bytes (4 MB)', NO, _largest(wide_characters=True)),
    'err200': Fault((), '200 with a non-empty error_code', YES,
                    lambda call: _with_status(200, to_json({'error_code': 'SMS.6000', 'error_msg': 'Not quite.'}))),
    'text200': Fault((), '200 with a JSON string as body', YES, lambda call: _with_status(200, b'"success"')),
    'retry': Fault(('K', 'S'), 'the first K calls: 429 APIGW.0308 with Retry-After S (seconds); then the 200', THEN,
                   _first_times(lambda seconds: gateway.throttled(_retry_after(seconds)))),
    'retrynone': Fault(('K',), 'the same without Retry-After', THEN, _first_times(gateway.throttled)),
    'retrydate': Fault(('K', 'S'), 'the same with Retry-After as a date S seconds ahead', THEN,
                       _first_times(lambda seconds: gateway.throttled(_retry_after(_date_ahead(seconds))))),
    'retrybad': Fault(('K',), 'the same with a Retry-After that is neither', THEN,
                      _first_times(lambda: gateway.throttled(_retry_after('soon')))),
    'retry503': Fault(('K', 'S'), 'the first K calls: 503 with an APIGW code and Retry-After S; then the 200', THEN,
                      _first_times(lambda seconds: gateway.unavailable(more=_retry_after(seconds)))),
    'early413': Fault((), '413 once the request line is read, the rest drained', NO,
                      lambda call: gateway.too_large(413), early=_always),
    'early494': Fault((), '494 once the request line is read, the rest drained', NO,
                      lambda call: gateway.too_large(494), early=_always),
    'early413rst': Fault((), '413 once the request line is read, then RST', NO,
                         lambda call: dataclasses.replace(gateway.too_large(413), end=RESET), early=_always),
    'early200': Fault((), '200 once the request line is read, the rest drained', NO,
                      _early_success, early=_always),
    'echo': Fault((), '403 that echoes the token in every member and in headers, whole, in parts, escaped; with '
                  'terminal escapes, C1 and bidirectional characters', NO, _echo),
    'iam': Fault((), '401 of IAM\'s nested shape', NO,
                 lambda call: _with_status(401, to_json({'error': {
                     'code': 401, 'message': 'The request you have made requires authentication.',
                     'title': 'Unauthorized'}}))),
    'types': Fault((), '400 SMS.7713 whose other members have wrong types or are null', NO, _types),
    'twice': Fault((), '400 SMS.7713 with code and message twice, the second time with other values', NO, _twice),
    'redirect': Fault((), '302 with Location', NO,
                      lambda call: _with_status(302, more=[('location', 'https://sms.example.test/elsewhere')])),
    'h10': Fault((), 'HTTP/1.0 200 with a Content-Length', YES,
                 lambda call: _with_status(200, EMPTY_OBJECT, version='HTTP/1.0')),
    'h10close': Fault((), 'HTTP/1.0 200 delimited by close_notify', YES,
                      lambda call: _framed_by_hand([], EMPTY_OBJECT, version='HTTP/1.0')),
    'twocl': Fault((), '200 with two equal Content-Length headers', YES,
                   lambda call: _framed_by_hand([('content-length', '3')] * 2, EMPTY_OBJECT)),
    'tecl': Fault((), '200 with Content-Length and Transfer-Encoding', YES,
                  lambda call: _framed_by_hand([('content-length', '3'), ('transfer-encoding', 'chunked')],
                                               chunked(EMPTY_OBJECT))),
    'pipelined': Fault((), 'a 400 SMS.7713 and a 200 at once', NO, _pipelined),
    'garbage': Fault((), 'bytes that are no HTTP', YES,
                     lambda call: Answer(b'\x15\x03\x01SSH-2.0-not-http\r\n\r\n', executed=True)),
}


def _parse(task_id):
    """The name and the arguments that a task id asks for; None where it asks for no fault that there is."""
    match = _TASK_ID.fullmatch(task_id or '')
    if not match or match[1] not in FAULTS:
        return None
    arguments = [int(argument) for argument in match[2].split('-')[1:]]
    return (match[1], arguments) if len(arguments) == len(FAULTS[match[1]].arguments) else None


def play(call, early):
    """The answer of the fault that the task id asks for, None if none; early: only if it answers early."""
    asked = _parse(call.request.task_id)
    if asked is None:
        return None
    name, arguments = asked
    fault = FAULTS[name]
    if early and not fault.early(call, *arguments):
        return None
    return dataclasses.replace(fault.play(call, *arguments), fault=name)


def table():
    """All faults as the rows of a Markdown table."""
    rows = ['| fault | what happens | carried out |', '|---|---|---|']
    for name, fault in FAULTS.items():
        rows.append(f'| `{"-".join((name, *fault.arguments))}` | {fault.description} | {fault.carried_out} |')
    return '\n'.join(rows)
