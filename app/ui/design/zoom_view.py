"""A view of one picture-like thing: zoom to the cursor, pan, fit."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QInputDevice,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QResizeEvent,
    QTabletEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QGestureEvent,
    QGraphicsScene,
    QGraphicsView,
    QPinchGesture,
    QWidget,
)

from app.ui import theme

MIN_ZOOM = 1 / 32
MAX_ZOOM = 64.0
_LADDER = (
    *(1 / 32, 1 / 16, 1 / 8, 1 / 6, 1 / 4, 1 / 3, 1 / 2, 2 / 3),
    *(1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0),
)
_WHEEL_STEP = 1.25
_FIT_MARGIN = 52
# How much of the view may be empty beside the content at most.
_OVERSCROLL = 0.85


class ZoomView(QGraphicsView):
    """Shows a scene `content_size` large; 1.0 is one content pixel per logical screen pixel.

    The wheel and pinches zoom about the cursor, the middle button and Space + drag pan. Until the
    person zooms or pans, the content stays fitted as the view is resized.
    """

    zoom_changed = Signal(float)
    view_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # Made here, because asking for Qt's own makes PySide load 34 enums, 6 ms of the start.
        self.setViewport(QWidget())
        self.setScene(QGraphicsScene(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.viewport().grabGesture(Qt.GestureType.PinchGesture)
        self._content = QRectF()
        self._zoom = 1.0
        self._fitted = True
        self._pan_from: QPointF | None = None
        self._space = False

    # What others call

    def zoom(self) -> float:
        return self._zoom

    @property
    def fitted(self) -> bool:
        """Whether all of the content is shown, and goes on being shown when the view resizes."""
        return self._fitted

    def set_content_size(self, width: float, height: float) -> None:
        """Show a content of this size from (0, 0) on, fitted."""
        self._content = QRectF(0, 0, width, height)
        self.fit()

    def set_zoom(self, zoom: float, about: QPointF | None = None) -> None:
        """Zoom, keeping the scene point under `about` (viewport position, default the middle)."""
        self._fitted = False
        about = about if about is not None else QRectF(self.viewport().rect()).center()
        self._place(zoom, self.to_scene(about), about)

    def zoom_in(self) -> None:
        self.set_zoom(_LADDER[min(bisect_right(_LADDER, self._zoom * 1.01), len(_LADDER) - 1)])

    def zoom_out(self) -> None:
        self.set_zoom(_LADDER[max(bisect_left(_LADDER, self._zoom * 0.99) - 1, 0)])

    def actual_size(self) -> None:
        self.set_zoom(1.0)

    def fit(self) -> None:
        """Show all of the content, as large as the view allows."""
        room = QRectF(self.viewport().rect())
        if not self._content.isEmpty():
            zoom = min(
                max(room.width() - _FIT_MARGIN, 16) / self._content.width(),
                max(room.height() - _FIT_MARGIN, 16) / self._content.height(),
            )
            self._place(zoom, self._content.center(), room.center())
        self._fitted = True

    def pan_by(self, dx: float, dy: float) -> None:
        """Move the content by this many viewport pixels."""
        self._fitted = False
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setValue(across.value() - round(dx))
        down.setValue(down.value() - round(dy))
        # Scrolling moves what is drawn at a place of the view, such as a handle, along with it.
        self.viewport().update()
        self.view_changed.emit()

    def center(self) -> QPointF:
        """Return the scene point in the middle of the view."""
        return self.to_scene(QRectF(self.viewport().rect()).center())

    def set_view(self, center: QPointF, zoom: float) -> None:
        """Show the same part as another view with this `center()` and `zoom()`."""
        self._fitted = False
        self._place(zoom, center, QRectF(self.viewport().rect()).center())

    def to_scene(self, position: QPointF) -> QPointF:
        """Return the scene point under a viewport position, fractions kept."""
        inverse, _ = self.viewportTransform().inverted()
        return inverse.map(position)

    def to_view(self, rect: QRectF) -> QRectF:
        """Return where a scene rectangle lies in the viewport."""
        return self.viewportTransform().mapRect(rect)

    # Zooming and panning by hand

    @property
    def panning(self) -> bool:
        return self._pan_from is not None

    @property
    def space_held(self) -> bool:
        return self._space

    def pans_with(self, event: QMouseEvent | QTabletEvent) -> bool:
        """Whether this press starts a pan; subclasses may add buttons."""
        left = event.button() == Qt.MouseButton.LeftButton
        return event.button() == Qt.MouseButton.MiddleButton or (left and self._space)

    def hand_changed(self) -> None:
        """The hand for panning appeared or went; the cursor may have to change."""
        if self.panning:
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._space:
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.viewport().unsetCursor()

    def start_pan(self, position: QPointF) -> None:
        self._pan_from = position
        self.hand_changed()

    def end_pan(self) -> None:
        self._pan_from = None
        self.hand_changed()

    def release_hand(self) -> None:
        """Forget held keys and buttons; their release may go to another window."""
        self._space = False
        self.end_pan()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.panning and self.pans_with(event):
            self.start_pan(event.position())
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.continue_pan(event.position())
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.panning:
            self.end_pan()
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def continue_pan(self, position: QPointF) -> None:
        if self._pan_from is not None:
            way = position - self._pan_from
            self._pan_from = position
            self.pan_by(way.x(), way.y())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Space:
            # QGraphicsView would scroll with the arrow keys; they stay free for commands.
            event.ignore()
        elif not self._space:  # a repeat too: the key may have gone down in another view
            self._space = True
            self.hand_changed()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Space:
            event.ignore()
        elif not event.isAutoRepeat():
            self._space = False
            self.hand_changed()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.release_hand()
        super().focusOutEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        touchpad = event.device().type() == QInputDevice.DeviceType.TouchPad
        if touchpad and not event.pixelDelta().isNull() and not control:
            self.pan_by(event.pixelDelta().x(), event.pixelDelta().y())
            return
        turn = event.angleDelta().y() or event.angleDelta().x()
        self.set_zoom(self._zoom * _WHEEL_STEP ** (turn / 120), event.position())

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self.set_zoom(self._zoom * (1 + event.value()), event.position())
            return True
        if isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                self.pinch(pinch)
                event.accept()
            return True
        return super().viewportEvent(event)

    def pinch(self, gesture: QPinchGesture) -> None:
        """Zoom and pan with two fingers."""
        centre = QPointF(self.viewport().mapFromGlobal(gesture.centerPoint().toPoint()))
        before = QPointF(self.viewport().mapFromGlobal(gesture.lastCenterPoint().toPoint()))
        self.pan_by(centre.x() - before.x(), centre.y() - before.y())
        self.set_zoom(self._zoom * gesture.scaleFactor(), centre)

    def resizeEvent(self, event: QResizeEvent) -> None:
        # Before Qt clamps the scroll bars to a range that is about to change.
        corner = self.to_scene(QPointF(0, 0))
        super().resizeEvent(event)
        if self._fitted:
            self.fit()
        else:
            self._place(self._zoom, corner, QPointF(0, 0))

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        painter.fillRect(rect, self.well_color())

    def well_color(self) -> QColor:
        return theme.current().well

    def _place(self, zoom: float, point: QPointF, at: QPointF) -> None:
        """Zoom so that the scene `point` lies `at` a viewport position."""
        zoom = min(max(zoom, MIN_ZOOM), MAX_ZOOM)
        beside = self.viewport().width() * _OVERSCROLL / zoom
        above = self.viewport().height() * _OVERSCROLL / zoom
        self.setSceneRect(self._content.adjusted(-beside, -above, beside, above))
        self.setTransform(QTransform.fromScale(zoom, zoom))
        self.horizontalScrollBar().setValue(round(point.x() * zoom - at.x()))
        self.verticalScrollBar().setValue(round(point.y() * zoom - at.y()))
        self.viewport().update()
        if zoom != self._zoom:
            self._zoom = zoom
            self.zoom_changed.emit(zoom)
        self.view_changed.emit()
