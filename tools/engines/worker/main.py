"""Answers requests for one engine, a line of JSON each: {"method", "arguments"} to {"value"} or {"error"}.

Usage: main.py ENGINE CLOUD; CLOUD is JSON, `null` for tables in folders. The process leads a group of its own, which it
ends when standard input closes: that happens when its owner ends, however it ends, so no JVM is left over.
"""

import importlib
import json
import os
import queue
import signal
import sys
import threading

requests = queue.SimpleQueue()


def read():
    for line in sys.stdin:
        requests.put(line)
    os.killpg(0, signal.SIGKILL)


def main():
    if os.getpid() != os.getpgrp():
        sys.exit('main.py: must lead a process group of its own')
    # Engines write what they like; answers have a way of their own.
    answers = os.fdopen(os.dup(1), 'w', encoding='utf-8')
    os.dup2(2, 1)
    threading.Thread(target=read, daemon=True).start()
    name, cloud = sys.argv[1:]
    engine = None
    while True:
        request = json.loads(requests.get())
        try:
            if engine is None:
                engine = importlib.import_module(f'{name}_engine').Engine(json.loads(cloud))
            if request['method'] == 'version':
                answer = {'value': engine.version}
            else:
                answer = {'value': getattr(engine, request['method'])(**request['arguments'])}
        except Exception as error:
            answer = {'error': f'{type(error).__name__}: {error}'}
        answers.write(json.dumps(answer, ensure_ascii=False, default=str) + '\n')
        answers.flush()


main()
