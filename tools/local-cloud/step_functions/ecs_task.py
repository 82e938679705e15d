"""ecs:runTask and ecs:runTask.sync: https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html"""

import json
import time

from ministack.services import ecs
from ministack.services import stepfunctions as sfn

from step_functions.roles import check_role
from step_functions.stoppable import current_attempt
from step_functions.tokens import outcome_of

POLL_SECONDS = 0.1
DENIED = 'ECS.AccessDeniedException'


def pascal(value):
    """ECS's lower camel-case member names as Step Functions spells them."""
    if isinstance(value, list):
        return [pascal(each) for each in value]
    if isinstance(value, dict):
        return {name[0].upper() + name[1:]: pascal(each) for name, each in value.items() if each is not None}
    return value


def check_permissions(request, ctx):
    definition = ecs._task_defs.get(ecs._resolve_td_key(request.get('taskDefinition', '')))
    if not definition:
        return
    check_role(ctx, 'ecs:RunTask', definition['taskDefinitionArn'], DENIED, {'ecs:cluster': request.get('cluster', '')})
    for name in ('taskRoleArn', 'executionRoleArn'):
        role = (request.get('overrides') or {}).get(name) or definition.get(name)
        if role:
            check_role(ctx, 'iam:PassRole', role, DENIED, {'iam:PassedToService': 'ecs-tasks.amazonaws.com'})


def run_ecs_task(resource, data, ctx):
    request = sfn._pascal_to_camel(data)
    check_permissions(request, ctx)
    status, _, body = ecs._run_task(request)
    result = json.loads(body)
    if status >= 400:
        raise sfn._ExecutionError(f"ECS.{result.get('__type', 'AmazonECSException')}", result.get('message', ''))
    if '.sync' not in resource:
        return pascal(result)
    if result.get('failures'):
        raise sfn._ExecutionError('AmazonECS.Unknown', json.dumps(pascal(result['failures'])))
    cluster, arn = request.get('cluster', 'default'), result['tasks'][0]['taskArn']
    attempt = current_attempt.get()
    attempt.on_stop(lambda: ecs._stop_task({'cluster': cluster, 'task': arn, 'reason': 'The execution was stopped'}))
    while True:
        task = json.loads(ecs._describe_tasks({'cluster': cluster, 'tasks': [arn]})[2])['tasks'][0]
        # What the task reported came before it ended.
        reported = outcome_of(ctx)
        if reported is not None:
            return reported
        if task['lastStatus'] == 'STOPPED':
            break
        attempt.check()
        time.sleep(POLL_SECONDS)
    told = pascal(task)
    failed = any(each.get('exitCode') != 0 for each in task['containers'])
    if failed or task.get('stopCode') != 'EssentialContainerExited':
        raise sfn._ExecutionError('States.TaskFailed', json.dumps(told))
    return told
