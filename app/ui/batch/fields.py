"""A field for a folder or file: typed, browsed for, or dropped."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QToolButton, QWidget

from app.ui.icons import icon
from app.ui.pictures import accept_copy, may_copy

HEIGHT = 28
"""Of every field, at least."""


def dropped_path(event: QDropEvent) -> Path | None:
    """The one local file or folder that is dragged, if it is one that may be copied."""
    urls = event.mimeData().urls() if may_copy(event) else []
    if len(urls) == 1 and urls[0].isLocalFile():
        return Path(urls[0].toLocalFile())
    return None


class _Line(QLineEdit):
    dropped = Signal(object)  # Path

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_path(event) is not None:
            accept_copy(event)
        else:
            super().dragEnterEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        path = dropped_path(event)
        if path is None:
            super().dropEvent(event)
        else:
            accept_copy(event)
            self.dropped.emit(path)


class PathField(QWidget):
    """A line for a path with a button that browses."""

    changed = Signal()
    browse = Signal()

    def __init__(self, name: str, title: str, hint: str, mark: str = "folder-open-outline") -> None:
        super().__init__()
        self.line = _Line()
        self.line.setMinimumHeight(HEIGHT)
        self.line.setObjectName(name)
        self.line.setAccessibleName(title)
        self.line.setPlaceholderText(hint)
        self.line.setClearButtonEnabled(True)
        self.line.textChanged.connect(lambda _text: self._on_text())
        self.line.dropped.connect(self.set_path)
        self.button = QToolButton()
        self.button.setObjectName(f"{name}.browse")
        self.button.setIcon(icon(f"mdi6.{mark}"))
        self.button.setIconSize(QSize(18, 18))
        self.button.setToolTip(f"Choose {title.lower()}")
        self.button.setAccessibleName(f"Choose {title.lower()}")
        self.button.clicked.connect(self.browse)
        self.setFocusProxy(self.line)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.line, 1)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignVCenter)

    @property
    def path(self) -> Path | None:
        """What is in the field, without the quotation marks that Windows copies along."""
        text = self.line.text().strip().strip('"')
        return Path(text).expanduser() if text else None

    def set_path(self, path: Path | None) -> None:
        self.line.setText(str(path) if path is not None else "")

    def _on_text(self) -> None:
        self.line.setToolTip(self.line.text())
        self.changed.emit()
