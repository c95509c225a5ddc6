"""The colour of limbs that a try-on bares, kept near the face's.

A network takes it from what skin it sees close by, which may be a hand in the shadow of a sleeve,
or no skin at all. Where it is unlike the face by more than bare limbs are, it is brought nearer.
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from app.domain.framing import LANDMARKS

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

_ARMS = np.array([[4.4, -3.4, -4.6], [24.0, 0.5, 2.0]], np.float32)
_LEGS = np.array([[-8.7, -1.5, -2.0], [6.7, 1.5, 4.1]], np.float32)
"""CIELAB, limbs less faces: from the first to the third quarter of 716 bare forearms and 624 bare
lower legs in the labelled photographs of Clothing Co-Parsing (Yang, Luo, Lin 2014), as
`models.training.tryon.tones` prints them."""

_FACE = 0.3  # torso lengths around the nose
_HAND = 0.3  # and around a wrist, in which skin tells little of an arm
_SURE = 0.3  # confidence from which a landmark is used
_FEWEST = 30  # pixels of a face that tell its colour
_BARED = 40  # pixels of a bared limb that are worth it
_SHOWN = 150  # pixels of a limb's own skin, from which it is known better than by the face
_THICK = 0.2  # torso lengths from its bones, within which skin is a limb's own
_LIGHTEST = 90.0  # L up to which a limb is made lighter: beyond, it would burn out
_NEAR = 0.12  # torso lengths from skin that stays, within which the limb keeps its colour
_EVEN = 4.0  # pixels; sigma over which changes are evened
_ARM, _LEG = ("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle")
_CORE = np.ones((3, 3), np.uint8)

_NOSE = LANDMARKS.index("nose")
_WRISTS = [LANDMARKS.index("left_wrist"), LANDMARKS.index("right_wrist")]
_ROOTS = [
    [LANDMARKS.index(f"{side}_{joint}") for side in ("left", "right")]
    for joint in ("shoulder", "hip")
]


def torso_of(landmarks: Floats) -> float:
    """From the middle of the shoulders to that of the hips, in pixels of ``landmarks`` (13, 3); 8
    at least."""
    neck, hip = (landmarks[pair, :2].mean(0) for pair in _ROOTS)
    return max(8.0, float(np.linalg.norm(hip - neck)))


def complexion(framed: NDArray[np.uint8], skin: Mask, landmarks: Floats) -> Floats | None:
    """The face's colour (3,) in CIELAB, L 0..100, in a picture ``framed`` (h, w, 3) RGB that shows
    ``skin`` (h, w) and ``landmarks`` (13, 3), in pixels; None where too little of it is seen."""
    if landmarks[_NOSE, 2] < _SURE:
        return None
    core = cv2.erode(skin.view(np.uint8), _CORE) > 0
    face = core & (_away(skin.shape, landmarks[[_NOSE]]) < _FACE * torso_of(landmarks))
    if np.count_nonzero(face) < _FEWEST:
        return None
    return np.asarray(np.median(_lab(framed[face][None] / np.float32(255))[0], 0), np.float32)


def toned(fill: Floats, bared: Floats, shown: Mask, landmarks: Floats, face: Floats) -> Floats:
    """A ``fill`` (3, h, w) RGB 0..1 with its limbs nearer to the ``face``'s colour (3,) in CIELAB.

    ``bared`` (h, w) 0..1 is how much of a place is bared skin, ``shown`` (h, w) what skin the
    photograph goes on showing, near which limbs look like it.
    """
    torso = torso_of(landmarks)
    colors = _lab(fill.transpose(1, 2, 0))
    arms, legs = (_beside(bared.shape, landmarks, joints) for joints in (_ARM, _LEG))
    limb = shown & (np.minimum(arms, legs) < _THICK * torso)
    limb &= _away(bared.shape, landmarks[[_NOSE]]) > _FACE * torso
    sure = limb & (_away(bared.shape, landmarks[_WRISTS]) > _HAND * torso)
    change = np.zeros_like(colors)
    for where, (least, most) in ((legs >= arms, _ARMS), (legs < arms, _LEGS)):
        there = (bared > 0.5) & where
        if np.count_nonzero(there) >= _BARED and np.count_nonzero(sure & where) < _SHOWN:
            own = np.median(colors[there], 0)
            wanted = face + np.clip(own - face, least, most)
            wanted[0] = min(wanted[0], max(own[0], _LIGHTEST))
            change[where] = wanted - own
    if not change.any():
        return fill
    far = cv2.distanceTransform((~limb).view(np.uint8), cv2.DIST_L2, 5)
    share = np.minimum(2 * bared, 1) * (1 - np.exp(-far / (_NEAR * torso)))
    change = cv2.GaussianBlur(change, (0, 0), _EVEN) * share[..., None]
    brought = cv2.cvtColor(colors + change.astype(np.float32), cv2.COLOR_LAB2RGB)
    return np.where(bared > 0, brought.transpose(2, 0, 1), fill).astype(np.float32)


def _lab(rgb: Floats) -> Floats:
    """RGB 0..1 (h, w, 3) in CIELAB."""
    planes = np.ascontiguousarray(rgb, np.float32)
    return np.asarray(cv2.cvtColor(planes, cv2.COLOR_RGB2LAB), np.float32)


def _beside(shape: tuple[int, ...], landmarks: Floats, joints: tuple[str, ...]) -> Floats:
    """(h, w): pixels to the nearest bone of both limbs with these ``joints`` that is seen."""
    y, x = _places(shape)
    nearest = np.full(shape, np.inf, np.float32)
    for side in ("left", "right"):
        chain = landmarks[[LANDMARKS.index(f"{side}_{joint}") for joint in joints]]
        for (from_x, from_y, sure), (to_x, to_y, too) in pairwise(chain):
            if min(sure, too) < _SURE:
                continue
            along, down = to_x - from_x, to_y - from_y
            length = max(1.0, float(along**2 + down**2))
            share = ((x - from_x) * along + (y - from_y) * down) / length
            np.clip(share, 0, 1, out=share)
            gap = np.hypot(x - from_x - share * along, y - from_y - share * down)
            np.minimum(nearest, gap, out=nearest)
    return nearest


def _away(shape: tuple[int, ...], points: Floats) -> Floats:
    """(h, w): pixels to the nearest of ``points`` (N, 3) that is seen."""
    y, x = _places(shape)
    nearest = np.full(shape, np.inf, np.float32)
    for across, down, sure in points:
        if sure >= _SURE:
            np.minimum(nearest, np.hypot(x - across, y - down), out=nearest)
    return nearest


def _places(shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """y (h, 1) and x (1, w) of pixel centres."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    return y.astype(np.float32) + np.float32(0.5), x.astype(np.float32) + np.float32(0.5)
