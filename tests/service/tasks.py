"""What the service decides: the form of the body, and what a task's state allows."""

import json
import threading

from http_response import Answer, accepted, response, service_error, to_json

# operation: (states it is legal from, None: all; the state after, None: the same; the refusal).
# The service documents no code for an illegal clear, skip, migration_test or error_for_overspeed: SMS.6005 stands in.
TRANSITIONS = {
    'start': (('ready', 'paused', 'failed'), 'running', 'SMS.7713'),
    'stop': (('running',), 'paused', 'SMS.7714'),
    'test': (('syncing',), 'finished', 'SMS.7721'),
    'cutover': (('syncing',), 'finished', 'SMS.7721'),
    'clone_test': (('syncing',), None, 'SMS.7721'),
    'restart': (('finished',), 'running', 'SMS.7722'),
    'network_check': (None, None, None),
    'skip': (('verifying',), 'running', 'SMS.6005'),
    'clear': (('finished',), 'clearing', 'SMS.6005'),
    'migration_test': (('premigready',), 'premiged', 'SMS.6005'),
    'error_for_overspeed': (('running',), 'paused', 'SMS.6005'),
}

MESSAGES = {
    'SMS.6005': 'The source server is in an incorrect status.',
    'SMS.6010': 'The request body is not in JSON format.',
    'SMS.6011': 'The JSON body does not match the API definition.',
    'SMS.6012': 'The request body is empty.',
    'SMS.6013': 'Mandatory parameters are missing.',
    'SMS.6014': 'The request body is too long.',
    'SMS.6015': 'A mandatory request header is missing.',
    'SMS.6016': 'The content type is not application/json.',
    'SMS.6526': 'The quota is insufficient to clone the target server.',
    'SMS.6527': 'The task resource does not belong to you.',
    'SMS.6603': 'The source server is disconnected from SMS.',
    'SMS.7101': 'The template does not exist.',
    'SMS.7703': 'The task does not exist.',
    'SMS.7713': 'Only tasks in the Ready, Paused or Error state can be started.',
    'SMS.7714': 'Only running tasks can be paused.',
    'SMS.7715': 'Only tasks in the Finished or Continuous synchronization state can be synchronized.',
    'SMS.7721': 'The target server can be cloned or launched only during continuous synchronization.',
    'SMS.7722': 'Only tasks whose target server has been launched can be restarted.',
}

STATES = ('ready', 'running', 'syncing', 'paused', 'finished', 'failed', 'verifying', 'premigready', 'clearing')

# Ids in the forms that the service's own pages show.
SAMPLES = {f'5e0b1a2c-7d34-4f6e-9a01-{number:012}': state for number, state in enumerate(STATES, 1)}
SAMPLES['8abda8635e09d185015e09d188dd0001'] = 'ready'

# Tasks that refuse every action.
REFUSING = {'offline-': 'SMS.6603', 'foreign-': 'SMS.6527'}

_MEMBERS = {'operation': str, 'template_id': str, 'switch_hce': bool, 'is_need_consistency_check': bool}

MAX_TEMPLATE_ID = 255


def refusal(code):
    """The service's refusal by its code."""
    return service_error(code, MESSAGES.get(code, f'Refused with {code}.'))


def permission_denied():
    """The permission error with all its members, in the shape of the API page's example."""
    detail = ('You do not have permission to perform action sms:server:migrationServer on resource '
              'sms:*:09d1f2a4c5b34e6f8a7b9c0d1e2f3a4b:server:*.')
    return Answer(response(403, to_json({
        'error_code': 'SMS.9004',
        'error_msg': f'The current account does not have the permission to execute policy. {detail}',
        'encoded_authorization_message': 'c2ltdWxhdGVkLWVuY29kZWQtYXV0aG9yaXphdGlvbi1tZXNzYWdl' * 8,
        'error_param': [detail],
        'details': [{'error_code': 'SMS.9004', 'error_msg': detail}],
    })), 403)


def _check_form(request):
    """The code that refuses header or body, or None."""
    content_type = request.headers.get('content-type')
    if content_type is None:
        return 'SMS.6015'
    if content_type.partition(';')[0].strip().lower() != 'application/json':
        return 'SMS.6016'
    if not request.body.strip():
        return 'SMS.6012'
    try:
        body = json.loads(request.body)
    except ValueError:
        return 'SMS.6010'
    if not isinstance(body, dict) or any(type(value) is not _MEMBERS.get(name) for name, value in body.items()):
        return 'SMS.6011'
    if 'operation' not in body:
        return 'SMS.6013'
    if body['operation'] not in TRANSITIONS:
        return 'SMS.6011'
    template_id = body.get('template_id', '')
    if body['operation'] == 'clone_test' and not template_id:
        return 'SMS.6013'
    if len(template_id) > MAX_TEMPLATE_ID:
        return 'SMS.6014'
    return None


class Tasks:
    """All tasks of one simulator: each comes into being on its first use."""

    def __init__(self):
        self._lock = threading.Lock()
        self._states = {}

    def state(self, task_id):
        """The state of a task, None where there is no such task."""
        with self._lock:
            return self._state(task_id)

    def _state(self, task_id):
        beginning = task_id.partition('-')[0]
        fresh = beginning if '-' in task_id and beginning in STATES else SAMPLES.get(task_id)
        return self._states.get(task_id, fresh)

    def act(self, request):
        """Answer a request that has passed the gateway; carry it out where it is legal."""
        code = _check_form(request) or self._act(request)
        return refusal(code) if code else accepted()

    def _act(self, request):
        for beginning, code in REFUSING.items():
            if request.task_id.startswith(beginning):
                return code
        legal, after, code = TRANSITIONS[request.operation]
        with self._lock:
            state = self._state(request.task_id)
            if state is None:
                return 'SMS.7703'
            if legal is not None and state not in legal:
                return code
            template_id = json.loads(request.body).get('template_id', '')
            if request.operation == 'clone_test' and template_id.startswith('missing'):
                return 'SMS.7101'
            if request.operation == 'clone_test' and template_id.startswith('quota'):
                return 'SMS.6526'
            self._states[request.task_id] = after or state
        return None
