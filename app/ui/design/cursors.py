"""The mouse cursors of the canvas."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QColor, QCursor, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from app.ui.icons import icon

NONE = "none"
CROSS = "cross"
OPEN_HAND = "open hand"
CLOSED_HAND = "closed hand"
SIDEWAYS = "sideways"
PICK = "pick"

_SHAPES = {
    NONE: Qt.CursorShape.BlankCursor,
    CROSS: Qt.CursorShape.CrossCursor,
    OPEN_HAND: Qt.CursorShape.OpenHandCursor,
    CLOSED_HAND: Qt.CursorShape.ClosedHandCursor,
    SIDEWAYS: Qt.CursorShape.SizeHorCursor,
}
_SIDE = 24


def show(widget: QWidget, name: str) -> None:
    """Give `widget` one of the cursors above."""
    shape = _SHAPES.get(name)
    widget.setCursor(_dropper() if shape is None else QCursor(shape))


@cache
def _dropper() -> QCursor:
    """An eyedropper, light with a dark rim so that it shows on every colour."""
    pixmap = QPixmap(_SIDE, _SIDE)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    size = QSize(_SIDE - 4, _SIDE - 4)
    rim = icon("mdi6.eyedropper", QColor("black")).pixmap(size)
    for dx in (1, 2, 3):
        for dy in (1, 2, 3):
            painter.drawPixmap(dx, dy, rim)
    painter.drawPixmap(QPoint(2, 2), icon("mdi6.eyedropper", QColor("white")).pixmap(size))
    painter.end()
    return QCursor(pixmap, 4, _SIDE - 5)
