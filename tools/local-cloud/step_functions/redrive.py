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
    if reason:
        return {**fields, 'redriveStatus': 'NOT_REDRIVABLE', 'redriveStatusReason': reason}
    return {**fields, 'redriveStatus': 'REDRIVABLE_BY_MAP_RUN' if execution.get('mapRunArn') else 'REDRIVABLE'}


def start_again(execution):
    """Sets an ended execution running, counts it and says so in its history."""
    with executions.ending:
        execution['redriveCount'] = execution.get('redriveCount', 0) + 1
        execution.update(status='RUNNING', redriveDate=sfn.now_iso(), stopDate=None, output=None, error=None, cause=None)
        executions.runs.pop(execution['executionArn'], None)
        executions.add_event(
            execution, 'ExecutionRedriven', {'executionRedrivenEventDetails': {'redriveCount': execution['redriveCount']}}
        )
    sfn._emit_execution_status_event(execution)


def redrive_execution(data):
    arn = data.get('executionArn')
    execution = sfn._executions.get(arn)
    if not execution:
        return sfn.error_response_json('ExecutionDoesNotExist', f"Execution Does Not Exist: '{arn}'", 400)
    token = data.get('clientToken')
    with executions.ending:
        if token and token == execution.get('_redriveToken') and age_seconds(execution['redriveDate']) < TOKEN_SECONDS:
            return sfn.json_response({'redriveDate': execution['redriveDate']})
        fields = redrive_fields(execution)
        if fields['redriveStatus'] != 'REDRIVABLE':
            reason = fields.get('redriveStatusReason', 'Execution is redrivable by its Map Run only')
            return sfn.error_response_json('ExecutionNotRedrivable', reason, 400)
        execution['_redriveToken'] = token
        start_again(execution)
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
