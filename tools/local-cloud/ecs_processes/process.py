"""One container as a process: what ministack asks of a container of Docker's SDK."""

import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import uuid

SUPERVISOR = os.path.join(os.path.dirname(__file__), 'supervisor.py')
NODE = '/var/lang/bin/node'
NODE_MODULES = '/var/runtime/node_modules'
OWN_VARIABLES = ('PATH', 'LANG', 'NODE_PATH', 'NODE_NO_WARNINGS')
LOG_SECONDS = 10


class ProcessContainer:
    def __init__(self, image, command, environment, stop_seconds, logged, working_folder=None):
        self.id = uuid.uuid4().hex * 2
        self.image = image
        self.stop_seconds = stop_seconds
        self.attrs = {'NetworkSettings': {'Networks': {}}}
        self.lines = queue.Queue()
        self.told = threading.Event()
        self.ended = threading.Event()
        if not logged:
            self.told.set()
        self.folder = tempfile.mkdtemp(prefix='container-')
        variables = self.variables(environment)
        self.process = subprocess.Popen(
            [sys.executable, SUPERVISOR, *map(here, command)],
            cwd=working_folder or self.folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        threading.Thread(target=self.read, daemon=True).start()

    def variables(self, environment):
        """A container's environment: nothing of the cloud's own but where its programs and modules are."""
        own = {name: os.environ[name] for name in OWN_VARIABLES if name in os.environ}
        given = {name: here(value) for name, value in environment.items()}
        return {**own, 'HOME': self.folder, 'TMPDIR': self.folder, **given}

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)
        self.process.wait()
        # Its last lines are in the log before the task is said to have stopped.
        self.told.wait(LOG_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.ended.set()

    @property
    def status(self):
        return 'exited' if self.ended.is_set() else 'running'

    def reload(self):
        """A container of Docker's asks its daemon here."""

    def logs(self, **options):
        try:
            while (line := self.lines.get()) is not None:
                yield line
        finally:
            self.told.set()

    def wait(self):
        self.ended.wait()
        return {'StatusCode': self.process.returncode}

    def stop(self, timeout=None):
        """SIGTERM, and SIGKILL when the stop timeout is over; the timeout is the container definition's."""
        if self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(self.stop_seconds)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGUSR1)
            self.process.wait()

    def remove(self, **options):
        self.told.set()


def here(text):
    """This machine's node and its modules, for those of Lambda's images."""
    if text == NODE:
        return 'node'
    return text.replace(NODE_MODULES, os.environ.get('NODE_PATH', NODE_MODULES))
