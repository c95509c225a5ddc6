"""Tools that show an outline while it is drawn and paint it at the end."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainterPath, QPolygonF

from app.domain import brush, shapes
from app.domain.geometry import EMPTY, Rect
from app.domain.paint import Paint, Stencil
from app.ui.design.easel import Easel, Pointer
from app.ui.design.tools import Preview, Tool


class _ShapeTool(Tool):
    """Lays the stencils of a finished shape as one step."""

    @abstractmethod
    def stencils(self, paint: Paint, within: Rect) -> Iterable[Stencil]:
        """What the finished shape covers."""

    def finish(self) -> None:
        if not self.active:
            return
        paint = self.easel.paint(self.lays_ground)
        for stencil in self.stencils(paint, self.easel.reach(paint)):
            self.easel.lay(stencil, paint)
        super().finish()


class _DragTool(_ShapeTool):
    """A shape between the pressed and the present point."""

    def __init__(self, easel: Easel) -> None:
        super().__init__(easel)
        self._start = self._end = Pointer(0, 0)

    def press(self, pointer: Pointer) -> None:
        self.active = True
        self.with_ground = pointer.erases
        self._start = self._end = pointer

    def move(self, pointer: Pointer) -> None:
        self._end = pointer


class LineTool(_DragTool):
    """A straight line as wide as the brush; Shift holds it to multiples of 45 degrees."""

    name = "line"
    sized = True

    def _dabs(self) -> tuple[brush.Dab, brush.Dab]:
        end = self._end.point
        if self._end.shift:
            end = shapes.constrain_angle(self._start.point, end)
        size = self.easel.size
        return brush.dab(*self._start.point, size), brush.dab(*end, size)

    def stencils(self, paint: Paint, within: Rect) -> Iterable[Stencil]:
        return brush.segment(*self._dabs(), within)

    def preview(self) -> Preview | None:
        if not self.active:
            return None
        start, end = self._dabs()
        path = QPainterPath(QPointF(start.x, start.y))
        path.lineTo(end.x, end.y)
        return Preview(path, start.diameter)


class RectangleTool(_DragTool):
    """A filled rectangle; Shift makes it square, Ctrl grows it from its middle."""

    name = "rect"

    @property
    def box(self) -> Rect:
        if not self.active:
            return EMPTY
        return shapes.box(
            self._start.point,
            self._end.point,
            square=self._end.shift,
            centred=self._end.control,
        )

    def stencils(self, paint: Paint, within: Rect) -> Iterable[Stencil]:
        return [shapes.rectangle(self.box, within)]

    def preview(self) -> Preview | None:
        box = self.box
        if box.empty:
            return None
        path = QPainterPath()
        self._outline(path, QRectF(box.x, box.y, box.w, box.h))
        return Preview(path)

    def _outline(self, path: QPainterPath, rect: QRectF) -> None:
        path.addRect(rect)


class EllipseTool(RectangleTool):
    """A filled ellipse; Shift makes it a circle, Ctrl grows it from its middle."""

    name = "ellipse"

    def stencils(self, paint: Paint, within: Rect) -> Iterable[Stencil]:
        return [shapes.ellipse(self.box, within)]

    def _outline(self, path: QPainterPath, rect: QRectF) -> None:
        path.addEllipse(rect)


class LassoTool(_ShapeTool):
    """A freehand outline, filled when the pointer is released."""

    name = "lasso"

    def __init__(self, easel: Easel) -> None:
        super().__init__(easel)
        self._points: list[tuple[float, float]] = []

    def press(self, pointer: Pointer) -> None:
        self.active = True
        self.with_ground = pointer.erases
        self._points = [pointer.point]

    def move(self, pointer: Pointer) -> None:
        if self._points[-1] != pointer.point:
            self._points.append(pointer.point)

    def stencils(self, paint: Paint, within: Rect) -> Iterable[Stencil]:
        return [shapes.polygon(self._points, within)]

    def preview(self) -> Preview | None:
        return Preview(_closed(self._points)) if self.active else None


class PolygonTool(_ShapeTool):
    """Corners by clicks. A double click, a click on the first corner or Enter closes it."""

    name = "polygon"
    lingers = True

    def __init__(self, easel: Easel) -> None:
        super().__init__(easel)
        self._points: list[tuple[float, float]] = []
        self._aim = (0.0, 0.0)

    def press(self, pointer: Pointer) -> None:
        if not self.active:
            self.active = True
            self.with_ground = pointer.erases
            self._points = []
        self.hover(pointer)
        if self._points and pointer.distance(self._points[-1]) <= pointer.grip:
            # The second half of a double click, of the mouse or of a pen, which has none.
            if len(self._points) > 2:
                self.finish()
        elif len(self._points) > 2 and pointer.distance(self._points[0]) <= pointer.grip:
            self.finish()
        else:
            self._points.append(self._aim)

    def move(self, pointer: Pointer) -> None:
        self.hover(pointer)

    def hover(self, pointer: Pointer) -> None:
        self._aim = pointer.point
        if pointer.shift and self._points:
            self._aim = shapes.constrain_angle(self._points[-1], pointer.point)

    def release(self, pointer: Pointer) -> None:
        """A click is over, the polygon is not."""

    def step_back(self) -> None:
        """Remove the last corner."""
        self._points = self._points[:-1]
        if not self._points:
            self.cancel()

    def stencils(self, paint: Paint, within: Rect) -> Iterable[Stencil]:
        return [shapes.polygon(self._points, within)] if len(self._points) > 2 else []

    def preview(self) -> Preview | None:
        if not self.active:
            return None
        return Preview(_closed([*self._points, self._aim]), marks=tuple(self._points))


def _closed(points: list[tuple[float, float]]) -> QPainterPath:
    path = QPainterPath()
    path.addPolygon(QPolygonF([QPointF(x, y) for x, y in points]))
    path.closeSubpath()
    path.setFillRule(Qt.FillRule.WindingFill)
    return path
