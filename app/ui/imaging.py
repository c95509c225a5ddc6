"""Between numpy arrays and QImage; no other module crosses this line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from app.domain.geometry import Rect
from app.domain.label_map import LabelMap
from app.domain.palette import GROUND

_SMALLEST_LEVEL = 640  # pixels


class LabelImage:
    """The colours of a label map as a QImage, ground transparent.

    `image` looks straight into an array of this object: `refresh` alone may change it, and the
    image must not outlive the object.
    """

    def __init__(self, labels: LabelMap) -> None:
        self._labels = labels
        self._colors = labels.palette.argb.copy()
        self._colors[GROUND] = 0
        self._argb = np.empty((labels.height, labels.width), np.uint32)
        self.image = QImage(
            self._argb.data,
            labels.width,
            labels.height,
            4 * labels.width,
            QImage.Format.Format_ARGB32_Premultiplied,
        )
        self.refresh(Rect(0, 0, labels.width, labels.height))

    def refresh(self, rect: Rect) -> None:
        """Look the colours of `rect` up again after the label map changed there."""
        rows, columns = rect.slices
        indices = self._labels.array[rows, columns]
        # "clip" spares numpy a buffer; a byte cannot miss a table of 256.
        self._argb[rows, columns] = self._colors.take(indices, mode="clip")


def image_from_rgba(rgba: NDArray[np.uint8]) -> QImage:
    """Return a QImage with its own copy of `rgba`, uint8 (H, W, 4), straight alpha."""
    height, width, _ = rgba.shape
    pixels = np.ascontiguousarray(rgba)
    return QImage(
        pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888
    ).convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def rgba_from_image(image: QImage) -> NDArray[np.uint8]:
    """Return the pixels of `image` as uint8 (H, W, 4), straight alpha, an own copy."""
    straight = image.convertToFormat(QImage.Format.Format_RGBA8888)
    rows = np.frombuffer(straight.constBits(), np.uint8).reshape(straight.height(), -1)
    return rows[:, : 4 * straight.width()].reshape(straight.height(), straight.width(), 4).copy()


@dataclass(frozen=True, eq=False)
class Levels:
    """A picture and copies of it, each half as large as the one before, for quick drawing."""

    images: tuple[QImage, ...]

    @property
    def full(self) -> QImage:
        return self.images[0]

    def at_least(self, width: float) -> QImage:
        """The smallest copy of this width or more; the picture itself when there is none."""
        return next((image for image in reversed(self.images) if image.width() >= width), self.full)


def levels_from_rgba(rgba: NDArray[np.uint8]) -> Levels:
    """`rgba`, uint8 (H, W, 4), with its smaller copies, averaged with alpha; in any thread."""
    import cv2  # not at the top: the window starts without it

    images = [image_from_rgba(rgba)]
    while max(images[-1].width(), images[-1].height()) > _SMALLEST_LEVEL:
        last = images[-1]
        # Premultiplied, four bytes a pixel: averaging each byte averages the colours by alpha.
        pixels = np.frombuffer(last.constBits(), np.uint8).reshape(last.height(), last.width(), 4)
        size = (max(1, last.width() // 2), max(1, last.height() // 2))
        half = np.ascontiguousarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
        wrapped = QImage(half.data, *size, 4 * size[0], QImage.Format.Format_ARGB32_Premultiplied)
        images.append(wrapped.copy())
    return Levels(tuple(images))


def small_image(rgba: NDArray[np.uint8], side: int) -> QImage:
    """`rgba`, uint8 (H, W, 4), averaged down to `side` pixels at most; never enlarged."""
    import cv2

    height, width = rgba.shape[:2]
    scale = side / max(height, width)
    if scale < 1:
        # Four pixels each way are enough to average; all of a large photo would take long.
        step = max(1, int(0.25 / scale))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        fewer = np.ascontiguousarray(rgba[::step, ::step])
        rgba = np.asarray(cv2.resize(fewer, size, interpolation=cv2.INTER_AREA), np.uint8)
    return image_from_rgba(rgba)
