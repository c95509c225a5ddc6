"""From a network's class scores in its frame to a clean label map at a photograph's size."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from app.domain.framing import Window
from app.domain.geometry import Rect
from app.domain.palette import GROUND

Pixels = NDArray[np.uint8]
Scores = NDArray[np.float32]

_TILE = 128  # pixels of the label map decided at once
_REACH = 2  # frame pixels that cubic interpolation reads beyond its own
_LEAST = 1e-4  # probability below which one unlikely class is as good as another


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
