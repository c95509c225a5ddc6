"""The scene item that shows a label map and the picture laid over it."""

from __future__ import annotations

import math
from functools import cache

from PySide6.QtCore import QLineF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen, QPixmap, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from app.domain.geometry import Rect
from app.domain.label_map import LabelMap
from app.ui import theme
from app.ui.imaging import LabelImage

GRID_ZOOM = 8.0

# Canvas furniture. The paper stands out from the well of either theme, but garments lead.
_DARK_PAPER = (QColor("#54565b"), QColor("#5b5d62"))
_LIGHT_PAPER = (QColor("#e3e4e5"), QColor("#ebeced"))
_PAPER_SQUARE = 8
_EDGE = QColor("#7c7f86")
_GRID = QColor(128, 128, 128, 80)


@cache
def _paper(light: bool) -> QBrush:
    first, second = _LIGHT_PAPER if light else _DARK_PAPER
    side = 2 * _PAPER_SQUARE
    tile = QPixmap(side, side)
    tile.fill(first)
    painter = QPainter(tile)
    painter.fillRect(0, 0, _PAPER_SQUARE, _PAPER_SQUARE, second)
    painter.fillRect(_PAPER_SQUARE, _PAPER_SQUARE, _PAPER_SQUARE, _PAPER_SQUARE, second)
    painter.end()
    return QBrush(tile)


class CanvasItem(QGraphicsItem):
    """Paper, labels, overlay, pixel grid and edge; paints only what is exposed."""

    def __init__(self, labels: LabelMap) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self._size = QRect(0, 0, labels.width, labels.height)
        self._labels = LabelImage(labels)
        self._overlay: QImage | None = None
        self._opacity = 1.0
        self._grid = True
        self._underlay: QImage | None = None
        self._tint = 1.0

    def refresh(self, dirty: Rect) -> None:
        """Take over changed labels; the view has to update the same rectangle."""
        self._labels.refresh(dirty)

    def set_overlay(self, picture: QImage | None, opacity: float) -> None:
        """Lay a picture over the whole canvas, `opacity` 0..1."""
        self._overlay = picture
        self._opacity = opacity
        self.update()

    def set_underlay(self, picture: QImage | None, tint: float) -> None:
        """Lay the labels over a picture instead of paper, `tint` 0..1 of them."""
        self._underlay, self._tint = picture, tint
        self.update()

    def set_grid(self, on: bool) -> None:
        """Show the lines between the pixels, from GRID_ZOOM on."""
        self._grid = on
        self.update()

    def boundingRect(self) -> QRectF:
        # Room for the edge, at any zoom.
        return QRectF(self._size).adjusted(-64, -64, 64, 64)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        zoom = painter.worldTransform().m11()
        exposed = option.exposedRect.toAlignedRect()  # type: ignore[attr-defined]
        part = exposed.intersected(self._size)
        if not part.isEmpty():
            paper = _paper(theme.current().well.lightnessF() > 0.5)
            paper.setTransform(QTransform.fromScale(1 / zoom, 1 / zoom))
            painter.fillRect(part, paper)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, zoom < 1)
            # The whole image, clipped by Qt: parts of it would each be scaled with their own
            # rounding, and edges would jump by a pixel where repaints meet.
            if self._underlay is not None:
                painter.drawImage(self._size, self._underlay)
                painter.setOpacity(self._tint)
            painter.drawImage(self._size, self._labels.image)
            painter.setOpacity(1.0)
            self._paint_overlay(painter)
            if self._grid and zoom >= GRID_ZOOM:
                self._paint_grid(painter, part)
        painter.setPen(QPen(_EDGE, 0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(self._size)

    def _paint_overlay(self, painter: QPainter) -> None:
        if self._overlay is None or self._opacity <= 0:
            return
        painter.setOpacity(self._opacity)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self._size, self._overlay)
        painter.setOpacity(1.0)

    def _paint_grid(self, painter: QPainter, part: QRect) -> None:
        left, top = math.floor(part.left()), math.floor(part.top())
        right, bottom = left + part.width(), top + part.height()
        lines = [QLineF(x, top, x, bottom) for x in range(left + 1, right)]
        lines += [QLineF(left, y, right, y) for y in range(top + 1, bottom)]
        painter.setPen(QPen(_GRID, 0))
        painter.drawLines(lines)
