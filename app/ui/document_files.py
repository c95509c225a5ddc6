"""New, open, save, export: the way of a document between the window and the disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.domain.chosen import Chosen
from app.domain.design_file import Design, load_design, save_design
from app.domain.document import Document
from app.domain.errors import ToileError
from app.domain.label_map import LabelMap
from app.domain.palette import Palette
from app.jobs.files import FilePool
from app.jobs.lane import Job
from app.settings import Settings
from app.ui import messages
from app.ui.design.look import LookModel
from app.ui.messages import Answer
from app.ui.recovery import UNTITLED, KeptCopy, Recovery


class DocumentFiles(QObject):
    """Holds the document in hand and guards its unsaved changes, those of its look included. Disk
    work runs in the pool."""

    wished = Signal()
    """Another document is wanted, or there: what began earlier to bring one gives way."""
    document_changed = Signal(object)  # Document
    state_changed = Signal()
    """Name, place or modification changed."""
    recent_changed = Signal()
    job_started = Signal(object)  # Job
    notice = Signal(str)

    def __init__(
        self,
        window: QWidget,
        pool: FilePool,
        settings: Settings,
        recovery: Recovery,
        look: LookModel,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._pool = pool
        self._settings = settings
        self._recovery = recovery
        self._look = look
        look.changed.connect(self.state_changed)
        self._palette: Palette | None = None
        self._document: Document | None = None
        self._title = ""
        self._saving: Job | None = None
        self._finish_stroke: Callable[[], None] = lambda: None

    def set_palette(self, palette: Palette) -> None:
        """The palette of every document from now on."""
        self._palette = palette

    def set_finish_stroke(self, finish: Callable[[], None]) -> None:
        """What ends a stroke in progress before the pixels are taken."""
        self._finish_stroke = finish

    @property
    def has_palette(self) -> bool:
        """Whether there is a palette: without one no label map can be made or read."""
        return self._palette is not None

    @property
    def document(self) -> Document | None:
        return self._document

    @property
    def name(self) -> str:
        """What the document is called in the title and in questions."""
        if self._document is None:
            return ""
        path = self._document.path
        return path.name if path is not None else self._title or UNTITLED

    @property
    def modified(self) -> bool:
        document = self._document
        return document is not None and (document.modified or self._look.modified)

    # Taking another document

    def new(self, width: int, height: int) -> None:
        """Put an empty label map in place of the present one, once that is safe."""

        def make() -> None:
            if self._palette is not None:
                self._take(LabelMap.blank(width, height, self._palette), None)

        self.guard(make)

    def ask_open(self) -> None:
        """Let a person choose a label map, once the present one is safe."""
        self.guard(lambda: messages.ask_open(self._window, self.folder(), self._load))

    def open(self, path: Path) -> None:
        """Open a label map, once the present one is safe."""
        self.guard(lambda: self._load(path))

    def open_sample(self, path: Path) -> None:
        """Open a sample, once the present label map is safe.

        Saving it asks for a place, so that the sample stays as it is.
        """
        self.guard(lambda: self._load(path, sample=True))

    def adopt(self, labels: LabelMap, title: str) -> None:
        """Put a label map that was just made in place of the present one, called `title`.

        It is in no file yet and so counts as modified. Call it once that is safe: see `hold`.
        """
        self._take(labels, None, title=title, saved=False)

    def restore(self, copy: KeptCopy) -> None:
        """Take up a copy that an earlier session left; it counts as modified."""
        self.guard(lambda: self._load(copy.image, kept=copy))

    def _load(self, path: Path, *, sample: bool = False, kept: KeptCopy | None = None) -> None:
        palette = self._palette
        if palette is None:
            self.notice.emit(f"{path.name} needs a model pack to be opened; there is none.")
            return
        settle = self.hold()
        job = self._pool.submit(lambda: load_design(path, palette), f"Opening {path.name}")
        self.wished.connect(job.cancel)

        def take(design: Design) -> None:
            labels, look = design.labels, design.look
            if kept is not None:
                self._take(labels, kept.path, look=look, title=kept.title, saved=False)
                self._recovery.keep(kept.drop)
            elif sample:
                self._take(labels, None, look=look, title=path.stem.replace("-", " ").capitalize())
            else:
                self._take(labels, path, look=look)
                self._remember(path)
            if design.notice:
                self.notice.emit(design.notice)

        job.succeeded.connect(lambda design: settle(lambda: take(design)))
        job.failed.connect(self._on_load_failed)
        self.job_started.emit(job)

    def _on_load_failed(self, error: ToileError) -> None:
        messages.show_error(self._window, "Open label map", error)
        if self._document is None:  # not even the sample can be read: there is still work to do
            self.new(self._settings.new_width, self._settings.new_height)

    def _take(
        self,
        labels: LabelMap,
        path: Path | None,
        *,
        look: Chosen | None = None,
        title: str = "",
        saved: bool = True,
    ) -> None:
        self.wished.emit()
        document = Document(labels, path, budget=self._settings.undo_megabytes << 20)
        if not saved:
            document.history.mark_saved(_NEVER)
        self._document = document
        self._title = title
        self._recovery.set_document(document, title)
        if look is not None:
            self._look.take_up(look)
        # Of an empty label map that was never saved no look can be lost.
        empty = path is None and not labels.array.any()
        self._look.mark_saved(None if empty else self._look.chosen)
        self.document_changed.emit(document)
        self.state_changed.emit()

    # Guarding and saving

    def guard(self, then: Callable[[], None]) -> None:
        """Do `then` once unsaved changes are saved or given up; not at all when cancelled."""
        self._finish_stroke()
        if not self.modified:
            then()
            return

        def answered(answer: Answer) -> None:
            if answer is Answer.SAVE:
                self.save(lambda: self.guard(then))
            elif answer is Answer.DISCARD:
                then()

        messages.ask_unsaved(self._window, self.name, answered)

    def hold(self) -> Callable[[Callable[[], None]], None]:
        """Note how things stand before slow work that ends in another document; the newer wish
        counts, see `wished`.

        What comes back does its argument: at once when nothing was painted, chosen or opened
        meanwhile, else behind `guard`.
        """

        def now() -> tuple[Document | None, int, Chosen]:
            state = self._document.history.state if self._document else 0
            return self._document, state, self._look.chosen

        def settle(then: Callable[[], None]) -> None:
            self._finish_stroke()
            if now() == before:
                then()
            else:
                self.guard(then)

        self.wished.emit()
        before = now()
        return settle

    def save(self, then: Callable[[], None] | None = None) -> None:
        """Save to the document's file, or ask for one; do `then` when it is safely there."""
        document = self._document
        if document is None:
            return
        if document.path is None:
            self.save_as(then)
        else:
            self._write(document, document.path, self._look.chosen, then)

    def save_as(self, then: Callable[[], None] | None = None) -> None:
        """Ask for a file and save to it."""
        document = self._document
        if document is None:
            return
        proposal, look = document.path or self.folder() / f"{self.name}.png", self._look.chosen
        messages.ask_save(
            self._window,
            "Save label map",
            proposal,
            messages.LABEL_MAP_FILTER,
            lambda path: self._write(document, path, look, then),
        )

    def _write(
        self,
        document: Document,
        path: Path,
        look: Chosen,
        then: Callable[[], None] | None = None,
    ) -> None:
        if self._saving is not None:  # one after the other: two writes must not overtake
            self._saving.finished.connect(lambda: self._write(document, path, look, then))
            return
        self._finish_stroke()
        labels, state = document.labels.copy(), document.history.state
        job = self._pool.submit(lambda: save_design(path, labels, look), f"Saving {path.name}")
        self._saving = job

        def saved(_nothing: object) -> None:
            document.mark_saved(path, state)
            self._remember(path)
            self.notice.emit(f"Saved {path.name}")
            if document is not self._document:  # another one was opened meanwhile
                return
            self._look.mark_saved(look)
            if not self.modified:
                self._recovery.forget()
            self._title = ""
            self.state_changed.emit()

        def finished() -> None:
            self._saving = None

        job.finished.connect(finished)
        job.succeeded.connect(saved)
        job.failed.connect(lambda error: messages.show_error(self._window, "Save label map", error))
        if then is not None:
            job.succeeded.connect(lambda _nothing: then())
        self.job_started.emit(job)

    # Places

    def folder(self) -> Path:
        """Where file dialogs begin: beside the document, the last file, or in the pictures."""
        if self._document is not None and self._document.path is not None:
            return self._document.path.parent
        for name in self._settings.recent:
            return Path(name).parent
        from PySide6.QtCore import QStandardPaths  # its enums would slow the start

        pictures = QStandardPaths.StandardLocation.PicturesLocation
        place = QStandardPaths.writableLocation(pictures)
        return Path(place) if place and Path(place).is_dir() else Path.home()

    def _remember(self, path: Path) -> None:
        self._settings.remember(path)
        self.recent_changed.emit()


_NEVER = -1  # a history state that no document is ever in
