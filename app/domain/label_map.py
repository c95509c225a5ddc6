"""The label map: which garment class covers each pixel of the canvas."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.domain.errors import LabelMapError
from app.domain.palette import Palette

MAX_SIDE = 16384
MAX_PIXELS = 64_000_000

_COUNTED_AT_ONCE = 1 << 18  # even; small enough for the processor's cache


def check_size(width: int, height: int, where: str = "") -> None:
    """Raise LabelMapError unless a label map may be `width` x `height` pixels."""
    if width < 1 or height < 1:
        raise LabelMapError(
            f"A label map of {width} × {height} pixels has no area.",
            where=where,
            hint="Choose a width and a height of at least 1 pixel.",
        )
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise LabelMapError(
            f"{width} × {height} pixels is too large for a label map.",
            where=where,
            hint=f"The limits are {MAX_SIDE} pixels a side"
            f" and {MAX_PIXELS // 1_000_000} megapixels in all.",
        )


def check_classes(labels: NDArray[np.uint8], palette: Palette, where: str = "") -> None:
    """Raise LabelMapError when an index of ``labels`` is none of the palette's."""
    highest = int(labels.max())
    if highest >= len(palette):
        raise LabelMapError(
            f"The label map uses class {highest}, but the palette ends at {len(palette) - 1}.",
            where=where,
            hint="Open it with the model pack that it was painted for.",
        )


class LabelMap:
    """A garment drawing: one class index per pixel.

    `array` is uint8 (H, W), C-contiguous, every value an index into `palette`. Painting edits it
    in place; it is the only truth, pictures of it are derived.
    """

    __slots__ = ("array", "palette")

    def __init__(self, array: NDArray[np.uint8], palette: Palette) -> None:
        """Wrap `array` (H, W) without a copy where it is already C-contiguous and writable.

        Raises LabelMapError for another type or shape, a size out of range, or an index that
        the palette does not have.
        """
        if array.ndim != 2 or array.dtype != np.uint8:
            raise LabelMapError(
                f"A label map holds one byte per pixel, not {array.dtype} of shape {array.shape}."
            )
        height, width = array.shape
        check_size(width, height)
        check_classes(array, palette)
        self.array: NDArray[np.uint8] = np.require(array, requirements=("C", "W"))
        self.palette = palette

    @classmethod
    def blank(cls, width: int, height: int, palette: Palette) -> LabelMap:
        """Return a map of class 0 (the ground). Raises LabelMapError for a size out of range."""
        check_size(width, height)
        return cls(np.zeros((height, width), np.uint8), palette)

    @property
    def width(self) -> int:
        return int(self.array.shape[1])

    @property
    def height(self) -> int:
        return int(self.array.shape[0])

    def counts(self) -> NDArray[np.int64]:
        """Return the number of pixels of each class, int64 (len(palette),)."""
        pixels = self.array.reshape(-1)
        # Two pixels at a time, as one 16-bit number, takes half as long.
        pairs = pixels[: pixels.size // 2 * 2].view(np.uint16)
        pair_counts = np.zeros(1 << 16, np.int64)
        for start in range(0, pairs.size, _COUNTED_AT_ONCE):
            part = pairs[start : start + _COUNTED_AT_ONCE]
            pair_counts += np.bincount(part, minlength=1 << 16)
        table = pair_counts.reshape(256, 256)
        total: NDArray[np.int64] = table.sum(axis=0) + table.sum(axis=1)
        total[pixels[pairs.size * 2 :]] += 1
        return total[: len(self.palette)]

    def copy(self) -> LabelMap:
        """Return a map with its own pixels and the same palette."""
        twin = LabelMap.__new__(LabelMap)
        twin.array = self.array.copy()
        twin.palette = self.palette
        return twin
