"""The wardrobe: a folder of cloths as a strip of thumbnails; one click tries the next one on."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import QModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from app.domain.errors import PictureError, ToileError
from app.domain.picture import SUFFIXES
from app.jobs.files import FilePool
from app.ui.design.fields import ElidedLabel
from app.ui.design.overlay import small_button
from app.ui.tryon.cells import CellModel, CellView, Thumbnails
from app.ui.tryon.pieces import told

_CELL = QSize(112, 140)
_SIDE = 208  # pixels of a thumbnail: a cell on a screen of double density
_EMPTY = "A folder of garment pictures goes here: one click tries the next one on."


def _natural(path: Path) -> list[tuple[int, str]]:
    """Sorts "shirt 2" before "shirt 10"."""
    parts = re.split(r"(\d+)", path.name.casefold())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def list_pictures(folder: Path) -> dict[Path, int]:
    """The picture files right in a folder with their rows, in the order of their names.

    PictureError when the folder cannot be read.
    """
    try:
        found = [
            path
            for path in folder.iterdir()
            if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
        ]
    except OSError as failure:
        raise PictureError(
            f"The folder {folder.name} cannot be opened",
            where=str(folder),
            hint="Choose another folder.",
        ) from failure
    return {path: row for row, path in enumerate(sorted(found, key=_natural))}


class WardrobeCells:
    """Picture files with their thumbnails, as they arrive; `Cells`."""

    def __init__(self, thumbnails: Thumbnails) -> None:
        self._thumbnails = thumbnails
        self._paths: list[Path] = []
        self._rows: dict[Path, int] = {}

    def set_paths(self, rows: dict[Path, int]) -> None:
        """Take files with their rows, in that order."""
        self._paths, self._rows = list(rows), rows

    def __len__(self) -> int:
        return len(self._paths)

    def path(self, row: int) -> Path:
        return self._paths[row]

    def row(self, path: Path | None) -> int:
        """Where a file stands; -1 when it is none of them."""
        return self._rows.get(path, -1) if path is not None else -1

    def word(self, row: int) -> str:
        return self._paths[row].stem

    def tip(self, row: int) -> str:
        return str(self._paths[row])

    def thumbnail(self, row: int) -> QImage | None:
        return self._thumbnails.get(self._paths[row])

    def mark(self, row: int) -> str:
        broken = self._thumbnails.broken(self._paths[row])
        return "mdi6.image-broken-variant" if broken else "mdi6.hanger"


class Wardrobe(QFrame):
    """The strip at the bottom. `chosen` carries the Path of a cloth, by mouse or arrow keys."""

    chosen = Signal(object)
    folder_wanted = Signal()
    changed = Signal()

    def __init__(
        self, pool: FilePool, actions: list[QAction], parent: QWidget | None = None
    ) -> None:
        """The actions get buttons at the right of the strip."""
        super().__init__(parent)
        self._pool = pool
        self._thumbnails = Thumbnails(pool, _SIDE, self)
        self.folder: Path | None = None
        self._quiet = False
        self._wanted: Path | None = None
        self.setObjectName("wardrobe")
        self.setProperty("role", "panel")
        self.cells = WardrobeCells(self._thumbnails)
        self.model = CellModel(self.cells, self)
        self._thumbnails.arrived.connect(lambda path: self.model.tell(self.cells.row(path)))
        self.view = CellView(_CELL)
        self.view.setObjectName("wardrobe_view")
        self.view.setAccessibleName("Wardrobe")
        self.view.setModel(self.model)
        self.word = QLabel(_EMPTY)
        self.word.setObjectName("wardrobe_word")
        self.word.setProperty("role", "dim")
        self.word.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.word.setWordWrap(True)
        self.place = ElidedLabel()
        self.place.setProperty("role", "dim")
        self._lay_out(actions)
        self.view.selectionModel().currentChanged.connect(self._on_current)
        self.view.clicked.connect(self._on_current)
        self.view.activated.connect(self._on_current)

    def _lay_out(self, actions: list[QAction]) -> None:
        strip = QFrame()
        strip.setProperty("role", "strip")
        strip.setFixedHeight(34)
        row = QHBoxLayout(strip)
        row.setContentsMargins(12, 0, 6, 0)
        row.setSpacing(10)
        heading = QLabel("Wardrobe")
        heading.setProperty("role", "heading")
        row.addWidget(heading)
        row.addWidget(self.place, 1)
        for action in actions:
            button = small_button()
            button.setDefaultAction(action)
            row.addWidget(button)
        empty = QWidget()
        self.choose_button = QPushButton("Choose a folder …")
        self.choose_button.clicked.connect(self.folder_wanted)
        inside = QVBoxLayout(empty)
        inside.addStretch(1)
        inside.addWidget(self.word)
        inside.addSpacing(6)
        inside.addWidget(self.choose_button, 0, Qt.AlignmentFlag.AlignHCenter)
        inside.addStretch(1)
        self._empty = empty
        body = QWidget()
        self._stack = QStackedLayout(body)
        self._stack.addWidget(empty)
        self._stack.addWidget(self.view)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(strip)
        column.addWidget(body, 1)
        self.setMinimumHeight(34 + 84)

    def open(self, folder: Path) -> None:
        """Show the pictures of a folder."""
        self.folder = folder
        self.changed.emit()
        self._thumbnails.forget()
        self.place.set_text(str(folder))
        job = self._pool.submit(lambda: list_pictures(folder), f"Looking through {folder.name}")
        job.succeeded.connect(lambda rows: self._take(folder, rows))
        job.failed.connect(lambda error: self._on_failed(folder, error))

    def refresh(self) -> None:
        """Look again what is in the folder."""
        if self.folder is not None:
            self.open(self.folder)

    def select(self, path: Path | None) -> None:
        """Mark the cloth in hand, without trying it on."""
        self._wanted = path
        row = self.cells.row(path)
        self._quiet = True
        if row >= 0:
            self.view.setCurrentIndex(self.model.index(row))
        else:
            self.view.selectionModel().clear()
        self._quiet = False

    def next(self) -> None:
        """Try the next cloth on."""
        self._step(1)

    def previous(self) -> None:
        """Try the cloth before on."""
        self._step(-1)

    def _step(self, by: int) -> None:
        count = self.model.rowCount()
        if count:
            row = self.view.currentIndex().row()
            row = row + by if row >= 0 else (0 if by > 0 else count - 1)
            self.view.setCurrentIndex(self.model.index(min(max(row, 0), count - 1)))

    def _show(self, rows: dict[Path, int]) -> None:
        self.cells.set_paths(rows)
        self.model.reset()

    def _take(self, folder: Path, rows: dict[Path, int]) -> None:
        if folder != self.folder:
            return
        self._quiet = True
        self._show(rows)
        self._quiet = False
        count = f"{len(rows):,} picture" + ("" if len(rows) == 1 else "s")
        self.place.set_text(f"{folder} · {count}")
        self.word.setText(f"There are no pictures in {folder.name}." if not rows else _EMPTY)
        self._stack.setCurrentWidget(self.view if rows else self._empty)
        self.select(self._wanted)
        self.changed.emit()

    def _on_failed(self, folder: Path, error: ToileError) -> None:
        if folder == self.folder:
            self._show({})
            self.changed.emit()
            self.word.setText(told(error))
            self._stack.setCurrentWidget(self._empty)

    def _on_current(self, index: QModelIndex) -> None:
        if index.isValid() and not self._quiet:
            self._wanted = self.cells.path(index.row())
            self.chosen.emit(self._wanted)
