"""Drawing the laid-out cloth: the known flow turned round, and the person's own pixels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from app.domain.frame import like_nearest
from models.training.tryon import worn as w
from models.training.tryon.bones import FLOW_HEIGHT, FLOW_WIDTH
from models.training.tryon.skinning import Rig
from models.training.tryon.worn import Mask, Points, Worn

_DENSE = 1.5  # scattered points per pixel side of the drawing, so that no gaps stay
_TORN = 3.2  # a cell stretched this much more than the garment is a rip, not cloth


def painted(worn: Worn) -> NDArray[np.uint8]:
    """The garment's own texture over ``whole`` and a margin (fine size): what lies before it is
    filled from around, and so is its outermost edge, where labels wander into the ground."""
    sure = cv2.erode(worn.mask, np.ones((3, 3), np.uint8))
    # What lies before a garment casts a shadow, which must not spread into the filling.
    sure &= 1 - cv2.dilate(worn.held, np.ones((7, 7), np.uint8))
    # First all becomes cloth, so that the filling takes nothing from the ground beside it.
    filled = like_nearest(worn.person, sure > 0)
    hidden = cv2.dilate(worn.held, np.ones((5, 5), np.uint8)) & (1 - sure)
    if hidden.any():
        filled = cv2.inpaint(filled, hidden, 3, cv2.INPAINT_TELEA)
    size = worn.fine.shape[1::-1]
    own = cv2.resize(sure * 255, size, interpolation=cv2.INTER_LINEAR)[..., None] / 255.0
    large = cv2.resize(filled, size, interpolation=cv2.INTER_LINEAR)
    return np.round(worn.fine * own + large * (1 - own)).astype(np.uint8)


def torn(flow: NDArray[np.float16], mask: Mask) -> float:
    """The share of the garment that the flow rips, because cloth would have to stretch there."""
    step = _steps(_places(flow))
    cloth = cv2.resize(mask, (FLOW_WIDTH, FLOW_HEIGHT), interpolation=cv2.INTER_AREA) > 0
    return float((step[cloth] > _TORN * np.median(step[cloth])).mean())


def _places(flow: NDArray[np.float16]) -> Points:
    size = np.array([w.WIDTH, w.HEIGHT], np.float32)
    return (flow.astype(np.float32).transpose(1, 2, 0) + 1) / 2 * size


def draw(
    flow: NDArray[np.float16], rig: Rig, texture: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], Mask]:
    """The flat cloth (256, 192, 3) RGB on white and its alpha (256, 192) uint8.

    ``flow`` (2, FLOW_HEIGHT, FLOW_WIDTH) as it is stored, ``texture`` from `painted`. Where a
    sleeve and the body land on one another, the sleeve is on top.
    """
    whole, arms = rig.worn.whole, rig.weights[..., 2:].sum(-1) > 0.5
    places = _places(flow)
    step = _steps(places)
    cloth = cv2.resize(whole, (FLOW_WIDTH, FLOW_HEIGHT), interpolation=cv2.INTER_AREA) > 0
    usual = float(np.median(step[cloth]))  # flat pixels per frame pixel
    rows, columns = np.flatnonzero(whole.any(1)), np.flatnonzero(whole.any(0))
    x0, x1, y0, y1 = columns[0], columns[-1] + 1.0, rows[0], rows[-1] + 1.0
    dense = usual * w.FINE * _DENSE
    count_x, count_y = int((x1 - x0) * dense), int((y1 - y0) * dense)
    x = x0 + (np.arange(count_x, dtype=np.float32) + 0.5) / dense
    y = y0 + (np.arange(count_y, dtype=np.float32) + 0.5) / dense
    xs, ys = np.meshgrid(x, y)
    half_x, half_y = xs / 2 - 0.5, ys / 2 - 0.5
    target = _sample(places, half_x, half_y) * w.FINE
    there = _sample(whole.astype(np.float32), xs - 0.5, ys - 0.5) >= 0.5
    there &= _sample(step, half_x, half_y) < _TORN * usual
    upon = _sample(arms.astype(np.float32), half_x, half_y) > 0.5
    source = np.stack([xs, ys], -1)
    back, share = _turned_round(target[there], source[there], upon[there])
    fine = cv2.remap(
        texture, back * w.FINE - 0.5, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    alpha = cv2.resize(share, (w.WIDTH, w.HEIGHT), interpolation=cv2.INTER_AREA)
    color = cv2.resize(fine, (w.WIDTH, w.HEIGHT), interpolation=cv2.INTER_AREA)
    color = color * alpha[..., None] + 255.0 * (1 - alpha[..., None])
    return np.round(color).astype(np.uint8), np.round(alpha * 255).astype(np.uint8)


def _sample(values: NDArray[np.float32], x: Points, y: Points) -> NDArray[np.float32]:
    maps = x.astype(np.float32), y.astype(np.float32)
    sampled = cv2.remap(values, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(sampled, np.float32)


def _steps(places: Points) -> NDArray[np.float32]:
    """How many flat pixels a step of one frame pixel makes at most, at the flow's size."""
    across = np.linalg.norm(np.diff(places, axis=1, append=places[:, -1:]), axis=-1)
    down = np.linalg.norm(np.diff(places, axis=0, append=places[-1:]), axis=-1)
    return np.asarray(np.maximum(across, down) / 2, np.float32)


def _turned_round(
    target: Points, source: Points, upon: NDArray[np.bool_]
) -> tuple[Points, NDArray[np.float32]]:
    """Mean source place for each fine flat pixel, and its coverage 0..1."""
    height, width = w.HEIGHT * w.FINE, w.WIDTH * w.FINE
    cell = np.floor(target).astype(np.int64)
    kept = ((cell >= 0) & (cell < [width, height])).all(-1)
    index = cell[kept, 1] * width + cell[kept, 0]
    source, upon = source[kept], upon[kept]
    count = height * width
    on_top = np.bincount(index[upon], minlength=count) > 0
    visible = upon | ~on_top[index]
    index, source = index[visible], source[visible]
    sums = (
        np.stack(
            [np.bincount(index, minlength=count)]
            + [np.bincount(index, source[:, axis], count) for axis in (0, 1)],
            -1,
        )
        .reshape(height, width, 3)
        .astype(np.float32)
    )
    present = (sums[..., 0] > 0).astype(np.uint8)
    cloth = cv2.medianBlur(cv2.morphologyEx(present, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8)), 7)
    near = cv2.GaussianBlur(sums, (0, 0), 0.8)
    wide = cv2.GaussianBlur(sums, (0, 0), 4)
    few = near[..., :1] < 0.05
    mean = np.where(few, wide, near)
    back = mean[..., 1:] / np.maximum(mean[..., :1], 1e-6)
    share = cv2.GaussianBlur(cloth.astype(np.float32), (0, 0), 1.0)
    return np.asarray(back, np.float32), share
