"""Who is in a photograph, told from where a parser sees no ground, and which way they face."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from app.domain.framing import LANDMARKS
from app.domain.geometry import EMPTY, Rect
from app.domain.palette import Palette
from app.domain.requests import Facing

Mask = NDArray[np.bool_]

_PERSON = 0.002  # of the area that was looked at, which a person covers at least
_ANOTHER = 0.3  # of the largest person's area, from which a patch is another person
_NEAR = 0.04  # of the person's height, within which a smaller patch is a part or a thing of theirs
_SIDEWAYS = 0.3  # of the torso's length: shoulders closer together than that are seen from the side
_SURE = 0.3  # confidence of nose or shoulder from which there is somebody, whatever else is seen
_SURE_OF_WEARER = 0.5
"""The same in a garment's picture. Of held-out pictures person-parser 0.3.0 finds somebody in
3 of 200 garments alone and in all of 64 worn with the head in view; 0.1.0 did in 30 of 54 without
the head."""
_SURE_OF_HIPS = 0.5  # of both hips, which a lying pair of pants has rather too
_SURE_OF_LEGS = 0.6
"""Confidence of hips and knees from which there are legs. Of held-out pictures person-parser 0.3.0
gives the least sure of the four 0.6 or more in all of 192 photos from the waist down, and less than
0.45 in all of 204 garments alone."""
_BODY = 0.04  # of a figure, which is skin and hair at least where it is somebody
_HEAD = 0.2  # of the torso's length: how far around the nose there is nothing but head
_FACE = 0.15  # of a head's skin and hair, which is skin at least where the face is seen

_LEFT, _RIGHT = LANDMARKS.index("left_shoulder"), LANDMARKS.index("right_shoulder")
_NOSE = LANDMARKS.index("nose")
_HIPS = [LANDMARKS.index("left_hip"), LANDMARKS.index("right_hip")]
_KNEES = [LANDMARKS.index("left_knee"), LANDMARKS.index("right_knee")]
_ANKLES = [LANDMARKS.index("left_ankle"), LANDMARKS.index("right_ankle")]

#: Medians of the people of Clothing Co-Parsing: the torso's length in thighs and in whole legs, and
#: the distance between the shoulders in that between the hips.
_TORSO_OF_THIGHS, _TORSO_OF_LEGS, _SHOULDERS_OF_HIPS = 1.27, 0.67, 1.8


@dataclass(frozen=True, eq=False)
class People:
    """``count`` separate people, the ``box`` (`EMPTY` for none) around the largest with what is
    near, and ``others`` (h, w), where the rest of them are."""

    count: int
    box: Rect
    others: Mask


def find_people(figures: Mask) -> People:
    """People among ``figures`` (h, w), the pixels that are no ground. Those who touch are one."""
    _, patches, stats, _ = cv2.connectedComponentsWithStats(figures.astype(np.uint8))
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    largest = int(areas.argmax())
    if areas[largest] < max(1.0, _PERSON * figures.size):
        return People(0, EMPTY, np.zeros_like(figures))
    people = areas >= _ANOTHER * areas[largest]
    mine = _near(patches, largest, int(stats[largest, cv2.CC_STAT_HEIGHT])) & ~people
    mine[largest] = True
    box = EMPTY
    for patch in np.flatnonzero(mine).tolist():
        box = box.union(Rect(*stats[patch, : cv2.CC_STAT_AREA].tolist()))
    people[largest] = False
    return People(1 + int(people.sum()), box, people[patches])


def largest_person(figures: Mask, others: Mask) -> Mask:
    """The largest patch of ``figures`` (h, w) that does not lie mostly in ``others`` (h, w), with
    what is near it; all False when there is none."""
    _, patches, stats, _ = cv2.connectedComponentsWithStats(figures.astype(np.uint8))
    areas = stats[:, cv2.CC_STAT_AREA]
    strange = 2 * np.bincount(patches[others], minlength=len(areas)) >= areas
    strange[0] = True
    if strange.all():
        return np.zeros_like(figures)
    largest = int(np.where(strange, 0, areas).argmax())
    mine = _near(patches, largest, int(stats[largest, cv2.CC_STAT_HEIGHT])) & ~strange
    person: Mask = mine[patches]
    return person


def _near(patches: cv2.typing.MatLike, largest: int, height: int) -> Mask:
    """Which of the ``patches`` (h, w) come near the largest one, itself included."""
    away = cv2.distanceTransform((patches != largest).astype(np.uint8), cv2.DIST_L2, 5)
    near = np.zeros(int(patches.max()) + 1, np.bool_)
    near[patches[away <= max(1.5, _NEAR * height)]] = True
    near[0] = False
    return near


def somebody(landmarks: NDArray[np.float32], labels: NDArray[np.uint8], palette: Palette) -> bool:
    """Whether the figure in ``labels`` (H, W) uint8 of ``palette`` is a person and no garment on
    its own: nose or shoulders are seen (confidence in ``landmarks`` (13, 3)), or hips and knees, or
    hips and skin."""
    if landmarks[[_NOSE, _LEFT, _RIGHT], 2].max() >= _SURE or _legs(landmarks):
        return True
    if landmarks[_HIPS, 2].min() < _SURE_OF_HIPS:
        return False
    skin, hair = _skin_and_hair(labels, palette)
    return skin + hair >= max(1, _BODY * np.count_nonzero(labels))


def is_worn(landmarks: NDArray[np.float32]) -> bool:
    """Whether there is somebody in the garment whose picture has these ``landmarks`` (13, 3)."""
    head = bool(landmarks[[_NOSE, _LEFT, _RIGHT], 2].max() >= _SURE_OF_WEARER)
    return head or _legs(landmarks)


def _legs(landmarks: NDArray[np.float32]) -> bool:
    return bool(landmarks[_HIPS + _KNEES, 2].min() >= _SURE_OF_LEGS)


def with_shoulders(landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    """``landmarks`` (13, 3) of a person who stands; where no shoulder is seen, as in a photograph
    from the waist down, they are where the legs' length puts them, as little sure as before."""
    if landmarks[[_LEFT, _RIGHT], 2].max() >= _SURE or not _legs(landmarks):
        return landmarks
    hips, knees, ankles = (landmarks[part, :2] for part in (_HIPS, _KNEES, _ANKLES))
    thigh = float(np.linalg.norm(knees - hips, axis=1).mean())
    torso = _TORSO_OF_THIGHS * thigh
    if landmarks[_ANKLES, 2].min() >= _SURE:
        torso = _TORSO_OF_LEGS * (thigh + float(np.linalg.norm(ankles - knees, axis=1).mean()))
    middle = hips.mean(0)
    completed = landmarks.copy()
    completed[[_LEFT, _RIGHT], :2] = middle + _SHOULDERS_OF_HIPS * (hips - middle)
    completed[[_LEFT, _RIGHT], 1] -= np.float32(torso)
    return completed


def facing(landmarks: NDArray[np.float32], labels: NDArray[np.uint8], palette: Palette) -> Facing:
    """Which side of a standing person is seen.

    ``landmarks`` (13, 3) are x, y in pixels of the label map ``labels`` (H, W) uint8 of
    ``palette``, and confidence. From the front the person's left shoulder is on the picture's
    right. A head of hair alone, without a face, is seen from the back, whatever a network that
    has hardly ever seen a back says of the shoulders.
    """
    shoulders = landmarks[[_LEFT, _RIGHT], :2]
    torso = float(np.linalg.norm(landmarks[_HIPS, :2].mean(0) - shoulders.mean(0)))
    across = float(shoulders[0, 0] - shoulders[1, 0])
    if abs(across) < _SIDEWAYS * torso:
        return "side"
    x, y = landmarks[_NOSE, :2].tolist()
    reach = _HEAD * torso
    head = Rect(round(x - reach), round(y - reach), round(2 * reach), round(2 * reach))
    head = head.clip(labels.shape[1], labels.shape[0])
    skin, hair = _skin_and_hair(labels[head.slices], palette)
    headed = landmarks[[_NOSE, _LEFT, _RIGHT], 2].max() >= _SURE
    faceless = headed and hair > head.w * head.h / 4 and skin < _FACE * (skin + hair)
    return "back" if across < 0 or faceless else "front"


def _skin_and_hair(labels: NDArray[np.uint8], palette: Palette) -> tuple[int, int]:
    """Pixels of either."""
    counts = np.bincount(labels.ravel(), minlength=len(palette))
    skin, hair = (
        sum(int(counts[entry.index]) for entry in palette if entry.group == group)
        for group in ("skin", "hair")
    )
    return skin, hair
