"""Status changes of Standard executions on EventBridge, with what a redrive adds to them.

https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
"""

import json

from ministack.services import eventbridge
from ministack.services import stepfunctions as sfn

from step_functions.redrive import redrive_fields
from step_functions.roles import denial

PLAIN = ('executionArn', 'stateMachineArn', 'name', 'status', 'error', 'cause')
invoke = eventbridge._invoke_target


def payload(name, text):
    """A text above the events' limit is left out, and said to be."""
    if text is None:
        return {name: None, f'{name}Details': None}
    included = len(text.encode()) <= sfn._STATUS_EVENT_PAYLOAD_CAP
    return {name: text if included else None, f'{name}Details': {'included': included}}


def emit(execution):
    if execution.get('sync'):
        return
    redrive = {'redriveDate': None, 'redriveStatusReason': None, **redrive_fields(execution)}
    detail = {
        **{name: execution.get(name) for name in PLAIN},
        **payload('input', execution.get('input')),
        **payload('output', execution.get('output')),
        'startDate': sfn._iso_to_epoch_ms(execution.get('startDate')),
        'stopDate': sfn._iso_to_epoch_ms(execution.get('stopDate')),
        'stateMachineVersionArn': None,
        'stateMachineAliasArn': None,
        **redrive,
        'redriveDate': sfn._iso_to_epoch_ms(redrive['redriveDate']),
    }
    entry = {
        'Source': 'aws.states',
        'DetailType': 'Step Functions Execution Status Change',
        'Detail': json.dumps(detail),
        'Resources': [execution['executionArn']],
    }
    try:
        eventbridge._put_events({'Entries': [entry]}, allow_aws_source=True)
    except Exception:
        sfn.logger.warning('no status event of %s', execution['executionArn'], exc_info=True)


def invoke_target(target, event, rule, *args, **options):
    """A rule or schedule starts a state machine with its target's role, or not at all."""
    arn, role = target.get('Arn', ''), target.get('RoleArn')
    if ':states:' in arn:
        reason = denial(role, 'events', 'states:StartExecution', arn) if role else None
        if reason:
            sfn.logger.warning('the target of a rule or schedule: %s', reason)
            return None
    return invoke(target, event, rule, *args, **options)


def install():
    eventbridge._invoke_target = invoke_target
    sfn._emit_execution_status_event = emit
