"""What the gateway decides before the service sees a request: its form, its sizes, its path and its token."""

import tasks
from http_response import gateway_error, service_error

MAX_PATH = 8192
MAX_BODY = 12 * 1024 * 1024
MAX_TOKEN = 16384

_IAM_REFUSED = 'Incorrect IAM authentication information: '


def token_refused(detail):
    """The 401 with which the gateway refuses credentials: chunked, as the real one was seen to send it."""
    return gateway_error(401, 'APIGW.0301', _IAM_REFUSED + detail, framing='chunked')


def throttled(more=()):
    """The 429 of a caller that is too fast."""
    return gateway_error(429, 'APIGW.0308', 'The throttling threshold has been reached: policy user over ratelimit,'
                         'limit:5,time:1 second', more=more)


def unavailable(code='APIGW.0613', more=()):
    """The gateway's own 503."""
    return gateway_error(503, code, 'The IAM service is currently unavailable. Please try again later.', more=more)


def too_large(status):
    """The 413, 414 or 494 of a request that is too large in some way."""
    what = {413: 'Request body too large', 414: 'Request URI too long', 494: 'Request header too large'}[status]
    return gateway_error(status, 'APIGW.0201', what)


# Tokens by what they begin with; every other token is right.
SPECIAL_TOKENS = {
    'wrong-': lambda: token_refused('decrypt token fail'),
    'expires-': lambda: token_refused('token expires, expires_at: 2026-01-01T00:00:00.000000Z'),
    'expired-token': lambda: gateway_error(401, 'APIGW.0307', 'The token must be updated.', framing='chunked'),
    'refused-': lambda: service_error('SMS.6521', 'Invalid token.'),
    'norights-': lambda: service_error('SMS.6523', 'You do not have the permission to use SMS.'),
    'frozen-': lambda: service_error('SMS.6525', 'The account is frozen or restricted.'),
    'denied-': lambda: tasks.permission_denied(),
}


def malformed(why):
    """The 400 of bytes that are no request."""
    return gateway_error(400, 'APIGW.0201', f'Bad request: {why}')


def refuse_early(request, header_limit):
    """An answer that need not wait for the whole request, or None."""
    if request.header_bytes > header_limit:
        return too_large(494)
    if not request.has_headers:
        return None
    if len(request.path) > MAX_PATH:
        return too_large(414)
    if request.method != 'POST' or request.task_id is None:
        return gateway_error(404, 'APIGW.0101', 'The API does not exist or has not been published in the environment')
    if request.content_length is None:
        return gateway_error(411, 'APIGW.0201', 'Length required')
    if request.content_length > MAX_BODY:
        return too_large(413)
    return None


def refuse_token(request):
    """The answer to a special or missing token, or None. A missing one is the service's to refuse."""
    if not request.token:
        return service_error('SMS.6522', 'X-Auth-Token is missing in the request header.')
    if len(request.token) > MAX_TOKEN:
        return token_refused('decrypt token fail')
    for beginning, answer in SPECIAL_TOKENS.items():
        if request.token.startswith(beginning):
            return answer()
    return None
