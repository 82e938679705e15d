"""The services a Task state calls, as its role may.

https://docs.aws.amazon.com/step-functions/latest/dg/integrate-services.html
"""

import json

from ministack.core import iam_actions
from ministack.services import lambda_svc
from ministack.services import stepfunctions as sfn

from step_functions import execution as executions
from step_functions.ecs_task import run_ecs_task
from step_functions.roles import check_role
from step_functions.stoppable import current_attempt

# Permissions that have other names than the calls.
IAM_NAMES = {
    'lambda:Invoke': 'lambda:InvokeFunction',
    's3:HeadObject': 's3:GetObject',
    's3:ListObjectsV2': 's3:ListBucket',
}
NESTED = 'arn:aws:states:::states:startExecution'


def call(resource, data, ctx):
    if resource.startswith('arn:aws:states:::lambda:invoke'):
        reference = sfn._resolve_lambda_function_ref(data.get('FunctionName', ''), optimized=True)
        if data.get('Qualifier'):
            reference = f"{reference}:{data['Qualifier']}"
        result, version = call_lambda(reference, data.get('Payload', {}), ctx)
        return {'ExecutedVersion': version, 'Payload': result, 'StatusCode': 200}
    reference = sfn._extract_lambda_ref(resource)
    if reference:
        return call_lambda(reference, data, ctx)[0]
    if resource.startswith('arn:aws:states:::ecs:runTask'):
        return run_ecs_task(resource, data, ctx)
    if resource.startswith(NESTED):
        return start_nested(resource, data, ctx)
    if ':aws-sdk:' in resource:
        check_sdk_call(resource, data, ctx)
    return sfn._invoke_resource(resource, data)


def call_lambda(reference, event, ctx):
    """Gives what the function returned and which version ran."""
    function, config, name = lambda_svc._get_func_record_for_ref(reference)
    if not function or not config:
        raise sfn._ExecutionError('Lambda.ResourceNotFoundException', f'Function not found: {name}')
    arn = ':'.join(config['FunctionArn'].split(':')[:7])
    qualifier = reference.split(':function:')[-1].split(':')[1:]
    check_role(ctx, 'lambda:InvokeFunction', ':'.join([arn, *qualifier]), 'Lambda.AWSLambdaException')
    record = lambda_svc._execution_record_for_config(function, config)
    result = lambda_svc._execute_function_with_config_scope(record, event)
    body = result.get('body')
    if result.get('throttle'):
        raise sfn._ExecutionError('Lambda.TooManyRequestsException', 'Rate Exceeded. (Status Code: 429)')
    if result.get('error'):
        error = body.get('errorType') if isinstance(body, dict) else None
        raise sfn._ExecutionError(error or 'Lambda.Unknown', json.dumps(body))
    version = config.get('Version', '$LATEST')
    if not isinstance(body, (str, bytes)):
        return body, version
    try:
        return json.loads(body), version
    except ValueError:
        return body, version


def start_nested(resource, data, ctx):
    request = sfn._nested_start_execution_request(data)
    machine = request['stateMachineArn']
    check_role(ctx, 'states:StartExecution', machine, 'StepFunctions.AccessDeniedException')
    status, _, body = sfn._start_execution(request)
    started = json.loads(body)
    if status >= 400:
        name = started.get('__type', '').removesuffix('Exception')
        raise sfn._ExecutionError(f'StepFunctions.{name}Exception', started.get('message', ''))
    arn = started['executionArn']
    if '.sync' not in resource:
        return {'ExecutionArn': arn, 'StartDate': started['startDate']}
    check_role(ctx, 'states:DescribeExecution', arn, 'StepFunctions.AccessDeniedException')
    execution = sfn._executions[arn]
    current_attempt.get().on_stop(lambda: executions.end(execution, 'ABORTED'))
    executions.run_of(execution).ended.wait()
    described = json.loads(sfn._describe_execution({'executionArn': arn})[2])
    described = {name[0].upper() + name[1:]: value for name, value in described.items() if value is not None}
    if execution['status'] != 'SUCCEEDED':
        raise sfn._ExecutionError('States.TaskFailed', json.dumps(described))
    if resource.endswith('.sync:2'):
        described['Output'] = json.loads(described['Output'])
    return described


def check_sdk_call(resource, data, ctx):
    """The action and the resource are found as for a request by HTTP."""
    service, action = resource.split(':aws-sdk:')[1].split('.')[0].split(':')
    info = sfn._AWS_SDK_SERVICE_MAP.get(service.lower())
    if not info:
        return
    key, pascal = info.get('service_key', service.lower()), action[0].upper() + action[1:]
    namespace = iam_actions.SERVICE_TO_IAM_NAMESPACE.get(key, service.lower())
    wanted = '*'
    if info['protocol'] == 'json':
        body = json.dumps(sfn._sdk_json_params(info, key, pascal, data)).encode()
        region, account = sfn.get_region(), sfn.get_account_id()
        wanted = iam_actions.extract_resource_arn(key, 'POST', '/', {}, body, {}, region, account)
    elif key == 'lambda' and data.get('FunctionName'):
        _, config, _ = lambda_svc._get_func_record_for_ref(data['FunctionName'])
        wanted = config['FunctionArn'] if config else '*'
    elif key == 's3' and data.get('Bucket'):
        wanted = f"arn:aws:s3:::{data['Bucket']}" + (f"/{data['Key']}" if data.get('Key') else '')
    prefix = sfn._AWS_SDK_ERROR_PREFIX.get(service.lower(), service.capitalize())
    name = f'{namespace}:{pascal}'
    check_role(ctx, IAM_NAMES.get(name, name), wanted, f'{prefix}.{prefix}Exception')
