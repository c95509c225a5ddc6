"""Which 3:4 part of a photograph a network looks at, and the way between frame and photograph.

Training and application share it: what a network was taught on is what it is given.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

#: The body landmarks that the person parser finds, in its order; left and right are the person's.
LANDMARKS = (
    "nose", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist",
    "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
_SHOULDERS, _HIPS = [1, 2], [7, 8]
_SEEN = 0.3  # confidence from which a landmark lies in the picture
_NEAR = 0.3  # of the way to where a near look has a landmark that a far one sees as well

Category: TypeAlias = Literal["upper", "lower", "dress"]
CATEGORIES: tuple[Category, ...] = get_args(Category)

#: How far each category's window reaches above and below the hips, in torso lengths (from the
#: middle of the shoulders to that of the hips).
_REACH: dict[Category, tuple[float, float]] = {
    "upper": (1.8, 1.0),
    "lower": (0.75, 1.95),
    "dress": (1.8, 1.95),
}


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of a photograph, in its pixels, that may reach beyond its edges.

    ``x``, ``y`` are the upper left corner on the grid where pixel centres are whole numbers + 0.5.
    """

    x: float
    y: float
    width: float
    height: float

    def cut(
        self,
        pixels: NDArray[np.uint8],
        height: int,
        width: int,
        *,
        nearest: bool = False,
        repeat: bool = True,
    ) -> NDArray[np.uint8]:
        """The window of ``pixels`` (H, W) or (H, W, C) uint8 at (``height``, ``width``).

        Outside the photograph edge pixels are repeated, or all is 0 when ``repeat`` is off.
        Shrinking averages; ``nearest`` takes single pixels, for label maps.
        """
        import cv2  # not at the top: the window's first painting need not wait for it

        scale_x, scale_y = width / self.width, height / self.height
        source = pixels
        if not nearest and max(scale_x, scale_y) < 0.75:
            factor = max(scale_x, scale_y) * 1.5
            less = [max(1, round(side * factor)) for side in (pixels.shape[1], pixels.shape[0])]
            source = np.asarray(cv2.resize(pixels, less, interpolation=cv2.INTER_AREA), np.uint8)
        step_x, step_y = source.shape[1] / pixels.shape[1], source.shape[0] / pixels.shape[0]
        matrix = np.array(
            [
                [scale_x / step_x, 0, -self.x * scale_x + 0.5 * scale_x / step_x - 0.5],
                [0, scale_y / step_y, -self.y * scale_y + 0.5 * scale_y / step_y - 0.5],
            ]
        )
        method = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
        size = (width, height)
        edge = cv2.BORDER_REPLICATE if repeat else cv2.BORDER_CONSTANT
        framed = cv2.warpAffine(source, matrix, size, flags=method, borderMode=edge)
        return np.asarray(framed, np.uint8)

    def to_frame(self, points: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
        """Points (..., 2) x, y of the photograph as points of a frame of that size."""
        scale = np.array([width / self.width, height / self.height])
        framed: NDArray[np.float32] = ((points - [self.x, self.y]) * scale).astype(np.float32)
        return framed

    def to_photo(self, points: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
        """The way back."""
        scale = np.array([self.width / width, self.height / height])
        placed: NDArray[np.float32] = (points * scale + [self.x, self.y]).astype(np.float32)
        return placed

    def inside(self, photo: tuple[int, ...], frame: tuple[int, ...]) -> tuple[slice, slice]:
        """Rows and columns of a ``frame`` (h, w) whose centres show a ``photo`` (H, W, ...), not
        its repeated edges."""
        parts = []
        for start, length, side, count in zip(
            (self.y, self.x), (self.height, self.width), photo, frame, strict=False
        ):
            step = length / count
            first, last = (math.ceil((end - start) / step - 0.5) for end in (0, side))
            parts.append(slice(min(max(first, 0), count), min(max(last, 0), count)))
        return parts[0], parts[1]


def whole(width: int, height: int, aspect: float = 0.75) -> Window:
    """The smallest window of ``aspect`` (width / height) around a whole photograph."""
    tall = max(height, width / aspect)
    return Window((width - tall * aspect) / 2, (height - tall) / 2, tall * aspect, tall)


def around(
    x0: float, y0: float, x1: float, y1: float, *, margin: float = 0.08, aspect: float = 0.75
) -> Window:
    """The window of ``aspect`` around a box, with ``margin`` of its height left on each side."""
    tall = max(y1 - y0, (x1 - x0) / aspect) * (1 + 2 * margin)
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    return Window(x - tall * aspect / 2, y - tall / 2, tall * aspect, tall)


def completed(near: NDArray[np.float32], far: NDArray[np.float32]) -> NDArray[np.float32]:
    """Landmarks (13, 3) x, y and confidence by two looks at a person, both in pixels of one frame:
    from ``near`` those that it shows, and the others, most of them beyond its edges, from ``far``.

    A window for pants shows no shoulders; guessed inside it they make the body a third too short.
    """
    return np.where(near[:, 2:] < _SEEN, far, near)


def agreed(near: NDArray[np.float32], far: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same of two looks that may both be astray: what both see lies between them, nearer to
    where the ``far`` one has it, which knows the whole figure. (The card of the parser has what
    that gains.)"""
    seen = np.minimum(near[:, 2:], far[:, 2:]) >= _SEEN
    return np.where(seen, far + _NEAR * (near - far), completed(near, far))


def for_category(
    category: Category, landmarks: NDArray[np.float32], aspect: float = 0.75
) -> Window:
    """The window in which a garment of ``category`` is put on a body.

    ``landmarks`` (13, >=2) float32 are x, y in the photograph's pixels, in the order of
    `LANDMARKS`; only shoulders and hips are used. It may reach beyond the photograph.
    """
    neck = landmarks[_SHOULDERS, :2].mean(0)
    hip = landmarks[_HIPS, :2].mean(0)
    torso = max(float(np.linalg.norm(hip - neck)), 1.0)
    above, below = _REACH[category]
    tall = (above + below) * torso
    middle = float(neck[0] + hip[0]) / 2
    return Window(middle - tall * aspect / 2, float(hip[1]) - above * torso, tall * aspect, tall)
