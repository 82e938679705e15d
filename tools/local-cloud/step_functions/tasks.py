"""Task states: their retries and timeouts, and the calls they make, with the role's permissions and AWS's error names.

https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

import contextvars
import json
import random
import threading

from ministack.services import stepfunctions as sfn

from step_functions import integrations
from step_functions.limits import check_size
from step_functions.position import current_position
from step_functions.stoppable import Stoppable, Stopped, current_attempt, current_run
from step_functions.tokens import close_token, open_token


def retry_seconds(retrier, count):
    """Seconds before retry `count`, from 0: IntervalSeconds, BackoffRate, MaxDelaySeconds and JitterStrategy."""
    seconds = retrier.get('IntervalSeconds', 1) * retrier.get('BackoffRate', 2.0) ** count
    seconds = min(seconds, retrier.get('MaxDelaySeconds', seconds))
    return random.uniform(0, seconds) if retrier.get('JitterStrategy') == 'FULL' else seconds


def with_retries(state_def, raw_input, ctx, attempt):
    """Gives what an attempt gives, or what a Catch makes of its error."""
    counts = {}
    state = ctx['State']
    while True:
        ctx['State'] = {**state, 'RetryCount': sum(counts.values())}
        try:
            return attempt()
        except sfn._ExecutionError as error:
            retrier, index = sfn._find_matching_retrier(state_def.get('Retry', []), error.error, counts)
            if retrier is not None:
                count = counts.get(index, 0)
                sfn._scaled_sleep(retry_seconds(retrier, count))
                counts[index] = count + 1
                continue
            catcher = sfn._find_matching_catcher(state_def.get('Catch', []), error.error)
            if catcher is None:
                raise
            told = {'Error': error.error, 'Cause': error.cause}
            language = sfn._state_query_language(state_def, ctx)
            return sfn._apply_catcher(catcher, raw_input, ctx, language, told), catcher['Next']


def branches_with_retries(state_def, raw_input, ctx, attempt):
    """A retry of a Parallel or Map state runs all of it; only the first attempt goes on from a redriven position."""
    branches = current_position.get()['branches']
    again = False

    def run():
        nonlocal again
        if again:
            branches.clear()
        again = True
        return attempt()

    return with_retries(state_def, raw_input, ctx, run)


def timeout_of(state_def, raw_input, effective, ctx):
    if 'TimeoutSecondsPath' in state_def:
        return sfn._resolve_path_or_ctx(state_def['TimeoutSecondsPath'], effective, ctx)
    if isinstance(state_def.get('TimeoutSeconds'), str):
        return sfn._jsonata_state_field(state_def, 'TimeoutSeconds', 'number', raw_input, ctx)
    return state_def.get('TimeoutSeconds')


def call_within(timeout, call):
    """Runs the call beside this thread, so that a timeout or a stopped execution leaves it at once."""
    run, attempt = current_run.get() or Stoppable(), Stoppable()
    run.on_stop(attempt.stop)
    box = {}
    done = threading.Event()
    attempt.on_stop(done.set)

    def work():
        current_attempt.set(attempt)
        try:
            box['result'] = call()
        except (Exception, Stopped) as error:
            box['error'] = error
        done.set()

    threading.Thread(target=contextvars.copy_context().run, args=(work,), daemon=True).start()
    if not done.wait(timeout):
        attempt.stop()
        raise sfn._ExecutionError('States.Timeout', f'The task timed out after {timeout} seconds')
    run.check()
    if 'error' in box:
        raise box['error']
    return box['result']


def details_of(resource):
    """The type and action of a task's resource, as its history events name them."""
    if ':::' in resource:
        kind, _, action = resource.split(':::', 1)[1].rpartition(':')
        return {'resourceType': kind, 'resource': action}
    return {'resourceType': 'lambda' if ':function:' in resource else 'activity', 'resource': resource}


def run_task(state_def, raw_input, execution, ctx):
    resource = state_def.get('Resource', '')
    told = details_of(resource)
    jsonata = sfn._state_query_language(state_def, ctx) == 'JSONata'
    callback = '.waitForTaskToken' in resource
    job = '.sync' in resource

    def event(kind, **details):
        name = f'Task{kind}'
        sfn._add_event(execution, name, {f't{name[1:]}EventDetails': {**told, **details}})

    def attempt():
        if callback:
            ctx['Task'] = {'Token': sfn.new_uuid()}
        if job:
            open_token(ctx)
        if jsonata:
            effective = sfn._apply_jsonata_arguments(state_def, raw_input, ctx)
        else:
            effective = sfn._apply_parameters(state_def, sfn._apply_input_path(state_def, raw_input, ctx), ctx)
        check_size(effective, 'The input of a task is')
        timeout = timeout_of(state_def, raw_input, effective, ctx)
        event('Scheduled', region=sfn.get_region(), parameters=json.dumps(effective))
        event('Started')
        try:
            if callback:
                token = ctx['Task']['Token']
                result = call_within(None, lambda: sfn._invoke_with_callback(resource, effective, token, state_def))
            else:
                result = call_within(timeout, lambda: integrations.call(resource, effective, ctx))
            check_size(result, 'The task returned a result')
        except sfn._ExecutionError as error:
            event('TimedOut' if error.error == 'States.Timeout' else 'Failed', error=error.error, cause=error.cause)
            raise
        finally:
            if job:
                close_token(ctx)
        event('Succeeded', output=json.dumps(result))
        return output_of(result)

    def output_of(result):
        if jsonata:
            output = sfn._apply_jsonata_output(state_def, raw_input, ctx, result=result, default=result)
            sfn._apply_state_assign(state_def, raw_input, ctx, result=result)
        else:
            output = sfn._apply_result_path(state_def, raw_input, sfn._apply_result_selector(state_def, result))
            output = sfn._apply_output_path(state_def, output, ctx)
        return output, sfn._next_or_end(state_def)

    return with_retries(state_def, raw_input, ctx, attempt)


def install():
    sfn._execute_task = run_task
    sfn._with_retry_and_catch = branches_with_retries
