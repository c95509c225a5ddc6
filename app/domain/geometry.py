"""Integer rectangles on a pixel grid."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rect:
    """Pixels x..x+w-1, y..y+h-1; a width or height of 0 or less is empty."""

    x: int
    y: int
    w: int
    h: int

    @property
    def empty(self) -> bool:
        return self.w <= 0 or self.h <= 0

    @property
    def right(self) -> int:
        """The first column after the rectangle."""
        return self.x + self.w

    @property
    def bottom(self) -> int:
        """The first row after the rectangle."""
        return self.y + self.h

    @property
    def slices(self) -> tuple[slice, slice]:
        """(rows, columns) for indexing an array; the rectangle must lie inside the array."""
        return slice(self.y, self.y + max(self.h, 0)), slice(self.x, self.x + max(self.w, 0))

    def union(self, other: Rect) -> Rect:
        """The smallest rectangle that holds both; an empty one adds nothing."""
        if self.empty:
            return EMPTY if other.empty else other
        if other.empty:
            return self
        x, y = min(self.x, other.x), min(self.y, other.y)
        return Rect(x, y, max(self.right, other.right) - x, max(self.bottom, other.bottom) - y)

    def intersect(self, other: Rect) -> Rect:
        """The pixels in both; `EMPTY` when there are none."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        both = Rect(x, y, min(self.right, other.right) - x, min(self.bottom, other.bottom) - y)
        return EMPTY if both.empty else both

    def clip(self, width: int, height: int) -> Rect:
        """The part that lies on a ``width`` × ``height`` map."""
        return self.intersect(Rect(0, 0, width, height))


EMPTY = Rect(0, 0, 0, 0)


def inscribe(width: int, height: int, outer_width: int, outer_height: int) -> Rect:
    """The largest centred rectangle of width:height's proportions inside the outer one."""
    scale = min(outer_width / width, outer_height / height)
    w = min(outer_width, max(1, round(width * scale)))
    h = min(outer_height, max(1, round(height * scale)))
    return Rect((outer_width - w) // 2, (outer_height - h) // 2, w, h)
