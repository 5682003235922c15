"""The pipe against Python: reference.py for everything, http.client for the framing. The inputs are the committed
corpus and answers made by chance, the same ones for the same seed.
"""

import collections
import http.client
import io
import json
import random
import re
import struct
import subprocess

import packed
import reference
from reference import CLOSED, HOST, LOST, MCU, SILENT

# Where http.client takes an answer as complete and we do not, always for a reason that the reference names. An action
# must not count as accepted, or refused, by a message that another reader on the way may have read differently.
STRICTER = {
    'end': 'only close_notify ends a body that is delimited by the end of the connection: anybody on the way can cut '
           'it (RFC 9112 section 9.8)',
    'a status line outside the grammar or the limits, or 101': 'RFC 9112 section 4; 101 was never asked for',
    'a line folded, without colon, with white space before it, or with a control character':
        'RFC 9112 section 5.1, 5.2 and 2.2: what proxies disagree about is how responses are smuggled',
    'more than the header section may have': 'a bound of ours, 16 or 64 KiB',
    'too many interim answers': 'a bound of ours, 16',
    'a Content-Length that is no number of 64 bits': 'RFC 9110 section 8.6; http.client takes "+5", "5_0" and ignores '
                                                     'what it cannot read',
    'more than one Content-Length': 'RFC 9112 section 6.3 lets a client discard it; http.client takes the first',
    'a transfer coding other than one "chunked", or any in HTTP/1.0': 'RFC 9112 section 6.1; http.client ignores it',
    'Content-Length and Transfer-Encoding': 'RFC 9112 section 6.3: an attempt at smuggling',
    'a chunk line outside the grammar': 'RFC 9112 section 7.1; http.client takes "0x5", "5_0", "+5", " 5"',
    'more than a chunk line may have': 'a bound of ours, 1 KiB',
    'a chunk longer or shorter than its size': 'http.client skips two bytes whatever they are',
    'cut': 'http.client does not ask for the last CRLF, nor for the end of trailers',
}


# ---- inputs by chance ----

NAMES = ['error_code', 'error_msg', 'encoded_authorization_message', 'error_param', 'details', 'request_id', 'error',
         'code', 'message', 'errorCode', 'errorMsg', 'msg', 'detail', 'title', 'x']
PIECES = ['a', 'SMS.9004', 'APIGW.0301', 'APIG.06', ' ', '"', '\\', '/', '\n', '\0', '\x7f', '\x85', '\u202e', 'é',
          '€', '😀', '\ud83d', '\ude00', '***', *(reference.TOKEN[at:at + count] for at, count in
                                                 ((0, 64), (0, 15), (0, 16), (16, 16), (20, 17), (30, 40), (60, 4)))]


def escape(chance, character):
    """A character of a JSON string, escaped where it must be, and sometimes where it need not."""
    must = character in '"\\' or ord(character) < 0x20 or 0xd800 <= ord(character) < 0xe000
    if not must and chance.random() > 0.05:
        return character
    units = character.encode('utf-16-be', 'surrogatepass').hex()
    return ''.join(f'\\u{units[at:at + 4]}' for at in range(0, len(units), 4))


def some_string(chance):
    """A JSON string, now and then a long one."""
    text = ''.join(chance.choice(PIECES) for _ in range(chance.choice((0, 1, 1, 2, 3, 6))))
    text = ''.join(escape(chance, character) for character in text)
    return f'"{text * chance.choices((1, 20, 150), (95, 4, 1))[0]}"'


def some_json(chance, depth=0):
    """A JSON text, mostly valid and mostly of the shape of an error."""
    kind = chance.random()
    blank = chance.choice(('', '', '', ' ', '\r\n\t'))
    if depth > 4 or kind < 0.45:
        text = some_string(chance) if chance.random() < 0.8 else chance.choice(
            ('0', '-0.0', '0e5', '"0"', '1e5', '-12.5E-07', 'true', 'false', 'null', '1' * 400, '01', '1.', '.5', '+1', 'NaN',
             "'x'", '"\t"', '"\\x"', '"\\u12"', 'tru', ''))
    elif kind < 0.75:
        names = [chance.choice(NAMES) for _ in range(chance.choice((0, 1, 2, 4, 8)))]
        text = f'{blank},'.join(f'"{name}"{blank}:{some_json(chance, depth + 1)}' for name in names)
        text = f'{{{text}{blank}}}'
    else:
        items = (some_json(chance, depth + 1) for _ in range(chance.choice((0, 1, 2, 3, 25))))
        text = f'[{",".join(items)}]'
    return blank + text


def some_error(chance):
    """A body as the service and its gateway send them, more or less."""
    members = []
    for name in chance.sample(NAMES, chance.randrange(1, 8)) + chance.choices(NAMES, k=chance.choice((0, 0, 3))):
        if name == 'error_param' and chance.random() < 0.9:
            value = f'[{",".join(some_string(chance) for _ in range(chance.choice((0, 1, 3, 22))))}]'
        elif name == 'details' and chance.random() < 0.9:
            value = ','.join(f'{{"error_code":{some_string(chance)},"error_msg":{some_json(chance, 4)}}}'
                             for _ in range(chance.choice((0, 1, 3, 22))))
            value = f'[{value}]'
        elif name == 'error' and chance.random() < 0.9:
            value = f'{{"code":{some_json(chance, 4)},"message":{some_string(chance)}}}'
        else:
            value = some_json(chance, 3)
        members.append(f'"{name}":{value}')
    return '{' + ','.join(members) + '}'


def some_body(chance):
    kind = chance.random()
    if kind < 0.1:
        return chance.choice((b'', b'{ }', b' ', b'\r\n', b'<html>', b'\xff', b'\xef\xbb\xbf{}', b'{}x', b'{"error_code":"A"',
                              b'Not found.\n', b' 404  page\t"x"\n', b'-', b'nul', b'12 {}', b't\xc3\xa9', b't\xc3', b'o\0k',
                              b'\x1f\x8b\x08\0', reference.TOKEN.encode() + b' \r\n', b'no ' * 200))
    text = some_error(chance) if kind < 0.7 else some_json(chance)
    if kind > 0.95:
        count = chance.choice((63, 64, 65))
        text = '[' * count + text + ']' * count
    return text.encode('utf-8', 'surrogatepass')


GOOD_LINES = [b'Server: api-gateway', b'X-Request-Id: 0123456789abcdef', b'x-request-id:  a \t b\xe9 ', b'Date: now',
              b'Content-Type: text/html;charset=utf-8', b'content-type: application/json', b'Content-Encoding: Identity ',
              b'Content-Encoding:', b'Content-Encoding: gzip', b'X-Request-Id: ',
              b'X-Request-Id:' + reference.TOKEN.encode(), b'Retry-After: 5', b'Empty:', b'X: ' + b'y' * 300]
BAD_LINES = [b' folded', b'No-Colon', b'Space : x', b'Nul: \0', b'Bare: \rx', b'Lf: \nx', b'Content-Length: +2',
             b'Content-Length: 5, 5', b'Content-Length: 18446744073709551617', b'Content-Length: 0', b'Content-Length:',
             b'Content-Length: ' + b'0' * 61 + b'5', b'Content-Length: ' + b'0' * 62 + b'5', b'Content-Length: 1_0',
             b'Transfer-Encoding: gzip', b'Transfer-Encoding: chunked, chunked', b'transfer-encoding: CHUNKED']
STATUSES = [b'200 OK', b'200', b'403 Forbidden', b'400 ', b'503 \xe9', b'500 No', b'202 x', b'204 x', b'304 x', b'302 x',
            b'429 x', b'401 x', b'599 x']


def some_chunks(chance, body):
    out = b''
    while body:
        size = chance.choice((1, 2, 7, 40, len(body)))
        piece, body = body[:size], body[size:]
        size = len(piece) + (chance.random() < 0.004)
        line = b'%s%x' % (chance.choice((b'', b'', b'0', b'00000000000000000')), size)
        if chance.random() < 0.1:
            line += chance.choice((b';a', b' ; a = b', b';a="b;\\"\xe9"', b'; ', b';a=', b' ', b';a="', b';' * 3, b'x',
                                   b';a=b ', b';x=' + b'y' * chance.choice((900, 1100))))
        out += line.upper() + b'\r\n' + piece + (b'\r\n' if chance.random() > 0.004 else b'\n\n')
    return out + chance.choice((b'0\r\n\r\n',) * 6 + (b'0\r\nT: x\r\n\r\n', b'0\r\nContent-Length: 3\r\n\r\n', b'0\r\n',
                                                      b'0\r\nbad\r\n\r\n', b'', b'0;a\r\n\r\n', b'000\r\n\r\n'))


def some_answer(chance):
    out = b''
    for _ in range(chance.choice((0,) * 12 + (1, 2, 16, 17))):
        out += chance.choice((b'HTTP/1.1 100 Continue\r\n\r\n', b'HTTP/1.1 103 x\r\nLink: y\r\n\r\n'))
    minor = chance.choice((b'1', b'1', b'1', b'0'))
    version = b'HTTP/1.' + minor + b' '
    if chance.random() < 0.04:
        version = chance.choice((b'HTTP/2 ', b'http/1.1 ', b'HTTP/1.1  ', b'HTTP/1.2 ', b' HTTP/1.1 ', b'HTTP/1.1\t'))
    status = chance.choice(STATUSES) if chance.random() < 0.97 else chance.choice((b'101 x', b'99 x', b'600 x', b'2000'))
    lines = chance.choices(GOOD_LINES, k=chance.choice((0, 1, 3)))
    if chance.random() < 0.15:
        lines.append(chance.choice(BAD_LINES))
    body = some_body(chance)
    framing = chance.random()
    if framing < 0.45:
        lines.append(b'Content-Length: %d' % len(body))
    elif framing < 0.8 and minor == b'1':
        lines.append(b'Transfer-Encoding: chunked')
        body = some_chunks(chance, body)
    chance.shuffle(lines)
    return out + version + status + b'\r\n' + b''.join(line + b'\r\n' for line in lines) + b'\r\n' + body


def mutate(chance, data):
    data = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(len(data) + 1)
        how = chance.random()
        if how < 0.4 and at < len(data):
            data[at] = chance.choice((chance.randrange(256), data[at] ^ 1 << chance.randrange(8)))
        elif how < 0.7:
            del data[at:at + chance.choice((1, 1, 2, 10, len(data)))]
        else:
            data[at:at] = bytes(data[at:at + 5]) if how < 0.85 else chance.choice((b'\r\n', b' ', b'"', b'\\', b'0'))
    return bytes(data)


def inputs(count, seed):
    """(end, bytes) of everything that is compared."""
    chance = random.Random(seed)
    known = packed.load('answer')
    for body in packed.load('body'):
        known.append(b'HTTP/1.1 403 No\r\nContent-Length: %d\r\n\r\n%s' % (len(body) - 1, body[1:]))
    for data in known:
        for end in (SILENT, CLOSED, LOST):
            yield end, data
    for _ in range(count):
        kind = chance.random()
        data = some_answer(chance) if kind < 0.8 else chance.choice(known)
        if kind > 0.65:
            data = mutate(chance, data)
        yield chance.choice((SILENT, CLOSED, CLOSED, LOST)), data


# ---- judging ----

class Deviation(Exception):
    """What is not as it must be."""


def expect(condition, what):
    if not condition:
        raise Deviation(what)


def judge_member(name, got, whole, limit, limits, is_truncated, exactly):
    """One text: whole, or cut where that is told; exactly at its limit if it is one that is never lost."""
    got = None if got is None else got.encode()
    most = None if whole is None else reference.cut(whole, limit, limits)
    if whole is not None and most != whole:
        expect(is_truncated, f'{name} is not called truncated')
    if exactly or not is_truncated:
        expect(got == most, f'{name} is {got} instead of {most}')
    else:
        expect(got is None or (most is not None and most.startswith(got)), f'{name} is {got}, no part of {most}')


def judge_reply(got, wanted, limits):
    truncated = set(got['truncated'])
    for name, limit in (('error_code', limits.code), ('error_msg', limits.code), ('request_id', limits.request_id),
                        ('encoded_authorization_message', limits.encoded)):
        whole = wanted.texts.get(name)
        # What stands for another may have taken the room that is kept free for it.
        others = sum(wanted.others.get(name, ()), []) if name in truncated else []
        if others and got[name] and not whole.startswith(got[name].encode()):
            whole = next((text for text in others if text.startswith(got[name].encode())), whole)
        judge_member(name, got[name], whole, limit, limits, name in truncated,
                     name in ('error_code', 'error_msg') and not (others and name in wanted.own))
    params = list(wanted.error_param or ())
    details = list(wanted.details or ())
    for name, items, most in (('error_param', params, limits.params), ('details', details, limits.details)):
        shown = got[name]
        if name not in truncated:
            there = wanted.error_param if name == 'error_param' else wanted.details
            expect((shown is None) == (there is None), f'{name} is {shown}')
            expect(shown is None or len(shown) == len(items), f'{len(shown or ())} of {len(items)} {name}')
        expect(len(items) <= most or name in truncated, f'{name} is not called truncated')
        expect(len(shown or ()) <= min(most, len(items)), f'{len(shown or ())} {name}')
    for text, whole in zip(got['error_param'] or (), params):
        judge_member('error_param', text, whole, limits.param, limits, 'error_param' in truncated, False)
    for detail, whole in zip(got['details'] or (), details):
        for name in ('error_code', 'error_msg'):
            judge_member(f'details.{name}', detail[name], whole.get(name), limits.detail, limits,
                         'details' in truncated, False)
    # Nothing is cut for want of room where there was room.
    fits = wanted.size() <= limits.text and all(
        reference.cut(text, limit, limits) == text for texts, limit in (
            (wanted.texts.values(), min(limits.code, limits.request_id, limits.encoded)), (params, limits.param),
            ([text for detail in details for text in detail.values()], limits.detail)) for text in texts)
    fits = fits and len(params) <= limits.params and len(details) <= limits.details
    expect(not (fits and truncated), f'truncated without need: {truncated}')


def judge(got, answer, end, limits):
    """The report of a call against the answer that it got. Returns whether its body was JSON, None if incomplete."""
    ended = (got['outcome'], got['reason'])
    if answer.body is None:
        expect(got['outcome'] == 'unknown', ended)
        # The reference does not look into the line at which the bytes end.
        allowed = {'http_malformed', 'http_too_large'}
        if not answer.fault:
            allowed.add('connection_lost' if end != SILENT else 'timeout')
        expect(got['reason'] in allowed, f'{ended} instead of {allowed}, {answer.fault}')
        expect((got['http_status'] or 0) == answer.status, f'status {got["http_status"]}')
        return None
    kind, value = reference.parse(answer.body, limits)
    valid = kind == reference.JSON
    wanted = reference.Reply(answer.fields, value)
    expect(got['http_status'] == answer.status, f'status {got["http_status"]}')
    code = wanted.texts.get('error_code', b'') if 'error_code' in wanted.own else b''
    reason = 'http_status' if valid else 'body_malformed'
    if answer.status < 300:
        allowed = [('accepted', 'ok')]
        if valid and reference.says_no(value):
            allowed = [('unknown', 'http_status')]
        elif not reference.is_readable(answer, kind):
            allowed = [('unknown', 'body_malformed')]
            if kind == reference.NEITHER:
                # Whether an error code stood where it could still be read is not asked.
                allowed.append(('unknown', 'http_status'))
        else:
            wanted.drop_others()
    elif answer.status < 500 or (answer.status == 503 and reference.is_gateways(code)):
        allowed = [('refused', reason)]
    else:
        allowed = [('unknown', reason)]
    expect(ended in allowed, f'{ended} instead of {allowed}')
    judge_reply(got, wanted, limits)
    return valid


class _Socket:
    def __init__(self, file):
        self._file = file

    def makefile(self, _mode):
        return self._file


def read_by_http_client(data):
    """(status, body) as http.client has it; None if it finds fault."""
    # It leaves white space at the end of a value, against RFC 9110 section 5.5.
    head, empty, body = data.partition(b'\r\n\r\n')
    file = io.BytesIO(re.sub(rb'[ \t]+\r\n', rb'\r\n', head + b'\r\n')[:-2] + empty + body)
    interim = []    # Kept: with the last reference to a response its file is closed.
    try:
        while True:
            response = http.client.HTTPResponse(_Socket(file), method='POST')
            interim.append(response)
            response.begin()
            if not 101 < response.status < 200:
                return response.status, response.read()
    except (http.client.HTTPException, ValueError, OverflowError, MemoryError):
        return None


def judge_framing(answer, data, end, reasons):
    theirs = read_by_http_client(data)
    if answer.body is not None:
        if theirs is None and data.count(b'\n') > 100:
            return  # It takes 100 headers at most.
        if answer.status in (204, 304) and theirs != (answer.status, b''):
            return  # It looks for chunks where there is no body: RFC 9112 section 6.3, item 1.
        expect(theirs == (answer.status, answer.body), f'http.client has {theirs}')
    elif theirs is not None:
        delimited = not any(name in (b'content-length', b'transfer-encoding') for name, _ in answer.fields)
        why = answer.fault or ('end' if answer.status and delimited and end != CLOSED else 'cut')
        expect(why in STRICTER, f'stricter than http.client: {why}')
        reasons[why] += 1


def compare(program, limits, count, seed, reasons):
    """Runs it. Returns (inputs, complete answers, valid JSON, deviations)."""
    cases = list(inputs(count, seed))
    fed = b''.join(struct.pack('<BI', end, len(data)) + data for end, data in cases)
    done = subprocess.run([program], input=fed, capture_output=True, timeout=600, check=False)
    lines = done.stdout.splitlines()
    complete = valid = 0
    deviations = []
    if done.returncode != 0 or len(lines) != len(cases):
        tail = done.stderr.decode(errors='replace')[-3000:]
        deviations.append(f'{program} ended after {len(lines)} of {len(cases)} with {done.returncode}: {tail}')
    for (end, data), line in zip(cases, lines):
        answer = reference.read(data, end, limits)
        try:
            verdict = judge(json.loads(line), answer, end, limits)
            judge_framing(answer, data, end, reasons)
            complete += verdict is not None
            valid += bool(verdict)
        except Deviation as deviation:
            deviations.append(f'{deviation}\n  answer, end {end}: {data!r}\n  report: {line.decode()}')
    return len(cases), complete, valid, deviations


def run(out, count, seed=1):
    """Both configurations; (passed, failed), told on standard output."""
    passed = failed = 0
    reasons = collections.Counter()
    for name, limits in (('mcu', MCU), ('host', HOST)):
        total, complete, valid, deviations = compare(out / f'verdicts-{name}', limits, count, seed, reasons)
        print(f'compare {name}: {total} answers, {complete} complete, {valid} with JSON, {len(deviations)} deviations')
        for deviation in deviations[:5]:
            print(f'  {deviation[:4000]}')
        good = not deviations and complete * 4 > total and valid * 8 > total
        passed += good
        failed += not good
    print('stricter than http.client:')
    for why, times in reasons.most_common():
        print(f'  {times:6} {why}')
    return passed, failed
