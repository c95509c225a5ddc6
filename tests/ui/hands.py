"""A mouse and a pen that work on the canvas in label map coordinates, with real Qt events."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QInputDevice, QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.ui.design.canvas import LabelCanvas

LEFT = Qt.MouseButton.LeftButton
RIGHT = Qt.MouseButton.RightButton
NO_KEY = Qt.KeyboardModifier.NoModifier
Place = tuple[float, float]


def spot(canvas: LabelCanvas, place: Place) -> QPoint:
    """Viewport position of a place on the label map."""
    return canvas.viewportTransform().map(QPointF(*place)).toPoint()


def press(
    canvas: LabelCanvas,
    place: Place,
    keys: Qt.KeyboardModifier = NO_KEY,
    button: Qt.MouseButton = LEFT,
) -> None:
    QTest.mousePress(canvas.viewport(), button, keys, spot(canvas, place))


def move(canvas: LabelCanvas, place: Place) -> None:
    QTest.mouseMove(canvas.viewport(), spot(canvas, place))


def release(
    canvas: LabelCanvas,
    place: Place,
    keys: Qt.KeyboardModifier = NO_KEY,
    button: Qt.MouseButton = LEFT,
) -> None:
    QTest.mouseRelease(canvas.viewport(), button, keys, spot(canvas, place))


def drag(
    canvas: LabelCanvas,
    places: Sequence[Place],
    keys: Qt.KeyboardModifier = NO_KEY,
    button: Qt.MouseButton = LEFT,
) -> None:
    """Press at the first place, move along the others, release at the last."""
    press(canvas, places[0], keys, button)
    for place in places[1:]:
        move(canvas, place)
    release(canvas, places[-1], keys, button)


class Pen:
    """A tablet pen, either end of it."""

    def __init__(self, canvas: LabelCanvas, eraser: bool = False) -> None:
        self._canvas = canvas
        kind = QPointingDevice.PointerType
        self._device = QPointingDevice(
            "pen",
            7,
            QInputDevice.DeviceType.Stylus,
            kind.Eraser if eraser else kind.Pen,
            QInputDevice.Capability.Position | QInputDevice.Capability.Pressure,
            1,
            2,
        )

    def send(self, kind: QEvent.Type, place: Place, pressure: float) -> QTabletEvent:
        at = self._canvas.viewportTransform().map(QPointF(*place))
        where = QPointF(self._canvas.viewport().mapToGlobal(at))
        changed = Qt.MouseButton.NoButton if kind == QEvent.Type.TabletMove else LEFT
        held = LEFT if pressure > 0 else Qt.MouseButton.NoButton
        event = QTabletEvent(
            kind, self._device, at, where, pressure, 0, 0, 0, 0, 0, NO_KEY, changed, held
        )
        QApplication.sendEvent(self._canvas.viewport(), event)
        return event

    def drag(self, places: Sequence[Place], pressures: Sequence[float]) -> None:
        """Press, move and lift with a pressure at each place."""
        self.send(QEvent.Type.TabletPress, places[0], pressures[0])
        for place, pressure in zip(places[1:], pressures[1:], strict=True):
            self.send(QEvent.Type.TabletMove, place, pressure)
        self.send(QEvent.Type.TabletRelease, places[-1], 0.0)
