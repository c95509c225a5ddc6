"""The history of this sitting: a thumbnail of every outcome; a click returns to it."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFrame, QLabel, QStackedLayout, QVBoxLayout, QWidget

from app.ui.tryon.cells import CellModel, CellView
from app.ui.tryon.commands import KINDS
from app.ui.tryon.outcomes import Outcome, Outcomes

_CELL = QSize(116, 150)


class HistoryCells:
    """The outcomes, the newest first; `Cells`."""

    def __init__(self, outcomes: Outcomes) -> None:
        self._outcomes = outcomes

    def __len__(self) -> int:
        return len(self._outcomes)

    def outcome(self, row: int) -> Outcome:
        return self._outcomes[len(self._outcomes) - 1 - row]

    def row_of(self, outcome: Outcome | None) -> int:
        """Where an outcome stands; -1 when it is not there."""
        row = self._outcomes.row(outcome)
        return len(self._outcomes) - 1 - row if row >= 0 else -1

    def word(self, row: int) -> str:
        outcome = self.outcome(row)
        kind = f" · {KINDS[outcome.choice]}" if self._outcomes.worn_otherwise(outcome) else ""
        return f"{'✓ ' if outcome.saved is not None else ''}{outcome.cloth.stem}{kind}"

    def tip(self, row: int) -> str:
        outcome = self.outcome(row)
        kept = f"Saved as {outcome.saved.name}" if outcome.saved is not None else "Not saved"
        return f"{outcome.name}\n{outcome.category.capitalize()} · {kept}"

    def thumbnail(self, row: int) -> QImage | None:
        return self.outcome(row).thumbnail

    def mark(self, row: int) -> str:
        return "mdi6.image-outline"


class HistoryPanel(QFrame):
    """The column of outcomes. `chosen` carries the Outcome."""

    chosen = Signal(object)

    def __init__(self, outcomes: Outcomes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.cells = HistoryCells(outcomes)
        self.model = CellModel(self.cells, self)
        for change in (outcomes.added, outcomes.removed):
            change.connect(lambda _row: self.model.reset())
        outcomes.replaced.connect(lambda row: self.model.tell(len(outcomes) - 1 - row))
        self.view = CellView(_CELL, wrapping=True)
        self.view.setObjectName("history_view")
        self.view.setAccessibleName("History of this sitting")
        self.view.setModel(self.model)
        self._quiet = False
        word = QLabel("What you try on is kept here until you close Toile.")
        word.setProperty("role", "dim")
        word.setWordWrap(True)
        word.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        word.setContentsMargins(14, 14, 14, 0)
        strip = QFrame()
        strip.setProperty("role", "strip")
        strip.setFixedHeight(34)
        heading = QLabel("History")
        heading.setProperty("role", "heading")
        inside = QVBoxLayout(strip)
        inside.setContentsMargins(12, 0, 6, 0)
        inside.addWidget(heading)
        body = QWidget()
        self._stack = QStackedLayout(body)
        self._stack.addWidget(word)
        self._stack.addWidget(self.view)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(strip)
        column.addWidget(body, 1)
        self.view.selectionModel().currentChanged.connect(self._on_current)
        self.view.clicked.connect(self._on_current)

    def select(self, outcome: Outcome | None) -> None:
        """Mark the outcome that is shown."""
        self._stack.setCurrentIndex(1 if self.model.rowCount() else 0)
        self._quiet = True
        row = self.cells.row_of(outcome)
        if row >= 0:
            self.view.setCurrentIndex(self.model.index(row))
        else:
            self.view.selectionModel().clear()
        self._quiet = False

    def tell(self, outcome: Outcome) -> None:
        """Something about an outcome changed."""
        self.model.tell(self.cells.row_of(outcome))

    def _on_current(self, index: QModelIndex) -> None:
        if index.isValid() and not self._quiet:
            self.chosen.emit(self.cells.outcome(index.row()))
