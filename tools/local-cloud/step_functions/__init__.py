"""What Step Functions does and ministack 1.5.33 lacks; each module says its part and where AWS documents it."""

from step_functions import errors, events, execution, items, map_run, redrive, tasks, template


def install():
    for part in (execution, redrive, items, map_run, tasks, errors, events, template):
        part.install()
