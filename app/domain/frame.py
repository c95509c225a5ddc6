"""From a label map of any size to the network's frame, and from the network's picture back."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

import cv2
import numpy as np
from numpy.typing import NDArray

from app.domain.geometry import Rect, inscribe
from app.domain.palette import GROUND

Pixels = NDArray[np.uint8]

_GRID = 4  # samples along each side of a frame pixel
_SMALL_SHARE = 1 / 64  # of the map; classes below it count double, so that belts survive
_SMALL_WEIGHT = 2.0
_REACH = 3  # frame pixels that cubic interpolation reads beyond its own, and one for rounding
_WHITE_CLEAR = (255, 255, 255, 0)
_CLEAR = np.array(_WHITE_CLEAR, dtype=np.uint8).view(np.uint32)[0]  # one pixel as one word


@dataclass(frozen=True)
class Placement:
    """Where a label map lies in a frame; made by `fit`.

    ``frame`` (h, w) uint8 is the framed label map, ``area`` the part of it that the map covers.
    """

    frame: Pixels
    area: Rect

    def restore(
        self, picture: Pixels, labels: Pixels, size: tuple[int, int] | None = None
    ) -> Pixels:
        """A network's picture (h, w, 3) uint8 RGB as RGBA (H, W, 4) uint8 at ``size`` (w, h).

        ``labels`` (H0, W0) uint8 is the full-resolution map that was fitted; it alone decides the
        alpha, and is the size when none is given. At another size the alpha is its area average,
        and a size of other proportions gets transparent margins. Transparent pixels are white.

        The ground of the picture is white. Averaging it into the garment's edge would draw a pale
        rim, so each ground pixel first takes the colour of the nearest garment pixel: the same as
        interpolation normalised by alpha, and defined too where a part was too thin for the frame.
        The same is done for each class on its own, so that seams between classes are as sharp as
        they were painted.
        """
        map_height, map_width = labels.shape
        width, height = size or (map_width, map_height)
        target = inscribe(map_width, map_height, width, height)
        inner, frame = picture[self.area.slices], self.frame[self.area.slices]
        garment = like_nearest(inner, frame != GROUND)
        grown = cv2.resize(garment, (target.w, target.h), interpolation=cv2.INTER_CUBIC)
        classes = cv2.resize(labels, (target.w, target.h), interpolation=cv2.INTER_NEAREST_EXACT)
        _draw_classes(grown, classes, inner, frame)
        rgba = cv2.cvtColor(grown, cv2.COLOR_RGB2RGBA)
        _, alpha = cv2.threshold(labels, GROUND, 255, cv2.THRESH_BINARY)
        if alpha.shape != (target.h, target.w):
            shrinks = target.w < map_width
            how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
            alpha = cv2.resize(alpha, (target.w, target.h), interpolation=how)
            cv2.insertChannel(alpha, rgba, 3)
        np.copyto(rgba.view(np.uint32)[..., 0], _CLEAR, where=alpha == 0)
        if (target.w, target.h) == (width, height):
            return np.asarray(rgba, dtype=np.uint8)
        whole = np.full((height, width, 4), _WHITE_CLEAR, dtype=np.uint8)
        whole[target.slices] = rgba
        return whole


def fit(labels: Pixels, height: int, width: int) -> tuple[Pixels, Placement]:
    """Letterbox ``labels`` (H, W) uint8 onto a ``height`` × ``width`` frame.

    Returns the framed map (height, width) uint8, ground around it, and its `Placement`. Every
    frame pixel takes the class with most of its area, measured on a 4 × 4 grid of samples; classes
    that cover less than 1/64 of the map count double and ties go to the rarer class, so that a
    part as thick as one frame pixel is always seen wherever it lies.
    """
    if labels.ndim != 2 or not labels.size:
        raise ValueError(f"a label map is a plane of at least one pixel, not {labels.shape}")
    map_height, map_width = labels.shape
    area = inscribe(map_width, map_height, width, height)
    frame = np.zeros((height, width), dtype=np.uint8)
    grid = cv2.resize(
        labels, (area.w * _GRID, area.h * _GRID), interpolation=cv2.INTER_NEAREST_EXACT
    )
    frame[area.slices] = _vote(np.ascontiguousarray(grid, dtype=np.uint8))
    return frame, Placement(frame, area)


def _vote(grid: Pixels) -> Pixels:
    """The winning class of every 4 × 4 cell of ``grid``."""
    height, width = grid.shape[0] // _GRID, grid.shape[1] // _GRID
    # Four samples of a row are one uint32: most cells are of one class, and seen so in four reads.
    rows = grid.view(np.uint32).reshape(height, _GRID, width)
    first = rows[:, 0]
    winner = (first & 0xFF).astype(np.uint8)
    mixed = first != winner * np.uint32(0x01010101)
    for row in range(1, _GRID):
        mixed |= rows[:, row] != first
    ys, xs = np.nonzero(mixed)
    if ys.size:
        samples = rows[ys, :, xs].copy().view(np.uint8)
        votes = (samples[:, :, None] == samples[:, None, :]).sum(axis=2, dtype=np.uint8)
        best = np.argmax(votes * _weights(grid)[samples], axis=1)
        winner[ys, xs] = samples[np.arange(ys.size), best]
    return winner


def _weights(grid: Pixels) -> NDArray[np.float32]:
    """(256,) what one sample of each class counts: 1, or 2 when it is rare, and a little more the
    rarer it is, which decides ties and never more (16 samples times 1/32 is less than one)."""
    counts = np.asarray(cv2.calcHist([grid], [0], None, [256], [0, 256]))[:, 0]
    base = np.where(counts < grid.size * _SMALL_SHARE, _SMALL_WEIGHT, 1.0)
    rank = np.empty(256)
    rank[np.argsort(-counts, kind="stable")] = np.arange(256)
    return np.asarray(base + rank / (256 * 32), dtype=np.float32)


def _draw_classes(
    grown: cv2.typing.MatLike, classes: cv2.typing.MatLike, inner: Pixels, frame: Pixels
) -> None:
    """Draw every class of ``frame`` (h, w) in place over its pixels in ``grown`` (H, W, 3), from
    the colours that ``inner`` (h, w, 3) has in frame pixels of that class alone.

    Joint upsampling (Kopf et al. 2007, "Joint Bilateral Upsampling") with a hard range term.
    """
    height, width = classes.shape
    present = np.flatnonzero(np.bincount(frame.ravel()))
    for cls in present[present != GROUND].tolist():
        mask = cv2.inRange(classes, cls, cls)
        x, y, w, h = cv2.boundingRect(mask)
        if not w:
            continue
        top, bottom = _whole_pixels(y, y + h, height, frame.shape[0])
        left, right = _whole_pixels(x, x + w, width, frame.shape[1])
        own = frame[top:bottom, left:right] == cls
        if not own.any():
            continue
        rows = slice(top * height // frame.shape[0], bottom * height // frame.shape[0])
        columns = slice(left * width // frame.shape[1], right * width // frame.shape[1])
        colors = like_nearest(inner[top:bottom, left:right], own)
        size = (columns.stop - columns.start, rows.stop - rows.start)
        part = cv2.resize(colors, size, interpolation=cv2.INTER_CUBIC)
        cv2.copyTo(part, mask[rows, columns], grown[rows, columns])


def _whole_pixels(start: int, stop: int, canvas: int, frame: int) -> tuple[int, int]:
    """The frame pixels from .. to that hold canvas pixels ``start`` .. ``stop`` and what cubic
    interpolation reads around them, both ends on whole pixels of the canvas too: a part enlarged
    alone is then what it is in the enlarged whole."""
    step = frame // gcd(canvas, frame)
    first = (start * frame // canvas - _REACH) // step * step
    last = -((-stop * frame // canvas - _REACH) // step) * step
    return max(0, first), min(frame, last)


def like_nearest(picture: Pixels, own: NDArray[np.bool_]) -> Pixels:
    """``picture`` (h, w) or (h, w, C) with every pixel outside ``own`` (h, w) like the nearest
    inside; unchanged when there is none inside or none outside."""
    outside = (~own).view(np.uint8)
    if own.all() or not own.any():
        return picture
    _, nearest = cv2.distanceTransformWithLabels(
        outside, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    values = np.zeros((int(nearest.max()) + 1, *picture.shape[2:]), dtype=np.uint8)
    values[nearest[own]] = picture[own]
    return np.asarray(values[nearest], dtype=np.uint8)
