"""Runs the containers of ECS tasks as processes of this machine, without Docker, and holds tasks to their roles."""

from ecs_processes import containers, permissions, stopping, template


def install():
    for part in (containers, permissions, stopping, template):
        part.install()
