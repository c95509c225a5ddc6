"""The ground behind what is taken away from a photograph, continued from around it.

Walls, pavements and hedges go on alike: what was hidden before them is a copy of the photograph a
little further on, shifted by what fits best around the hidden patch (few dominant shifts fill most
of a picture: He and Sun 2012, "Statistics of Patch Offsets for Image Completion"). The shift is
chosen in a network's frame; the pixels are the photograph's own, at its own resolution.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Points = NDArray[np.intp]

_LEAST = 0.3  # share of ground from which a place counts as bared ground
_FEWEST = 25  # frame pixels of a patch that is worth a search
_RING = 7  # frame pixels around a patch that have to fit
_ACROSS = np.arange(-102, 103, 3)  # shifts that are tried, in frame pixels
_DOWN = np.arange(-16, 17, 4)
_NEAREST = 4  # a shift by less finds the patch itself
_SEEN = 300  # points of a patch, and of its ring, that are looked at
_INSIDE, _AROUND = 0.9, 0.5  # shares of them that must land on ground
_STRANGE = 60  # difference of colours 0..255 from which a larger one is no worse
_FAR = np.array([0.1, 0.03])  # what a pixel's way down and across costs, in levels of colour
_EVEN = 6.0  # frame pixels; sigma over which differences of tone are evened
_ORDINARY = 0.02  # weight of the patch's mean difference of tone


@dataclass(frozen=True, eq=False)
class Continued:
    """Ground to be shown in a frame (h, w): ``shift`` (2, h, w) x, y in frame pixels from a place
    to the one that looks like it; ``tone`` (3, h, w) what its colours 0..255 lack; ``share``
    (1, h, w) 0..1, how much of the place shows it."""

    shift: Floats
    tone: Floats
    share: Floats


def continued(framed: Pixels, ground: Mask, bared: Floats) -> Continued | None:
    """The ``ground`` (h, w) of a frame ``framed`` (h, w, 3) uint8 where, of what was hidden,
    ``bared`` (h, w) 0..1 is ground. None where there is nothing to continue, or nothing fits."""
    _, patches, stats, _ = cv2.connectedComponentsWithStats((bared > _LEAST).view(np.uint8))
    shift, tone = (np.zeros((count, *bared.shape), np.float32) for count in (2, 3))
    share = np.zeros(bared.shape, np.float32)
    colors = framed.astype(np.float32)
    for patch in np.flatnonzero(stats[1:, cv2.CC_STAT_AREA] >= _FEWEST) + 1:
        inside = patches == patch
        ring = _grown(inside, _RING) & ground
        found = _best(colors, ground, np.argwhere(inside), np.argwhere(ring))
        if found is None:
            continue
        down, across = found
        moved = np.array([[1, 0, -across], [0, 1, -down]], np.float32)
        size = ground.shape[::-1]
        there = cv2.warpAffine(ground.view(np.uint8), moved, size) > 0
        copy = cv2.warpAffine(colors, moved, size, borderMode=cv2.BORDER_REFLECT)
        near = _grown(inside, 3)
        shift[:, near] = np.array([[across], [down]])
        tone[:, near] = _lacking(colors - copy, ring & there)[near].T
        share[inside & there] = bared[inside & there]
    if not share.any():
        return None
    soft = np.asarray(cv2.blur(share, (3, 3)), np.float32)
    return Continued(shift, tone, soft[None])


def _grown(mask: Mask, by: int) -> Mask:
    kernel = np.ones((2 * by + 1,) * 2, np.uint8)
    return np.asarray(cv2.dilate(mask.view(np.uint8), kernel), np.uint8) > 0


def _best(colors: Floats, ground: Mask, inside: Points, ring: Points) -> tuple[int, int] | None:
    """The shift (down, across) under which what lies around looks most alike."""
    if len(ring) < _FEWEST:
        return None
    inside, ring = (p[:: len(p) // _SEEN + 1] for p in (inside, ring))
    down, across = np.meshgrid(_DOWN, _ACROSS, indexing="ij")
    shifts = np.stack([down, across], -1).reshape(-1, 2)
    shifts = shifts[np.abs(shifts).max(1) >= _NEAREST]
    margin = int(np.abs(shifts).max())
    wide = np.pad(ground, margin)

    def landing(points: Points) -> Mask:
        row, column = np.moveaxis(points + shifts[:, None] + margin, -1, 0)
        return np.asarray(wide[row, column])

    lost = 1 - landing(inside).mean(1)
    shifts = shifts[lost <= 1 - _INSIDE]
    lost = lost[lost <= 1 - _INSIDE]
    on_ground = landing(ring)
    fits = on_ground.mean(1) >= _AROUND
    if not fits.any():
        return None
    shifts, lost, on_ground = shifts[fits], lost[fits], on_ground[fits]
    places = np.clip(ring + shifts[:, None], 0, np.array(ground.shape) - 1)
    looks = colors[places[..., 0], places[..., 1]]
    gap = np.abs(looks - colors[ring[:, 0], ring[:, 1]]).clip(max=_STRANGE).mean(2)
    cost = (gap * on_ground).sum(1) / on_ground.sum(1)
    cost += np.abs(shifts) @ _FAR + lost * _STRANGE
    best = shifts[cost.argmin()]
    return int(best[0]), int(best[1])


def _lacking(difference: Floats, known: Mask) -> Floats:
    """``difference`` (h, w, 3) where it is ``known``, evened and continued everywhere."""
    weight = known.astype(np.float32)
    mean = difference[known].mean(0) if known.any() else np.zeros(3, np.float32)
    total = cv2.GaussianBlur(difference * weight[..., None], (0, 0), _EVEN)
    even = cv2.GaussianBlur(weight, (0, 0), _EVEN)[..., None]
    return np.asarray((total + _ORDINARY * mean) / (even + _ORDINARY), np.float32)
