"""Work on one picture: it is read in the pool, then the network looks at it in the lane."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.domain.cancel import CancelToken
from app.domain.errors import ToileError
from app.jobs.files import FilePool
from app.jobs.lane import InferenceLane, Job
from app.settings import Settings
from app.ui import messages, pictures
from app.ui.network import Network
from app.ui.pictures import Source
from app.ui.services import Services

Look: TypeAlias = Callable[[Services, NDArray[np.uint8], CancelToken], Any]


class PictureWork(QObject):
    """One picture at a time: a newer one takes the place of the one that is being worked on.

    A picture that comes before the network waits for it.
    """

    job_started = Signal(object)  # Job
    notice = Signal(str)

    def __init__(
        self,
        window: QWidget,
        title: str,
        lane: InferenceLane,
        pool: FilePool,
        network: Network,
        settings: Settings,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._title = title
        self._lane = lane
        self._pool = pool
        self._network = network
        self._settings = settings
        self._job: Job | None = None
        self._waiting: Callable[[], None] | None = None
        network.opened.connect(lambda _services: self._go_on())
        network.failed.connect(lambda _error: self._go_on())

    def ask_file(self, title: str, folder: Path, chosen: Callable[[Source], None]) -> None:
        """Let a person choose a picture file, beginning where the last one was."""
        kept = Path(self._settings.pictures_folder)
        start = kept if self._settings.pictures_folder and kept.is_dir() else folder
        messages.ask_picture(
            self._window, title, start, lambda path: chosen(pictures.from_file(path))
        )

    def begin(self, source: Source, doing: str, look: Look, done: Callable[[Any], None]) -> None:
        """Read `source`, do `look` in the lane, called `doing`, and then `done` with its result.

        Failures are told; nothing of `done` happens then, nor when the work is cancelled.
        """
        self.drop()
        if source.path is not None:
            self._settings.pictures_folder = str(source.path.parent)

        def seen(rgba: NDArray[np.uint8]) -> None:
            self._waiting = partial(self._submit, source, doing, look, done, rgba)
            if self._network.services is not None or self._network.error is not None:
                self._go_on()
            else:
                self.notice.emit(f"{source.name} waits for the network …")

        self._track(self._pool.submit(source.read, f"Opening {source.name}"), seen)

    def drop(self) -> None:
        """Give up the picture that is being worked on, if any, without a word."""
        job, self._job, self._waiting = self._job, None, None
        if job is not None:
            job.cancel()

    def _submit(
        self,
        source: Source,
        doing: str,
        look: Look,
        done: Callable[[Any], None],
        rgba: NDArray[np.uint8],
    ) -> None:
        services = self._network.services
        if services is None:
            reason = self._network.error
            self._on_failed(
                ToileError(
                    f"{source.name} was not used, because the network is not there",
                    where=str(reason.line) if reason is not None else "",
                    hint="Mend that first, then choose the picture again.",
                )
            )
            return
        self._track(self._lane.submit(lambda token: look(services, rgba, token), doing), done)

    def _go_on(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting()

    def _track(self, job: Job, done: Callable[[Any], None]) -> None:
        self._job = job

        def finished() -> None:
            if self._job is job:
                self._job = None
                if job.cancelled:
                    self.notice.emit("Cancelled; everything is as it was.")

        job.succeeded.connect(done)
        job.failed.connect(self._on_failed)
        # After `done`, which may put the next job in this one's place.
        job.finished.connect(finished)
        self.job_started.emit(job)

    def _on_failed(self, error: ToileError) -> None:
        messages.show_error(self._window, self._title, error)
