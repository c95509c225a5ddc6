"""Work in background threads whose answers arrive on the main thread."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, TypeAlias

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled, ToileError

Work: TypeAlias = Callable[[CancelToken], Any]

_log = logging.getLogger("toile.jobs")
_UNEXPECTED = "Please try again; if it happens again, send us the log file."


class _Task:
    """What a worker thread sees of a job: no QObject, so that none is ever freed in a worker."""

    def __init__(self, work: Work, title: str, token: CancelToken | None = None) -> None:
        self.work, self.title = work, title
        self.called = token is not None
        self.token = token or CancelToken()
        self.ended = threading.Event()
        self.seconds = 0.0
        self.result: Any = None
        self.error: ToileError | None = None

    def perform(self) -> None:
        """Do the work in the calling thread and keep what came of it."""
        begun = time.perf_counter()
        try:
            self.token.raise_if_cancelled()
            self.result = self.work(self.token)
        except Cancelled:
            self.token.cancel()
        except ToileError as error:
            self.error = error
        except Exception as error:
            _log.exception("unexpected failure of %r", self.title)
            self.error = ToileError(
                f"{self.title} failed unexpectedly: {error or type(error).__name__}",
                hint=_UNEXPECTED,
            )
        self.seconds = time.perf_counter() - begun
        self.ended.set()


class Job(QObject):
    """One unit of background work. Its signals fire on the main thread, after `submit` returned.

    Exactly one of `succeeded` and `failed` fires, or neither when the job was cancelled, and then
    `finished` in every case. Afterwards the job is gone for Qt: keep results, not jobs.
    """

    succeeded = Signal(object)
    failed = Signal(object)
    """A ToileError, never Cancelled."""
    finished = Signal()

    def __init__(self, task: _Task) -> None:
        super().__init__()
        self._task = task

    @property
    def title(self) -> str:
        return self._task.title

    @property
    def seconds(self) -> float:
        """How long the work ran, without waiting; 0 until it has finished."""
        return self._task.seconds

    @property
    def cancelled(self) -> bool:
        return self._task.token.cancelled

    def cancel(self) -> None:
        """Ask the work to stop; work that has not begun never begins."""
        self._task.token.cancel()

    def announce(self) -> None:
        """Fire the signals; on the main thread, once."""
        if not self.cancelled:
            if self._task.error is not None:
                self.failed.emit(self._task.error)
            else:
                self.succeeded.emit(self._task.result)
        self.finished.emit()


class Workers(QObject):
    """A queue of jobs served in order by a fixed number of threads, until `shutdown`."""

    busy_changed = Signal(str)
    """The title of the job that runs (the oldest one of several), or "" when none does."""

    _begun = Signal(object)
    _performed = Signal(object)

    def __init__(self, name: str, threads: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue: deque[_Task] = deque()
        self._wake = threading.Condition()
        self._open = True
        # Jobs have no Qt parent: the last thing to hold this object may be a job's own connection.
        self._jobs: dict[_Task, Job] = {}
        self._running: list[_Task] = []
        # Queued in any case: a worker's emit only posts an event to the main thread.
        self._begun.connect(self._note_begun, Qt.ConnectionType.QueuedConnection)
        self._performed.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._threads = [
            threading.Thread(target=self._serve, name=f"{name}-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit_work(self, work: Work, title: str) -> Job:
        """Queue ``work``. After `shutdown` the job is cancelled at once."""
        task = _Task(work, title)
        self._jobs[task] = job = Job(task)
        with self._wake:
            if self._open:
                self._queue.append(task)
                self._wake.notify()
                return job
        job.cancel()
        self._performed.emit(task)
        return job

    def call(self, work: Work, title: str, token: CancelToken) -> Any:
        """Do ``work`` in its turn and wait for it; for a thread that is neither the main one nor
        one of these. It is no job, and nobody hears of it.

        Returns and raises what the work does; Cancelled also after `shutdown`. What is no
        ToileError becomes one.
        """
        task = _Task(work, title, token)
        with self._wake:
            if not self._open:
                raise Cancelled
            self._queue.append(task)
            self._wake.notify()
        task.ended.wait()
        if task.error is not None:
            raise task.error
        if task.token.cancelled and task.result is None:
            raise Cancelled
        return task.result

    @property
    def busy(self) -> str:
        """The title of the running job, or ""."""
        return self._running[0].title if self._running else ""

    def shutdown(self, seconds: float = 5.0) -> bool:
        """Cancel what waits and runs, and join the threads for at most ``seconds``.

        Returns whether all of them ended. No signal of a job fires any more.
        """
        return self._close(seconds, cancel=True)

    def _close(self, seconds: float, *, cancel: bool) -> bool:
        with self._wake:
            self._open = False
            if cancel:
                for task in self._queue:
                    task.token.cancel()
                    task.ended.set()
                self._queue.clear()
            self._wake.notify_all()
        for job in self._jobs.values():
            job.blockSignals(True)
            if cancel:
                job.cancel()
            job.deleteLater()
        self._jobs.clear()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _serve(self) -> None:
        while True:
            with self._wake:
                while self._open and not self._queue:
                    self._wake.wait()
                if not self._queue:
                    return
                task = self._queue.popleft()
            if task.called:
                task.perform()
                continue
            self._begun.emit(task)
            task.perform()
            self._performed.emit(task)

    @Slot(object)
    def _note_begun(self, task: _Task) -> None:
        self._running.append(task)
        self.busy_changed.emit(self.busy)

    @Slot(object)
    def _deliver(self, task: _Task) -> None:
        if task in self._running:
            self._running.remove(task)
            self.busy_changed.emit(self.busy)
        job = self._jobs.pop(task, None)
        if job is not None:
            job.announce()
            job.deleteLater()


class InferenceLane(Workers):
    """The one thread of the process that runs networks; jobs run in order, one at a time.

    A single thread because sessions of one DirectML device may not be used from several.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__("inference", 1, parent)

    def submit(self, fn: Work, title: str) -> Job:
        """Run ``fn(token)`` when its turn comes; ``title`` is what the status bar shows."""
        return self.submit_work(fn, title)
