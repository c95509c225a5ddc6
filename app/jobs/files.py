"""Reading and writing files beside the main thread and beside inference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject

from app.jobs.lane import Job, Workers


class FilePool(Workers):
    """Two threads for file work, so that a slow disk holds up neither painting nor pictures."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__("files", 2, parent)

    def submit(self, fn: Callable[[], Any], title: str) -> Job:
        """Run ``fn()``; a file once begun is finished, so cancel only stops work still waiting."""
        return self.submit_work(lambda _token: fn(), title)

    def shutdown(self, seconds: float = 60.0) -> bool:
        """Finish what was asked for, since a picture to be saved is not to be lost on closing, and
        join the threads for at most ``seconds``. Returns whether all of them ended."""
        return self._close(seconds, cancel=False)
