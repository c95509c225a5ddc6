"""From a network's class scores in its frame to a clean label map at a photograph's size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from app.domain.framing import Window
from app.domain.geometry import Rect
from app.domain.palette import GROUND

Pixels = NDArray[np.uint8]
Scores = NDArray[np.float32]
Classes = NDArray[np.bool_]

_TILE = 128  # pixels of the label map decided at once
_REACH = 2  # frame pixels that cubic interpolation reads beyond its own
_LEAST = 1e-3  # probability below which one unlikely class is as good as another
_RADIUS = 6  # frame pixels; half the side of the windows of `follow_edges`, less the middle
_EASE = 1e-4  # variance of colours 0..1 that is no edge yet


def enlarge(probabilities: Scores, window: Window, width: int, height: int) -> Pixels:
    """The likeliest class of every pixel, (height, width) uint8, ground outside the window.

    ``probabilities`` (C, h, w) float32 0..1 of a frame that shows ``window``, given in pixels of
    the map. Their logarithms are interpolated, because these vary evenly where the probabilities
    themselves jump, and the classes compared at the map's own resolution: edges come out smooth
    whatever the enlargement. Only classes that win somewhere around are compared.
    """
    _, rows, columns = probabilities.shape
    labels = np.full((height, width), GROUND, np.uint8)
    winners = probabilities.argmax(axis=0).astype(np.uint8)
    step_x, step_y = window.width / columns, window.height / rows
    scores: dict[int, Scores] = {}
    for tile in _tiles(_inside(window, width, height)):
        left = int((tile.x - window.x) / step_x) - _REACH
        right = int((tile.right - window.x) / step_x) + _REACH + 1
        top = int((tile.y - window.y) / step_y) - _REACH
        bottom = int((tile.bottom - window.y) / step_y) + _REACH + 1
        left, top = max(left, 0), max(top, 0)
        part = slice(top, bottom), slice(left, right)
        present = np.unique(winners[part])
        target = labels[tile.slices]
        if present.size == 1:
            target[:] = present[0]
            continue
        # From pixel centres of the tile to pixel centres of the part.
        matrix = np.array(
            [
                [1 / step_x, 0, (tile.x + 0.5 - window.x) / step_x - left - 0.5],
                [0, 1 / step_y, (tile.y + 0.5 - window.y) / step_y - top - 0.5],
            ]
        )
        best: Scores | None = None
        for cls in present.tolist():
            if cls not in scores:
                scores[cls] = np.log(np.maximum(probabilities[cls], _LEAST))
            own = cv2.warpAffine(
                scores[cls][part],
                matrix,
                (tile.w, tile.h),
                flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            )
            if best is None:
                best = np.asarray(own, np.float32)
                target[:] = cls
            else:
                target[own > best] = cls
                cv2.max(own, best, best)
    return labels


def follow_edges(probabilities: Scores, framed: Pixels) -> Scores:
    """``probabilities`` (C, h, w) float32 with their edges drawn to those of the frame's picture
    ``framed`` (h, w, 3) uint8 RGB. They need not sum to 1 any more; classes that win nowhere are 0.

    The guided filter for a guide of colours (He, Sun and Tang 2010, "Guided Image Filtering",
    equations 19 to 21) on the logarithms. On the parser's held-out photographs it puts 1 to 3 in
    a hundred more of the pixels along a silhouette on its right side.
    """
    guide = _Guide(framed)
    followed = np.zeros_like(probabilities)
    for cls in np.unique(probabilities.argmax(axis=0)).tolist():
        followed[cls] = np.exp(guide.filter(np.log(np.maximum(probabilities[cls], _LEAST))))
    return followed


def leaning(probabilities: Scores, things: Sequence[Classes], leans: Sequence[float]) -> Pixels:
    """(h, w): the likeliest class of the likeliest thing at every pixel.

    ``things`` are the classes (C,) that each of them has; what ``probabilities`` (C, h, w) say of
    these is added up, for many half likely names of one thing are worth more than one name of
    another, and counts ``leans`` times as much, by what it costs to miss it.
    """
    chances = [
        lean * probabilities[classes].sum(0) for classes, lean in zip(things, leans, strict=True)
    ]
    likeliest = np.argmax(chances, axis=0)
    labels = np.zeros(likeliest.shape, np.uint8)
    for number, classes in enumerate(things):
        here = likeliest == number
        labels[here] = np.flatnonzero(classes)[probabilities[classes][:, here].argmax(0)]
    return labels


class _Guide:
    """The colours of a picture (h, w, 3) uint8, prepared to filter any number of planes."""

    def __init__(self, picture: Pixels) -> None:
        red, green, blue = (plane.astype(np.float32) / 255 for plane in cv2.split(picture))
        self._colors = (red, green, blue)
        self._means = tuple(_mean(plane) for plane in self._colors)

        def covariance(one: int, two: int) -> Scores:
            both = _mean(self._colors[one] * self._colors[two])
            return both - self._means[one] * self._means[two] + (_EASE if one == two else 0)

        rr, rg, rb = covariance(0, 0), covariance(0, 1), covariance(0, 2)
        gg, gb, bb = covariance(1, 1), covariance(1, 2), covariance(2, 2)
        # The inverse of a symmetric 3 × 3 matrix, by cofactors.
        first = (gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg)
        scale = 1 / (rr * first[0] + rg * first[1] + rb * first[2])
        middle, cross, last = rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg
        rows = (first, (first[1], middle, cross), (first[2], cross, last))
        self._inverse = tuple(tuple(cell * scale for cell in row) for row in rows)

    def filter(self, plane: Scores) -> Scores:
        """``plane`` (h, w) float32, in every window the best linear function of the colours."""
        level = _mean(plane)
        joint = [
            _mean(color * plane) - mean * level
            for color, mean in zip(self._colors, self._means, strict=True)
        ]
        filtered, offset = np.zeros_like(plane), level
        for row, color, mean in zip(self._inverse, self._colors, self._means, strict=True):
            slope = row[0] * joint[0] + row[1] * joint[1] + row[2] * joint[2]
            filtered += _mean(slope) * color
            offset = offset - slope * mean
        return filtered + _mean(offset)


def _mean(plane: Scores) -> Scores:
    size = (2 * _RADIUS + 1,) * 2
    return np.asarray(cv2.blur(plane, size, borderType=cv2.BORDER_REFLECT), np.float32)


def without_specks(labels: Pixels, least: int) -> None:
    """Give, in place, every patch of one class of fewer than ``least`` pixels of ``labels`` (H, W)
    uint8 to the class that most of its border touches. Patches hang together by corners too."""
    height, width = labels.shape
    for cls in np.flatnonzero(np.bincount(labels.ravel())).tolist():
        mask = cv2.inRange(labels, cls, cls)
        x, y, w, h = cv2.boundingRect(mask)
        _, patches, stats, _ = cv2.connectedComponentsWithStats(mask[y : y + h, x : x + w])
        for patch in (np.flatnonzero(stats[1:, cv2.CC_STAT_AREA] < least) + 1).tolist():
            left, top, across, down = stats[patch, : cv2.CC_STAT_AREA].tolist()
            box = Rect(left, top, across, down)
            around = Rect(x + left - 1, y + top - 1, across + 2, down + 2).clip(width, height)
            own = np.zeros((around.h, around.w), np.uint8)
            inner = Rect(x + left - around.x, y + top - around.y, across, down)
            own[inner.slices] = patches[box.slices] == patch
            rim = cv2.dilate(own, np.ones((3, 3), np.uint8)) != own
            part = labels[around.slices]
            beside = part[rim]
            if beside.size:
                part[own != 0] = np.bincount(beside).argmax()


def _inside(window: Window, width: int, height: int) -> Rect:
    left, top = int(np.floor(window.x)), int(np.floor(window.y))
    right, bottom = np.ceil(window.x + window.width), np.ceil(window.y + window.height)
    return Rect(left, top, int(right) - left, int(bottom) - top).clip(width, height)


def _tiles(area: Rect) -> Iterator[Rect]:
    for y in range(area.y, area.bottom, _TILE):
        for x in range(area.x, area.right, _TILE):
            yield Rect(x, y, min(_TILE, area.right - x), min(_TILE, area.bottom - y))
