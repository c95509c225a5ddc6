"""From a design to a cloth: of a drawn figure only the garments of one kind are put on a person."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from app.domain.framing import CATEGORIES, Category
from app.domain.palette import Palette


def main_category(labels: NDArray[np.uint8], palette: Palette) -> Category | None:
    """Which kind of garment covers most of a label map (H, W) uint8; None when there is none.

    The kinds are the palette's groups of the same names.
    """
    counts = np.bincount(labels.ravel(), minlength=len(palette))
    areas: dict[Category, int] = {
        category: sum(int(counts[one.index]) for one in palette.classes if one.group == category)
        for category in CATEGORIES
    }
    largest = max(CATEGORIES, key=lambda category: areas[category])
    return largest if areas[largest] else None


def garments_alone(
    rgba: NDArray[np.uint8], labels: NDArray[np.uint8], palette: Palette, category: Category | None
) -> NDArray[np.uint8]:
    """A design's picture (H, W, 4) uint8 with everything clear but the garments of ``category``.

    ``labels`` (h, w) uint8 is its label map, of the same proportions. None leaves nothing.
    """
    kept = np.zeros(256, np.uint8)
    for one in palette.classes:
        if category is not None and one.group == category:
            kept[one.index] = 255
    height, width = rgba.shape[:2]
    mask = np.asarray(kept[labels], np.uint8)
    if mask.shape != (height, width):
        mask = np.asarray(cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR))
    cloth = rgba.copy()
    cloth[..., 3] = np.minimum(rgba[..., 3], mask)
    return cloth
