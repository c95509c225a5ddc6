"""A cut-out garment: colours beyond its edge, and its place in a network's frame."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from app.domain.framing import Window, around
from app.domain.geometry import EMPTY, Rect

Pixels = NDArray[np.uint8]

SHARE = 0.9
"""How much of the frame the garment fills, on the side that it fills most."""

SURELY_TURNED = 0.98
"""Chance from which a garment is taken to lie turned in its picture."""

_SOLID = 128  # alpha from which a pixel belongs to the garment


def garment_box(alpha: Pixels) -> Rect:
    """The smallest box around what is at least half opaque in ``alpha`` (H, W) uint8."""
    _, solid = cv2.threshold(alpha, _SOLID - 1, 255, cv2.THRESH_BINARY)
    x, y, w, h = cv2.boundingRect(solid)
    return Rect(x, y, w, h) if w and h else EMPTY


def cloth_window(alpha: Pixels, aspect: float = 0.75) -> Window:
    """The window of ``aspect`` (width / height) in whose middle the garment fills `SHARE`.

    ``alpha`` (H, W) uint8; ValueError when nothing in it is opaque.
    """
    box = garment_box(alpha)
    if box.empty:
        raise ValueError("nothing is opaque")
    margin = (1 / SHARE - 1) / 2
    return around(box.x, box.y, box.right, box.bottom, margin=margin, aspect=aspect)


def quarters_to_upright(chances: NDArray[np.float32]) -> int:
    """How many quarters clockwise a garment's picture is turned before it is worn, by the
    ``chances`` (4,) that it takes none, one, two or three; none where that is in doubt."""
    best = int(chances.argmax())
    return best if chances[best] >= SURELY_TURNED else 0


def frame_cloth(rgba: Pixels, window: Window, height: int, width: int) -> Pixels:
    """``rgba`` (H, W, 4) uint8 in the window as a network sees it: (height, width, 4) uint8 on
    white, which is all there is where alpha is 0."""
    return _on_white(rgba, window, height, width, repeat=False)


def frame_photo(rgba: Pixels, window: Window, height: int, width: int) -> Pixels:
    """The window of a photograph (H, W, 4) uint8 as (height, width, 3) uint8 RGB; what is
    transparent is white, and edge pixels are repeated beyond it."""
    return np.ascontiguousarray(_on_white(rgba, window, height, width, repeat=True)[..., :3])


def _on_white(rgba: Pixels, window: Window, height: int, width: int, *, repeat: bool) -> Pixels:
    # Shrinking looks at every pixel it is given, and a window is often a small part of a picture.
    step = max(window.width / width, window.height / height, 1.0)
    margin = int(4 * step) + 1
    left, top = int(window.x) - margin, int(window.y) - margin
    reach = Rect(left, top, int(window.width) + 2 * margin + 2, int(window.height) + 2 * margin + 2)
    part = reach.clip(rgba.shape[1], rgba.shape[0])
    if part.empty:
        part = Rect(0, 0, rgba.shape[1], rgba.shape[0])
    inner = Window(window.x - part.x, window.y - part.y, window.width, window.height)
    pixels = rgba[part.slices]
    alpha = cv2.extractChannel(pixels, 3)
    if int(alpha.min()) < 255:
        solid = cv2.multiply(
            pixels, cv2.merge([*[alpha] * 3, np.full_like(alpha, 255)]), scale=1 / 255
        )
        pixels = np.asarray(solid, np.uint8)
    framed = inner.cut(pixels, height, width, repeat=repeat)
    clear = 255 - framed[..., 3:]
    framed[..., :3] = np.minimum(framed[..., :3], 255 - clear) + clear
    return framed


def spread(rgb: Pixels, known: Pixels) -> Pixels:
    """``rgb`` (H, W, 3) uint8 with every pixel where ``known`` (H, W) uint8 is 0 in the colour of
    the known ones around it; ``known`` is 0 or 255.

    Push-pull (Gortler et al. 1996, "The Lumigraph", section 3.4): averages of the known pixels on
    ever coarser grids fill what the finer grids leave open.
    """
    sums, weight = cv2.copyTo(rgb, known, np.zeros_like(rgb)), known
    height, width = known.shape
    half = (max(1, (width + 1) // 2), max(1, (height + 1) // 2))
    coarse = _push_pull(
        np.asarray(cv2.resize(sums, half, interpolation=cv2.INTER_AREA), np.float32),
        np.asarray(cv2.resize(weight, half, interpolation=cv2.INTER_AREA), np.float32) / 255,
    )
    steps = np.clip(coarse + 0.5, 0, 255).astype(np.uint8)
    grown = cv2.resize(steps, (width, height), interpolation=cv2.INTER_LINEAR)
    cv2.copyTo(rgb, known, grown)
    return np.asarray(grown, np.uint8)


def _push_pull(sums: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Colours (h, w, 3) float32 from sums of known ones and their share (h, w) 0..1."""
    height, width = weight.shape
    sure = np.minimum(weight * 4, 1)[..., None]  # a quarter of known pixels is enough to go by
    own = np.asarray(sums / np.maximum(weight, 1e-3)[..., None], np.float32)
    if max(height, width) == 1 or weight.min() >= 0.25:
        return own
    half = (max(1, (width + 1) // 2), max(1, (height + 1) // 2))
    coarse = _push_pull(
        np.asarray(cv2.resize(sums, half, interpolation=cv2.INTER_AREA), np.float32),
        np.asarray(cv2.resize(weight, half, interpolation=cv2.INTER_AREA), np.float32),
    )
    below = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR))
    filled: NDArray[np.float32] = own * sure + below * (1 - sure)
    return filled
