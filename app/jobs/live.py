"""The live picture: the newest request wins, and a slow network is not asked at every stroke."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, TypeAlias

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.domain.cancel import CancelToken
from app.jobs.lane import InferenceLane, Job

Run: TypeAlias = Callable[[Any, CancelToken], Any]

FAST = 0.2
"""Seconds; a network that answers within this is asked at once."""
_LONGEST_WAIT = 0.6
_REMEMBERED = 3


class LiveScheduler(QObject):
    """Runs ``run(payload, token)`` in the lane, at most one at a time.

    A request made while one runs waits; a newer one takes its place. As long as the network has
    been fast a request starts at once; when it takes more than `FAST`, the scheduler waits for a
    pause of half that time (0.6 s at most) after the last request. Payloads belong to the
    scheduler: nobody changes them afterwards.
    """

    result = Signal(object, object)
    """The payload and what ``run`` made of it."""
    failed = Signal(object)
    """A ToileError."""

    def __init__(
        self,
        lane: InferenceLane,
        run: Run,
        title: str = "Drawing the garment",
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._lane, self._run, self._title = lane, run, title
        self._pending: Any = None
        self._has_pending = False
        self._job: Job | None = None
        self._asked: Any = None
        self._durations: deque[float] = deque(maxlen=_REMEMBERED)
        self._cold = True
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.timeout.connect(self._start)

    @property
    def delay(self) -> float:
        """Seconds that a request waits for a newer one; 0 while the network is fast.

        The quickest of the last three runs counts, and the very first not at all: it opens the
        graph, and one hiccup should not slow the strokes after it.
        """
        typical = min(self._durations, default=0.0)
        return 0.0 if typical <= FAST else min(_LONGEST_WAIT, typical / 2)

    @property
    def active(self) -> bool:
        """Whether a request runs or waits."""
        return self._job is not None or self._has_pending

    def request(self, payload: Any) -> None:
        """Ask for ``payload`` in place of whatever still waits."""
        self._pending, self._has_pending = payload, True
        if self.delay:
            self._pause.start(round(self.delay * 1000))
        else:
            self._start()

    def cancel(self) -> None:
        """Forget what waits and stop what runs; neither gives a result."""
        self._pause.stop()
        self._pending, self._has_pending = None, False
        if self._job is not None:
            self._job.cancel()

    @Slot()
    def _start(self) -> None:
        if self._job is not None or not self._has_pending:
            return
        payload, self._pending, self._has_pending = self._pending, None, False
        run = self._run
        self._asked = payload
        self._job = self._lane.submit(lambda token: run(payload, token), self._title)
        self._job.succeeded.connect(self._arrived)
        self._job.failed.connect(self.failed)
        self._job.finished.connect(self._free)

    @Slot(object)
    def _arrived(self, made: Any) -> None:
        if self._cold:
            self._cold = False
        elif self._job is not None:
            self._durations.append(self._job.seconds)
        self.result.emit(self._asked, made)

    @Slot()
    def _free(self) -> None:
        self._job = self._asked = None
        if not self._pause.isActive():
            self._start()
