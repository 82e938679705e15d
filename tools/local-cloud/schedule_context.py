"""Context attributes in a schedule's input are replaced by their values; ministack 1.5.33 hands them on as they are.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
"""

import datetime

from ministack.services import eventbridge


def values(event):
    time = datetime.datetime.fromtimestamp(event['Time'], datetime.timezone.utc)
    return {
        '<aws.scheduler.schedule-arn>': event['Resources'][0],
        # When the emulator found it due: its sweeps are ten seconds apart.
        '<aws.scheduler.scheduled-time>': time.strftime('%Y-%m-%dT%H:%M:%SZ'),
        '<aws.scheduler.execution-id>': event['EventId'],
        '<aws.scheduler.attempt-number>': '1',
    }


def install():
    invoke = eventbridge._invoke_target

    def invoke_target(target, event, *rest):
        if event.get('Source') == 'aws.scheduler' and 'Input' in target:
            text = target['Input']
            for name, value in values(event).items():
                text = text.replace(name, value)
            target = {**target, 'Input': text}
        return invoke(target, event, *rest)

    eventbridge._invoke_target = invoke_target
