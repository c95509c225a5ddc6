"""Export of the picture: a size, a file, a run of the network, a PNG with a transparent ground."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.domain.errors import PictureError, ToileError
from app.domain.files import same
from app.domain.requests import SynthesisRequest, SynthesisResult, Synthesize
from app.jobs.files import FilePool
from app.jobs.lane import InferenceLane, Job
from app.ui import messages

_TITLE = "Export picture"


class Export(QObject):
    """Takes the design as it is when asked, and makes the picture at the size that was chosen."""

    job_started = Signal(object)  # Job
    notice = Signal(str)

    def __init__(self, window: QWidget, lane: InferenceLane, pool: FilePool) -> None:
        super().__init__(window)
        self._window = window
        self._lane = lane
        self._pool = pool
        self._unfinished: list[Path] = []

    def ask(
        self,
        request: SynthesisRequest,
        synthesize: Synthesize,
        proposal: Path,
        label_map: Path | None,
    ) -> None:
        """Ask for size and file, then export; never over the file of the `label_map` itself."""
        from app.ui.size_dialogs import ExportDialog

        height, width = request.labels.shape
        dialog = ExportDialog(self._window, width, height)

        def named(sized_request: SynthesisRequest, path: Path) -> None:
            if label_map is not None and same(path, label_map):
                self._on_failed(
                    PictureError(
                        "The picture would overwrite the label map that it is drawn from",
                        where=str(path),
                        hint="Export it under another name.",
                    )
                )
            else:
                self.run(sized_request, synthesize, path)

        def sized(new_width: int, new_height: int) -> None:
            sized_request = SynthesisRequest(request.labels, request.look, (new_width, new_height))
            messages.ask_save(
                self._window,
                _TITLE,
                proposal,
                messages.PNG_FILTER,
                lambda path: named(sized_request, path),
            )

        dialog.chosen.connect(sized)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def run(self, request: SynthesisRequest, synthesize: Synthesize, path: Path) -> None:
        """Make the picture in the lane and write it in the pool."""
        job = self._lane.submit(lambda token: synthesize(request, token), f"Exporting {path.name}")
        job.succeeded.connect(lambda result: self._write(result, path))
        self._track(job, path)

    def guard(self, then: Callable[[], None]) -> None:
        """Do `then`, which ends the program, after asking about a picture still to be written."""
        if self._unfinished:
            messages.ask_drop_export(self._window, self._unfinished[0].name, then)
        else:
            then()

    def _write(self, result: SynthesisResult, path: Path) -> None:
        from app.domain.picture import save_picture

        rgba = result.rgba
        job = self._pool.submit(lambda: save_picture(path, rgba), f"Writing {path.name}")
        job.succeeded.connect(lambda _nothing: self.notice.emit(f"Exported {path.name}"))
        self._track(job, path)

    def _track(self, job: Job, path: Path) -> None:
        self._unfinished.append(path)
        job.failed.connect(self._on_failed)
        job.finished.connect(lambda: self._unfinished.remove(path))
        self.job_started.emit(job)

    def _on_failed(self, error: ToileError) -> None:
        messages.show_error(self._window, _TITLE, error)
