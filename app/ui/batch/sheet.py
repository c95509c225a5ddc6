"""The contact sheet of a batch, as wide as there is room."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from app.ui.imaging import Levels

_ABOVE = 12  # pixels that stay free


class ContactSheet(QScrollArea):
    """Shows the sheet whole where it fits by its width, and scrolls where it is longer."""

    def __init__(self, edge: int, parent: QWidget | None = None) -> None:
        """`edge` pixels stay free at either side."""
        super().__init__(parent)
        self.setObjectName("batch.contact_sheet")
        self.setAccessibleName("Contact sheet")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self._page = _Page(edge)
        self.setWidget(self._page)

    @property
    def levels(self) -> Levels | None:
        return self._page.levels

    def show_sheet(self, levels: Levels | None) -> None:
        """Show a sheet; None shows nothing."""
        if levels is not self._page.levels:
            self._page.levels = levels
            self._page.updateGeometry()
            self._page.update()


class _Page(QWidget):
    def __init__(self, edge: int) -> None:
        super().__init__()
        self.levels: Levels | None = None
        self._edge = edge
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def heightForWidth(self, width: int) -> int:
        return _ABOVE + self._fitted(width).height() + self._edge

    def sizeHint(self) -> QSize:
        return QSize(self.width(), self.heightForWidth(self.width()))

    def _fitted(self, width: int) -> QSize:
        """The sheet's size in a page of this width; never enlarged."""
        if self.levels is None:
            return QSize(0, 0)
        full = self.levels.full.size()
        room = min(max(1, width - 2 * self._edge), full.width())
        return QSize(room, max(1, round(full.height() * room / full.width())))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.levels is None:
            return
        size = self._fitted(self.width())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        image = self.levels.at_least(size.width() * self.devicePixelRatioF())
        painter.drawImage(QRect(self._edge, _ABOVE, size.width(), size.height()), image)
