"""A drawn person and a drawn garment: fixed inputs on which devices are compared and timed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

_Outline: TypeAlias = tuple[tuple[int, int], ...]

_HAIR: _Outline = ((76, 14), (116, 14), (120, 52), (72, 52))
_FACE: _Outline = ((84, 22), (108, 22), (112, 44), (102, 58), (90, 58), (80, 44))
_RIGHT_ARM: _Outline = ((66, 66), (76, 66), (74, 102), (68, 136), (58, 136), (60, 100))
_LEFT_ARM: _Outline = ((126, 66), (116, 66), (118, 102), (124, 136), (134, 136), (132, 100))
_PANTS: _Outline = (
    (78, 126), (114, 126), (120, 226), (102, 226), (96, 150), (90, 226), (72, 226),
)  # fmt: skip
_TOP: _Outline = (
    (84, 58), (108, 58), (128, 68), (124, 92), (116, 92), (116, 134), (76, 134), (76, 92),
    (68, 92), (64, 68),
)  # fmt: skip
_RIGHT_SHOE: _Outline = ((70, 226), (92, 226), (92, 240), (66, 240))
_LEFT_SHOE: _Outline = ((100, 226), (122, 226), (126, 240), (100, 240))
_PARTS: tuple[tuple[str, tuple[int, int, int], _Outline], ...] = (
    ("hair", (66, 44, 34), _HAIR),
    ("skin", (224, 180, 150), _FACE),
    ("skin", (220, 176, 146), _RIGHT_ARM),
    ("skin", (220, 176, 146), _LEFT_ARM),
    ("pants", (52, 66, 110), _PANTS),
    ("top", (178, 52, 60), _TOP),
    ("footwear", (40, 40, 44), _RIGHT_SHOE),
    ("footwear", (40, 40, 44), _LEFT_SHOE),
)
_LANDMARKS = (
    (96, 36), (116, 66), (76, 66), (126, 100), (66, 100), (130, 132), (62, 132),
    (108, 130), (84, 130), (110, 180), (82, 180), (112, 226), (80, 226),
)  # fmt: skip
_SHIRT: _Outline = (
    (36, 60), (76, 40), (116, 40), (156, 60), (170, 110), (146, 118), (140, 100), (140, 216),
    (52, 216), (52, 100), (46, 118), (22, 110),
)  # fmt: skip
_DRAWN = (256, 192)  # height, width of the drawing above


@dataclass(frozen=True, eq=False)
class Mannequin:
    """``photo`` (h, w, 3) uint8 RGB; ``parts`` (h, w) uint8: 0 around it, else 1 + the index in
    `PART_KEYS`; ``landmarks`` (13, 3) float32 in its pixels, confidence 1."""

    photo: NDArray[np.uint8]
    parts: NDArray[np.uint8]
    landmarks: NDArray[np.float32]


PART_KEYS = tuple(dict.fromkeys(key for key, _, _ in _PARTS))
"""Palette keys of what the mannequin wears and shows."""


def mannequin(height: int, width: int) -> Mannequin:
    """The standing person at this size, before a ground of soft colours."""
    scale = np.array([width / _DRAWN[1], height / _DRAWN[0]])
    photo = (soft_colors(height, width) * 0.4 + 90).astype(np.uint8)
    parts = np.zeros((height, width), np.uint8)
    for key, color, outline in _PARTS:
        points = np.round(np.array(outline) * scale).astype(np.int32)
        cv2.fillPoly(photo, [points], color)
        cv2.fillPoly(parts, [points], PART_KEYS.index(key) + 1)
    landmarks = np.ones((len(_LANDMARKS), 3), np.float32)
    landmarks[:, :2] = _LANDMARKS * scale
    return Mannequin(_softened(photo), parts, landmarks)


def shirt(height: int, width: int) -> NDArray[np.uint8]:
    """A shirt (h, w, 4) uint8 RGBA in soft colours, white where it is transparent.

    Colours and edges are soft, because a device that moves a sharp edge by a tenth of a pixel is
    no broken one.
    """
    points = np.array(_SHIRT) * np.array([width / _DRAWN[1], height / _DRAWN[0]])
    alpha = np.zeros((height, width), np.uint8)
    cv2.fillPoly(alpha, [np.round(points).astype(np.int32)], 255)
    alpha = _softened(alpha)
    colors = np.where(alpha[..., None] > 0, soft_colors(height, width), 255).astype(np.uint8)
    return np.dstack([colors, alpha])


def soft_colors(height: int, width: int) -> NDArray[np.uint8]:
    """(h, w, 3) uint8: the same soft clouds of colour each time."""
    size = (max(1, height // 16), max(1, width // 16), 3)
    coarse = np.random.default_rng(0).random(size, dtype=np.float32)
    clouds = cv2.resize(coarse, (width, height))
    return np.asarray(np.clip(clouds, 0, 1) * 255 + 0.5, np.float32).astype(np.uint8)


def _softened(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), pixels.shape[0] / 256), np.uint8)
