"""Filled shapes as stencils. Every shape includes the pixels that its corners lie in."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from app.domain.geometry import Rect
from app.domain.paint import NOTHING, Stencil

Point = tuple[float, float]


def box(start: Point, end: Point, *, square: bool = False, centred: bool = False) -> Rect:
    """Return the pixels spanned by dragging from `start` to `end`, both included.

    `square` makes both sides as long as the longer one; `centred` makes `start` the middle.
    """
    x0, y0 = math.floor(start[0]), math.floor(start[1])
    dx, dy = math.floor(end[0]) - x0, math.floor(end[1]) - y0
    if square:
        side = max(abs(dx), abs(dy))
        dx, dy = (-side if dx < 0 else side), (-side if dy < 0 else side)
    if centred:
        return Rect(x0 - abs(dx), y0 - abs(dy), 2 * abs(dx) + 1, 2 * abs(dy) + 1)
    return Rect(min(x0, x0 + dx), min(y0, y0 + dy), abs(dx) + 1, abs(dy) + 1)


def constrain_angle(start: Point, end: Point) -> Point:
    """Return the point nearest to `end` that lies at a multiple of 45 degrees from `start`."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    angle = round(math.atan2(dy, dx) / (math.pi / 4)) * (math.pi / 4)
    along_x, along_y = math.cos(angle), math.sin(angle)
    length = dx * along_x + dy * along_y
    return start[0] + length * along_x, start[1] + length * along_y


def rectangle(rect: Rect, within: Rect) -> Stencil:
    """Return the pixels of `rect` that lie in `within`."""
    part = rect.intersect(within)
    return NOTHING if part.empty else Stencil(part, np.ones((part.h, part.w), np.bool_))


def ellipse(rect: Rect, within: Rect) -> Stencil:
    """Return the pixels of `within` whose centres lie in the ellipse inscribed in `rect`."""
    part = rect.intersect(within)
    if part.empty:
        return NOTHING
    half_w, half_h = rect.w / 2, rect.h / 2
    x = np.abs(np.arange(part.x, part.right) + (0.5 - rect.x - half_w))
    y = (np.arange(part.y, part.bottom) + (0.5 - rect.y - half_h)) / half_h
    reach = half_w * np.sqrt(1 - y * y) + 1e-6
    return Stencil(part, x[None, :] <= reach[:, None])


def polygon(points: Sequence[Point], within: Rect) -> Stencil:
    """Return the closed polygon: its outline, and all that it winds round, loops included.

    The inside is counted by signed crossings of each row of pixel centres (the non-zero winding
    rule), because an even-odd rule leaves holes where a freehand loop crosses itself.
    """
    import cv2  # not at the top: the window's first painting need not wait for it

    corners = np.asarray(points, np.float64).reshape(-1, 2)
    if not len(corners):
        return NOTHING
    pixels = np.floor(corners).astype(np.int64)
    low, high = pixels.min(axis=0), pixels.max(axis=0) + 1
    rect = Rect(int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])).intersect(
        within
    )
    if rect.empty:
        return NOTHING
    corners -= (rect.x, rect.y)
    following = np.roll(corners, -1, axis=0)
    upper = np.where((corners[:, 1] <= following[:, 1])[:, None], corners, following)
    lower = np.where((corners[:, 1] <= following[:, 1])[:, None], following, corners)
    turn = np.where(corners[:, 1] <= following[:, 1], 1, -1)
    first = np.clip(np.ceil(upper[:, 1] - 0.5), 0, rect.h).astype(np.int64)
    last = np.clip(np.ceil(lower[:, 1] - 0.5), 0, rect.h).astype(np.int64)
    crossed = last - first
    edge = np.repeat(np.arange(len(corners)), crossed)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(crossed) - crossed, crossed) + first[edge]
    way = lower[edge] - upper[edge]
    x = upper[edge, 0] + (row + 0.5 - upper[edge, 1]) * way[:, 0] / way[:, 1]
    column = np.clip(np.ceil(x - 0.5), 0, rect.w).astype(np.int64)
    winding = np.zeros((rect.h, rect.w + 1), np.int32)
    np.add.at(winding, (row, column), turn[edge])
    mask = np.cumsum(winding, axis=1)[:, :-1] != 0
    outline = (pixels - (rect.x, rect.y)).astype(np.int32)
    cv2.polylines(mask.view(np.uint8), [outline], True, 1, 1, cv2.LINE_8)
    return Stencil(rect, mask)
