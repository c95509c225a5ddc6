"""Copies of unsaved work in the person's data folder, so that a crash loses a minute at most."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
from PySide6.QtCore import QLockFile, QObject, QTimer

from app.domain.chosen import Chosen
from app.domain.design_file import save_design
from app.domain.document import Document
from app.domain.errors import SettingsError, ToileError
from app.domain.files import write_atomic
from app.domain.label_map import LabelMap
from app.jobs.files import FilePool
from app.ui.design.look import LookModel

INTERVAL = 60_000
UNTITLED = "Untitled"
_log = logging.getLogger("toile.recovery")


class _Note(msgspec.Struct):
    path: str
    seconds: float
    title: str = ""


@dataclass(frozen=True)
class KeptCopy:
    """A design `image` left by a session that ended without saving it as `path`; while it was in
    no file it was called `title`."""

    image: Path
    path: Path | None
    when: datetime
    title: str = ""

    @property
    def name(self) -> str:
        return self.path.name if self.path is not None else self.title or UNTITLED

    def drop(self) -> None:
        """Delete the copy."""
        for file in (self.image, self.image.with_suffix(".json")):
            try:
                file.unlink(missing_ok=True)
            except OSError as failure:
                _log.warning("cannot delete %s: %s", file, failure)


def _write(copy: KeptCopy, labels: LabelMap, look: Chosen) -> None:
    copy.image.parent.mkdir(parents=True, exist_ok=True)
    save_design(copy.image, labels, look)
    note = _Note(str(copy.path or ""), copy.when.timestamp(), copy.title)
    data = msgspec.json.encode(note)
    write_atomic(copy.image.with_suffix(".json"), data, what="recovery note", error=SettingsError)


class Recovery(QObject):
    """Keeps a copy of the document in hand, and of its look, while either is modified."""

    def __init__(
        self, folder: Path, pool: FilePool, look: LookModel, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._folder = folder
        self._pool = pool
        self._look = look
        self._image = folder / f"{os.urandom(6).hex()}.png"
        self._lock: QLockFile | None = None
        self._document: Document | None = None
        self._title = ""
        self._kept_state: tuple[int, Chosen] | None = None
        self._writing = False
        self._stale = threading.Event()
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL)
        self._timer.timeout.connect(lambda: self.keep())
        self._timer.start()

    def set_document(self, document: Document, title: str) -> None:
        """Watch another document, called `title` while it is in no file; the copy of the one before
        is not needed any more."""
        self.forget()
        self._document, self._title = document, title

    def keep(self, then: Callable[[], None] | None = None) -> None:
        """Write a copy if there are changes that neither the file nor the last copy has.

        ``then`` is called once such a copy lies on the disk.
        """
        document = self._document
        if document is None or self._writing or not (document.modified or self._look.modified):
            return
        state = document.history.state, self._look.chosen
        if state == self._kept_state and not document.history.is_open:
            return
        if not self._claim():
            return
        labels, look = document.labels.copy(), self._look.chosen
        self._writing, self._kept_state = True, state
        self._stale = stale = threading.Event()
        copy = self._copy()

        def work() -> None:
            try:
                _write(copy, labels, look)
            finally:
                if stale.is_set():
                    copy.drop()

        job = self._pool.submit(work, "Keeping a copy")
        job.failed.connect(self._on_failed)
        if then is not None:
            job.succeeded.connect(lambda _nothing: then())
        job.finished.connect(self._on_finished)

    def forget(self) -> None:
        """Delete the copy: the work is saved, or given up.

        One that is being written goes as soon as it is, even if the window is gone by then.
        """
        self._kept_state = None
        self._stale.set()
        if self._lock is not None:
            self._copy().drop()

    def close(self) -> None:
        """The program ends in order: nothing of this session stays."""
        self._timer.stop()
        self.forget()
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    def found(self) -> list[KeptCopy]:
        """Copies that earlier sessions left, newest first; those of running ones are not theirs."""
        copies = []
        for image in self._folder.glob("*.png"):
            lock = QLockFile(str(image.with_suffix(".lock")))
            lock.setStaleLockTime(0)
            if image == self._image or not lock.tryLock(0):
                continue
            lock.unlock()
            copies.append(_read(image))
        return sorted(copies, key=lambda copy: copy.when, reverse=True)

    def _claim(self) -> bool:
        """Hold this session's lock, so that other windows leave the copy alone."""
        if self._lock is None:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
            except OSError as failure:
                _log.warning("no recovery copies in %s: %s", self._folder, failure)
                return False
            lock = QLockFile(str(self._image.with_suffix(".lock")))
            lock.setStaleLockTime(0)
            if not lock.tryLock(0):
                return False
            self._lock = lock
        return True

    def _copy(self) -> KeptCopy:
        path = self._document.path if self._document is not None else None
        return KeptCopy(self._image, path, datetime.now(), self._title)

    def _on_failed(self, error: ToileError) -> None:
        self._kept_state = None
        _log.warning("recovery copy failed: %s", error)

    def _on_finished(self) -> None:
        self._writing = False


def _read(image: Path) -> KeptCopy:
    try:
        note = msgspec.json.decode(image.with_suffix(".json").read_bytes(), type=_Note)
        path = Path(note.path) if note.path else None
        return KeptCopy(image, path, datetime.fromtimestamp(note.seconds), note.title)
    except (OSError, msgspec.DecodeError):
        return KeptCopy(image, None, datetime.fromtimestamp(image.stat().st_mtime))
