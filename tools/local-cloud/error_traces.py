"""Gives failed invocations of Node.js functions the error type and trace that Lambda sends and ministack 1.5.33 leaves out.

Lambda answers, and writes to failure destinations, {errorType, errorMessage, trace} with the error's name and stack.
A process that ends within its handler is a Runtime.ExitError:
https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
"""

import os
import re
import threading
import time

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

# A process that started while the folder of its code was removed with the process before it.
LOST_CODE = re.compile(r"Worker init failed: Cannot find module '([^']*ministack-lambda-[^']*)/code/")
STACK = re.compile(r'(\w+)(?: \[\w+\])?: .*\n\s+at ', re.DOTALL)
# What ministack says when a process ended: in its handler, while it started, or between two looks at it (an error of its own Python).
PROCESS_ENDED = re.compile(
    r"Worker process died$|Worker returned no response$|Worker process exited immediately"
    r"|'NoneType' object has no attribute 'std(in|out|err)'$|\[Errno 32\] Broken pipe$"
    r"|\[Errno 2\] No such file or directory: '[^']*ministack-lambda-"
)
last = threading.local()


def process_ended(message):
    lost = LOST_CODE.match(message)
    return bool(PROCESS_ENDED.match(message)) or (lost is not None and vanishes(lost.group(1)))


def vanishes(folder):
    # It is removed file by file.
    for _ in range(20):
        if not os.path.isdir(folder):
            return True
        time.sleep(0.05)
    return False


def install():
    invoke = lambda_runtime.Worker.invoke
    execute = lambda_svc._execute_function_warm

    def invoke_and_keep(self, *args, **kwargs):
        result = invoke(self, *args, **kwargs)
        last.trace = result.get('trace') if result.get('status') == 'error' else None
        return result

    def execute_with_trace(function, event, request_id):
        last.trace = None
        result = execute(function, event, request_id)
        body = result.get('body')
        if result.get('error') and isinstance(body, dict) and process_ended(str(body.get('errorMessage'))):
            message = f'RequestId: {request_id} Error: Runtime exited without providing a reason'
            result['body'] = {'errorType': 'Runtime.ExitError', 'errorMessage': message}
        match = STACK.match(last.trace or '')
        if match and isinstance(result.get('body'), dict) and result.get('error'):
            result['body'] |= {'errorType': match.group(1), 'trace': last.trace.split('\n')}
        return result

    lambda_runtime.Worker.invoke = invoke_and_keep
    lambda_svc._execute_function_warm = execute_with_trace
