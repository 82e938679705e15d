"""Logging and tracing of a template's state machine as DescribeStateMachine spells them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachine.html
"""

from ministack.services import stepfunctions as sfn
from ministack.services.cloudformation import provisioners


def camel(value):
    if isinstance(value, list):
        return [camel(each) for each in value]
    if isinstance(value, dict):
        return {name[0].lower() + name[1:]: camel(each) for name, each in value.items()}
    return value


def install():
    handlers = provisioners._RESOURCE_HANDLERS['AWS::StepFunctions::StateMachine']
    create, update = handlers['create'], handlers['update']

    def spell(result, props):
        machine = sfn._state_machines[result[0]]
        for name, key in (
            ('LoggingConfiguration', 'loggingConfiguration'),
            ('TracingConfiguration', 'tracingConfiguration'),
        ):
            if props.get(name):
                machine[key] = camel(props[name])
        return result

    def create_machine(logical_id, props, stack_name):
        return spell(create(logical_id, props, stack_name), props)

    def update_machine(physical_id, old_props, new_props, stack_name, **options):
        return spell(update(physical_id, old_props, new_props, stack_name, **options), new_props)

    handlers.update(create=create_machine, update=update_machine)
