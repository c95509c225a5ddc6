"""Label map and look to a picture of the garment."""

from __future__ import annotations

import time
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.domain.cancel import CancelToken
from app.domain.errors import LabelMapError, PictureError
from app.domain.frame import fit
from app.domain.label_map import check_classes, check_size
from app.domain.requests import SynthesisRequest, SynthesisResult
from app.domain.style import CodeBank
from app.inference.graphs import GENERATOR, load_bank
from app.inference.network import Network, use_of


class Synthesizer(Network):
    """Makes pictures with one pack; a `Synthesize`. For one thread at a time.

    PackError at once when the pack cannot make pictures; the bank is read at its first use, the
    graph at the first picture.
    """

    graph = GENERATOR

    @cached_property
    def bank(self) -> CodeBank:
        """The pack's style codes. PackError when they cannot be used."""
        return load_bank(self._pack)

    def __call__(self, request: SynthesisRequest, cancel: CancelToken) -> SynthesisResult:
        """The picture for ``request``.

        LabelMapError for a class that the palette has not, PictureError for an impossible size,
        PackError, DeviceError, Cancelled.
        """
        begun = time.perf_counter()
        labels, (height, width) = request.labels, self.frame
        if request.size:
            _check_picture_size(*request.size)
        framed, placement = fit(labels, height, width)
        check_classes(framed, self.palette, self._pack.name)
        codes = request.look.codes(self.bank)
        outcome = self._runner.run({"labels": framed[None], "codes": codes[None]}, cancel)
        picture = _to_bytes(outcome.outputs["picture"][0])
        rgba = placement.restore(picture, labels, request.size)
        cancel.raise_if_cancelled()
        use = use_of(outcome.device, begun, outcome.notices)
        return SynthesisResult(rgba, use)


def _to_bytes(picture: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(3, h, w) float32 0..1 to (h, w, 3) uint8, rounded."""
    steps = np.clip(picture, 0, 1) * np.float32(255) + np.float32(0.5)
    return np.ascontiguousarray(steps.astype(np.uint8).transpose(1, 2, 0))


def _check_picture_size(width: int, height: int) -> None:
    try:
        check_size(width, height)
    except LabelMapError as error:
        raise PictureError(error.what, where=f"{width}×{height}", hint=error.hint) from error
