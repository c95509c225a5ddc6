"""Fill: a connected area of one class, or all of it, becomes another class."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from app.domain.document import Document
from app.domain.geometry import EMPTY, Rect
from app.domain.label_map import LabelMap
from app.domain.paint import NOTHING, Paint, Stencil


def area(labels: LabelMap, column: int, row: int) -> Stencil:
    """Return the pixels of one class that are 4-connected to (column, row); none if outside."""
    import cv2  # not at the top: the window's first painting need not wait for it

    if not (0 <= column < labels.width and 0 <= row < labels.height):
        return NOTHING
    framed = np.zeros((labels.height + 2, labels.width + 2), np.uint8)
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (1 << 8)
    _, _, _, (x, y, w, h) = cv2.floodFill(labels.array, framed, (column, row), 0, 0, 0, flags)
    rect = Rect(x, y, w, h)
    return Stencil(rect, framed[1:-1, 1:-1][rect.slices].view(np.bool_))


def everywhere_like(labels: LabelMap, column: int, row: int) -> Stencil:
    """Return all pixels of the class at (column, row), which lies inside, wherever they are."""
    import cv2

    mask = labels.array == labels.array[row, column]
    rect = Rect(*cv2.boundingRect(mask.view(np.uint8)))
    return Stencil(rect, mask[rect.slices])


def flood(
    document: Document, column: int, row: int, paint: Paint, *, everywhere: bool = False
) -> Rect:
    """Fill the area under (column, row), and with a mirror the one under its reflection;
    `everywhere` all areas of their classes.

    An area of a protected class stays. Return a rectangle that holds every changed pixel.
    """
    labels = document.labels
    seeds = {(column, row)}
    if paint.axis is not None:
        seeds.add((paint.reflect(Rect(column, row, 1, 1)).x, row))
    find = everywhere_like if everywhere else area
    areas = [find(labels, *seed) for seed in seeds if _fillable(labels, *seed, paint)]
    dirty = EMPTY
    for stencil in areas:
        dirty = dirty.union(document.lay(stencil, replace(paint, axis=None)))
    return dirty


def _fillable(labels: LabelMap, column: int, row: int, paint: Paint) -> bool:
    if not (0 <= column < labels.width and 0 <= row < labels.height):
        return False
    cls = int(labels.array[row, column])
    return cls != paint.cls and cls not in paint.protected
