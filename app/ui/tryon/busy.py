"""A word on what is being done, over the picture, with a way to stop it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from app.ui.icons import icon

_SHOWN_AFTER = 250  # milliseconds: what is quicker needs no word


class BusyPill(QFrame):
    """Stands at the bottom of its parent while something takes longer."""

    stop = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("busy_pill")
        self.setProperty("role", "pill")
        self._room = parent
        self.word = QLabel()
        bar = QProgressBar()
        bar.setRange(0, 0)
        bar.setTextVisible(False)
        bar.setFixedSize(64, 6)
        stop = QToolButton()
        stop.setObjectName("busy_stop")
        stop.setIcon(icon("mdi6.close"))
        stop.setIconSize(QSize(14, 14))
        stop.setToolTip("Stop (Esc)")
        stop.setAccessibleName("Stop")
        stop.setAutoRaise(True)
        stop.setCursor(Qt.CursorShape.ArrowCursor)
        stop.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        stop.clicked.connect(self.stop)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 8, 6)
        row.setSpacing(12)
        for part in (self.word, bar, stop):
            row.addWidget(part)
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(_SHOWN_AFTER)
        self._late.timeout.connect(self._appear)
        parent.installEventFilter(self)
        self.hide()

    def tell(self, doing: str) -> None:
        """Say what is being done; nothing for an empty text."""
        if not doing:
            self._late.stop()
            self.hide()
            return
        self.word.setText(f"{doing} …")
        if self.isVisible():
            self._place()
        elif not self._late.isActive():
            self._late.start()

    def _appear(self) -> None:
        self.show()
        self.raise_()
        self._place()

    def _place(self) -> None:
        self.adjustSize()
        room = self._room.rect()
        self.move((room.width() - self.width()) // 2, room.height() - self.height() - 18)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False
