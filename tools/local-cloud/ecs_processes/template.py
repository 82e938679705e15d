"""Container definitions of templates as ECS's API spells them, to the last member; ministack does some of them only.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-taskdefinition.html
"""

from ministack.services.cloudformation import provisioners

MAPS = ('Options', 'DockerLabels')
normalize = provisioners._normalize_container_defs


def camel(value):
    if isinstance(value, list):
        return [camel(each) for each in value]
    if isinstance(value, dict):
        return {name[0].lower() + name[1:]: each if name in MAPS else camel(each) for name, each in value.items()}
    return value


def install():
    provisioners._normalize_container_defs = lambda definitions: normalize(camel(definitions))
