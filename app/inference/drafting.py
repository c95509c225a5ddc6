"""From what a try-on network says of a frame to the draft that a photograph is composed by.

The network paints small and smooth. What it paints of the ground and of other clothes is continued
from the photograph; where sleeves lie against the body, the gap that a cloth lying flat has there
becomes a crease.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from app.inference.inpainting import BEHIND, BELOW, continued, wings
from app.inference.planning import LEAST, Draft, frame_points

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_COVERED = 0.8  # share of a place's cover from which it is the cloth's
_WIDEST = 7  # frame pixels across a gap that can be a crease
_TORN = (2.0, 4.0)  # cloth pixels between its sides: so many for each pixel of it, and so many more
_SHADE = 0.72  # of the cloth's colours, how light a crease is
_EVEN = 1.0  # frame pixels; sigma over which its colours are evened
_NEXT = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, eq=False)
class Seen:
    """A person in a network's frame (h, w): their ``photo`` (h, w, 3) uint8, the ``labels`` (h, w)
    uint8 of its classes, and bool (h, w) where the photograph shows nobody (``ground``) and where
    it shows ``clothes``."""

    photo: Pixels
    labels: Pixels
    ground: Mask
    clothes: Mask


def drafted(made: Mapping[str, Floats], seen: Seen, *, sleeves: bool) -> Draft:
    """The draft by a graph's outputs, by name, each (1, C, h, w) as the pack's card has them, of a
    garment that may have ``sleeves``: between legs the ground shows."""
    said = {name: value[0] for name, value in made.items()}
    (cover,), (replace,) = said["cover"], said["replace"]
    goes = replace >= LEAST
    gap, tones = creases(said["flow"], cover, goes & sleeves, said["outcome"])
    stays = ~goes & (cover < LEAST)
    floor, worn = seen.ground & stays, seen.clothes & stays
    open_ = goes & (gap == 0)
    bare, clad = (np.where(open_, said[name][0], np.float32(0)) for name in ("ground", "clothes"))
    beyond = wings(clad > 0.5, seen.labels, worn, floor)
    behind = continued(seen.photo, floor, np.where(beyond, np.float32(1), bare), BEHIND)
    if behind is not None:
        clad[beyond & (behind.share[0] > 0)] = 0
    below = continued(seen.photo, worn, clad, BELOW)
    known = tuple(part for part in (behind, below) if part is not None)
    fill = said["fill"] + gap * (tones - said["fill"])
    return Draft(said["flow"], cover, np.maximum(replace, gap), fill, known)


def creases(flow: Floats, cover: Floats, goes: Mask, outcome: Floats) -> tuple[Floats, Floats]:
    """Where (h, w) 0..1 narrow gaps in what a cloth ``cover``s (h, w) are the fold between a sleeve
    and the body, and its colours (3, h, w) 0..1.

    A cloth lies with its sleeves apart, so the ``flow`` (2, h, w) in -1..1 jumps from one side of
    such a gap to the other, farther than the gap is wide; across a neckline or an open front it
    does not. Only where the old picture ``goes`` (h, w): a gap that the photograph shows is one.
    Colours are those of ``outcome`` (3, h, w) at the sides, darker.
    """
    height, width = cover.shape
    cloth = cover > _COVERED
    gone = ~cloth & goes
    points = frame_points(flow)
    inner = np.pad(outcome, ((0, 0), (0, 0), (1, 1)), mode="edge")
    gap, colors = np.zeros((height, width), np.float32), np.zeros_like(outcome)
    for wide in range(1, _WIDEST + 1):
        last = width - wide - 1
        sides = cloth[:, :last] & cloth[:, wide + 1 :]
        for step in range(1, wide + 1):
            sides &= gone[:, step : last + step]
        rows, columns = np.nonzero(sides)
        jump = points[:, rows, columns] - points[:, rows, columns + wide + 1]
        torn = np.linalg.norm(jump, axis=0) > _TORN[0] * (wide + 1) + _TORN[1]
        rows, columns = rows[torn], columns[torn]
        left, right = inner[:, rows, columns], inner[:, rows, columns + wide + 3]
        for step in range(1, wide + 1):
            gap[rows, columns + step] = 1
            share = np.float32(step / (wide + 1))
            colors[:, rows, columns + step] = left + share * (right - left)
    if not gap.any():
        return gap, colors
    weight = cv2.GaussianBlur(gap, (0, 0), _EVEN)
    for plane in colors:
        plane[:] = _SHADE * cv2.GaussianBlur(plane, (0, 0), _EVEN) / np.maximum(weight, 1e-3)
    return np.asarray(cv2.dilate(gap, _NEXT), np.float32) * goes, colors
