"""Thumbnails in rows: how a cell looks, and how the pictures get there without any waiting."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSignalBlocker,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QImage, QKeyEvent, QPainter, QPainterPath, QPen, QWheelEvent
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.jobs.files import FilePool
from app.ui import theme
from app.ui.icons import icon
from app.ui.tryon import pieces

Index = QModelIndex | QPersistentModelIndex

MARK_ROLE = Qt.ItemDataRole.UserRole + 1
"""The name of an icon to draw where there is no thumbnail."""
_PADDING, _RADIUS, _LINE = 6, 5, 18
_KEPT = 500  # thumbnails
_QUEUED = 120  # wishes; older ones come again when they are scrolled into view


class Cells(Protocol):
    """What stands in the rows of a `CellView`."""

    def __len__(self) -> int: ...

    def word(self, row: int) -> str:
        """What stands below the thumbnail."""
        ...

    def tip(self, row: int) -> str: ...

    def thumbnail(self, row: int) -> QImage | None: ...

    def mark(self, row: int) -> str:
        """The name of the icon to draw while there is no thumbnail."""
        ...


class CellModel(QAbstractListModel):
    """Shows ``cells`` to Qt. Who changes them says so: one by `tell`, all of them by `reset`."""

    def __init__(self, cells: Cells, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._told: dict[int, Callable[[int], object]] = {
            Qt.ItemDataRole.DisplayRole: cells.word,
            Qt.ItemDataRole.ToolTipRole: cells.tip,
            Qt.ItemDataRole.DecorationRole: cells.thumbnail,
            MARK_ROLE: cells.mark,
        }
        self._cells = cells

    def tell(self, row: int) -> None:
        """Something in a row changed; -1 is none."""
        if row >= 0:
            self.dataChanged.emit(self.index(row), self.index(row))

    def reset(self) -> None:
        """There may be other rows now."""
        self.beginResetModel()
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        return 0 if parent.isValid() else len(self._cells)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        told = self._told.get(role)
        return told(index.row()) if told is not None else None


class Thumbnails(QObject):
    """Small copies of picture files, made one after the other when they are first asked for.

    One at a time, so that of the pool's two threads one is always free for what was clicked.
    """

    arrived = Signal(object)  # Path

    def __init__(self, pool: FilePool, side: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool, self._side = pool, side
        self._made: OrderedDict[Path, QImage | None] = OrderedDict()
        self._wanted: OrderedDict[Path, None] = OrderedDict()
        self._busy = False

    def get(self, path: Path) -> QImage | None:
        """The thumbnail; None while it is on its way, and for a file that is no picture."""
        if path in self._made:
            return self._made[path]
        self._wanted[path] = None
        self._wanted.move_to_end(path)  # what is in sight now comes first
        while len(self._wanted) > _QUEUED:
            self._wanted.popitem(last=False)
        self._go_on()
        return None

    def broken(self, path: Path) -> bool:
        """Whether the file could not be read as a picture."""
        return self._made.get(path, self) is None

    def forget(self) -> None:
        """Make all of them anew when they are asked for again."""
        self._made.clear()
        self._wanted.clear()

    def _go_on(self) -> None:
        if self._busy or not self._wanted:
            return
        path, _ = self._wanted.popitem(last=True)
        self._busy = True
        piece = pieces.from_file(path)
        job = self._pool.submit(lambda: piece.thumbnail(self._side), f"Thumbnail of {path.name}")
        job.succeeded.connect(lambda image: self._keep(path, image))
        job.failed.connect(lambda _error: self._keep(path, None))
        job.finished.connect(self._free)

    def _keep(self, path: Path, image: QImage | None) -> None:
        self._made[path] = image
        while len(self._made) > _KEPT:
            self._made.popitem(last=False)
        self.arrived.emit(path)

    def _free(self) -> None:
        self._busy = False
        self._go_on()


class Cell(QStyledItemDelegate):
    """A thumbnail on a sheet with its name below."""

    def __init__(self, size: QSize, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._size = size

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return self._size

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        colors = theme.current()
        cell: QRect = option.rect.adjusted(3, 3, -3, -3)  # type: ignore[attr-defined]
        state = option.state  # type: ignore[attr-defined]
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        hot = bool(state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(QPen(colors.accent, 2) if chosen else Qt.PenStyle.NoPen)
        ground = colors.accent_soft if chosen else colors.hover if hot else colors.raised
        painter.setBrush(ground)
        painter.drawRoundedRect(cell, _RADIUS, _RADIUS)
        sheet = cell.adjusted(_PADDING, _PADDING, -_PADDING, -_PADDING - _LINE)
        image = index.data(Qt.ItemDataRole.DecorationRole)
        if isinstance(image, QImage):
            draw_fitted(painter, sheet, image)
        elif mark := index.data(MARK_ROLE):
            side = 24
            spot = QRect(0, 0, side, side)
            spot.moveCenter(sheet.center())
            icon(mark, colors.disabled).paint(painter, spot)
        painter.setPen(colors.text if chosen else colors.dim)
        line = QRect(sheet.left(), cell.bottom() - _LINE - 2, sheet.width(), _LINE)
        text = painter.fontMetrics().elidedText(
            str(index.data(Qt.ItemDataRole.DisplayRole)), Qt.TextElideMode.ElideMiddle, line.width()
        )
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, text)
        painter.restore()


def draw_fitted(painter: QPainter, room: QRect, image: QImage) -> None:
    """Draw a picture as large as the room allows, on white, with its corners rounded off."""
    size = image.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
    place = QRect(0, 0, size.width(), size.height())
    place.moveCenter(room.center())
    painter.save()
    corners = QPainterPath()
    corners.addRoundedRect(place, 3, 3)
    painter.setClipPath(corners)
    painter.fillRect(place, Qt.GlobalColor.white)
    painter.drawImage(place, image)
    painter.restore()


class CellView(QListView):
    """Cells of one size in a row, or in rows when `wrapping`.

    Letters stay free for the commands of the window.
    """

    def __init__(
        self, size: QSize, *, wrapping: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(wrapping)
        if wrapping:
            self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setItemDelegate(Cell(size, self))
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        off, needed = (
            Qt.ScrollBarPolicy.ScrollBarAlwaysOff,
            Qt.ScrollBarPolicy.ScrollBarAsNeeded,
        )
        self.setHorizontalScrollBarPolicy(off if wrapping else needed)
        self.setVerticalScrollBarPolicy(needed if wrapping else off)
        self.setDragEnabled(False)
        self.setAcceptDrops(False)
        self.viewport().setAcceptDrops(False)
        self._sideways = not wrapping

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Qt would make the first cell current, which here means to choose it."""
        chooses = self.selectionModel()
        none = not self.currentIndex().isValid()
        with QSignalBlocker(chooses):
            super().focusInEvent(event)
            if none:
                chooses.clearCurrentIndex()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.text().isprintable() and event.text():
            event.ignore()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._sideways and not event.angleDelta().x():
            bar = self.horizontalScrollBar()
            bar.setValue(bar.value() - event.angleDelta().y())
            event.accept()
        else:
            super().wheelEvent(event)
