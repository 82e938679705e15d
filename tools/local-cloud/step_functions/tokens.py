"""Task tokens of jobs (.sync), by which the job may report its outcome before Step Functions sees its end.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html
"""

import json
import threading

from ministack.services import stepfunctions as sfn


def open_token(ctx):
    """Gives the task a token in the context object; it holds until the task ends."""
    token = sfn.new_uuid()
    ctx['Task'] = {'Token': token}
    told = {'event': threading.Event(), 'result': None, 'error': None, 'heartbeat': None}
    sfn._task_tokens[token] = {**told, 'machine': ctx['StateMachine']['Id']}


def close_token(ctx):
    sfn._task_tokens.pop(ctx['Task']['Token'], None)


def outcome_of(ctx):
    """What the job reported, or None while it did not; raises what it failed with."""
    told = sfn._task_tokens.get((ctx.get('Task') or {}).get('Token')) or {}
    if told.get('error'):
        raise sfn._ExecutionError(told['error']['Error'], told['error']['Cause'])
    return None if told.get('result') is None else json.loads(told['result'])
