"""The rail at the left: the workspaces on top, settings and help at the bottom."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QToolButton, QVBoxLayout, QWidget

_SIDE = 40


class Rail(QFrame):
    """A narrow column of buttons for actions."""

    def __init__(
        self, top: Sequence[QAction], bottom: Sequence[QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("rail")
        self.setProperty("role", "rail")
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 6, 4, 6)
        column.setSpacing(4)
        for action in top:
            column.addWidget(self._button(action))
        column.addStretch(1)
        for action in bottom:
            column.addWidget(self._button(action))

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton(self)
        button.setDefaultAction(action)
        button.setIconSize(QSize(22, 22))
        button.setFixedSize(_SIDE, _SIDE)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return button
