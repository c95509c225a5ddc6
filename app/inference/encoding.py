"""Style codes from a picture and the label map that says what is where in it."""

from __future__ import annotations

import time

import cv2
import numpy as np
from numpy.typing import NDArray

from app.domain.cancel import CancelToken
from app.domain.errors import LabelMapError
from app.domain.frame import fit
from app.domain.geometry import Rect
from app.domain.label_map import check_classes
from app.domain.palette import GROUND
from app.domain.photo import on_white
from app.domain.requests import Encoded, EncodeRequest
from app.inference.graphs import ENCODER, to_planes
from app.inference.network import Network, use_of

_LONGEST = 2048  # of the picture; a garment in it is then still larger than the frame
_MARGIN = 0.05  # of the garments' height, left around them in the frame
_FEWEST = 16  # frame pixels of a class from which a code says something


class Encoder(Network):
    """Takes style codes from pictures with one pack; an `Encode`. For one thread at a time.

    PackError at once when the pack makes no pictures or cannot encode; the graph opens at the
    first picture.
    """

    graph = ENCODER

    def __call__(self, request: EncodeRequest, cancel: CancelToken) -> Encoded:
        """The codes of every class that ``request`` shows, all of them from one look.

        The frame shows the garments as large as they fit, ground white, as in training.
        LabelMapError for a map of other proportions than the picture's, one that is all ground,
        or a class that the pack has not; PackError, DeviceError, Cancelled.
        """
        begun = time.perf_counter()
        height, width = self.frame
        self._check(request)
        box = _garments(request.labels)
        framed, placement = fit(request.labels[box.slices], height, width)
        picture = np.full((height, width, 3), 255, np.uint8)
        picture[placement.area.slices] = _part(request, box, placement.area)
        picture[framed == GROUND] = 255
        outcome = self._runner.run({"picture": to_planes(picture), "labels": framed[None]}, cancel)
        seen = np.bincount(framed.ravel(), minlength=len(self.palette))
        present = seen >= _FEWEST
        present[GROUND] = False
        use = use_of(outcome.device, begun, outcome.notices)
        return Encoded(outcome.outputs["codes"][0], present, use)

    def _check(self, request: EncodeRequest) -> None:
        rows, columns = request.rgba.shape[:2]
        height, width = request.labels.shape
        if abs(rows * width - columns * height) > max(rows, columns, height, width):
            raise LabelMapError(
                f"The label map is {width} × {height}; that does not fit a picture of "
                f"{columns} × {rows}",
                hint="Use the label map that was made from this picture.",
            )
        check_classes(request.labels, self.palette, self._pack.name)
        if not request.labels.any():
            raise LabelMapError(
                "The label map is all ground: there is no garment to take a style from",
                hint="Paint or read one first.",
            )


def _garments(labels: NDArray[np.uint8]) -> Rect:
    """The box around all that is no ground, with a margin."""
    x, y, w, h = cv2.boundingRect(np.minimum(labels, 1))
    margin = round(_MARGIN * h)
    grown = Rect(x - margin, y - margin, w + 2 * margin, h + 2 * margin)
    return grown.clip(labels.shape[1], labels.shape[0])


def _part(request: EncodeRequest, box: Rect, area: Rect) -> NDArray[np.uint8]:
    """The part of the picture that ``box`` of the label map covers, as large as ``area``."""
    rgb = on_white(request.rgba, _LONGEST)
    rows, columns = rgb.shape[:2]
    height, width = request.labels.shape
    top, bottom = box.y * rows // height, -(-box.bottom * rows // height)
    left, right = box.x * columns // width, -(-box.right * columns // width)
    part = rgb[top:bottom, left:right]
    how = cv2.INTER_AREA if part.shape[0] > area.h else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(part, (area.w, area.h), interpolation=how), np.uint8)
