"""Laying a worn garment flat: its bones (`bones`) brought into a random lying pose.

Shoulders or hips come level; sleeves stand out, hang along the body or are folded, legs part a
little. The outcome is the flow: for each place of the person frame the place of the flat frame that
shows the same piece of cloth; and the places of the garment's points in the flat frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from models.training.tryon import bones
from models.training.tryon import worn as w
from models.training.tryon.bones import FLOW_HEIGHT, FLOW_WIDTH
from models.training.tryon.worn import Mask, Points, Worn

_LEFT_ROOT, _RIGHT_ROOT, _AXIS, _HEM, _LIMBS = 0, 1, 2, 3, 4  # in `bones.POINTS`
_REST = ((0.5, 0.46), (0.85, 0.75))  # lengths of arms and legs, in torsos, if not foreshortened


@dataclass(frozen=True)
class Rig:
    """The bones of one worn garment. ``weights`` (FLOW_HEIGHT, FLOW_WIDTH, 6): how much each point
    follows each of `bones.BONES`."""

    worn: Worn
    frame: bones.Frame
    garment: bones.Garment
    weights: NDArray[np.float32]

    @property
    def limbs(self) -> list[int]:
        """The sides, 0 left and 1 right, whose sleeve or leg moves."""
        there = self.garment.limbs[0, :, 0]
        return [side for side in (0, 1) if there[side] > 0.5]


def rig(worn: Worn) -> Rig:
    """The bones that ``worn`` follows; bare limbs move nothing."""
    frame = bones.Frame.of(torch.from_numpy(worn.landmarks[None].astype(np.float32)))
    garment = bones.Garment(
        torch.eye(3)[None, bones.CATEGORIES.index(worn.category)],
        torch.tensor([float(worn.skirt)]),
        torch.tensor(worn.limbs, dtype=torch.float32).view(1, 2, 2),
    )
    shares = bones.weights(frame, garment)[0].permute(1, 2, 0).numpy()
    return Rig(worn, frame, garment, np.ascontiguousarray(shares))


def lay(rig: Rig, rng: np.random.Generator, spread: float = 1) -> tuple[Points, Points]:
    """Flat places (FLOW_HEIGHT, FLOW_WIDTH, 2) of the person frame's points, and the `bones.POINTS`
    (8, 2), both x, y in pixels of the flat frame: the garment in a random pose, turned a little,
    bent a little by smooth noise, and scaled to fill 0.8 to 0.95 of the frame. ``spread`` 0..1
    keeps sleeves and legs nearer to the body."""
    points = _pose(rig, rng, spread)
    wide = rng.uniform(1.0, 1.12)
    affines = bones.moves(
        rig.frame, rig.garment.lower, torch.from_numpy(points[None].astype(np.float32)), wide
    )
    shares = torch.from_numpy(rig.weights).permute(2, 0, 1)[None]
    flat = bones.flat_places(shares, affines, rig.frame, rig.garment)[0].permute(1, 2, 0).numpy()
    return _fitted(flat, points, rig.worn.whole, rng)


def _pose(rig: Rig, rng: np.random.Generator, spread: float) -> NDArray[np.float64]:
    """`bones.POINTS` (8, 2) of the garment lying, the neck or the hips at the origin, in pixels of
    the person frame."""
    worn, torso = rig.worn, rig.worn.torso
    legs = worn.category == "lower"
    left = w.LEFT_HIP if legs else w.LEFT_SHOULDER
    across = float(np.linalg.norm(np.diff(worn.landmarks[left : left + 2, :2], axis=0)))
    hip, knee = w.middle(worn.landmarks, w.LEFT_HIP), w.middle(worn.landmarks, w.LEFT_KNEE)
    thigh = float(np.linalg.norm(knee - hip)) * rng.uniform(0.96, 1.06)
    share, most = (0.4, 1.3) if legs else (0.6, 1.2)
    wide = float(np.clip(share * torso / across, 1, most)) * across / 2
    wide *= rng.uniform(1, 1.08) if legs else rng.uniform(0.96, 1.08)
    points = np.zeros((len(bones.POINTS), 2))
    points[_LEFT_ROOT], points[_RIGHT_ROOT] = (wide, 0), (-wide, 0)
    points[_AXIS] = (0, -0.4 * torso if legs else torso)
    points[_HEM] = (0, thigh if legs else torso + thigh)
    angles = _leg_angles(rng, spread) if legs else _sleeve_angles(rig, rng, spread)
    joints = rig.frame.limbs(rig.garment.lower)[0].numpy()
    own = np.linalg.norm(np.diff(joints, axis=1), axis=-1)[rig.limbs].max(0, initial=0)
    lengths = np.maximum(own, np.array(_REST[int(legs)]) * torso)
    for side, outwards in ((0, 1), (1, -1)):
        place = points[side]
        for part in (0, 1):
            angle = np.deg2rad(angles[part] + rng.normal(0, 2.5))
            step = np.array([outwards * np.sin(angle), np.cos(angle)]) * lengths[part]
            place = points[_LIMBS + 2 * side + part] = place + step
    return points


def _leg_angles(rng: np.random.Generator, spread: float) -> tuple[float, float]:
    first = rng.uniform(1.5, 2 + 7 * spread)
    return first, first + rng.uniform(-3, 3)


def _sleeve_angles(rig: Rig, rng: np.random.Generator, spread: float) -> tuple[float, float]:
    """Degrees from straight down, outwards, of upper and lower sleeve: short sleeves of a T-shirt
    stand out; long ones are spread, or hang along the body, or are folded inwards."""
    covered = rig.garment.covered[0, :, 1].amax()
    if covered < 0.15:
        first = rng.uniform(14, 18 + 62 * spread)
        return first, first + rng.uniform(-8, 12)
    how = rng.random()
    if how < 0.5:
        first = rng.uniform(14, 18 + 42 * spread)
        return first, first + rng.uniform(-12, 12)
    if how < 0.8:
        first = rng.uniform(3, 14)
        return first, first + rng.uniform(-10, 4)
    first = rng.uniform(14, 18 + 32 * spread)
    return first, first - rng.uniform(15, 15 + 60 * spread)


def _fitted(
    flat: Points, points: NDArray[np.float64], whole: Mask, rng: np.random.Generator
) -> tuple[Points, Points]:
    """``flat`` and ``points`` turned, bent and scaled so that the garment's box fills the frame."""
    angle = np.deg2rad(np.clip(rng.normal(0, 2.5), -6, 6))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32)
    size = np.array([w.WIDTH, w.HEIGHT], np.float32)
    cloth = cv2.resize(whole, (FLOW_WIDTH, FLOW_HEIGHT), interpolation=cv2.INTER_AREA) > 0
    fill = rng.uniform(0.8, 0.95)
    shift = rng.uniform(-0.4, 0.4, 2) * (1 - fill) * size
    places = np.concatenate([flat.reshape(-1, 2), points]).astype(np.float32) @ turn.T
    inside = np.append(cloth.ravel(), np.zeros(len(points), np.bool_))
    places = _into_box(places, inside, size, fill, shift)
    coarse = rng.normal(0, 0.012 * w.HEIGHT, (5, 4, 2)).astype(np.float32)
    bend = cv2.resize(coarse, (w.WIDTH, w.HEIGHT), interpolation=cv2.INTER_CUBIC)
    places = (
        places
        + cv2.remap(
            bend, places[None] - 0.5, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )[0]
    )
    places = _into_box(places, inside, size, fill, shift)
    return places[: cloth.size].reshape(flat.shape), places[cloth.size :]


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
