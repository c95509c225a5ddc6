"""What lies on the canvas without being part of it: cursor outline, previews, mirror axis.

Everything is drawn in viewport pixels, dark under light, so that it shows on any garment colour.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPainterPathStroker, QPen, QTransform

from app.domain import brush
from app.ui.design.tools import Preview

_DARK = QColor(0, 0, 0, 170)
_LIGHT = QColor(255, 255, 255, 235)
_AXIS = QColor("#3fd0c9")
_GROUND_TINT = QColor(128, 128, 128, 150)

HANDLE_RADIUS = 9.0
_KNOT = 3.0
# As far as knots and crosses reach.
_MARGIN = 12.0
# Below this zoom the steps of the pixels only make the outline look rough.
_STEPPED_ZOOM = 4.0


def brush_outline(dab: brush.Dab, zoom: float) -> QPainterPath:
    """Return the edge of a dab in label map coordinates: its true pixels when they are visible."""
    half = dab.diameter / 2
    if zoom >= _STEPPED_ZOOM and dab.diameter * zoom <= 2048:
        return _stepped(dab.diameter).translated(dab.x - half, dab.y - half)
    path = QPainterPath()
    path.addEllipse(QPointF(dab.x, dab.y), half, half)
    return path


@lru_cache(maxsize=64)
def _stepped(diameter: int) -> QPainterPath:
    mask = brush.stamp(diameter)
    left = mask.argmax(axis=1)
    right = diameter - mask[:, ::-1].argmax(axis=1)
    rows = np.arange(diameter)
    down = np.stack((np.repeat(right, 2), np.stack((rows, rows + 1), 1).ravel()), 1)
    up = np.stack((np.repeat(left, 2), np.stack((rows, rows + 1), 1).ravel()), 1)[::-1]
    path = QPainterPath()
    for number, (x, y) in enumerate(np.concatenate((down, up)).tolist()):
        if number:
            path.lineTo(x, y)
        else:
            path.moveTo(x, y)
    path.closeSubpath()
    return path


def preview_shape(preview: Preview) -> QPainterPath:
    """Return the area that a preview would paint, as a path to fill."""
    if preview.width <= 0:
        return preview.path
    stroker = QPainterPathStroker()
    stroker.setWidth(preview.width)
    stroker.setCapStyle(Qt.PenCapStyle.RoundCap)
    stroker.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    area = stroker.createStroke(preview.path)
    if preview.path.length() == 0:
        area.addEllipse(preview.path.currentPosition(), preview.width / 2, preview.width / 2)
    return area


def reflected(axis: float) -> QTransform:
    """Return the transform that mirrors label map coordinates at x = `axis`."""
    return QTransform(-1, 0, 0, 1, 2 * axis, 0)


def bounds(path: QPainterPath) -> QRect:
    """Return the viewport rectangle that painting `path` may touch."""
    rect = path.boundingRect().adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN)
    return rect.toAlignedRect()


def paint_outline(painter: QPainter, path: QPainterPath) -> None:
    """Draw an edge, `path` in viewport pixels."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(_DARK, 3))
    painter.drawPath(path)
    painter.setPen(QPen(_LIGHT, 1))
    painter.drawPath(path)


def paint_area(painter: QPainter, path: QPainterPath, color: QColor | None) -> None:
    """Draw an area about to be painted, `path` in viewport pixels; None stands for ground."""
    tint = QColor(color) if color is not None else QColor(_GROUND_TINT)
    tint.setAlpha(170)
    painter.fillPath(path, tint)
    paint_outline(painter, path)


def paint_knots(painter: QPainter, points: list[QPointF]) -> None:
    """Draw the corners of an unfinished polygon, the first one larger: a click there closes it."""
    painter.setPen(QPen(_DARK, 1.5))
    painter.setBrush(_LIGHT)
    for number, point in enumerate(points):
        radius = _KNOT if number else _KNOT + 1.5
        painter.drawEllipse(point, radius, radius)


def paint_cross(painter: QPainter, at: QPointF) -> None:
    """Draw a small cross where the brush is too small to be seen."""
    path = QPainterPath()
    for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        path.moveTo(at + QPointF(4 * dx, 4 * dy))
        path.lineTo(at + QPointF(9 * dx, 9 * dy))
    paint_outline(painter, path)


def handle_centre(axis_x: float, top: float) -> QPointF:
    """Return where the handle of the mirror axis sits: above the canvas, but always in view."""
    return QPointF(axis_x, max(top - HANDLE_RADIUS - 3, HANDLE_RADIUS + 4))


def paint_axis(painter: QPainter, axis_x: float, top: float, bottom: float, hot: bool) -> None:
    """Draw the mirror axis between two heights of the viewport, and its handle."""
    for color, width in ((_DARK, 3.0), (_AXIS, 1.0)):
        pen = QPen(color, width)
        if color is _AXIS:
            pen.setDashPattern([6, 4])
        painter.setPen(pen)
        painter.drawLine(QPointF(axis_x, top), QPointF(axis_x, bottom))
    centre = handle_centre(axis_x, top)
    painter.setPen(QPen(_DARK, 1.5))
    painter.setBrush(_AXIS.lighter(125) if hot else _AXIS)
    painter.drawEllipse(centre, HANDLE_RADIUS, HANDLE_RADIUS)
    painter.setBrush(_DARK)
    painter.setPen(Qt.PenStyle.NoPen)
    for side in (-1, 1):
        arrow = QPainterPath(centre + QPointF(side * 6, 0))
        arrow.lineTo(centre + QPointF(side * 2, -3.5))
        arrow.lineTo(centre + QPointF(side * 2, 3.5))
        painter.drawPath(arrow)
