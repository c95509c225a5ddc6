"""What paint is and where it goes: the terms shared by brush, shapes and fill.

Coordinates are pixel edges: pixel (column, row) covers [column, column + 1) x [row, row + 1) and
its centre is at + 0.5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.geometry import EMPTY, Rect


@dataclass(frozen=True, slots=True)
class Paint:
    """Which class to lay, over what, and whether the other side gets it too.

    `cls` is the class index; `protected` classes are never altered; `axis` is the x of a vertical
    mirror axis, a multiple of 0.5 so that pixels map onto pixels, or None.
    """

    cls: int
    protected: frozenset[int] = frozenset()
    axis: float | None = None

    def __post_init__(self) -> None:
        if self.axis is not None and not float(self.axis * 2).is_integer():
            raise ValueError(f"the mirror axis must be a multiple of 0.5, not {self.axis}")

    def reflect(self, rect: Rect) -> Rect:
        """Return `rect` seen in the mirror. Raises ValueError without an axis."""
        if self.axis is None:
            raise ValueError("this paint has no mirror axis")
        return Rect(int(2 * self.axis) - rect.x - rect.w, rect.y, rect.w, rect.h)

    def reach(self, width: int, height: int) -> Rect:
        """Return where a stencil can matter: the canvas, and with a mirror its reflection too."""
        canvas = Rect(0, 0, width, height)
        return canvas if self.axis is None else canvas.union(self.reflect(canvas))


@dataclass(frozen=True, slots=True)
class Stencil:
    """The pixels that a tool covers: `mask` is bool (h, w) and lies at `rect`, anywhere."""

    rect: Rect
    mask: NDArray[np.bool_]

    def clip(self, width: int, height: int) -> Stencil:
        """Return the part on a canvas of `width` x `height` pixels, a view."""
        rect = self.rect.clip(width, height)
        if rect == self.rect:
            return self
        if rect.empty:
            return NOTHING
        rows, columns = Rect(rect.x - self.rect.x, rect.y - self.rect.y, rect.w, rect.h).slices
        return Stencil(rect, self.mask[rows, columns])


NOTHING = Stencil(EMPTY, np.zeros((0, 0), np.bool_))


def snap_axis(x: float, width: int, pull: float = 0.0) -> float:
    """Return the mirror axis nearest to `x`: a multiple of 0.5 on the canvas.

    The centre of a canvas `width` pixels wide attracts within `pull` pixels.
    """
    if abs(x - width / 2) <= pull:
        return width / 2
    return min(max(round(x * 2) / 2, 0.0), float(width))
