"""RedriveExecution: https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html

Names, fields and errors: https://docs.aws.amazon.com/step-functions/latest/apireference/API_RedriveExecution.html
"""

import contextvars
import json
import os
import threading
import time
from datetime import datetime

from ministack.services import stepfunctions as sfn

from step_functions import execution as executions

REDRIVABLE = ('FAILED', 'ABORTED', 'TIMED_OUT')
PERIOD_SECONDS = float(os.environ.get('SFN_REDRIVE_PERIOD_SECONDS', 14 * 24 * 3600))
TOKEN_SECONDS = 15 * 60
MAX_TOKENS = 10
MAX_EVENTS = 24_999

describe = sfn._describe_execution
handle = sfn.handle_request


def age_seconds(stamp):
    return time.time() - datetime.fromisoformat(stamp.replace('Z', '+00:00')).timestamp()


def redrive_fields(execution):
    """What DescribeExecution and the status events say of it."""
    fields = {'redriveCount': execution.get('redriveCount', 0)}
    if execution.get('redriveDate'):
        fields['redriveDate'] = execution['redriveDate']
    status = execution['status']
    reason = None
    if status not in REDRIVABLE:
        reason = f'Execution is {status} and cannot be redriven'
    elif age_seconds(execution['stopDate']) > PERIOD_SECONDS:
        reason = 'Execution redrivable period exceeded'
    elif len(execution['events']) >= MAX_EVENTS:
        reason = 'Execution history event limit exceeded'
    if reason:
        return {**fields, 'redriveStatus': 'NOT_REDRIVABLE', 'redriveStatusReason': reason}
    return {**fields, 'redriveStatus': 'REDRIVABLE_BY_MAP_RUN' if execution.get('mapRunArn') else 'REDRIVABLE'}


def start_again(execution):
    """Sets an ended execution running, counts it and says so in its history."""
    with executions.ending:
        execution['redriveCount'] = execution.get('redriveCount', 0) + 1
        execution.update(status='RUNNING', redriveDate=sfn.now_iso())
        execution.update(dict.fromkeys(('stopDate', 'output', 'error', 'cause')))
        executions.runs.pop(execution['executionArn'], None)
        details = {'redriveCount': execution['redriveCount']}
        executions.add_event(execution, 'ExecutionRedriven', {'executionRedrivenEventDetails': details})
    sfn._emit_execution_status_event(execution)


def redrive_execution(data):
    arn = data.get('executionArn')
    execution = sfn._executions.get(arn)
    if not execution:
        return sfn.error_response_json('ExecutionDoesNotExist', f"Execution Does Not Exist: '{arn}'", 400)
    token = data.get('clientToken')
    with executions.ending:
        tokens = execution.setdefault('_redriveTokens', {})
        if token in tokens and age_seconds(tokens[token]) < TOKEN_SECONDS:
            return sfn.json_response({'redriveDate': tokens[token]})
        fields = redrive_fields(execution)
        if fields['redriveStatus'] != 'REDRIVABLE':
            reason = fields.get('redriveStatusReason', 'Execution is redrivable by its Map Run only')
            return sfn.error_response_json('ExecutionNotRedrivable', reason, 400)
        start_again(execution)
        if token:
            tokens[token] = execution['redriveDate']
            execution['_redriveTokens'] = dict(list(tokens.items())[-MAX_TOKENS:])
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(sfn._run_execution, arn), daemon=True).start()
    return sfn.json_response({'redriveDate': execution['redriveDate']})


def describe_execution(data):
    status, headers, body = describe(data)
    if status != 200:
        return status, headers, body
    execution = sfn._executions[data['executionArn']]
    return sfn.json_response({**json.loads(body), **redrive_fields(execution)})


async def handle_request(method, path, headers, body, query_params):
    if headers.get('x-amz-target', '').endswith('.RedriveExecution'):
        return sfn._finalize_response(redrive_execution(json.loads(body)))
    return await handle(method, path, headers, body, query_params)


def install():
    sfn._describe_execution = describe_execution
    sfn.handle_request = handle_request
