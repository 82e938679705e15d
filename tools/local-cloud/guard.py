"""Runs a command in this process's group and ends the whole group when standard input closes.

Standard input is a pipe from the process that started us: it closes when that process ends, however it ends, so no
emulator and no function worker outlives its owner. Usage: guard.py COMMAND [ARGUMENT...]
"""

import os
import signal
import subprocess
import sys
import threading
import time

GRACE_SECONDS = 3


def end_group(child):
    """Asks the child to end, then kills the group, this process included."""
    child.terminate()
    deadline = time.monotonic() + GRACE_SECONDS
    while child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(0, signal.SIGKILL)


def wait_for_owner(child):
    while os.read(0, 4096):
        pass
    end_group(child)


if os.getpid() != os.getpgrp():
    sys.exit('guard.py: must lead a process group of its own')
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGINT, signal.SIG_IGN)
process = subprocess.Popen(
    sys.argv[1:],
    stdin=subprocess.DEVNULL,
    preexec_fn=lambda: (signal.signal(signal.SIGTERM, signal.SIG_DFL), signal.signal(signal.SIGINT, signal.SIG_DFL)),
)
threading.Thread(target=wait_for_owner, args=(process,), daemon=True).start()
code = process.wait()
sys.stderr.write(f'guard.py: the command ended with {code}\n')
sys.stderr.flush()
os.killpg(0, signal.SIGKILL)
