"""Which error names a Retry or Catch means.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from ministack.services import stepfunctions as sfn

TERMINAL = ('States.DataLimitExceeded', 'States.Runtime')


def matches(names, error):
    """States.ALL catches neither of the terminal errors, and States.TaskFailed no timeout."""
    if error in names:
        return True
    if 'States.ALL' in names:
        return error not in TERMINAL
    return 'States.TaskFailed' in names and error not in ('States.Timeout', *TERMINAL)


def install():
    sfn._error_matches = matches
