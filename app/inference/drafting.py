"""From what a try-on network says of a frame to the draft that a photograph is composed by.

The network paints small and smooth. What it paints of the ground and of other clothes is continued
from the photograph, its limbs get colours near the face's; where sleeves lie against the body, the
gap that a cloth lying flat has there becomes a crease.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from app.domain.skin import toned
from app.inference.inpainting import BEHIND, BELOW, Continued, continued, wings
from app.inference.planning import EVEN, LEAST, Draft, frame_points
from app.inference.upsampling import extrapolate

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_COVERED = 0.8  # share of a place's cover from which it is the cloth's
_WIDEST = 7  # frame pixels across a gap that can be a crease
_TORN = (2.0, 4.0)  # cloth pixels between its sides: so many for each pixel of it, and so many more
_SHADE = 0.72  # of the cloth's colours, how light a crease is
_EVEN = 1.0  # frame pixels; sigma over which its colours are evened
_PURE = 8  # power of the share of what is not continued, as which its colours are trusted
_LITTLE = 0.05  # share below which of what is behind it nothing is known
_NEXT = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, eq=False)
class Seen:
    """A person in a network's frame (h, w): their ``photo`` (h, w, 3) uint8, the ``labels`` (h, w)
    uint8 of its classes, bool (h, w) where the photograph shows nobody (``ground``), ``clothes``
    and ``skin``; their ``landmarks`` (13, 3) in its pixels, and the ``face``'s colour (3,) in
    CIELAB, where it is seen."""

    photo: Pixels
    labels: Pixels
    ground: Mask
    clothes: Mask
    skin: Mask
    landmarks: Floats
    face: Floats | None


def drafted(made: Mapping[str, Floats], seen: Seen, *, sleeves: bool) -> Draft:
    """The draft by a graph's outputs, by name, each (1, C, h, w) as the pack's card has them, of a
    garment that may have ``sleeves``: between legs the ground shows."""
    said = {name: value[0] for name, value in made.items()}
    (cover,), (gone,) = said["cover"], said["replace"]
    goes = gone >= LEAST
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
    fill = said["fill"] + gap * (tones - said["fill"])
    fill, known = parted(fill, open_, behind, below)
    if seen.face is not None:
        bared = said["skin"][0] * (open_ & (cover <= 1 - LEAST))
        fill = toned(fill, bared, seen.skin & stays, seen.landmarks, seen.face)
    return Draft(said["flow"], cover, np.maximum(gone, gap), fill, known)


def parted(
    fill: Floats, open_: Mask, behind: Continued | None, below: Continued | None
) -> tuple[Floats, tuple[Continued, ...]]:
    """A ``fill`` (3, h, w) of what is ``open_`` (h, w), without the colours of what is continued,
    and that in the order in which it is laid over it, ``below`` over ``behind``.

    A network's shares of two things run into each other over some pixels; so do their colours. Here
    each thing goes on beyond its share, and an even share says where it ends: its edge can be drawn
    as sharp as the photograph's.
    """
    nothing = np.zeros(open_.shape, np.float32)
    over, under = (nothing if p is None else p.reach[0] * (p.share[0] > 0) for p in (below, behind))
    shown = open_.astype(np.float32)
    parts = []
    if behind is not None:
        own = behind.reach[0] / np.maximum(1 - over, _LITTLE)
        parts.append(_evened(behind, own, shown * (1 - over) ** 2))
    if below is not None:
        parts.append(_evened(below, below.reach[0], shown))
    rest = shown * np.clip(1 - over - under, 0, 1) ** _PURE
    known = extrapolate(shown, rest) > 0
    alone = [np.where(known & open_, extrapolate(plane, rest), plane) for plane in fill]
    return np.stack(alone), tuple(parts)


def _evened(part: Continued, reach: Floats, weight: Floats) -> Continued:
    """``part`` with a ``reach`` (h, w) that is known where ``weight`` (h, w) 0..1 is large."""
    even = cv2.GaussianBlur(extrapolate(reach, weight), (0, 0), EVEN)
    return replace(part, reach=np.asarray(even, np.float32)[None])


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
