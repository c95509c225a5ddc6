"""The tools of the canvas: each turns pointer moves into stencils on the easel's document."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from PySide6.QtGui import QPainterPath

from app.domain import brush, fill
from app.ui.design.easel import Easel, Pointer


@dataclass(frozen=True, slots=True)
class Preview:
    """What a tool is about to paint, in label map coordinates.

    A `width` above 0 strokes the open `path` with a round pen that wide; otherwise the path is
    filled. `marks` are points to show as knots.
    """

    path: QPainterPath
    width: float = 0.0
    marks: tuple[tuple[float, float], ...] = ()


class Tool(ABC):
    """One tool. `active` from press until the stroke ends; the canvas calls nothing else.

    `sized` tools use the brush diameter and show it as the cursor. `lingers` tools keep their
    unfinished shape when the canvas loses the focus. `erases` tools lay ground, all others do where
    the pointer says so.
    """

    name: ClassVar[str]
    erases: ClassVar[bool] = False
    sized: ClassVar[bool] = False
    lingers: ClassVar[bool] = False

    def __init__(self, easel: Easel) -> None:
        self.easel = easel
        self.active = False
        self.with_ground = False
        """Whether the pointer that began the stroke erases."""

    @property
    def lays_ground(self) -> bool:
        """Whether it erases, now or when it will be used."""
        return self.erases or (self.active and self.with_ground)

    @abstractmethod
    def press(self, pointer: Pointer) -> None:
        """A button or the pen's tip went down."""

    def move(self, pointer: Pointer) -> None:
        """The pointer moved while the tool is active."""

    def hover(self, pointer: Pointer) -> None:
        """The pointer moved while the tool is not active."""

    def release(self, pointer: Pointer) -> None:
        self.move(pointer)
        self.finish()

    def finish(self) -> None:
        """End the stroke with what there is, as one undo step."""
        if self.active:
            self.active = False
            self.easel.commit()

    def cancel(self) -> None:
        """End the stroke and leave nothing of it."""
        if self.active:
            self.active = False
            self.easel.cancel()

    def step_back(self) -> None:
        """Take the last part of an unfinished shape back; a stroke has but one."""
        self.cancel()

    def forget(self) -> None:
        """The document was replaced: drop what belongs to the old one."""

    def preview(self) -> Preview | None:
        return None


class BrushTool(Tool):
    """Paints with the chosen class; Shift+click draws straight from the last point."""

    name = "brush"
    sized = True

    def __init__(self, easel: Easel) -> None:
        super().__init__(easel)
        self._at: brush.Dab | None = None
        self._last: brush.Dab | None = None
        self._aim: tuple[float, float] | None = None

    def press(self, pointer: Pointer) -> None:
        self.active = True
        self.with_ground = pointer.erases
        self._aim = None
        start = self._last if pointer.shift else None
        end = self._dab(pointer)
        self._draw(start or end, end)

    def move(self, pointer: Pointer) -> None:
        end = self._dab(pointer)
        if self._at is not None and end != self._at:
            self._draw(self._at, end)

    def hover(self, pointer: Pointer) -> None:
        self._aim = pointer.point if pointer.shift and self._last else None

    def release(self, pointer: Pointer) -> None:
        # A pen reports no pressure as it leaves; that must not add a dot to the end.
        if not pointer.pen:
            self.move(pointer)
        self.finish()

    def finish(self) -> None:
        super().finish()
        self._at = None

    def cancel(self) -> None:
        super().cancel()
        self._at = None

    def forget(self) -> None:
        self._at = self._last = self._aim = None

    def preview(self) -> Preview | None:
        if self._aim is None or self._last is None or self.active:
            return None
        path = QPainterPath()
        path.moveTo(self._last.x, self._last.y)
        path.lineTo(*self._aim)
        return Preview(path, self.easel.size)

    def _dab(self, pointer: Pointer) -> brush.Dab:
        return brush.dab(pointer.x, pointer.y, self.easel.diameter(pointer))

    def _draw(self, start: brush.Dab, end: brush.Dab) -> None:
        paint = self.easel.paint(self.lays_ground)
        for stencil in brush.segment(start, end, self.easel.reach(paint)):
            self.easel.lay(stencil, paint)
        self._at = self._last = end


class EraserTool(BrushTool):
    """Paints ground."""

    name = "eraser"
    erases = True


class FillTool(Tool):
    """Fills the connected area under the pointer; with Shift all of that class, everywhere."""

    name = "fill"

    def press(self, pointer: Pointer) -> None:
        document = self.easel.document
        if document is None:
            return
        column, row = math.floor(pointer.x), math.floor(pointer.y)
        paint = self.easel.paint(pointer.erases)
        dirty = fill.flood(document, column, row, paint, everywhere=pointer.shift)
        self.easel.tell_edited(dirty)
        self.easel.commit()


class PickTool(Tool):
    """Chooses the class under the pointer, also while dragging."""

    name = "pick"

    def press(self, pointer: Pointer) -> None:
        self.active = True
        self.move(pointer)

    def move(self, pointer: Pointer) -> None:
        cls = self.easel.class_at(*pointer.point)
        if cls >= 0:
            self.easel.set_class(cls)

    def finish(self) -> None:
        self.active = False

    cancel = finish
