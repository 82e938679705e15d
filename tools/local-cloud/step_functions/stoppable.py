"""Work that can be told to stop: an execution, or one attempt of a task in it."""

import contextvars
import threading


class Stopped(BaseException):
    """Ends the thread of an execution that is over; no Retry or Catch sees it."""


class Stoppable:
    def __init__(self):
        self.stopped = threading.Event()
        self._lock = threading.Lock()
        self._callbacks = []

    def on_stop(self, callback):
        """Calls it once at stop(), at once if that was before."""
        with self._lock:
            if not self.stopped.is_set():
                self._callbacks.append(callback)
                return
        callback()

    def stop(self):
        with self._lock:
            callbacks, self._callbacks = self._callbacks, []
            self.stopped.set()
        for callback in callbacks:
            callback()

    def check(self):
        if self.stopped.is_set():
            raise Stopped()


class Run(Stoppable):
    """One start or redrive of an execution."""

    def __init__(self, execution):
        super().__init__()
        self.execution = execution
        self.ended = threading.Event()


current_run = contextvars.ContextVar('run', default=None)
current_attempt = contextvars.ContextVar('attempt', default=None)
