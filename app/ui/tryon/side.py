"""The column at the right: kind of garment, what to do with the outcome, history."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.framing import Category
from app.ui.tryon.commands import KINDS
from app.ui.tryon.history import HistoryPanel
from app.ui.tryon.outcomes import Outcomes

_EDGE = 12
"""Where words and icons begin at the left."""
_ICON = QSize(22, 16)  # as wide, because the room between icon and word is nowhere to be set
_INSIDE = 7 + (_ICON.width() - _ICON.height()) // 2  # pixels from a button to its icon
_LINES = 2  # of `word`, so that nothing moves when it needs them


def _strip(title: str) -> QFrame:
    strip = QFrame()
    strip.setProperty("role", "strip")
    strip.setFixedHeight(34)
    row = QHBoxLayout(strip)
    row.setContentsMargins(_EDGE, 0, 6, 0)
    heading = QLabel(title)
    heading.setProperty("role", "heading")
    row.addWidget(heading)
    return strip


def _button(action: QAction, style: Qt.ToolButtonStyle) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setToolButtonStyle(style)
    button.setIconSize(_ICON)
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return button


class SidePanel(QFrame):
    """Shows actions as buttons; `word` says how the category came about."""

    def __init__(
        self,
        categories: list[QAction],
        doing: list[QAction],
        outcomes: Outcomes,
        parent: QWidget | None = None,
    ) -> None:
        """`categories` is a segmented control, `doing` a grid of buttons with words."""
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setMinimumWidth(244)
        segments = QFrame()
        segments.setProperty("role", "segments")
        row = QHBoxLayout(segments)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(2)
        for action in categories:
            row.addWidget(_button(action, Qt.ToolButtonStyle.ToolButtonTextOnly))
        self.word = QLabel()
        self.word.setObjectName("category_word")
        self.word.setProperty("role", "dim")
        self.word.setWordWrap(True)
        self.word.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.word.setMinimumHeight(_LINES * self.fontMetrics().lineSpacing())
        kind = QVBoxLayout()
        kind.setContentsMargins(_EDGE, 10, _EDGE, 10)
        kind.setSpacing(6)
        kind.addWidget(segments)
        kind.addWidget(self.word)
        grid = QGridLayout()
        grid.setContentsMargins(_EDGE - _INSIDE, 8, _EDGE - _INSIDE, 10)
        grid.setSpacing(2)
        for number, action in enumerate(doing):
            button = _button(action, Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            grid.addWidget(button, number // 2, number % 2)
        self.history = HistoryPanel(outcomes)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(_strip("Kind of garment"))
        column.addLayout(kind)
        column.addWidget(_strip("Outcome"))
        column.addLayout(grid)
        column.addWidget(self.history, 1)

    def show_category(self, choice: Category | None, found: Category | None) -> None:
        """Say what was chosen: by a person, or `found` by the network."""
        if choice is not None:
            self.word.setText(f"{KINDS[choice]}, as you chose for this cloth.")
        elif found is not None:
            self.word.setText(f"Auto chose {KINDS[found].lower()}. Correct it here if it is wrong.")
        else:
            self.word.setText("Auto goes by the cloth's picture.")
