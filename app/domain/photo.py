"""A photograph as the networks want it: opaque, and no larger than they can use."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def on_white(rgba: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """``rgba`` (H, W, 4) uint8 laid on white, as RGB (h, w, 3) uint8 whose longer side is at most
    ``longest`` pixels. Shrinking averages."""
    alpha = cv2.extractChannel(rgba, 3)
    rgb = cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB)
    if int(alpha.min()) < 255:
        cover = cv2.merge([alpha] * 3)
        rgb = cv2.add(cv2.multiply(rgb, cover, scale=1 / 255), cv2.bitwise_not(cover))
    height, width = alpha.shape
    scale = longest / max(height, width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    return np.asarray(rgb, np.uint8)
