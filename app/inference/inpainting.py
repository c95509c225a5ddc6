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

from app.domain.geometry import Rect

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Points = NDArray[np.intp]

_LEAST = 0.3  # share of ground from which a place counts as bared ground
_FEWEST = 25  # frame pixels of a patch that is worth a search
_SEAM = 2  # frame pixels around what is not ground, where colours are mixed
_APART = 3  # frame pixels; patches that lie nearer together are one
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
    """The ``ground`` (h, w) of a frame ``framed`` (h, w, 3) uint8, that of it which stays as it is,
    where of what was hidden ``bared`` (h, w) 0..1 is ground too. None where there is nothing to
    continue, or nothing fits."""
    there = bared > _LEAST
    _, patches, stats, _ = cv2.connectedComponentsWithStats(_grown(there, _APART).view(np.uint8))
    sure = ~_grown(~ground, _SEAM)
    shift, tone = (np.zeros((count, *bared.shape), np.float32) for count in (2, 3))
    share = np.zeros(bared.shape, np.float32)
    for patch in range(1, len(stats)):
        x, y, w, h = stats[patch, : cv2.CC_STAT_AREA].tolist()
        box = Rect(x - _RING, y - _RING, w + 2 * _RING, h + 2 * _RING)
        here = box.clip(bared.shape[1], bared.shape[0]).slices
        near = patches[here] == patch
        inside = near & there[here]
        if np.count_nonzero(inside) < _FEWEST:
            continue
        ring = _grown(inside, _RING) & sure[here]
        corner = np.array([here[0].start, here[1].start])
        found = _best(framed, sure, np.argwhere(inside) + corner, np.argwhere(ring) + corner)
        if found is None:
            continue
        rows, columns = _places(np.indices(near.shape) + corner[:, None, None], found, sure.shape)
        lands = sure[rows, columns]
        lacks = np.subtract(framed[here], framed[rows, columns], dtype=np.float32)
        shift[(slice(None), *here)][:, near] = found[::-1, None]
        tone[(slice(None), *here)][:, near] = _lacking(lacks, ring & lands)[near].T
        inside &= lands
        share[here][inside] = bared[here][inside]
    if not share.any():
        return None
    soft = np.asarray(cv2.blur(share, (3, 3)), np.float32)
    return Continued(shift, tone, soft[None])


def _places(points: Points, shift: Points, shape: tuple[int, ...]) -> tuple[Points, Points]:
    """Rows and columns that ``points`` (2, ...) come to lie on, the last ones beyond the edges."""
    return tuple(
        np.clip(own + by, 0, side - 1) for own, by, side in zip(points, shift, shape, strict=True)
    )


def _grown(mask: Mask, by: int) -> Mask:
    kernel = np.ones((2 * by + 1,) * 2, np.uint8)
    return np.asarray(cv2.dilate(mask.view(np.uint8), kernel), np.uint8) > 0


def _best(framed: Pixels, ground: Mask, inside: Points, ring: Points) -> Points | None:
    """The shift (2,) down and across under which what lies around looks most alike."""
    if len(ring) < _FEWEST:
        return None
    inside, ring = (points[:: len(points) // _SEEN + 1] for points in (inside, ring))
    shifts = np.stack(np.meshgrid(_DOWN, _ACROSS, indexing="ij"), -1).reshape(-1, 2)
    shifts = shifts[np.abs(shifts).max(1) >= _NEAREST]
    lost = 1 - _landing(inside, shifts, ground).mean(1)
    shifts, lost = shifts[lost <= 1 - _INSIDE], lost[lost <= 1 - _INSIDE]
    fits = _landing(ring, shifts, ground)
    enough = fits.mean(1) >= _AROUND
    if not enough.any():
        return None
    shifts, lost, fits = shifts[enough], lost[enough], fits[enough]
    rows, columns = np.moveaxis(ring + shifts[:, None], -1, 0)
    looks = framed[rows.clip(0, ground.shape[0] - 1), columns.clip(0, ground.shape[1] - 1)]
    own = framed[ring[:, 0], ring[:, 1]].astype(np.float32)
    gap = np.minimum(np.abs(looks - own), _STRANGE).mean(2)
    cost = (gap * fits).sum(1) / fits.sum(1) + np.abs(shifts) @ _FAR + lost * _STRANGE
    return np.asarray(shifts[cost.argmin()])


def _landing(points: Points, shifts: Points, ground: Mask) -> Mask:
    """(S, P): whether each of ``points`` (P, 2) lands on ground by each of ``shifts`` (S, 2)."""
    margin = int(max(_ACROSS.max(), _DOWN.max()))
    wide = np.pad(ground, margin)
    rows, columns = np.moveaxis(points + shifts[:, None] + margin, -1, 0)
    return np.asarray(wide[rows, columns])


def _lacking(difference: Floats, known: Mask) -> Floats:
    """``difference`` (h, w, 3) where it is ``known``, evened and continued everywhere."""
    weight = known.astype(np.float32)
    mean = difference[known].mean(0) if known.any() else np.zeros(3, np.float32)
    total = cv2.GaussianBlur(difference * weight[..., None], (0, 0), _EVEN)
    even = cv2.GaussianBlur(weight, (0, 0), _EVEN)[..., None]
    return np.asarray((total + _ORDINARY * mean) / (even + _ORDINARY), np.float32)
