"""Holds a state machine to its role: what a state does is done with the role's permissions, as everywhere on AWS.

https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
"""

from ministack import app
from ministack.core import iam_evaluator as iam
from ministack.services import stepfunctions as sfn


def denial(role_arn, session, action, resource, conditions=None):
    """Why the role may not do it, in AWS's words, or None."""
    if not app.AUTH:
        return None
    account, name = role_arn.split(':')[4], role_arn.rsplit('/', 1)[-1]
    principal = f'arn:aws:sts::{account}:assumed-role/{name}/{session}'
    context = iam.EvalContext(
        principal_arn=principal,
        principal_type='AssumedRole',
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=sfn.get_region(),
        secure_transport=True,
        service_context={key.lower(): value for key, value in (conditions or {}).items()},
    )
    limits = iam._permissions_boundary(iam.importlib.import_module('ministack.services.iam')._roles, name, account)
    result = iam.evaluate(context, iam._gather_role_policies(name, account), *limits)
    own_policy = iam._resource_policy(action.partition(':')[0], resource)
    if own_policy is not None:
        result = iam.combine_resource_policy(result, context, *own_policy, limits=limits)
    if result.decision == 'Allow':
        return None
    return f'User: {principal} is not authorized to perform: {action} on resource: {resource}'


def check_role(ctx, action, resource, error, conditions=None):
    """Raises the error when the execution's role lacks the permission."""
    execution = ctx.get('Execution', {})
    role, name = execution.get('RoleArn'), execution.get('Name')
    reason = denial(role, name, action, resource, conditions) if role else None
    if reason:
        raise sfn._ExecutionError(error, reason)
