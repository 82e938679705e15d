"""StopTask: SIGTERM, SIGKILL after the stop timeout, and the exit code the process then has.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopTask.html
"""

import contextvars
import threading

from ministack.services import ecs


def finish(task, reason, containers):
    for container in containers:
        container.stop()
    for container, described in zip(containers, task['containers']):
        described.update(lastStatus='STOPPED', exitCode=container.wait()['StatusCode'])
    # ministack marks only tasks that are not to be stopped yet.
    task['desiredStatus'] = 'RUNNING'
    ecs._mark_task_stopped(task['taskArn'], task, reason, 'UserInitiated')
    ecs._cleanup_task_resources(task, ecs._get_docker())


def stop_task(data):
    cluster = ecs._resolve_cluster_name(data.get('cluster', 'default'))
    if cluster is None:
        return ecs.error_response_json('ClusterNotFoundException', 'Cluster not found.', 400)
    task = ecs._resolve_task(data.get('task', ''), cluster)
    if not task:
        return ecs.error_response_json('InvalidParameterException', 'The referenced task was not found.', 400)
    with ecs.resource_lock('ecs-task', task['taskArn']):
        active = ecs._task_is_active(task['taskArn'], task)
        if active:
            reason = data.get('reason') or 'Task stopped by user'
            task.update(desiredStatus='STOPPED', stoppingAt=ecs._iso(), stoppedReason=reason, stopCode='UserInitiated')
            ids = list(task.get('_docker_ids') or [])
    if active:
        containers = [ecs._get_docker().containers.get(each) for each in ids]
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(finish, task, reason, containers), daemon=True).start()
    return ecs.json_response({'task': ecs._sanitize(task)})


def install():
    ecs._stop_task = stop_task
    ecs._ACTION_MAP['StopTask'] = stop_task
