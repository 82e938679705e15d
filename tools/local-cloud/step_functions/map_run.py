"""Distributed Map: its children, what they may fail, and what a redrive runs again.

https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html
"""

import contextvars
import copy
import json
import threading

from ministack.services import stepfunctions as sfn

from step_functions import execution as executions
from step_functions import result_writer
from step_functions.items import batches_of, items_of
from step_functions.limits import check_size
from step_functions.position import current_position
from step_functions.redrive import start_again
from step_functions.stoppable import current_run

OUTCOMES = {
    'RUNNING': 'running',
    'SUCCEEDED': 'succeeded',
    'FAILED': 'failed',
    'TIMED_OUT': 'timedOut',
    'ABORTED': 'aborted',
}
COUNTS = ('pending', *OUTCOMES.values(), 'total', 'resultsWritten', 'failuresNotRedrivable', 'pendingRedrive')
UNLIMITED_AT_ONCE = 64
list_all = sfn._list_executions


class Child:
    """One batch of items; `execution` is its record once it was started."""

    def __init__(self, data, size):
        self.data = data
        self.size = size
        self.execution = None
        self.pending_redrive = False

    @property
    def outcome(self):
        if self.pending_redrive:
            return 'pendingRedrive'
        return OUTCOMES[self.execution['status']] if self.execution else 'pending'


class MapRun:
    """A Map Run, through all its redrives."""

    def __init__(self, definition, iterator, children, parent, ctx, numbers):
        *arn, name = parent['stateMachineArn'].split(':')
        label = definition.get('Label') or sfn.new_uuid()
        self.iterator = iterator
        self.children = children
        self.parent_context = ctx
        self.machine_name = f'{name}/{label}'
        self.machine_arn = ':'.join([*arn, self.machine_name])
        self.execution_prefix = ':'.join([*arn[:-1], 'execution', self.machine_name])
        self.standard = iterator['ProcessorConfig'].get('ExecutionType', 'STANDARD') == 'STANDARD'
        self.limits = {key: numbers[key] for key in numbers if key != 'MaxConcurrency'}
        self.record = {
            'mapRunArn': ':'.join([*arn[:-1], 'mapRun', self.machine_name]) + f':{sfn.new_uuid()}',
            'executionArn': parent['executionArn'],
            'status': 'RUNNING',
            'startDate': sfn.now_iso(),
            'maxConcurrency': int(numbers.get('MaxConcurrency', 0)),
            'toleratedFailurePercentage': float(numbers.get('ToleratedFailurePercentage', 0)),
            'toleratedFailureCount': int(numbers.get('ToleratedFailureCount', 0)),
            'redriveCount': 0,
            '_stateMachineArn': self.machine_arn,
        }
        self.lock = threading.RLock()
        self.count()
        sfn._map_runs[self.record['mapRunArn']] = self.record

    def count(self):
        for name, weight in (('itemCounts', lambda child: child.size), ('executionCounts', lambda child: 1)):
            counts = dict.fromkeys(COUNTS, 0)
            for child in self.children:
                counts[child.outcome] += weight(child)
                counts['total'] += weight(child)
            self.record[name] = counts

    @property
    def exceeded(self):
        """Without a threshold one failure is too many; timeouts are failures, aborts are not."""
        counts = self.record['itemCounts']
        failed = counts['failed'] + counts['timedOut']
        if not self.limits:
            return failed > 0
        return failed > self.limits.get('ToleratedFailureCount', failed) or (
            failed * 100 > self.limits.get('ToleratedFailurePercentage', 100) * counts['total']
        )

    def run(self, parent):
        """Runs every child that has not succeeded; gives the children's outputs."""
        run = current_run.get()
        attempt = Attempt(self, [child for child in self.children if child.outcome != 'succeeded'])
        run.on_stop(lambda: attempt.finish('ABORTED'))
        at_once = self.record['maxConcurrency'] or UNLIMITED_AT_ONCE
        for _ in range(min(at_once, len(attempt.waiting))):
            threading.Thread(target=contextvars.copy_context().run, args=(attempt.work,), daemon=True).start()
        attempt.settle()
        attempt.finished.wait()
        run.check()
        status = self.record['status']
        event = {'mapRunArn': self.record['mapRunArn']}
        if status == 'FAILED':
            error = 'States.ExceedToleratedFailureThreshold'
            cause = 'The specified tolerated failure threshold was exceeded'
            sfn._add_event(parent, 'MapRunFailed', {'mapRunFailedEventDetails': {'error': error, 'cause': cause}})
            raise sfn._ExecutionError(error, cause)
        sfn._add_event(parent, 'MapRunSucceeded', {'mapRunSucceededEventDetails': event})
        return [
            json.loads(child.execution['output']) if child.outcome == 'succeeded' else None for child in self.children
        ]

    def redrive(self, parent):
        self.record.update(status='RUNNING', redriveCount=self.record['redriveCount'] + 1, redriveDate=sfn.now_iso())
        self.record.pop('stopDate', None)
        for child in self.children:
            child.pending_redrive = child.outcome in ('failed', 'timedOut', 'aborted')
        self.count()
        details = {'mapRunArn': self.record['mapRunArn'], 'redriveCount': self.record['redriveCount']}
        sfn._add_event(parent, 'MapRunRedriven', {'mapRunRedrivenEventDetails': details})

    def start(self, child):
        """The child's execution, running: a new one, or the one that failed, redriven. Express children start anew."""
        if child.execution and self.standard:
            start_again(child.execution)
            return child.execution
        name, text = sfn.new_uuid(), json.dumps(child.data)
        child.execution = {
            'executionArn': f'{self.execution_prefix}:{name}',
            'stateMachineArn': self.machine_arn,
            'name': name,
            'status': 'RUNNING',
            'startDate': sfn.now_iso(),
            'stopDate': None,
            'input': text,
            'output': None,
            'mapRunArn': self.record['mapRunArn'],
            'events': [],
            'mockAttempts': {},
            'sync': not self.standard,
            '_roleArn': self.parent_context['Execution'].get('RoleArn', ''),
            '_itemCount': child.size,
        }
        sfn._add_event(child.execution, 'ExecutionStarted', {'executionStartedEventDetails': {'input': text}})
        sfn._executions[child.execution['executionArn']] = child.execution
        sfn._emit_execution_status_event(child.execution)
        return child.execution

    def context_of(self, execution):
        machine = {'QueryLanguage': self.parent_context['QueryLanguage']}
        return executions.context_of(execution, machine, self.machine_name)


class Attempt:
    """One run of the children that have not succeeded."""

    def __init__(self, map_run, waiting):
        self.map_run = map_run
        self.waiting = list(waiting)
        self.running = []
        self.over = False
        self.finished = threading.Event()

    def work(self):
        while child := self.take():
            execution = child.execution
            executions.run_machine(execution, self.map_run.iterator, self.map_run.context_of(execution))
            self.settle()

    def take(self):
        with self.map_run.lock:
            if self.over or not self.waiting:
                return None
            child = self.waiting.pop(0)
            self.map_run.start(child)
            child.pending_redrive = False
            self.running.append(child)
            self.map_run.count()
            return child

    def settle(self):
        with self.map_run.lock:
            if self.over:
                return
            self.map_run.count()
            self.running = [child for child in self.running if child.outcome == 'running']
            exceeded, done = self.map_run.exceeded, not self.running and not self.waiting
        if exceeded:
            self.finish('FAILED')
        elif done:
            self.finish('SUCCEEDED')

    def finish(self, status):
        """No child starts any more, and those that run are aborted."""
        with self.map_run.lock:
            if self.over:
                return
            self.over = True
            running, self.running, self.waiting = self.running, [], []
            for child in self.map_run.children:
                child.pending_redrive = False
            self.map_run.record.update(status=status, stopDate=sfn.now_iso())
        for child in running:
            executions.end(child.execution, 'ABORTED')
        with self.map_run.lock:
            self.map_run.count()
            self.finished.set()


def number(definition, name, raw_input, effective, ctx):
    """A field that may be a number, a JSONata expression, or given by a path; None when it is absent."""
    if f'{name}Path' in definition:
        return sfn._resolve_path_or_ctx(definition[f'{name}Path'], effective, ctx)
    if isinstance(definition.get(name), str):
        return sfn._jsonata_state_field(definition, name, 'number', raw_input, ctx)
    return definition.get(name)


def new_map_run(state_def, raw_input, effective, iterator, execution, ctx):
    items = items_of(state_def, raw_input, effective, ctx)
    children = [Child(data, size) for data, size in batches_of(state_def, items, raw_input, effective, ctx)]
    for child in children:
        check_size(child.data, 'The input of a child workflow execution is')
    names = ('MaxConcurrency', 'ToleratedFailureCount', 'ToleratedFailurePercentage')
    numbers = {name: number(state_def, name, raw_input, effective, ctx) for name in names}
    numbers = {name: value for name, value in numbers.items() if value is not None}
    map_run = MapRun(state_def, iterator, children, execution, copy.deepcopy(ctx), numbers)
    details = {'mapRunArn': map_run.record['mapRunArn']}
    sfn._add_event(execution, 'MapRunStarted', {'mapRunStartedEventDetails': details})
    return map_run


def run_and_write(map_run, writer, execution, effective, ctx):
    """Gives the results, or where a ResultWriter put them; the files tell of a failed Map Run too."""
    if not writer:
        results = map_run.run(execution)
        check_size(results, 'The Map Run returned results')
        return results
    try:
        map_run.run(execution)
    except sfn._ExecutionError:
        result_writer.write(writer, map_run, effective, ctx)
        raise
    try:
        return result_writer.write(writer, map_run, effective, ctx)
    except sfn._ExecutionError:
        map_run.record['status'] = 'FAILED'
        raise


def run_distributed_map(state_def, raw_input, effective, iterator, execution, ctx):
    branches = current_position.get()['branches']
    # A Map Run that succeeded, in a state that then failed by its results' size, is not redriven: a new one starts.
    if 'map run' in branches and branches['map run'].record['status'] != 'SUCCEEDED':
        branches['map run'].redrive(execution)
    else:
        branches['map run'] = new_map_run(state_def, raw_input, effective, iterator, execution, ctx)
    results = run_and_write(branches['map run'], state_def.get('ResultWriter'), execution, effective, ctx)
    if sfn._state_query_language(state_def, ctx) == 'JSONata':
        output = sfn._apply_jsonata_output(state_def, raw_input, ctx, result=results, default=results)
        sfn._apply_state_assign(state_def, raw_input, ctx, result=results)
    else:
        output = sfn._apply_result_path(state_def, raw_input, sfn._apply_result_selector(state_def, results))
        output = sfn._apply_output_path(state_def, output, ctx)
    return output, sfn._next_or_end(state_def)


def list_executions(data):
    """With how many items a child has and how often it was redriven."""
    status, headers, body = list_all(data)
    if status != 200:
        return status, headers, body
    page = json.loads(body)
    for each in page['executions']:
        execution = sfn._executions[each['executionArn']]
        each['redriveCount'] = execution.get('redriveCount', 0)
        if execution.get('redriveDate'):
            each['redriveDate'] = execution['redriveDate']
        if '_itemCount' in execution:
            each['itemCount'] = execution['_itemCount']
    return sfn.json_response(page)


def install():
    sfn._list_executions = list_executions
    sfn._run_distributed_map = run_distributed_map
