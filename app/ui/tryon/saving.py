"""Outcomes to files, to the clipboard, and the way to where they were saved."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.domain.batch.words import many
from app.domain.cancel import CancelToken
from app.domain.errors import ToileError
from app.domain.picture import SAVED_AS, Picture, save_picture
from app.jobs.files import FilePool
from app.settings import Settings
from app.ui import messages
from app.ui.messages import Answer
from app.ui.outside import open_outside
from app.ui.tryon.outcomes import Outcome
from app.ui.tryon.pieces import Shelf

_TITLE = "Save outcome"
_FORBIDDEN = '<>:"/\\|?*'


def file_stem(outcome: Outcome) -> str:
    """A name for an outcome's file that every disk takes."""
    clean = "".join(" " if c in _FORBIDDEN or ord(c) < 32 else c for c in outcome.name)
    return clean.strip(" .")[:120] or "Outcome"


def free_path(folder: Path, stem: str, ending: str, taken: Iterable[Path] = ()) -> Path:
    """`stem` in a folder under the first number that no file has."""
    used = set(taken)
    number, path = 2, folder / f"{stem}{ending}"
    while path in used or path.exists():
        number, path = number + 1, folder / f"{stem} {number}{ending}"
    return path


def write(outcome: Outcome, photo: Picture | None, path: Path) -> None:
    """Write an outcome with its photo's colour profile; in the pool. A `photo` that is not at hand
    is read again. PictureError."""
    photo = photo or outcome.person.load()
    save_picture(path, outcome.rgba(photo.rgba), icc=photo.icc)


class Saving(QObject):
    """Asks where, writes in the pool, and remembers where that was."""

    job_started = Signal(object)  # Job
    notice = Signal(str)
    saved = Signal(object)  # Outcome

    def __init__(self, window: QWidget, pool: FilePool, settings: Settings, shelf: Shelf) -> None:
        super().__init__(window)
        self._window, self._pool, self._settings = window, pool, settings
        self._shelf = shelf

    def ask(self, outcome: Outcome) -> None:
        """Let a person choose a file for an outcome, and save it there."""
        ending = outcome.saved.suffix if outcome.saved is not None else self._ending
        folder = outcome.saved.parent if outcome.saved is not None else self._folder(outcome)
        proposal = outcome.saved or folder / f"{file_stem(outcome)}{ending}"
        messages.ask_save_picture(
            self._window, _TITLE, proposal, lambda path: self.save(outcome, path)
        )

    def save(self, outcome: Outcome, path: Path) -> None:
        """Save to a file."""
        photo = self._photo(outcome)
        job = self._pool.submit(lambda: write(outcome, photo, path), f"Saving {path.name}")
        job.succeeded.connect(lambda _nothing: self._on_saved(outcome, path))
        job.failed.connect(self._on_failed)
        self.job_started.emit(job)

    def guard(self, outcomes: list[Outcome], then: Callable[[], None]) -> None:
        """Do `then`, which ends the program, once every outcome is saved or given up; not at all
        when cancelled."""
        unsaved = [one for one in outcomes if one.saved is None]
        if not unsaved:
            then()
            return

        def answered(answer: Answer) -> None:
            if answer is Answer.SAVE:
                self.ask_all(unsaved, then)
            elif answer is Answer.DISCARD:
                then()

        messages.ask_unsaved_outcomes(self._window, len(unsaved), answered)

    def ask_all(self, outcomes: list[Outcome], then: Callable[[], None] = lambda: None) -> None:
        """Let a person choose a folder, and save everything there that is not saved yet; do `then`
        when all of it is there."""
        wanted = [one for one in outcomes if one.saved is None]
        if not wanted:
            self.notice.emit("Every outcome of this sitting is saved already.")
            return
        messages.ask_folder(
            self._window,
            "Save all outcomes to a folder",
            self._folder(wanted[0]),
            lambda folder: self.save_all(wanted, folder, then),
        )

    def save_all(
        self, outcomes: list[Outcome], folder: Path, then: Callable[[], None] = lambda: None
    ) -> None:
        """Save outcomes under names of their own; no file is written over.

        One that cannot be saved leaves the others their turn; the first reason is shown, and
        `then` is not done.
        """
        ending = self._ending
        photos = [self._photo(outcome) for outcome in outcomes]
        done: list[tuple[Outcome, Path]] = []

        def work(token: CancelToken) -> None:
            fault: ToileError | None = None
            for outcome, photo in zip(outcomes, photos, strict=True):
                token.raise_if_cancelled()
                path = free_path(folder, file_stem(outcome), ending)
                try:
                    write(outcome, photo, path)
                except ToileError as error:
                    fault = fault or error
                else:
                    done.append((outcome, path))
            if fault is not None:
                raise fault

        count = many(len(outcomes), "outcome")
        job = self._pool.submit_work(work, f"Saving {count}")

        def finished() -> None:  # whatever ended it: what was written is saved
            for outcome, path in done:
                self._on_saved(outcome, path)
            some = count if len(done) == len(outcomes) else f"{len(done)} of {count}"
            self.notice.emit(f"Saved {some} to {folder.name}")
            if len(done) == len(outcomes):
                then()

        job.failed.connect(self._on_failed)
        job.finished.connect(finished)
        self.job_started.emit(job)

    def show_in_folder(self, outcome: Outcome) -> None:
        """Open the folder that an outcome was saved to."""
        if outcome.saved is not None:
            open_outside(outcome.saved.parent, self.notice.emit)

    @property
    def _ending(self) -> str:
        ending = self._settings.outcome_ending
        return ending if ending in SAVED_AS else ".png"

    def _photo(self, outcome: Outcome) -> Picture | None:
        loaded = self._shelf.person(outcome.person)
        return loaded.picture if loaded is not None else None

    def _folder(self, outcome: Outcome) -> Path:
        kept = Path(self._settings.outcomes_folder)
        if self._settings.outcomes_folder and kept.is_dir():
            return kept
        return outcome.person.path.parent if outcome.person.path is not None else Path.home()

    def _on_saved(self, outcome: Outcome, path: Path) -> None:
        outcome.saved = path
        self._settings.outcomes_folder = str(path.parent)
        self._settings.outcome_ending = path.suffix.lower()
        self.notice.emit(f"Saved {path.name}")
        self.saved.emit(outcome)

    def _on_failed(self, error: ToileError) -> None:
        messages.show_error(self._window, _TITLE, error)
