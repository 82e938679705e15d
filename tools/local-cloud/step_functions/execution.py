"""Runs state machines so that an execution can be stopped at once and taken up again where it ended.

Each execution, and each branch or iteration in it, keeps its position: the state it entered last, with that state's
input, and how far that state's own branches came. A redrive starts from there.
"""

import contextvars
import copy
import json
import threading

from ministack.services import stepfunctions as sfn

from step_functions.limits import check_size
from step_functions.stoppable import Run, Stopped, current_run
from step_functions.position import branch_position, current_position

EVENTS = {
    'SUCCEEDED': 'ExecutionSucceeded',
    'FAILED': 'ExecutionFailed',
    'ABORTED': 'ExecutionAborted',
    'TIMED_OUT': 'ExecutionTimedOut',
}
WITH_EXECUTION = {'Task': '_execute_task', 'Parallel': '_execute_parallel', 'Map': '_execute_map'}
WITHOUT_EXECUTION = {'Pass': '_execute_pass', 'Choice': '_execute_choice', 'Wait': '_execute_wait'}

add_event = sfn._add_event
reset = sfn.reset
ending = threading.RLock()
runs = {}


def run_of(execution):
    """The run of this attempt of the execution; made by whoever asks first."""
    with ending:
        run = runs.get(execution['executionArn'])
        if run is None or run.execution is not execution:
            run = runs[execution['executionArn']] = Run(execution)
        return run


def end(execution, status, error=None, cause=None, output=None):
    """Ends a running execution and all that runs for it; False when it had ended before."""
    with ending:
        if execution['status'] != 'RUNNING':
            return False
        execution.update(status=status, stopDate=sfn.now_iso(), error=error, cause=cause, output=output)
        details = {'output': output} if status == 'SUCCEEDED' else {'error': error or '', 'cause': cause or ''}
        kind = EVENTS[status]
        add_event(execution, kind, {f'{kind[0].lower()}{kind[1:]}EventDetails': details})
        run = run_of(execution)
    run.stop()
    sfn._emit_execution_status_event(execution)
    run.ended.set()
    return True


def add_event_of_run(execution, event_type, details=None):
    run = current_run.get()
    if run is not None and run.execution is execution:
        run.check()
    return add_event(execution, event_type, details)


def walk(states, start_at, data, execution, ctx, position):
    """Runs states from the position, or from start_at, to the end of this machine or branch; gives its output."""
    run = current_run.get()
    resumed = 'state' in position
    name = position['state'] if resumed else start_at
    data = copy.deepcopy(position['input'] if resumed else data)
    while name is not None:
        run.check()
        definition = states.get(name)
        if definition is None:
            raise sfn._ExecutionError('States.Runtime', f"State '{name}' not found in definition")
        kind = definition.get('Type')
        if not resumed:
            position.clear()
            variables = copy.deepcopy(ctx.get('variables', {}))
            position.update(state=name, input=copy.deepcopy(data), variables=variables, branches={})
        ctx['State'] = {'Name': name, 'EnteredTime': sfn.now_iso(), 'RetryCount': 0}
        if not (resumed and kind in WITH_EXECUTION):
            entered = {'name': name, 'input': json.dumps(data)}
            sfn._add_event(execution, f'{kind}StateEntered', {'stateEnteredEventDetails': entered})
        outer = current_position.set(position)
        try:
            data, following = run_state(kind, definition, data, execution, ctx)
        finally:
            current_position.reset(outer)
        check_size(data, f"The state '{name}' returned a result")
        sfn._add_event(
            execution, f'{kind}StateExited', {'stateExitedEventDetails': {'name': name, 'output': json.dumps(data)}}
        )
        name, resumed = following, False
    return data


def run_state(kind, definition, data, execution, ctx):
    if kind == 'Succeed':
        if sfn._state_query_language(definition, ctx) == 'JSONata':
            return sfn._apply_jsonata_output(definition, data, ctx, default=data), None
        return sfn._apply_output_path(definition, sfn._apply_input_path(definition, data, ctx), ctx), None
    if kind == 'Fail':
        raise sfn._ExecutionError(*sfn._fail_state_error(definition, data, ctx))
    if kind in WITH_EXECUTION:
        return getattr(sfn, WITH_EXECUTION[kind])(definition, data, execution, ctx)
    if kind in WITHOUT_EXECUTION:
        return getattr(sfn, WITHOUT_EXECUTION[kind])(definition, data, ctx)
    raise sfn._ExecutionError('States.Runtime', f'Unknown state type: {kind}')


def run_branch(states, start_at, data, execution, ctx):
    """A branch of a Parallel state or an iteration of an inline Map; one that was done keeps its result."""
    position = branch_position(states, ctx)
    if 'result' not in position:
        if 'variables' in position:
            ctx = {**ctx, 'variables': copy.deepcopy(position['variables'])}
        position['result'] = walk(states, start_at, data, execution, ctx, position)
    return copy.deepcopy(position['result'])


def run_machine(execution, machine, ctx):
    """Runs an execution to its end, in this thread."""
    run = run_of(execution)
    outer = current_run.set(run)
    timer = None
    try:
        run.check()
        if machine.get('TimeoutSeconds'):
            told = (end, execution, 'TIMED_OUT', 'States.Timeout', 'The execution timed out.')
            timer = threading.Timer(machine['TimeoutSeconds'], contextvars.copy_context().run, told)
            timer.daemon = True
            timer.start()
        position = execution.setdefault('_position', {})
        ctx['variables'] = copy.deepcopy(position.get('variables', {}))
        states, start_at, data = machine.get('States', {}), machine.get('StartAt'), ctx['Execution']['Input']
        output = walk(states, start_at, data, execution, ctx, position)
        end(execution, 'SUCCEEDED', output=json.dumps(output))
    except Stopped:
        pass
    except sfn._ExecutionError as error:
        end(execution, 'FAILED', error.error, error.cause)
    except Exception as error:
        sfn.logger.exception('Unexpected error in execution %s', execution['executionArn'])
        end(execution, 'FAILED', 'States.Runtime', str(error))
    finally:
        if timer:
            timer.cancel()
        current_run.reset(outer)


def context_of(execution, machine, name):
    return {
        'QueryLanguage': machine.get('QueryLanguage', 'JSONPath'),
        'Execution': {
            'Id': execution['executionArn'],
            'Input': json.loads(execution['input']),
            'Name': execution['name'],
            'RoleArn': execution.get('_roleArn', ''),
            'StartTime': execution['startDate'],
            'RedriveCount': execution.get('redriveCount', 0),
            **({'RedriveTime': execution['redriveDate']} if execution.get('redriveDate') else {}),
        },
        'StateMachine': {'Id': execution['stateMachineArn'], 'Name': name},
        'variables': {},
    }


def run_execution(arn):
    execution = sfn._executions.get(arn)
    machine = sfn._state_machines.get(execution['stateMachineArn']) if execution else None
    if machine is None:
        if execution:
            end(execution, 'FAILED', 'StateMachineDeleted', 'State machine no longer exists')
        return
    # "Redriven executions use the same state machine definition that was used for the original execution attempt":
    # https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
    execution.setdefault('_definition', machine['definition'])
    execution.setdefault('_roleArn', machine['roleArn'])
    if '_machine' not in execution:
        execution['_machine'] = json.loads(execution['_definition'])
    run_machine(execution, execution['_machine'], context_of(execution, execution['_machine'], machine['name']))


def stop_execution(data):
    arn = data.get('executionArn')
    execution = sfn._executions.get(arn)
    if not execution:
        return sfn.error_response_json('ExecutionDoesNotExist', f"Execution Does Not Exist: '{arn}'", 400)
    if not end(execution, 'ABORTED', data.get('error'), data.get('cause')) and execution['status'] != 'ABORTED':
        return sfn.error_response_json('ValidationException', 'Execution is not running', 400)
    return sfn.json_response({'stopDate': execution['stopDate']})


def scaled_sleep(seconds):
    run = current_run.get()
    if run is None:
        threading.Event().wait(max(0, seconds * sfn._SFN_WAIT_SCALE))
        return
    run.stopped.wait(max(0, seconds * sfn._SFN_WAIT_SCALE))
    run.check()


def reset_all():
    for run in list(runs.values()):
        run.stop()
    runs.clear()
    reset()


def install():
    sfn._add_event = add_event_of_run
    sfn._run_execution = run_execution
    sfn._run_sub_machine = run_branch
    sfn._stop_execution = stop_execution
    sfn._scaled_sleep = scaled_sleep
    sfn.reset = reset_all
