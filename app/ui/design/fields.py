"""Fields for numbers that leave the shortcuts of the tools alone."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QSpinBox

_COMMAND = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier


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
