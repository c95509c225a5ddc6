"""A dressed region that a person corrected: what they painted, over what the network chose."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

MAX_SIDE = 1536  # pixels; a finer map would only make painting slower
_SOFT = 3  # pixels of the map over which a painted edge fades


@dataclass(frozen=True, eq=False)
class Correction:
    """`base` (H, W) uint8 is the network's region of the photo, `drawn` (h, w) uint8 the map that
    was painted: 1 dressed, 0 not. `given` (h, w) is that map before anything was painted."""

    base: Pixels
    given: Pixels
    drawn: Pixels

    @staticmethod
    def begin(base: Pixels) -> Correction:
        """Nothing corrected yet."""
        height, width = base.shape
        scale = min(1.0, MAX_SIDE / max(height, width))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = cv2.resize(base, size, interpolation=cv2.INTER_AREA)
        given = np.asarray(small >= 128, np.uint8)
        return Correction(base, given, given.copy())

    def painted(self, drawn: Pixels) -> Correction:
        """The same with another map, which nobody edits any more."""
        return Correction(self.base, self.given, drawn)

    @property
    def empty(self) -> bool:
        return bool(np.array_equal(self.given, self.drawn))

    def region(self) -> Pixels:
        """The corrected region (H, W) uint8: as the network chose where nothing was painted."""
        height, width = self.base.shape
        changed = (self.drawn != self.given).view(np.uint8) * np.uint8(255)
        wide = cv2.dilate(changed, np.ones((_SOFT, _SOFT), np.uint8))
        share = cv2.resize(cv2.blur(wide, (_SOFT, _SOFT)), (width, height))
        drawn = cv2.resize(cv2.blur(self.drawn * np.uint8(255), (_SOFT, _SOFT)), (width, height))
        kept = cv2.multiply(self.base, cv2.bitwise_not(share), scale=1 / 255)
        return np.asarray(cv2.add(kept, cv2.multiply(drawn, share, scale=1 / 255)), np.uint8)
