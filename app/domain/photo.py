"""A photograph as the networks want it: opaque, and no larger than they can use."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def on_white(rgba: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """``rgba`` (H, W, 4) uint8 laid on white, as RGB (h, w, 3) uint8 whose longer side is at most
    ``longest`` pixels. Shrinking averages."""
    alpha = cv2.extractChannel(rgba, 3)
    if int(alpha.min()) == 255:
        return np.asarray(cv2.cvtColor(_shrunk(rgba, longest), cv2.COLOR_RGBA2RGB), np.uint8)
    cover = cv2.merge([alpha] * 3)
    solid = cv2.multiply(cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB), cover, scale=1 / 255)
    return _shrunk(np.asarray(cv2.add(solid, cv2.bitwise_not(cover)), np.uint8), longest)


def _shrunk(pixels: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
