"""Fields for numbers that leave the shortcuts of the tools alone, and a label for long names."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSpinBox

_COMMAND = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier

_SHORTEST = 56  # pixels: less of a cut text says nothing


def leaves_to_shortcuts(event: QEvent) -> bool:
    """Whether a field for a whole number has no use for this key, so that a shortcut may take it.

    Qt's fields claim every character while they have the focus: after a click into one, no tool
    could be chosen by its letter.
    """
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    text = event.text()
    return (
        text.isprintable()
        and bool(text)
        and not text.isdigit()
        and not (event.modifiers() & _COMMAND)
    )


class NumberBox(QSpinBox):
    """A spin box in which letters stay shortcuts."""

    def event(self, event: QEvent) -> bool:
        if leaves_to_shortcuts(event):
            event.ignore()
            return False
        return super().event(event)


class ElidedLabel(QLabel):
    """One line that takes what room there is and leaves out the rest; the tip has all of it."""

    def __init__(self, mode: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle) -> None:
        super().__init__()
        self._mode = mode
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)

    def set_text(self, text: str) -> None:
        self._whole = text
        self.setToolTip(text)
        self._elide()

    @property
    def whole_text(self) -> str:
        return self._whole

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self._whole), super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        room = self.contentsRect().width()
        text = self.fontMetrics().elidedText(self._whole, self._mode, room)
        if text != self._whole and room < _SHORTEST:
            text = ""
        if text != self.text():
            self.setText(text)
