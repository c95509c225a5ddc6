"""What a pixel is, told by its colour where the shape of things misleads.

A white cuff is taken for a part of the hand, a ruffle for hair, the floor between two trouser legs
for trousers: each of them by where it is. But a picture shows enough of both to know their colours,
by histograms (Jones and Rehg 2002, "Statistical Color Models with Application to Skin Detection")
of this picture alone.
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Scores = NDArray[np.float32]
Classes = NDArray[np.bool_]

_STEP = 8  # of CIELAB as OpenCV has it, 0..255, to a bin
_BINS = 256 // _STEP
_SPREAD = 1.0  # bins; sigma over which a colour stands for others
_NEVER = 1e-5  # share of a thing's pixels in a bin, below which a colour is as good as unknown
_CORE = np.ones((5, 5), np.uint8)  # what is nearer to a thing's edge is mixed of two
_FEWEST = 60  # pixels that tell what colours a thing has
_REACH = 1 / 32  # of the frame's height: how far from a garment something may belong to it
_TRUST = 0.5  # in the parser's own chances, against the colours
_SURE = 1.0  # natural logarithm of the odds, from which a pixel is the garment's
_SURE_OF_GROUND = 2.0  # the same, from which what is in a garment's mask is ground
_STRANGE = float(np.log(0.0015))  # of a thing's pixels have a colour at most that is not its own
_KNOWN = 0.6  # share of a mask that must be sure for the garment's colours to be known
_IN, _OUT = 0.9, 0.1  # masks from and up to which it is sure what is garment and what is not
_LEAST = 1e-3  # probability below which one unlikely class is as good as another
_PATCH = np.ones((3, 3), np.uint8)  # what is narrower is noise


def claim(
    labels: Pixels,
    probabilities: Scores,
    framed: Pixels,
    garment: Classes,
    others: Iterable[Classes],
) -> None:
    """Claim, in place, for a ``garment`` what of ``labels`` (h, w) lies beside it, has its colours,
    and was taken for one of ``others``, whose colours it has not.

    ``garment`` and each of ``others`` are the classes (C,) of one thing; ``probabilities``
    (C, h, w) float32 0..1, which say which of the garment's classes it is, and ``framed`` (h, w, 3)
    uint8 RGB are of the same frame.
    """
    own = garment[labels]
    bins = _bins(framed)
    colors = _colors(bins, own)
    if colors is None:
        return
    side = 2 * round(_REACH * len(labels)) + 1
    near = cv2.dilate(own.view(np.uint8), np.ones((side, side), np.uint8)) > 0
    chances = probabilities[garment]
    likeliest = np.flatnonzero(garment)[chances.argmax(0)].astype(np.uint8)
    chance = np.maximum(chances.sum(0), _LEAST)
    for classes in others:
        taken = classes[labels]
        other = _colors(bins, taken)
        if other is None:
            continue
        against = np.maximum(probabilities[classes].sum(0), _LEAST)
        odds = (colors - other)[bins] + _TRUST * np.log(chance / against)
        wrong = taken & near & (odds > _SURE) & (other[bins] < _STRANGE)
        claimed = cv2.morphologyEx(wrong.view(np.uint8), cv2.MORPH_OPEN, _PATCH) > 0
        labels[claimed] = likeliest[claimed]


def without_ground(mask: Scores, framed: Pixels) -> Scores:
    """A garment's ``mask`` (h, w) 0..1 in ``framed`` (h, w, 3) uint8 RGB without what has the
    colours of the ground and hangs together with it, as between a sleeve and the body; the very
    ``mask`` where too little of either is sure for its colours to be known."""
    outside, surely = mask <= 0.5, mask > _IN
    if np.count_nonzero(surely) < _KNOWN * np.count_nonzero(~outside):
        return mask
    bins = _bins(framed)
    garment, ground = _colors(bins, surely), _colors(bins, mask < _OUT)
    if garment is None or ground is None:
        return mask
    like_ground = ((ground - garment)[bins] > _SURE_OF_GROUND) & (garment[bins] < _STRANGE)
    open_to = (like_ground | outside).view(np.uint8)
    _, patches = cv2.connectedComponents(open_to, connectivity=4)
    reached = np.zeros(patches.max() + 1, np.bool_)
    reached[patches[outside]] = True
    return np.where(like_ground & reached[patches] & ~outside, np.float32(0), mask)


def _bins(framed: Pixels) -> NDArray[np.intp]:
    """(h, w): the bin of the histograms in which a pixel's colour is."""
    light, a, b = cv2.split(cv2.cvtColor(framed, cv2.COLOR_RGB2Lab) // _STEP)
    return (light.astype(np.intp) * _BINS + a) * _BINS + b


def _colors(bins: NDArray[np.intp], where: NDArray[np.bool_]) -> Scores | None:
    """Of each bin the logarithm of its share of a thing; None where too little of it is seen."""
    core = cv2.erode(where.view(np.uint8), _CORE) > 0
    seen = bins[core]
    if seen.size < _FEWEST:
        return None
    share = np.bincount(seen, minlength=_BINS**3).astype(np.float32) / seen.size
    kernel = cv2.getGaussianKernel(7, _SPREAD)
    for _ in range(3):  # along one axis, which then goes to the end
        along = share.reshape(_BINS, -1)
        cv2.sepFilter2D(along, -1, np.ones(1), kernel, along, borderType=cv2.BORDER_CONSTANT)
        share = np.ascontiguousarray(along.T)
    return np.asarray(np.log(share.ravel() + _NEVER), np.float32)
