"""What the execution role of a task and the callers of ECS need.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
"""

import json

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.core.router import extract_access_key_id
from ministack.services import ecs
from ministack.services import stepfunctions as sfn

from step_functions.roles import denial

resource_arn = iam_actions.extract_resource_arn
handle = ecs.handle_request


def check_execution_role(cdef, td, task, task_id, log_config):
    """Raises what stops the task from starting."""
    role = (task.get('overrides') or {}).get('executionRoleArn') or td.get('executionRoleArn')
    wanted = [permission_for_secret(each['valueFrom']) for each in cdef.get('secrets') or []]
    if log_config:
        region = log_config['region'] or get_region()
        group = f"arn:aws:logs:{region}:{get_account_id()}:log-group:{log_config['group']}"
        wanted.append(('logs:CreateLogStream', f"{group}:log-stream:{log_config['stream']}"))
    for action, resource in wanted if app.AUTH else []:
        reason = denial(role, task_id, action, resource) if role else f'the task has no execution role for {action}'
        if reason:
            raise ecs._SecretResolutionError(reason)


def permission_for_secret(value_from):
    if ':secretsmanager:' in value_from:
        return 'secretsmanager:GetSecretValue', ':'.join(value_from.split(':')[:7])
    if value_from.startswith('arn:'):
        return 'ssm:GetParameters', value_from
    return 'ssm:GetParameters', f"arn:aws:ssm:{get_region()}:{get_account_id()}:parameter/{value_from.lstrip('/')}"


def roles_passed(request):
    """The roles a RunTask hands to the task."""
    definition = ecs._task_defs.get(ecs._resolve_td_key(request.get('taskDefinition', ''))) or {}
    overrides = request.get('overrides') or {}
    roles = [overrides.get(name) or definition.get(name) for name in ('taskRoleArn', 'executionRoleArn')]
    return [role for role in roles if role]


def resource_of(service, method, path, headers, body, params, region, account):
    """Task calls act on the task or its definition, which ministack takes to be the cluster; Map Runs and tokens it leaves out."""
    if service not in ('ecs', 'states'):
        return resource_arn(service, method, path, headers, body, params, region, account)
    try:
        request = json.loads(body or b'{}')
    except ValueError:
        request = {}
    action = headers.get('x-amz-target', '').rpartition('.')[2]
    if service == 'states' and request.get('mapRunArn'):
        return request['mapRunArn']
    if service == 'states' and request.get('taskToken') in sfn._task_tokens:
        return sfn._task_tokens[request['taskToken']].get('machine', '*')
    if action == 'RunTask':
        definition = ecs._task_defs.get(ecs._resolve_td_key(request.get('taskDefinition', '')))
        if definition:
            return definition['taskDefinitionArn']
    if action in ('StopTask', 'DescribeTasks'):
        named = request.get('task') or next(iter(request.get('tasks') or []), '')
        if named.startswith('arn:'):
            return named
        return f"arn:aws:ecs:{region}:{account}:task/{(request.get('cluster') or 'default').rpartition('/')[2]}/{named}"
    return resource_arn(service, method, path, headers, body, params, region, account)


async def handle_request(method, path, headers, body, query_params):
    """A caller of RunTask must be allowed to pass the task its roles."""
    if app.AUTH and headers.get('x-amz-target', '').endswith('.RunTask'):
        principal = iam_evaluator.resolve_principal(extract_access_key_id(headers, query_params), get_account_id())
        if principal.type == 'AssumedRole':
            _, _, _, _, account, session = principal.arn.split(':')
            _, role, name = session.split('/')
            for passed in roles_passed(json.loads(body)):
                conditions = {'iam:PassedToService': 'ecs-tasks.amazonaws.com'}
                reason = denial(f'arn:aws:iam::{account}:role/{role}', name, 'iam:PassRole', passed, conditions)
                if reason:
                    return ecs.error_response_json('AccessDeniedException', reason, 400)
    return await handle(method, path, headers, body, query_params)


def install():
    iam_actions.extract_resource_arn = resource_of
    ecs.handle_request = handle_request
