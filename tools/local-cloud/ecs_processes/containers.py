"""What ministack asks of Docker's daemon, answered with processes.

Fields of a container definition: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
"""

import hashlib
import os
import secrets
import shutil

from ministack import app
from ministack.core import tls
from ministack.services import ecs, sts

from ecs_processes.permissions import check_execution_role
from ecs_processes.process import ProcessContainer, here

STOP_SECONDS = 30
OF_DOCKER = (
    'ECS_CONTAINER_METADATA_URI_V4',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    'AWS_CONTAINER_AUTHORIZATION_TOKEN',
)


class Containers:
    def __init__(self):
        self.all = {}

    def run(self, image, command, environment, stop_seconds, logged, **options):
        if not command:
            raise RuntimeError('CannotStartContainerError: no entryPoint and no command, and images are not read here')
        if not shutil.which(here(command[0])):
            raise RuntimeError(f'CannotStartContainerError: {command[0]}: not found on this machine')
        container = ProcessContainer(image, command, environment, stop_seconds, logged)
        self.all[container.id] = container
        return container

    def get(self, container_id):
        return self.all[container_id]

    def list(self, **options):
        return [container for container in self.all.values() if container.status == 'running']


class Engine:
    """In the place of docker.from_env()."""

    def __init__(self):
        self.containers = Containers()


def role_credentials(role_arn, task_id):
    """A session of the task's role, named after the task as on AWS."""
    if not role_arn:
        return {}
    account, name = role_arn.split(':')[4], role_arn.rsplit('/', 1)[-1]
    if not app.AUTH:
        return {'AWS_ACCESS_KEY_ID': account, 'AWS_SECRET_ACCESS_KEY': os.environ.get('AWS_SECRET_ACCESS_KEY', 'test')}
    key = f"ASIA{hashlib.sha256(f'{role_arn}:{task_id}'.encode()).hexdigest()[:16].upper()}"
    secret, token = secrets.token_hex(20), secrets.token_hex(32)
    sts.register_session(key, {
        'Arn': f'arn:aws:sts::{account}:assumed-role/{name}/{task_id}',
        'UserId': f'{name}:{task_id}',
        'SecretAccessKey': secret,
        'SessionToken': token,
    })
    return {'AWS_ACCESS_KEY_ID': key, 'AWS_SECRET_ACCESS_KEY': secret, 'AWS_SESSION_TOKEN': token}


def run_arguments(cdef, td, env, ports, network, host_mode, task_id, task_arn, address, cluster_arn):
    task = ecs._tasks[task_arn]
    config = ecs._awslogs_config(cdef, task_id, task_id)
    check_execution_role(cdef, td, task, task_id, config)
    if config and not ecs._ensure_awslogs_stream(config):
        raise RuntimeError(f"failed to create a log stream: the log group {config['group']} does not exist")
    role = (task.get('overrides') or {}).get('taskRoleArn') or td.get('taskRoleArn')
    # Docker's way to ministack; a process has the functions' way, and its credentials as variables.
    for name in OF_DOCKER:
        env.pop(name, None)
    env['AWS_ENDPOINT_URL'] = f"https://127.0.0.1:{os.environ['GATEWAY_PORT']}"
    tls.trust_gateway_cert(env)
    env['AWS_REGION'] = env['AWS_DEFAULT_REGION'] = ecs.get_region()
    return {
        'command': [*(cdef.get('entryPoint') or []), *(cdef.get('command') or [])],
        'environment': {**role_credentials(role, task_id), **env},
        'stop_seconds': cdef.get('stopTimeout', STOP_SECONDS),
        'logged': config is not None,
    }


def install():
    engine = Engine()
    ecs._docker = engine
    ecs._get_docker = lambda: engine
    ecs._build_run_kwargs = run_arguments
