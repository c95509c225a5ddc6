"""Why a worn garment cannot be laid flat by its bones."""

from __future__ import annotations

import cv2
import numpy as np

from models.training.tryon import worn as w
from models.training.tryon.worn import Worn


def of_body(worn: Worn) -> str:
    """Why a top or dress cannot be laid flat, or an empty text."""
    torso, points, limbs, whole = worn.torso, worn.landmarks[:, :2], worn.limbs, worn.whole
    hip, neck = w.middle(points, w.LEFT_HIP), w.middle(points, w.LEFT_SHOULDER)
    trunk = w.filled(
        [points[i] for i in (w.RIGHT_SHOULDER, w.LEFT_SHOULDER, w.LEFT_HIP, w.RIGHT_HIP)]
    )
    trunk[round(float(hip[1] - 0.25 * torso)) :] = 0
    others = [index for index in (*w.UPPERS, w.DRESS) if index not in worn.garment]
    if (np.isin(worn.labels, others) & (trunk > 0)).sum() > 0.12 * trunk.sum():
        return "another garment over or under it"
    if (whole & trunk).sum() < 0.74 * trunk.sum():
        return "does not cover the body"
    if _lopsided(worn, neck[1] + 0.25 * torso, hip[1] + 0.8 * torso) > 0.12:
        return "lopsided"
    if worn.category == "dress":
        below = whole[min(round(float(hip[1] + 0.2 * torso)), w.HEIGHT - 1)]
        if below.sum() < 0.3 * torso:
            return "too short"
        if _parted(worn):
            return "has legs, or stands open"
    if abs(limbs[0] + limbs[1] - limbs[2] - limbs[3]) > 0.6:
        return "one sleeve hidden"
    inner = [neck + (points[i] - neck) * 0.75 for i in (w.RIGHT_SHOULDER, w.LEFT_SHOULDER)]
    inner += [hip + (points[i] - hip) * 1.1 for i in (w.LEFT_HIP, w.RIGHT_HIP)]
    front = cv2.erode(w.filled(inner), np.ones((3, 3), np.uint8))
    for side in (0, 1):
        arm = points[[w.LEFT_SHOULDER + side, w.LEFT_ELBOW + side, w.LEFT_WRIST + side]]
        lengths = np.linalg.norm(np.diff(arm, axis=0), axis=-1)
        for part in (0, 1):
            covered = limbs[2 * side + part]
            if covered < 0.3:
                continue
            if lengths[part] < (0.36, 0.3)[part] * torso * covered:
                return "a sleeve points at the camera"
            line = arm[part] + np.linspace(0.5, 1, 6)[:, None] * (arm[part + 1] - arm[part])
            if w.at(front, line).sum() > 1:
                return "a sleeve before the body"
        if limbs[2 * side + 1] > 0.3 and arm[2, 1] < arm[1, 1] + 0.05 * torso:
            return "a sleeve raised"
    return ""


def _lopsided(worn: Worn, top: float, bottom: float) -> float:
    """The share of the garment between two heights that has no fellow beyond the body's axis."""
    band = np.zeros_like(worn.mask)
    band[max(round(top), 0) : round(bottom)] = 1
    if worn.category != "lower":
        middle_x = w.middle(worn.landmarks, w.LEFT_HIP)[0]
        band[:, np.abs(np.arange(w.WIDTH) - middle_x) > 0.3 * worn.torso] = 0
    alone = worn.whole & band & (1 - w.mirrored(worn.whole, worn.landmarks))
    return float(alone.sum() / max(int((worn.whole & band).sum()), 1))


def _parted(worn: Worn) -> bool:
    """Whether there is a gap in the garment shortly above the knees."""
    hip, knee = w.middle(worn.landmarks, w.LEFT_HIP), w.middle(worn.landmarks, w.LEFT_KNEE)
    row = worn.whole[min(round(float(hip[1] * 0.3 + knee[1] * 0.7)), w.HEIGHT - 1)]
    return np.count_nonzero(np.diff(np.pad(row, 1).astype(np.int8)) == 1) > 1


def of_legs(worn: Worn) -> str:
    """Why trousers or a skirt cannot be laid flat, or an empty text."""
    torso, points, limbs = worn.torso, worn.landmarks[:, :2], worn.limbs
    hip = w.middle(points, w.LEFT_HIP)
    half = np.array([max(float(points[w.LEFT_HIP, 0] - hip[0]), 0.16 * torso), 0])
    down = np.array([0, torso])
    top, bottom = hip - 0.02 * down, hip + 0.3 * down
    pelvis = w.filled([top - half, top + half, bottom + half, bottom - half])
    if (worn.mask & pelvis).sum() < 0.4 * pelvis.sum():
        return "hips hidden"
    if (worn.whole & pelvis).sum() < 0.8 * pelvis.sum():
        return "hips not covered"
    if _lopsided(worn, hip[1] - 0.3 * torso, hip[1] + 0.35 * torso) > 0.18:
        return "lopsided at the hips"
    if not worn.legged:
        return "has legs, or stands open" if _parted(worn) else ""
    apart = points[[w.LEFT_KNEE, w.LEFT_ANKLE], 0] - points[[w.RIGHT_KNEE, w.RIGHT_ANKLE], 0]
    short = limbs[1] + limbs[3] < 0.2
    if apart[0] < 0.12 * torso or (not short and apart[1] < 0.08 * torso):
        return "legs cross"
    if abs(limbs[0] + limbs[1] - limbs[2] - limbs[3]) > 0.4:
        return "one leg hidden"
    bones = points[[w.LEFT_KNEE, w.RIGHT_KNEE, w.LEFT_ANKLE, w.RIGHT_ANKLE]] - points[
        [w.LEFT_HIP, w.RIGHT_HIP, w.LEFT_KNEE, w.RIGHT_KNEE]
    ]  # fmt: skip
    lengths = np.linalg.norm(bones, axis=1)
    if lengths[:2].min() < 0.55 * torso or (not short and lengths[2:].min() < 0.5 * torso):
        return "a leg points at the camera"
    return ""
