"""How the batch stands: headline, bar, what to do next, what failed and what was made."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.batch.run import Progress
from app.ui.batch import telling
from app.ui.batch.failures import FailuresModel, FailuresView
from app.ui.batch.sheet import ContactSheet
from app.ui.batch.telling import Told
from app.ui.imaging import Levels

_EDGE = 24
"""Where everything begins at the left."""
_CELL = 8  # pixels before the words of a table, as the style sheet has it
_WIDEST = 620
_MAIN = "batch.start"


class BatchPanel(QFrame):
    """Shows what it is told; the buttons are actions."""

    def __init__(
        self,
        rows: Sequence[Sequence[QAction]],
        retry: QAction,
        parent: QWidget | None = None,
    ) -> None:
        """The actions of `rows` get buttons, one row below the other."""
        super().__init__(parent)
        self.headline = QLabel()
        self.headline.setObjectName("batch.headline")
        self.headline.setProperty("role", "headline")
        self.headline.setWordWrap(True)
        self.detail = QLabel()
        self.detail.setObjectName("batch.detail")
        self.detail.setWordWrap(True)
        self.detail.setTextFormat(Qt.TextFormat.PlainText)
        self.detail.setMaximumWidth(_WIDEST)
        self.bar = QProgressBar()
        self.bar.setObjectName("batch.bar")
        self.bar.setAccessibleName("Progress of the batch")
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.numbers = QLabel()
        self.numbers.setObjectName("batch.numbers")
        self.numbers.setProperty("role", "dim")
        self.failures = FailuresModel(self)
        self.sheet = ContactSheet(_EDGE)
        self._buttons: list[QToolButton] = []
        self._lay_out(rows, retry)
        self.show_progress(None)
        self.show_failures()
        self.show_sheet(None)

    def _lay_out(self, rows: Sequence[Sequence[QAction]], retry: QAction) -> None:
        top = QVBoxLayout()
        top.setContentsMargins(_EDGE, 26, _EDGE, 22)
        top.setSpacing(10)
        top.addWidget(self.headline)
        top.addWidget(self.detail)
        top.addSpacing(4)
        top.addWidget(self.bar)
        top.addWidget(self.numbers)
        for actions in rows:
            row = QHBoxLayout()
            row.setSpacing(8)
            for action in actions:
                row.addWidget(self._button(action))
            row.addStretch(1)
            top.addLayout(row)
        strip = QFrame()
        strip.setProperty("role", "strip")
        strip.setFixedHeight(34)
        across = QHBoxLayout(strip)
        across.setContentsMargins(_EDGE, 0, 8, 0)
        self.failed_word = QLabel()
        self.failed_word.setObjectName("batch.failed_word")
        self.failed_word.setProperty("role", "heading")
        across.addWidget(self.failed_word, 1)
        button = self._button(retry)
        button.setFixedHeight(26)
        across.addWidget(button)
        self._failed = QWidget()
        inside = QVBoxLayout(self._failed)
        column = QVBoxLayout(self)
        for box in (inside, column):
            box.setContentsMargins(0, 0, 0, 0)
            box.setSpacing(0)
        inside.addWidget(strip)
        body = QFrame()
        body.setProperty("role", "panel")
        around = QHBoxLayout(body)
        around.setContentsMargins(_EDGE - _CELL, 0, 0, 0)
        around.addWidget(FailuresView(self.failures))
        inside.addWidget(body, 1)
        column.addLayout(top)
        column.addWidget(self._failed, 1)
        column.addWidget(self.sheet, 1)
        column.addStretch()

    def _button(self, action: QAction) -> QToolButton:
        """A button with a word that comes and goes with its action being of use."""
        button = QToolButton()
        button.setObjectName(f"{action.objectName()}.button")
        button.setDefaultAction(action)
        button.setProperty("role", "push")
        button.setProperty("main", action.objectName() == _MAIN)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setIconSize(QSize(16, 16))
        button.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._buttons.append(button)
        return button

    def show_buttons(self) -> None:
        """Hide the buttons whose actions are of no use now."""
        for button in self._buttons:
            button.setVisible(button.defaultAction().isEnabled())

    def tell(self, told: Told) -> None:
        """Say how things stand."""
        self.headline.setText(told.headline)
        self.detail.setText(told.detail)
        self.detail.setVisible(bool(told.detail))
        if self.detail.property("role") != told.role:
            self.detail.setProperty("role", told.role)
            self.detail.style().unpolish(self.detail)
            self.detail.style().polish(self.detail)

    def show_progress(self, now: Progress | None) -> None:
        """Set the bar; None hides it."""
        self.bar.setVisible(now is not None)
        self.numbers.setVisible(now is not None)
        if now is not None:
            self.bar.setRange(0, max(1, now.total))
            self.bar.setValue(now.done + now.failed)
            self.numbers.setText(telling.counts(now))

    def show_busy(self) -> None:
        """Let the bar move without saying how far it is."""
        self.bar.setVisible(True)
        self.numbers.setVisible(False)
        self.bar.setRange(0, 0)

    def show_failures(self) -> None:
        """Bring heading and list in line with the model; they are there when something failed."""
        count = self.failures.count
        self.failed_word.setText(f"Failed · {count:,}")
        self._failed.setVisible(count > 0)

    def show_sheet(self, levels: Levels | None) -> None:
        """Show the contact sheet; None hides it."""
        self.sheet.show_sheet(levels)
        self.sheet.setVisible(levels is not None)
