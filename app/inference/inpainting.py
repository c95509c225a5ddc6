"""What shows where something is taken away from a photograph, continued from around it.

Walls, pavements and hedges go on alike, and so do skirts and pants below a shorter top: what was
hidden is a copy of the photograph a little further on, shifted by what fits best around the hidden
patch (few dominant shifts fill most of a picture: He and Sun 2012, "Statistics of Patch Offsets for
Image Completion"). The shifts are chosen in a network's frame; the pixels are the photograph's own,
at its own resolution.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from app.domain.geometry import Rect

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Points = NDArray[np.intp]

_LEAST = 0.3  # share from which a place counts as bared
_FEWEST = 25  # frame pixels of a patch that is worth a search
_SEAM = 2  # frame pixels around what is not alike, where colours are mixed
_APART = 3  # frame pixels; patches that lie nearer together are one
_RING = 7  # frame pixels around a patch that have to fit
_NEAREST = 4  # a shift by less finds the patch itself
_SHIFTS = 4  # of which a patch may be made
_INSIDE = 0.3  # share of what is left of a patch that must land on what is alike
_SEEN = 300  # points of a patch, and of its ring, that are looked at
_AROUND = 0.5  # share of the ring's that must land on what is alike
_STRANGE = 60  # difference of colours 0..255 from which a larger one is no worse
_ASTRAY = 20.0  # what it costs, in levels of colour, where none of the ring lands there
_FAR = np.array([0.1, 0.03])  # what a pixel's way down and across costs, in levels of colour
_HEM = 12  # frame pixels above a patch's lowest that are its hem
_UNDER = 4  # frame pixels below it in which it shows what its clothes go on as
_NARROWER = 3  # frame pixels by which clothes may be narrower there
_HIPS = 0.12  # of the way up from the hem, by which hips may be wider still
_MOSTLY = 0.9  # of what hangs out that has ground below it
_EVEN = 6.0  # frame pixels; sigma over which differences of tone are evened
_ORDINARY = 0.02  # weight of the patch's mean difference of tone


@dataclass(frozen=True, eq=False)
class Search:
    """Shifts that are tried, ``across`` and ``down`` (S,) in frame pixels."""

    across: NDArray[np.intp]
    down: NDArray[np.intp]


BEHIND = Search(np.arange(-102, 103, 3), np.arange(-40, 41, 4))
"""Mostly from beside: what stands on the ground is upright."""

BELOW = Search(np.arange(-42, 43, 3), np.arange(-16, 97, 4))
"""Mostly from below, where they are narrower than the place they are wanted for."""


@dataclass(frozen=True, eq=False)
class Continued:
    """What is to be shown in a frame (h, w): ``shift`` (2, h, w) x, y in frame pixels from a place
    to the one that looks like it; ``tone`` (3, h, w) what its colours 0..255 lack; ``share``
    (1, h, w) 0..1, whether it was found for a place, falling softly beyond; ``reach`` (1, h, w)
    0..1, how much of a place it is to fill."""

    shift: Floats
    tone: Floats
    share: Floats
    reach: Floats


def continued(framed: Pixels, alike: Mask, bared: Floats, search: Search) -> Continued | None:
    """What of a frame ``framed`` (h, w, 3) uint8 is ``alike`` (h, w) and stays as it is, where of
    what was hidden ``bared`` (h, w) 0..1 is of that kind too. None where there is nothing to
    continue, or nothing fits."""
    there = bared > _LEAST
    _, patches, stats, _ = cv2.connectedComponentsWithStats(_grown(there, _APART).view(np.uint8))
    sure = ~_grown(~alike, _SEAM)
    shift, tone = (np.zeros((count, *bared.shape), np.float32) for count in (2, 3))
    share = np.zeros(bared.shape, np.float32)
    for patch in range(1, len(stats)):
        x, y, w, h = stats[patch, : cv2.CC_STAT_AREA].tolist()
        box = Rect(x - _RING, y - _RING, w + 2 * _RING, h + 2 * _RING)
        here = box.clip(bared.shape[1], bared.shape[0]).slices
        near, inner = patches[here] == patch, there[here]
        for found, lands, lacks in _copies(framed, sure, here, near & inner, search):
            shift[(slice(None), *here)][:, near] = found[::-1, None]
            tone[(slice(None), *here)][:, near] = lacks[near].T
            share[here][near & lands] = 1
            near = near & ~lands
    if not share.any():
        return None
    soft = np.asarray(cv2.blur(share, (3, 3)), np.float32)
    return Continued(shift, tone, soft[None], bared[None])


def _copies(
    framed: Pixels, sure: Mask, here: tuple[slice, slice], inside: Mask, search: Search
) -> Iterator[tuple[Points, Mask, Floats]]:
    """The shifts (2,) down and across of which a patch is made, ``inside`` (h, w) the part ``here``
    of a frame: each with the places (h, w) that land by it on what is ``sure``, and with what their
    colours lack (h, w, 3)."""
    whole = _grown(inside, _RING) & sure[here]
    corner = np.array([here[0].start, here[1].start])
    for _ in range(_SHIFTS):
        if np.count_nonzero(inside) < _FEWEST:
            return
        near = _grown(inside, _RING) & sure[here]
        for ring in (whole,) if np.array_equal(near, whole) else (whole, near):
            places, around = (np.argwhere(mask) + corner for mask in (inside, ring))
            found = _best(framed, sure, places, around, search)
            if found is not None:
                break
        else:
            return
        rows, columns = np.indices(inside.shape) + (corner + found)[:, None, None]
        to = rows.clip(0, sure.shape[0] - 1), columns.clip(0, sure.shape[1] - 1)
        lands = sure[to] & (rows == to[0]) & (columns == to[1])
        lacks = np.subtract(framed[here], framed[to], dtype=np.float32)
        yield found, lands, _lacking(lacks, ring & lands)
        inside = inside & ~lands


def wings(there: Mask, labels: Pixels, clothes: Mask, ground: Mask) -> Mask:
    """Of bared clothes, ``there`` (h, w), what hangs out over the ground beside those that show
    below: what hid them was wider at its hem than they are.

    ``clothes`` and ``ground`` (h, w) are what stays of a frame, ``labels`` (h, w) uint8. Clothes
    that end below a patch, as a skirt over legs, say nothing of their width.
    """
    out = np.zeros_like(there)
    _, patches, stats, _ = cv2.connectedComponentsWithStats(there.view(np.uint8))
    rows, columns = np.ogrid[: there.shape[0], : there.shape[1]]
    for patch in range(1, len(stats)):
        own = patches == patch
        beside = labels[_grown(own, _RING) & clothes]
        if len(beside) < _FEWEST:
            continue
        hem = stats[patch, cv2.CC_STAT_TOP] + stats[patch, cv2.CC_STAT_HEIGHT]
        below = slice(hem + _SEAM, hem + _SEAM + _UNDER)
        alike = clothes[below] & (labels[below] == np.bincount(beside).argmax())
        goes_on = np.flatnonzero(alike.any(0))
        if not goes_on.size:
            continue
        empty = ground[below].all(0)
        margin = _NARROWER + _HIPS * (hem - rows)
        for side in (columns < goes_on[0] - margin, columns > goes_on[-1] + margin):
            hanging = (side & own)[max(0, hem - _HEM) : hem].any(0)
            if empty[hanging].sum() > _MOSTLY * hanging.sum():
                out |= own & side & empty
    return out


def _grown(mask: Mask, by: int) -> Mask:
    kernel = np.ones((2 * by + 1,) * 2, np.uint8)
    return np.asarray(cv2.dilate(mask.view(np.uint8), kernel), np.uint8) > 0


def _best(
    framed: Pixels, alike: Mask, inside: Points, ring: Points, search: Search
) -> Points | None:
    """The shift (2,) down and across under which what lies around looks most alike."""
    if len(ring) < _FEWEST:
        return None
    inside, ring = (points[:: len(points) // _SEEN + 1] for points in (inside, ring))
    shifts = np.stack(np.meshgrid(search.down, search.across, indexing="ij"), -1).reshape(-1, 2)
    shifts = shifts[np.abs(shifts).max(1) >= _NEAREST]
    lost = 1 - _landing(inside, shifts, alike).mean(1)
    lands = lost <= 1 - _INSIDE
    shifts, lost = shifts[lands], lost[lands]
    fits = _landing(ring, shifts, alike)
    enough = fits.mean(1) >= _AROUND
    if not enough.any():
        return None
    shifts, lost, fits = shifts[enough], lost[enough], fits[enough]
    rows, columns = np.moveaxis(ring + shifts[:, None], -1, 0)
    looks = framed[rows.clip(0, alike.shape[0] - 1), columns.clip(0, alike.shape[1] - 1)]
    own = framed[ring[:, 0], ring[:, 1]].astype(np.float32)
    gap = np.minimum(np.abs(looks - own), _STRANGE).mean(2)
    unlike = (gap * fits).sum(1) / fits.sum(1) + _ASTRAY * (1 - fits.mean(1))
    cost = unlike + np.abs(shifts) @ _FAR + lost * _STRANGE
    return np.asarray(shifts[cost.argmin()])


def _landing(points: Points, shifts: Points, alike: Mask) -> Mask:
    """(S, P): whether each of ``points`` (P, 2) lands on what is ``alike`` by each of ``shifts``
    (S, 2)."""
    margin = int(np.abs(shifts).max(initial=0))
    wide = np.pad(alike, margin)
    rows, columns = np.moveaxis(points + shifts[:, None] + margin, -1, 0)
    return np.asarray(wide[rows, columns])


def _lacking(difference: Floats, known: Mask) -> Floats:
    """``difference`` (h, w, 3) where it is ``known``, evened and continued everywhere."""
    weight = known.astype(np.float32)
    mean = difference[known].mean(0) if known.any() else np.zeros(3, np.float32)
    total = cv2.GaussianBlur(difference * weight[..., None], (0, 0), _EVEN)
    even = cv2.GaussianBlur(weight, (0, 0), _EVEN)[..., None]
    return np.asarray((total + _ORDINARY * mean) / (even + _ORDINARY), np.float32)
