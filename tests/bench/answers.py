"""What is asked and answered in the bench, the same for the core alone and for whole commands."""

import json
import random
import string

import fault_bodies

# The token of every measured call, like those that IAM issues: base64 with hyphens.
TOKEN_BYTES = 2048
TOKEN = 'MII' + ''.join(random.Random(1).choices(string.ascii_letters + string.digits + '+-', k=TOKEN_BYTES - 3))

SMALL_BYTES = 611
LARGEST_BYTES = 1387760


def _compact(document):
    return json.dumps(document, separators=(',', ':')).encode()


def _small_refusal():
    """The refusal on the API's page with all its members, its encoded message as long as it takes."""
    sentence = 'You do not have permission to perform action sms:server:migrationServer on resource sms:*:*:server:*.'
    refusal = {'error_code': 'SMS.9004', 'error_msg': sentence, 'encoded_authorization_message': '',
               'error_param': [sentence], 'details': [{'error_code': 'SMS.9004', 'error_msg': sentence}]}
    refusal['encoded_authorization_message'] = ('c2ltdWxhdGVk' * 50)[:SMALL_BYTES - len(_compact(refusal))]
    return _compact(refusal)


ACCEPTED = b'{}'
REFUSED = _small_refusal()
LARGEST = _compact(fault_bodies.largest())     # every documented maximum
assert (len(REFUSED), len(LARGEST)) == (SMALL_BYTES, LARGEST_BYTES), (len(REFUSED), len(LARGEST))


def as_response(status, body):
    """The whole response as nginx frames it."""
    head = (f'HTTP/1.1 {status}\r\nServer: nginx/1.22.1\r\nDate: Mon, 23 Nov 2026 12:00:00 GMT\r\n'
            f'Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n')
    return head.encode() + body
