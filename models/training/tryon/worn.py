"""One garment on one person, in the person frame, and the geometry that is common to all of it.

All positions are pixels of the person frame (256 x 192, centres at whole numbers + 0.5); lengths
are told in torso lengths, from the middle of the shoulders to that of the hips.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from app.domain import framing
from models.training import palette
from models.training.tryon.body import HEIGHT as HEIGHT
from models.training.tryon.body import WIDTH as WIDTH

#: How much larger than the frame the picture is from which the cloth is drawn.
FINE = 2
(
    NOSE, LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_ELBOW, RIGHT_ELBOW, LEFT_WRIST, RIGHT_WRIST,
    LEFT_HIP, RIGHT_HIP, LEFT_KNEE, RIGHT_KNEE, LEFT_ANKLE, RIGHT_ANKLE,
) = range(len(framing.LANDMARKS))  # fmt: skip

Mask = NDArray[np.uint8]
Points = NDArray[np.float32]

INDEX = {entry.key: index for index, entry in enumerate(palette.CLASSES)}
_GROUP = np.array([entry.group for entry in palette.CLASSES])
UPPERS = [int(i) for i in np.flatnonzero(_GROUP == "upper")]
LOWERS = [int(i) for i in np.flatnonzero(_GROUP == "lower")]
DRESS, SKIRT = INDEX["dress"], INDEX["skirt"]


@dataclass(frozen=True)
class Worn:
    """One garment on one person. Maps are (256, 192) uint8; masks hold 0 and 1.

    ``whole`` is ``mask`` (what one sees of the garment) and ``held`` (what lies before it, by
    arms, hair or bags) together. ``garment`` holds its classes, as a rule one. ``fine`` is the
    person at twice the frame's size. ``limbs`` says how much of each limb the garment covers, from
    its root, 0 to 1: left upper, left lower, right upper, right lower arm or leg.
    """

    category: framing.Category
    garment: tuple[int, ...]
    landmarks: Points
    person: NDArray[np.uint8]
    fine: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    mask: Mask
    held: Mask
    limbs: tuple[float, float, float, float]

    @property
    def whole(self) -> Mask:
        return self.mask | self.held

    @property
    def torso(self) -> float:
        return torso_length(self.landmarks)

    @property
    def legged(self) -> bool:
        """Whether it is a lower garment with two legs."""
        return self.category == "lower" and self.garment[0] != SKIRT

    @property
    def skirt(self) -> bool:
        """Whether it is a lower garment without legs."""
        return self.category == "lower" and not self.legged


def torso_length(landmarks: Points) -> float:
    neck, hip = middle(landmarks, LEFT_SHOULDER), middle(landmarks, LEFT_HIP)
    return float(np.linalg.norm(hip - neck))


def middle(landmarks: Points, left: int) -> Points:
    """The middle between a left landmark and its right fellow, (2,)."""
    centre: Points = landmarks[left : left + 2, :2].mean(0)
    return centre


def from_segment(points: Points, start: Points, end: Points) -> NDArray[np.float32]:
    """Distance of points (..., 2) from a segment."""
    along = end - start
    share = ((points - start) @ along) / max(float(along @ along), 1e-6)
    nearest = start + np.clip(share, 0, 1)[..., None] * along
    return np.asarray(np.linalg.norm(points - nearest, axis=-1), np.float32)


def grid(height: int, width: int) -> Points:
    """Pixel centres of a (height, width) raster over the person frame, in frame pixels."""
    x = (np.arange(width, dtype=np.float32) + 0.5) * (WIDTH / width)
    y = (np.arange(height, dtype=np.float32) + 0.5) * (HEIGHT / height)
    return np.stack(np.meshgrid(x, y), -1)


def closed(mask: Mask, radius: float) -> Mask:
    """Morphological closing with a disc, by distances, so that large discs cost nothing."""
    pad = int(radius) + 2
    wide = np.pad(mask, pad)
    grown = (cv2.distanceTransform(1 - wide, cv2.DIST_L2, 5) <= radius).astype(np.uint8)
    shrunk = cv2.distanceTransform(grown, cv2.DIST_L2, 5) > radius
    return np.maximum(shrunk[pad:-pad, pad:-pad].astype(np.uint8), mask)


def mirrored(mask: Mask, landmarks: Points) -> Mask:
    """The mask mirrored at the body's axis."""
    neck, hip = middle(landmarks, LEFT_SHOULDER), middle(landmarks, LEFT_HIP)
    normal = np.array([hip[1] - neck[1], neck[0] - hip[0]])
    normal = normal / np.linalg.norm(normal)
    linear = np.eye(2) - 2 * np.outer(normal, normal)
    shift = neck - 0.5 - linear @ (neck - 0.5)
    matrix = np.concatenate([linear, shift[:, None]], 1)
    return np.asarray(
        cv2.warpAffine(mask, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_NEAREST), np.uint8
    )


def at(mask: Mask, points: NDArray[np.floating]) -> Mask:
    """The mask's values at points (N, 2), those outside moved to its edge."""
    x = np.clip(points[:, 0].astype(int), 0, WIDTH - 1)
    y = np.clip(points[:, 1].astype(int), 0, HEIGHT - 1)
    return mask[y, x]


def filled(corners: list[Points]) -> Mask:
    area = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillConvexPoly(area, np.round(np.array(corners)).astype(np.int32), 1)
    return area
