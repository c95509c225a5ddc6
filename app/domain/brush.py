"""A round brush with hard edges and an exact size, made of whole pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.geometry import Rect
from app.domain.paint import Stencil

MIN_DIAMETER = 1
MAX_DIAMETER = 512

# A long segment is cut into pieces at least this long, so that a diagonal does not cost its box.
_PIECE = 96
# Squared distances between pixel centres and snapped stamps are multiples of 1/4; this only
# absorbs rounding.
_SLACK = 1e-2


@dataclass(frozen=True, slots=True)
class Dab:
    """One touch of the brush: centre in pixel edges, diameter in whole pixels."""

    x: float
    y: float
    diameter: int


def dab(x: float, y: float, diameter: float) -> Dab:
    """Return the dab nearest to (x, y) that is exactly `diameter` (rounded, at least 1) wide.

    Odd sizes are centred on a pixel and even ones on a corner: only so does every dab of one size
    have the same shape, and size 1 always paints one pixel.
    """
    size = max(MIN_DIAMETER, round(diameter))
    if size % 2:
        return Dab(math.floor(x) + 0.5, math.floor(y) + 0.5, size)
    return Dab(float(math.floor(x + 0.5)), float(math.floor(y + 0.5)), size)


def pressed_diameter(size: float, pressure: float, gamma: float = 1.0) -> float:
    """Return the diameter under a pen.

    `size` is the full diameter in pixels, `pressure` 0..1; `gamma` below 1 makes a soft pen
    (wide early), above 1 a firm one.
    """
    return max(float(MIN_DIAMETER), size * math.pow(min(max(pressure, 0.0), 1.0), gamma))


def segment(start: Dab, end: Dab, within: Rect) -> Iterator[Stencil]:
    """Yield the stencils that together cover every dab between `start` and `end`.

    The diameter changes evenly along the way. Only pixels of `within` are returned.
    """
    if start.diameter == end.diameter == 1:
        yield from _thin(start, end, within)
        return
    length = math.hypot(end.x - start.x, end.y - start.y)
    pieces = math.ceil(length / max(_PIECE, start.diameter, end.diameter)) or 1
    for piece in range(pieces):
        yield from _capsule(
            _between(start, end, piece / pieces), _between(start, end, (piece + 1) / pieces), within
        )


def stamp(diameter: float) -> NDArray[np.bool_]:
    """Return the mask of one dab, bool (diameter, diameter)."""
    touch = dab(diameter, diameter, diameter)
    (stencil,) = segment(touch, touch, Rect(0, 0, 4 * touch.diameter, 4 * touch.diameter))
    return stencil.mask


def _between(start: Dab, end: Dab, t: float) -> tuple[float, float, float]:
    """Return (x, y, radius) at `t` 0..1 of the way."""
    radius = (start.diameter + (end.diameter - start.diameter) * t) / 2
    return start.x + (end.x - start.x) * t, start.y + (end.y - start.y) * t, radius


def _thin(start: Dab, end: Dab, within: Rect) -> Iterator[Stencil]:
    """A line one pixel wide: Bresenham, because a capsule would make steps of two pixels."""
    import cv2  # not at the top: the window's first painting need not wait for it

    x0, y0 = math.floor(start.x), math.floor(start.y)
    x1, y1 = math.floor(end.x), math.floor(end.y)
    box = Rect(min(x0, x1), min(y0, y1), abs(x1 - x0) + 1, abs(y1 - y0) + 1)
    rect = box.intersect(within)
    if rect.empty:
        return
    mask = np.zeros((rect.h, rect.w), np.uint8)
    cv2.line(mask, (x0 - rect.x, y0 - rect.y), (x1 - rect.x, y1 - rect.y), 1, 1, cv2.LINE_8)
    yield Stencil(rect, mask.view(np.bool_))


def _capsule(
    start: tuple[float, float, float], end: tuple[float, float, float], within: Rect
) -> Iterator[Stencil]:
    """The union of all discs from `start` to `end`, each (x, y, radius).

    A pixel at u along and v beside the way lies deepest in the disc at
    s = u + v * k / sqrt(1 - k^2), k being the radius gained per pixel of way (set the derivative
    of |p - c(s)| - r(s) to zero), so one test of that disc decides.
    """
    (ax, ay, ar), (bx, by, br) = start, end
    left, top = math.floor(min(ax - ar, bx - br)), math.floor(min(ay - ar, by - br))
    right, bottom = math.ceil(max(ax + ar, bx + br)), math.ceil(max(ay + ar, by + br))
    rect = Rect(left, top, right - left, bottom - top).intersect(within)
    if rect.empty:
        return
    length = math.hypot(bx - ax, by - ay)
    if length <= abs(br - ar):
        # One disc holds the other.
        ax, ay, ar = start if ar >= br else end
        length = slope = 0.0
        along_x, along_y = 1.0, 0.0
    else:
        slope = (br - ar) / length
        along_x, along_y = (bx - ax) / length, (by - ay) / length
    x = (np.arange(rect.x, rect.right) + (0.5 - ax)).astype(np.float32)[None, :]
    y = (np.arange(rect.y, rect.bottom) + (0.5 - ay)).astype(np.float32)[:, None]
    u = x * np.float32(along_x) + y * np.float32(along_y)
    v = y * np.float32(along_x) - x * np.float32(along_y)
    if slope:
        s = u + np.abs(v) * np.float32(slope / math.sqrt(1 - slope * slope))
        np.clip(s, 0, length, out=s)
        radius = s * np.float32(slope) + np.float32(ar)
        limit = radius * radius + np.float32(_SLACK)
    else:
        s = np.clip(u, 0, length)
        limit = np.float32(ar * ar + _SLACK)
    u -= s
    u *= u
    v *= v
    u += v
    yield Stencil(rect, u <= limit)
