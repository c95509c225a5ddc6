"""From the pixels of a frame to those of a photograph, smoothly or along the photograph's edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from app.domain.framing import Window
from app.domain.geometry import Rect

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

_RADIUS = 3  # frame pixels of the guided filter's windows
_EASE = 4e-4  # variance of the guide (colours 0..1) below which an edge is none
_SPREAD = 1.5  # frame pixels; sigma of `extrapolate`
_NOTHING = np.empty(0, np.float32)
_NEXT = np.ones((3, 3), np.uint8)
_TURNED = cv2.GEMM_2_T


@dataclass(frozen=True, eq=False)
class Guided:
    """A share (h, w) as local linear functions of a photograph's colours 0..255.

    ``weights`` (4, h, w): factors of red, green and blue, and the constant. ``bounds`` (2, h, w)
    are the least and most it may be, so that far from an edge of the share it is the share itself.
    """

    weights: Floats
    bounds: Floats


class Guide:
    """A small picture (h, w, 3) uint8 RGB along whose edges shares of it are drawn.

    The guided filter of He, Sun and Tang 2010, "Guided Image Filtering", equations 19 to 21 for a
    guide of colours; what it takes from the picture alone is worked out once for all shares.
    """

    def __init__(self, framed: Pixels) -> None:
        self._planes = [np.divide(plane, 255, dtype=np.float32) for plane in cv2.split(framed)]
        self._means = [_mean(plane) for plane in self._planes]
        spread_0, low_10, low_20 = (self._covariance(0, other) for other in range(3))
        spread_0 += np.float32(_EASE)
        # The covariance of every window as L D Lᵀ, L with ones on its diagonal.
        by_10, by_20 = low_10 / spread_0, low_20 / spread_0
        spread_1 = self._covariance(1, 1) + np.float32(_EASE) - by_10 * low_10
        by_21 = (self._covariance(1, 2) - by_20 * low_10) / spread_1
        spread_2 = self._covariance(2, 2) + np.float32(_EASE)
        spread_2 -= by_20 * low_20 + by_21 * by_21 * spread_1
        self._below = by_10, by_20, by_21
        self._spread = spread_0, spread_1, spread_2

    def lead(
        self,
        share: Floats,
        ring: int,
        within: NDArray[np.bool_] | None = None,
        *,
        only_more: bool = False,
    ) -> Guided:
        """``share`` (h, w) 0..1 by the picture's colours.

        Within ``ring`` pixels of an edge of the share the value may be any between its sides, or
        with ``only_more`` any above it; it is 0 in pixels that are not ``within`` (h, w), towards
        which it falls softly.
        """
        level = _mean(share)
        slopes = self._solved(
            [
                _mean(plane * share) - middle * level
                for plane, middle in zip(self._planes, self._means, strict=True)
            ]
        )
        offset = level
        for slope, middle in zip(slopes, self._means, strict=True):
            offset = offset - slope * middle
        weights = np.stack([*(_mean(slope / np.float32(255)) for slope in slopes), _mean(offset)])
        kernel = np.ones((2 * ring + 1,) * 2, np.uint8)
        low = share if only_more else cv2.erode(share, kernel)
        bounds = np.stack([low, cv2.dilate(share, kernel)]).astype(np.float32)
        if within is not None:
            inner = cv2.erode(within.astype(np.float32), _NEXT, borderValue=1)
            bounds[0] *= within
            bounds[1] = np.maximum(share * within, bounds[1] * cv2.blur(inner, (3, 3)))
        return Guided(weights, bounds)

    def _covariance(self, one: int, other: int) -> Floats:
        product = _mean(self._planes[one] * self._planes[other])
        product -= self._means[one] * self._means[other]
        return product

    def _solved(self, joint: list[Floats]) -> tuple[Floats, Floats, Floats]:
        """The factors that the covariance takes to ``joint``."""
        by_10, by_20, by_21 = self._below
        spread_0, spread_1, spread_2 = self._spread
        first, second, third = joint
        second = second - by_10 * first
        third = third - by_20 * first - by_21 * second
        third = third / spread_2
        second = second / spread_1 - by_21 * third
        return first / spread_0 - by_10 * second - by_20 * third, second, third


def _mean(values: Floats) -> Floats:
    size = (2 * _RADIUS + 1,) * 2
    return np.asarray(cv2.blur(values, size, borderType=cv2.BORDER_REFLECT), np.float32)


def guided_share(guided: Guided, at: Grid.Tile, rgba: Pixels) -> Floats:
    """The share (th, tw) 0..1 at a tile of the photograph, ``rgba`` (th, tw, 4) uint8, its edges
    where the photograph's are (He and Sun 2015, "Fast Guided Filter", arXiv 1505.00996)."""
    low: Floats
    low, high = at.linear(guided.bounds)
    if at.alike(*guided.bounds):
        return low
    weights = at.linear(guided.weights)
    value: Floats = weights[3]
    for plane in range(3):
        weights[plane] *= rgba[..., plane]
        value += weights[plane]
    np.maximum(value, low, out=value)
    np.minimum(value, high, out=value)
    return value


def extrapolate(values: Floats, weight: Floats) -> Floats:
    """``values`` (h, w), at most 1, where ``weight`` (h, w) 0..1 is large; continued a few pixels
    into where it is small, and 0 beyond (normalised convolution, Knutsson and Westin 1993)."""
    bounded = np.minimum(values, 1).astype(np.float32)
    total = np.asarray(cv2.GaussianBlur(weight, (0, 0), _SPREAD), np.float32)
    around = np.asarray(cv2.GaussianBlur(bounded * weight, (0, 0), _SPREAD), np.float32)
    continued = np.where(total > 1e-3, around / np.maximum(total, 1e-3), 0)
    trust = np.clip(weight * 4 - 1, 0, 1)  # a weight is the square of a share: from a half on
    mixed: Floats = (bounded * trust + continued * (1 - trust)).astype(np.float32)
    return mixed


class Grid:
    """The pixels of ``box`` of a photograph as positions in a frame of ``shape`` (h, w) that shows
    ``window`` of it.

    Both are upright, so that every interpolation is one matrix for the rows and one for the
    columns: exact at any scale, where OpenCV's own warps round positions to 1/32 pixel.
    """

    def __init__(self, window: Window, box: Rect, shape: tuple[int, ...]) -> None:
        self._box, height, width = box, shape[0], shape[1]
        rows = (np.arange(box.y, box.bottom) + 0.5 - window.y) * (height / window.height)
        columns = (np.arange(box.x, box.right) + 0.5 - window.x) * (width / window.width)
        self._rows, self._columns = _Axis(rows, height), _Axis(columns, width)

    def tile(self, rect: Rect) -> Grid.Tile:
        """A part of the box."""
        return Grid.Tile(
            self._rows.part(rect.y - self._box.y, rect.bottom - self._box.y),
            self._columns.part(rect.x - self._box.x, rect.right - self._box.x),
        )

    class Tile:
        """Interpolates planes (h, w) or (C, h, w) of the frame at a tile's pixels."""

        def __init__(self, rows: _Part, columns: _Part) -> None:
            self._rows, self._columns = rows, columns
            self.shape = (len(rows.linear), len(columns.linear))

        def touches(self, *planes: NDArray[Any]) -> bool:
            """Whether any of these (..., h, w) has anything to interpolate here."""
            here = (..., self._rows.span, self._columns.span)
            return any(bool(plane[here].any()) for plane in planes)

        def alike(self, one: Floats, other: Floats) -> bool:
            """Whether two planes (h, w) are the same here."""
            here = self._rows.span, self._columns.span
            return np.array_equal(one[here], other[here])

        def least(self, plane: Floats) -> float:
            """The least that a plane (h, w) is here."""
            return float(plane[self._rows.span, self._columns.span].min())

        def linear(self, planes: Floats) -> Floats:
            """(C, th, tw), never beyond the values around a pixel."""
            return self._of(planes, self._rows.linear, self._columns.linear)

        def cubic(self, planes: Floats) -> Floats:
            """(C, th, tw), through the values without kinks (Catmull-Rom)."""
            return self._of(planes, self._rows.cubic, self._columns.cubic)

        def nearest(self, planes: Floats) -> Floats:
            """(C, th, tw), the values of the nearest frame pixels."""
            here = planes[:, self._rows.span, self._columns.span]
            rows, columns = (part.linear.argmax(1) for part in (self._rows, self._columns))
            return here[:, rows[:, None], columns]

        def _of(self, planes: Floats, rows: Floats, columns: Floats) -> Floats:
            """OpenCV's product, because numpy's waits for its own threads: on busy cores that takes
            a hundred times longer."""
            part = planes[:, self._rows.span, self._columns.span]
            count, high, wide = part.shape
            if (part == part[:, :1, :1]).all():  # most tiles are all in or all out; so it is exact
                return np.broadcast_to(part[:, :1, :1], (count, *self.shape)).copy()
            stacked = np.ascontiguousarray(part.transpose(1, 0, 2)).reshape(high, count * wide)
            tall = np.asarray(cv2.gemm(rows, stacked, 1, _NOTHING, 0))
            tall = tall.reshape(-1, count, wide).transpose(1, 0, 2).reshape(-1, wide)
            grown = cv2.gemm(np.ascontiguousarray(tall), columns, 1, _NOTHING, 0, flags=_TURNED)
            return np.asarray(grown, np.float32).reshape(count, *self.shape)


@dataclass(frozen=True, eq=False)
class _Part:
    """Interpolation along one axis: matrices (pixels, span) onto the frame's ``span``."""

    span: slice
    linear: Floats
    cubic: Floats


class _Axis:
    """``positions`` from the frame's edge, in its pixels; ``count`` of these."""

    def __init__(self, positions: NDArray[np.float64], count: int) -> None:
        self._positions, self._count = positions, count
        self._parts: dict[tuple[int, int], _Part] = {}

    def part(self, start: int, stop: int) -> _Part:
        key = start, stop
        if key not in self._parts:
            self._parts[key] = self._made(start, stop)
        return self._parts[key]

    def _made(self, start: int, stop: int) -> _Part:
        at = np.clip(self._positions[start:stop], 0, self._count)
        base = np.floor(at - 0.5).astype(np.intp)
        t = at - 0.5 - base
        first, last = max(0, int(base[0]) - 1), min(self._count, int(base[-1]) + 3)
        columns = np.clip(base[:, None] + np.arange(-1, 3), 0, self._count - 1) - first
        none = np.zeros_like(t)
        return _Part(
            slice(first, last),
            _matrix(columns, (none, 1 - t, t, none), last - first),
            _matrix(
                columns,
                (
                    ((2 - t) * t - 1) * t / 2,
                    ((3 * t - 5) * t * t + 2) / 2,
                    ((4 - 3 * t) * t + 1) * t / 2,
                    (t - 1) * t * t / 2,
                ),
                last - first,
            ),
        )


def _matrix(
    columns: NDArray[np.intp], weights: tuple[NDArray[np.float64], ...], width: int
) -> Floats:
    matrix = np.zeros((len(columns), width), np.float32)
    rows = np.arange(len(columns))
    for tap, weight in enumerate(weights):
        np.add.at(matrix, (rows, columns[:, tap]), weight.astype(np.float32))
    return matrix
