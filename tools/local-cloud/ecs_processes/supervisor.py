"""Runs a container's command; when that ends, ends what it left behind, and exits with its code, as a container does.

SIGTERM goes on to the command, SIGUSR1 kills it. It stays in the cloud's process group, so that it ends with the cloud.
Usage: supervisor.py COMMAND [ARGUMENT...]
"""

import ctypes
import os
import signal
import subprocess
import sys

PR_SET_CHILD_SUBREAPER = 36
COMMAND_NOT_FOUND = 127


def kill_orphans():
    """The command's descendants are ours once their parents ended."""
    path = f'/proc/self/task/{os.getpid()}/children'
    while True:
        with open(path) as file:
            orphans = [int(pid) for pid in file.read().split()]
        if not orphans:
            return
        for pid in orphans:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
signals = {signal.SIGTERM: signal.SIGTERM, signal.SIGUSR1: signal.SIGKILL}
signal.pthread_sigmask(signal.SIG_BLOCK, signals)
try:
    child = subprocess.Popen(
        sys.argv[1:], stdin=subprocess.DEVNULL, preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
    )
except OSError as error:
    sys.stderr.write(f'{sys.argv[1]}: {error.strerror}\n')
    sys.exit(COMMAND_NOT_FOUND)
for received, sent in signals.items():
    signal.signal(received, lambda number, frame, sent=sent: child.send_signal(sent))
signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
code = child.wait()
kill_orphans()
sys.exit(code if code >= 0 else 128 - code)
