"""Between numpy arrays and QImage; no other module crosses this line."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from app.domain.geometry import Rect
from app.domain.label_map import LabelMap
from app.domain.palette import GROUND


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
