"""Smooth outlines on a label map: what draw.py draws with."""

import sys
from pathlib import Path

import cv2
import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from app.domain.label_file import save_label_map  # noqa: E402
from app.domain.label_map import LabelMap  # noqa: E402
from app.inference.packs import load_pack  # noqa: E402
from app.paths import models_dir  # noqa: E402

WIDTH, HEIGHT, FINE, AXIS, BOTH = 768, 1024, 4, 384, 0
PALETTE = load_pack(models_dir() / "garment-spade").palette
Point = tuple[float, ...]


def curve(points: list[Point]) -> np.ndarray:
    """A centripetal Catmull-Rom curve through the points (Yuksel, Schaefer, Keyser 2011)."""
    knots = np.array(points, dtype=float)
    if len(knots) < 3:
        return knots
    steps = np.sqrt(np.linalg.norm(np.diff(knots[:, :2], axis=0), axis=1))
    time = np.concatenate([[0], np.cumsum(steps)])
    tangents = np.gradient(knots, time, axis=0, edge_order=2)
    u = np.linspace(0, 1, 24)[:, None]
    parts = [
        (2 * u**3 - 3 * u**2 + 1) * knots[i]
        + (u**3 - 2 * u**2 + u) * steps[i] * tangents[i]
        + (3 * u**2 - 2 * u**3) * knots[i + 1]
        + (u**3 - u**2) * steps[i] * tangents[i + 1]
        for i in range(len(steps))
    ]
    return np.concatenate(parts)


class Sketch:
    """A label map in the making.

    `zoom` enlarges about the axis, `top` is the first visible row. Every drawing method takes the
    key of a class and `side`: 1 draws as given, -1 the mirror image; BOTH draws the two.
    """

    def __init__(
        self, zoom: float = 1, top: float = 0, sway: float = 7, tilt: float = 0.03
    ) -> None:
        self.array = np.zeros((HEIGHT * FINE, WIDTH * FINE), np.uint8)
        self.zoom, self.top, self.sway, self.tilt = zoom * FINE, top, sway, tilt

    def shape(self, key: str, *strokes: list[Point], side: int = 1) -> None:
        """Fill the outline made of smooth strokes; it has corners only where they join."""
        outline = np.concatenate([curve(stroke) for stroke in strokes])
        for sign in (1, -1) if side == BOTH else (side,):
            pixels = self._pixels(outline, sign).astype(np.int32)
            cv2.fillPoly(self.array, [pixels], PALETTE.by_key(key).index)

    def limb(self, key: str, *points: Point, side: int = 1) -> None:
        """Fill a rounded tube along (x, y, radius)."""
        line = curve(list(points))
        radii = np.rint(line[:, 2] * self.zoom).astype(int).tolist()
        for sign in (1, -1) if side == BOTH else (side,):
            for center, radius in zip(
                self._pixels(line, sign).astype(int).tolist(), radii, strict=True
            ):
                cv2.circle(self.array, center, radius, PALETTE.by_key(key).index, -1)

    def save(self, name: str) -> None:
        blocks = self.array.reshape(HEIGHT, FINE, WIDTH, FINE)
        used = np.unique(self.array)
        votes = np.stack([(blocks == index).sum(axis=(1, 3)) for index in used])
        save_label_map(HERE / f"{name}.png", LabelMap(used[votes.argmax(axis=0)], PALETTE))

    def _pixels(self, line: np.ndarray, sign: int) -> np.ndarray:
        """Fine pixels of a line, mirrored where `sign` is -1, then set into the stance: the hips
        shift and tilt over the leg that bears the weight, the shoulders tilt the other way."""
        x, y = (line[:, 0] - AXIS) * sign, line[:, 1]
        phase = (y - 215) / (530 - 215) * np.pi  # 0 at the shoulders, pi at the hips
        fade = np.clip((985 - y) / 400, 0, 1)
        x, y = (
            x - self.sway * np.sin(phase / 2 + 0.1) * fade,
            y + self.tilt * np.cos(phase) * x * fade,
        )
        return np.rint(np.stack([x, y - self.top], axis=1) * self.zoom + (AXIS * FINE, 0))
