"""What all tools share: the document, the chosen class, brush, mirror and protection."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, QPointF, Signal

from app.domain import brush, shapes
from app.domain.document import Document
from app.domain.geometry import Rect
from app.domain.paint import Paint, Stencil, snap_axis
from app.domain.palette import GROUND

DEFAULT_SIZE = 24.0


@dataclass(frozen=True, slots=True)
class Pointer:
    """Mouse or pen: place in pixel edges of the label map, pressure 0..1, keys held.

    `erases` is the pen's other end or the right button: it lays ground. `grip` is the distance in
    label map pixels that counts as "on the same spot".
    """

    x: float
    y: float
    pressure: float = 1.0
    pen: bool = False
    erases: bool = False
    shift: bool = False
    control: bool = False
    grip: float = 0.0

    @property
    def point(self) -> tuple[float, float]:
        return self.x, self.y

    def distance(self, point: tuple[float, float]) -> float:
        return QPointF(self.x - point[0], self.y - point[1]).manhattanLength()


class Easel(QObject):
    """Holds the choices, applies paint to the document and tells of every change."""

    edited = Signal(object)
    stroke_finished = Signal()
    """A stroke, or a step back or forth, is done: nothing changes until the next one."""
    undo_changed = Signal(bool, bool)
    class_picked = Signal(int)
    brush_changed = Signal(float)
    pressure_changed = Signal(bool, float)
    mirror_changed = Signal(bool, float)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document: Document | None = None
        self.cls = GROUND
        self._other_cls = GROUND
        self.size = DEFAULT_SIZE
        self.pressure = True
        self.curve = 1.0
        self.mirror = False
        self.axis = 0.0
        self.protected: frozenset[int] = frozenset()

    def set_document(self, document: Document | None) -> None:
        self.document = document
        if document is not None:
            if self.cls >= len(document.labels.palette):
                self.set_class(GROUND)
            self.set_mirror(self.mirror, document.labels.width / 2)
        self.tell_undo()

    def set_class(self, cls: int) -> None:
        """Choose the class to paint with; the one before it stays at hand for `swap_class`."""
        if cls != self.cls:
            self._other_cls, self.cls = self.cls, cls
            self.class_picked.emit(cls)

    def swap_class(self) -> None:
        self.set_class(self._other_cls)

    def set_size(self, diameter: float) -> None:
        """Choose the brush diameter, limited to what the brush can do."""
        size = float(min(max(diameter, brush.MIN_DIAMETER), brush.MAX_DIAMETER))
        if size != self.size:
            self.size = size
            self.brush_changed.emit(size)

    def set_pressure(self, on: bool, curve: float | None = None) -> None:
        """Choose whether the pen's pressure scales the brush, and the exponent of its curve.

        Below 1 the pen is soft (wide early), above it firm; limited to 0.2..5.
        """
        chosen = (on, self.curve if curve is None else min(max(curve, 0.2), 5.0))
        if chosen != (self.pressure, self.curve):
            self.pressure, self.curve = chosen
            self.pressure_changed.emit(*chosen)

    def set_mirror(self, on: bool, axis: float | None = None, pull: float = 0.0) -> None:
        """Choose mirroring and its axis (x in pixel edges), drawn to the centre within `pull`."""
        width = self.document.labels.width if self.document else 0
        chosen = (on, self.axis if axis is None else snap_axis(axis, width, pull))
        if chosen != (self.mirror, self.axis):
            self.mirror, self.axis = chosen
            self.mirror_changed.emit(*chosen)

    def class_at(self, x: float, y: float) -> int:
        """Return the class under a point, -1 outside the label map."""
        if self.document is None:
            return -1
        labels = self.document.labels
        inside = 0 <= x < labels.width and 0 <= y < labels.height
        return int(labels.array[int(y), int(x)]) if inside else -1

    def diameter(self, pointer: Pointer) -> float:
        """Return the brush diameter at this pressure."""
        if not (self.pressure and pointer.pen):
            return self.size
        return brush.pressed_diameter(self.size, pointer.pressure, self.curve)

    def paint(self, erase: bool = False) -> Paint:
        """Return the paint to lay now; erasing lays ground."""
        return Paint(
            GROUND if erase else self.cls, self.protected, self.axis if self.mirror else None
        )

    def reach(self, paint: Paint) -> Rect:
        """Return where stencils matter, an empty rectangle without a document."""
        if self.document is None:
            return Rect(0, 0, 0, 0)
        return paint.reach(self.document.labels.width, self.document.labels.height)

    def lay(self, stencil: Stencil, paint: Paint) -> None:
        """Paint through `stencil` as part of the stroke in progress."""
        if self.document is not None:
            self.tell_edited(self.document.lay(stencil, paint))

    def clear(self) -> None:
        """Lay ground over all that is not protected, as one step."""
        if self.document is not None:
            whole = Rect(0, 0, self.document.labels.width, self.document.labels.height)
            self.lay(shapes.rectangle(whole, whole), Paint(GROUND, self.protected))
            self.commit()

    def commit(self) -> None:
        """End the stroke in progress; if it changed anything it is one undo step."""
        if self.document is not None and self.document.history.commit():
            self.stroke_finished.emit()
        self.tell_undo()

    def cancel(self) -> None:
        """Take the stroke in progress back."""
        if self.document is not None:
            self.tell_edited(self.document.history.cancel())
        self.tell_undo()

    def undo(self) -> None:
        if self.document is not None:
            self._stepped(self.document.undo())

    def redo(self) -> None:
        if self.document is not None:
            self._stepped(self.document.redo())

    def _stepped(self, dirty: Rect) -> None:
        """Tell of a step back or forth, which ends as a stroke does."""
        self.tell_edited(dirty)
        if not dirty.empty:
            self.stroke_finished.emit()
        self.tell_undo()

    def tell_edited(self, dirty: Rect) -> None:
        if not dirty.empty:
            self.edited.emit(dirty)

    def tell_undo(self) -> None:
        history = self.document.history if self.document is not None else None
        self.undo_changed.emit(
            history is not None and (history.can_undo or history.is_open),
            history is not None and history.can_redo,
        )
