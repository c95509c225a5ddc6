"""The outcome: the photo before and after, with a line between them that can be dragged."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPen,
    QResizeEvent,
    QTabletEvent,
)
from PySide6.QtWidgets import QWidget

from app.ui import theme
from app.ui.design.preview import PictureMessage
from app.ui.design.zoom_view import ZoomView
from app.ui.imaging import Levels

_GRAB = 14.0  # viewport pixels around the line in which it is taken hold of
_RADIUS = 15.0
_PIXELS_FROM = 6.0  # zoom from which single pixels are shown
_DARK, _LIGHT = QColor(0, 0, 0, 150), QColor(255, 255, 255, 240)


class OutcomePane(ZoomView):
    """Shows a photo, and where there is one its outcome: left of the line before, right after.

    Positions are pixels of the photo. `split` is 0..1 of its width; without `comparing` the
    outcome is whole, and while `holding` the photo is.
    """

    split_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("outcome_pane")
        self.setAccessibleName("Outcome")
        self.setMinimumSize(200, 200)
        self.setAcceptDrops(False)
        self.viewport().setAcceptDrops(False)
        self._before: Levels | None = None
        self._after: Levels | None = None
        self._split, self._comparing, self._holding, self._dragged = 0.5, False, False, False
        self.message = PictureMessage(self.viewport())
        self.message.setObjectName("outcome_message")
        self.message.hide()

    # What others call

    @property
    def before(self) -> Levels | None:
        return self._before

    @property
    def after(self) -> Levels | None:
        return self._after

    def show_photo(self, levels: Levels | None) -> None:
        """Show a photo without an outcome; the view is fitted unless it has the same size."""
        old = self._before.full.size() if self._before is not None else None
        self._before, self._after = levels, None
        if levels is not None and levels.full.size() != old:
            self.set_content_size(levels.full.width(), levels.full.height())
        self._refresh()

    def show_outcome(self, levels: Levels) -> None:
        """Show the outcome of the photo."""
        self._after = levels
        self.message.hide()
        self._refresh()

    @property
    def split(self) -> float:
        return self._split

    @property
    def comparing(self) -> bool:
        return self._comparing

    def set_split(self, split: float) -> None:
        """Move the line to 0..1 of the photo's width."""
        self._split = min(1.0, max(0.0, split))
        self.viewport().update()
        self.split_changed.emit(self._split)

    def set_comparing(self, on: bool) -> None:
        """Show the line, or all of the outcome."""
        self._comparing = on
        self._refresh()

    def set_holding(self, on: bool) -> None:
        """Show all of the photo for as long as a key is held."""
        self._holding = on
        self._refresh()

    # Pointer

    def _line(self) -> float:
        """Where the line is, in viewport pixels, kept in sight."""
        area = self._area()
        return area.left() + self._split * area.width()

    def _area(self) -> QRectF:
        return self.to_view(self._content)

    @property
    def _divided(self) -> bool:
        return self._comparing and not self._holding and self._after is not None

    def _over_line(self, at: QPointF) -> bool:
        area = self._area()
        inside = area.top() <= at.y() <= area.bottom()
        return self._divided and inside and abs(at.x() - self._line()) <= _GRAB

    def pans_with(self, event: QMouseEvent | QTabletEvent) -> bool:
        return event.button() == Qt.MouseButton.LeftButton or super().pans_with(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        left = event.button() == Qt.MouseButton.LeftButton
        if left and not self.space_held and self._over_line(event.position()):
            self._dragged = True
            event.accept()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged:
            area = self._area()
            self.set_split((event.position().x() - area.left()) / max(1.0, area.width()))
            event.accept()
            return
        if not self.panning and not self.space_held:
            over = self._over_line(event.position())
            shape = Qt.CursorShape.SplitHCursor if over else Qt.CursorShape.ArrowCursor
            self.viewport().setCursor(shape)
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragged = False
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._over_line(event.position()):
            self.set_split(0.5)
        elif event.button() == Qt.MouseButton.LeftButton and self.zoom() < 0.999:
            self.set_zoom(1.0, event.position())
        else:
            self.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.message.place()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._refresh()

    # Drawing

    def _refresh(self) -> None:
        self.viewport().update()

    def drawForeground(self, painter: QPainter, rect: QRectF | object) -> None:
        if self._before is None:
            return
        area = self._area()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.zoom() < _PIXELS_FROM)
        whole = self._before if self._holding or self._after is None else self._after
        if self._divided:
            line = self._line()
            self._draw(painter, area, self._before, QRectF(area.left(), 0, line - area.left(), 1e6))
            self._draw(painter, area, whole, QRectF(line, 0, area.right() - line, 1e6))
            self._draw_line(painter, area, line)
        else:
            self._draw(painter, area, whole, area)
        painter.restore()

    def _draw(self, painter: QPainter, area: QRectF, levels: Levels, clip: QRectF) -> None:
        painter.save()
        painter.setClipRect(clip)
        painter.fillRect(area, Qt.GlobalColor.white)  # what is clear in a photo
        painter.drawImage(area, levels.at_least(area.width() * self.devicePixelRatioF()))
        painter.restore()

    def _draw_line(self, painter: QPainter, area: QRectF, x: float) -> None:
        seen = area.intersected(QRectF(self.viewport().rect()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for color, width in ((_DARK, 4.0), (_LIGHT, 2.0)):
            painter.setPen(QPen(color, width))
            painter.drawLine(QPointF(x, seen.top()), QPointF(x, seen.bottom()))
        centre = QPointF(x, seen.center().y())
        painter.setPen(QPen(_DARK, 1.5))
        painter.setBrush(theme.current().accent if self._dragged else _LIGHT)
        painter.drawEllipse(centre, _RADIUS, _RADIUS)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(40, 42, 46))
        for side in (-1, 1):
            arrow = QPainterPath(centre + QPointF(side * 9, 0))
            arrow.lineTo(centre + QPointF(side * 3.5, -4.5))
            arrow.lineTo(centre + QPointF(side * 3.5, 4.5))
            painter.drawPath(arrow)
        self._draw_words(painter, seen, x)

    def _draw_words(self, painter: QPainter, seen: QRectF, x: float) -> None:
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        for text, left in (("Before", True), ("After", False)):
            width = metrics.horizontalAdvance(text) + 16
            room = x - seen.left() if left else seen.right() - x
            if room < width + 24:
                continue
            at = x - width - 10 if left else x + 10
            box = QRectF(at, seen.top() + 10, width, metrics.height() + 6)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(_DARK)
            painter.drawRoundedRect(box, 5, 5)
            painter.setPen(_LIGHT)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
