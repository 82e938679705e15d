"""A template's Ref of a secret is its ARN, as policies and task definitions need it; ministack 1.5.33 gives its name.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
"""

from ministack.services import secretsmanager
from ministack.services.cloudformation import provisioners


def name_of(physical_id):
    return next((name for name, secret in secretsmanager._secrets.items() if secret['ARN'] == physical_id), physical_id)


def install():
    handlers = provisioners._RESOURCE_HANDLERS['AWS::SecretsManager::Secret']
    create, update, delete = handlers['create'], handlers['update'], handlers['delete']

    def create_secret(*args):
        _, attributes = create(*args)
        return attributes['Arn'], attributes

    def update_secret(physical_id, *args, **options):
        result = update(name_of(physical_id), *args, **options)
        return (result[1].get('Arn', physical_id), *result[1:])

    def delete_secret(physical_id, props):
        delete(name_of(physical_id), props)

    handlers.update(create=create_secret, update=update_secret, delete=delete_secret)
