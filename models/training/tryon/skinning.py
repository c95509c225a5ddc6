"""Laying a worn garment flat: 2-D linear blend skinning from the body's bones to a spread pose.

Every point near the body follows the bones it lies by. Torso and pelvis move by one affine each,
which put shoulders or hips level; sleeves and legs turn about the joints that these have placed.
The outcome is the flow: for each place of the person frame the place of the flat frame that shows
the same piece of cloth.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.tryon import worn as w
from models.training.tryon.worn import Mask, Points, Worn

#: The flow is smooth: it is kept at half the frame.
FLOW_HEIGHT, FLOW_WIDTH = w.HEIGHT // 2, w.WIDTH // 2
_SOFT = 0.022  # torso lengths over which one bone hands over to the next


@dataclass(frozen=True)
class Limb:
    """A chain of two bones, ``joints`` (3, 2) from the body outwards, on one ``side``: -1 is the
    picture's left. ``covered`` of each bone is cloth."""

    joints: Points
    side: int
    covered: tuple[float, float]


@dataclass(frozen=True)
class Rig:
    """Bones of one worn garment and how much each point follows them.

    ``weights`` (FLOW_HEIGHT, FLOW_WIDTH, K): the body first, the skirt second, then two bones of
    each limb.
    """

    worn: Worn
    limbs: tuple[Limb, ...]
    weights: NDArray[np.float32]


def rig(worn: Worn) -> Rig:
    """The bones that ``worn`` follows; bare limbs move nothing."""
    points = worn.landmarks[:, :2]
    lower = worn.category == "lower"
    root = w.LEFT_HIP if lower else w.LEFT_SHOULDER
    limbs = []
    for right in (0, 1):
        covered = worn.limbs[2 * right], worn.limbs[2 * right + 1]
        if covered[0] < 0.3 or (lower and not worn.legged):
            continue
        joints = points[[root + right, root + 2 + right, root + 4 + right]]
        limbs.append(Limb(joints, -1 if right else 1, covered))
    return Rig(worn, tuple(limbs), _weights(worn, limbs))


def _weights(worn: Worn, limbs: list[Limb]) -> NDArray[np.float32]:
    torso = worn.torso
    places = w.grid(FLOW_HEIGHT, FLOW_WIDTH)
    distance = [_from_polygon(_trunk(worn))]
    legs = worn.category == "lower"
    for limb in limbs:
        thick = (0.17, 0.12) if legs else (0.1, 0.075)
        for part in (0, 1):
            start, end = limb.joints[part], limb.joints[part + 1]
            share = limb.covered[part]
            if share < 0.15:
                distance.append(np.full(places.shape[:2], 10 * torso, np.float32))
                continue
            end = start + (end - start) * min(1.0, share + 0.05 if part == 0 else 1.0)
            distance.append(w.from_segment(places, start, end) - thick[part] * torso)
    stacked = np.stack(distance, -1) / (_SOFT * torso)
    weights = np.exp(stacked.min(-1, keepdims=True) - stacked)
    blur = 0.02 * torso * FLOW_WIDTH / w.WIDTH
    weights = cv2.GaussianBlur(weights, (0, 0), blur).reshape(stacked.shape)
    hip = w.middle(worn.landmarks, w.LEFT_HIP)
    skirt = np.zeros(places.shape[:2], np.float32)
    if worn.category == "dress":
        depth = np.clip((places[..., 1] - hip[1]) / (0.35 * torso), 0, 1)
        skirt = (depth * depth * (3 - 2 * depth)).astype(np.float32)
    body = weights[..., 0]
    every = np.concatenate(
        [(body * (1 - skirt))[..., None], (body * skirt)[..., None], weights[..., 1:]], -1
    )
    return np.asarray(every / every.sum(-1, keepdims=True), np.float32)


def _trunk(worn: Worn) -> Points:
    """Outline (N, 2) of what moves with the body."""
    points, torso = worn.landmarks[:, :2], worn.torso
    neck, hip = w.middle(worn.landmarks, w.LEFT_SHOULDER), w.middle(worn.landmarks, w.LEFT_HIP)
    half = np.array([max(float(points[w.LEFT_HIP, 0] - hip[0]), 0.17 * torso), 0], np.float32)
    down = np.array([0, torso], np.float32)
    if worn.category != "lower":
        left, right = (
            points[shoulder] + 0.14 * (neck - points[shoulder])
            for shoulder in (w.LEFT_SHOULDER, w.RIGHT_SHOULDER)
        )
        wide = 1.5 if worn.category == "upper" else 1.7
        below = _outline([(hip, wide), (hip + down, wide + 0.5), (hip + 3 * down, 4)], half)
        return np.concatenate([[right - 0.3 * down, left - 0.3 * down, left], below, [right]])
    if worn.legged:
        return _outline([(hip - down, 2), (hip, 1.6), (hip + 0.22 * down, 0)], half)
    return _outline([(hip - down, 2), (hip + 3 * down, 4)], half)


def _outline(axis: list[tuple[Points, float]], half: Points) -> Points:
    """Polygon around places on an axis, each with its width: down the left, up the right."""
    left = [place + share * half for place, share in axis]
    right = [place - share * half for place, share in reversed(axis)]
    return np.array(left + right, np.float32)


def _from_polygon(corners: Points) -> NDArray[np.float32]:
    """Signed distance of the flow's points from a polygon in frame pixels, negative inside."""
    pad = 64
    scale = FLOW_WIDTH / w.WIDTH
    area = np.zeros((FLOW_HEIGHT + 2 * pad, FLOW_WIDTH + 2 * pad), np.uint8)
    cv2.fillPoly(area, [np.round(corners * scale - 0.5 + pad).astype(np.int32)], 1)
    outside = cv2.distanceTransform(1 - area, cv2.DIST_L2, 5)
    inside = cv2.distanceTransform(area, cv2.DIST_L2, 5)
    signed = (outside - inside)[pad:-pad, pad:-pad] / scale
    return np.asarray(signed, np.float32)


def _affine(source: Points, target: Points) -> NDArray[np.float64]:
    """The affine (2, 3) that takes three points to three points."""
    return np.asarray(cv2.getAffineTransform(np.float32(source), np.float32(target)), np.float64)


def _move(matrix: NDArray[np.float64], points: Points) -> Points:
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], np.float32)


def _turned(
    start: Points, end: Points, to: Points, towards: Points, wide: float
) -> NDArray[np.float64]:
    """Takes the segment ``start``-``end`` to ``to``-``towards``; across it stretches ``wide``."""
    old, new = end - start, towards - to
    length, wanted = max(float(np.linalg.norm(old)), 1e-3), float(np.linalg.norm(new))
    u, v = old / length, new / wanted
    along = min(wanted / length, 2.5)
    linear = along * np.outer(v, u) + wide * np.outer([-v[1], v[0]], [-u[1], u[0]])
    return np.concatenate([linear, (to - linear @ start)[:, None]], 1)


def lay(rig: Rig, rng: np.random.Generator, spread: float = 1) -> Points:
    """Flat places (FLOW_HEIGHT, FLOW_WIDTH, 2), x, y in pixels of the flat frame, of the person
    frame's points: the garment spread in a random pose, turned a little, bent a little by
    smooth noise, and scaled to fill 0.8 to 0.95 of the frame. ``spread`` 0..1 keeps sleeves and
    legs nearer to the body."""
    worn, torso = rig.worn, rig.worn.torso
    body, skirt = _body(worn, rng)
    moves = [body, skirt]
    legs = worn.category == "lower"
    if rig.limbs:
        if legs:
            first = np.deg2rad(rng.uniform(1.5, 2 + 7 * spread))
            second = first + np.deg2rad(rng.uniform(-3, 3))
        else:
            # Short sleeves of a T-shirt laid down stand out, long ones are folded nearer.
            short = max(limb.covered[1] for limb in rig.limbs) < 0.15
            first = np.deg2rad(rng.uniform(14, 18 + (62 if short else 42) * spread))
            second = first + np.deg2rad(rng.uniform(-8, 12))
        rest = (0.85, 0.75) if legs else (0.5, 0.46)
        lengths = [
            max(
                [rest[part] * torso]
                + [
                    float(np.linalg.norm(limb.joints[part + 1] - limb.joints[part]))
                    for limb in rig.limbs
                ]
            )
            for part in (0, 1)
        ]
        wide = rng.uniform(1.0, 1.12)
        for limb in rig.limbs:
            to = _move(body, limb.joints[0])
            for part, angle in enumerate((first, second)):
                lean = angle + np.deg2rad(rng.normal(0, 1.5))
                reach = np.array([limb.side * np.sin(lean), np.cos(lean)]) * lengths[part]
                start, end = limb.joints[part], limb.joints[part + 1]
                moves.append(_turned(start, end, to, to + reach, wide))
                to = np.asarray(to + reach, np.float32)
    places = w.grid(FLOW_HEIGHT, FLOW_WIDTH)
    flat = sum(rig.weights[..., k, None] * _move(m, places) for k, m in enumerate(moves))
    return _fitted(np.asarray(flat, np.float32), worn.whole, rng)


def _body(worn: Worn, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How torso (or pelvis) and skirt move, the neck (or the hips) coming to the origin."""
    points, torso = worn.landmarks[:, :2], worn.torso
    neck, hip = w.middle(worn.landmarks, w.LEFT_SHOULDER), w.middle(worn.landmarks, w.LEFT_HIP)
    knee = w.middle(worn.landmarks, w.LEFT_KNEE)
    hips = points[[w.RIGHT_HIP, w.LEFT_HIP]]
    across = float(np.linalg.norm(hips[1] - hips[0]))
    wide = float(np.clip(0.4 * torso / across, 1, 1.3)) * across * rng.uniform(1, 1.08) / 2
    thigh = float(np.linalg.norm(knee - hip)) * rng.uniform(0.96, 1.06)
    if worn.category == "lower":
        waist = hip + 0.4 * (neck - hip)
        body = _affine([*hips, waist], [(-wide, 0), (wide, 0), (0, -0.4 * torso)])
        if not worn.legged:
            body = _affine([*hips, knee], [(-wide, 0), (wide, 0), (0, thigh)])
        return body, body
    shoulders = points[[w.RIGHT_SHOULDER, w.LEFT_SHOULDER]]
    across = float(np.linalg.norm(shoulders[1] - shoulders[0]))
    wide = float(np.clip(0.6 * torso / across, 1, 1.2)) * across * rng.uniform(0.96, 1.08) / 2
    body = _affine([*shoulders, hip], [(-wide, 0), (wide, 0), (0, torso)])
    low = _move(body, hip)
    turn = knee - hip
    normal = np.array([-turn[1], turn[0]]) / max(float(np.linalg.norm(turn)), 1e-3)
    scale = float(np.linalg.norm(body[:, 0]))
    aside, below = np.array([-scale, 0]), np.array([0, thigh])
    skirt = _affine([hip, knee, hip + normal], [low, low + below, low + aside])
    return body, skirt


def _fitted(flat: Points, whole: Mask, rng: np.random.Generator) -> Points:
    """``flat`` turned, bent and scaled so that the garment's box fills the frame."""
    angle = np.deg2rad(np.clip(rng.normal(0, 2.5), -6, 6))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32)
    size = np.array([w.WIDTH, w.HEIGHT], np.float32)
    cloth = cv2.resize(whole, (FLOW_WIDTH, FLOW_HEIGHT), interpolation=cv2.INTER_AREA) > 0
    fill = rng.uniform(0.8, 0.95)
    shift = rng.uniform(-0.4, 0.4, 2) * (1 - fill) * size
    flat = _into_box(flat @ turn.T, cloth, size, fill, shift)
    coarse = rng.normal(0, 0.012 * w.HEIGHT, (5, 4, 2)).astype(np.float32)
    bend = cv2.resize(coarse, (w.WIDTH, w.HEIGHT), interpolation=cv2.INTER_CUBIC)
    flat = flat + cv2.remap(
        bend, flat - 0.5, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return _into_box(flat, cloth, size, fill, shift)


def _into_box(
    flat: Points, cloth: NDArray[np.bool_], size: Points, fill: float, shift: Points
) -> Points:
    low, high = flat[cloth].min(0), flat[cloth].max(0)
    scale = fill * float((size / (high - low)).min())
    return np.asarray((flat - (low + high) / 2) * scale + size / 2 + shift, np.float32)


def as_flow(flat: Points) -> NDArray[np.float16]:
    """Flat places in pixels as a flow (2, FLOW_HEIGHT, FLOW_WIDTH) float16, -1..1 between the
    edges of the flat frame (align_corners=False); far outside it stops at -2 and 2."""
    size = np.array([w.WIDTH, w.HEIGHT], np.float32)
    return np.clip(flat / size * 2 - 1, -2, 2).transpose(2, 0, 1).astype(np.float16)
