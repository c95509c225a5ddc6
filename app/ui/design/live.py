"""Keeps the picture in step with the label map and the look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.cancel import CancelToken
from app.domain.document import Document
from app.domain.errors import ToileError
from app.domain.geometry import inscribe
from app.domain.requests import SynthesisRequest, SynthesisResult, Synthesize
from app.jobs.lane import InferenceLane
from app.jobs.live import LiveScheduler
from app.ui.design.look import LookModel

MAX_PREVIEW_SIDE = 2048
_FRAME = 15  # milliseconds: edits of one screen frame make one request
_LARGE = 8_000_000  # pixels: copying such a map takes long enough to wait for the stroke's end


@dataclass(frozen=True, eq=False)
class _Order:
    document: Document
    synthesize: Synthesize
    request: SynthesisRequest


def _make(payload: object, cancel: CancelToken) -> object:
    order = cast(_Order, payload)
    return order.synthesize(order.request, cancel)


class LivePreview(QObject):
    """Asks for a picture after every change, the newest first; tells what came of it."""

    shown = Signal(object)  # SynthesisResult
    failed = Signal(object)  # ToileError

    def __init__(self, lane: InferenceLane, look: LookModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._document: Document | None = None
        self._synthesize: Synthesize | None = None
        self.labels: NDArray[np.uint8] | None = None
        """(H, W) uint8: the label map that the last picture shows; nobody edits it."""
        self._scheduler = LiveScheduler(lane, _make)
        self._scheduler.result.connect(self._on_result)
        self._scheduler.failed.connect(self._on_failed)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_FRAME)
        self._soon.timeout.connect(self.request_now)
        look.changed.connect(self.request_soon)

    def set_synthesize(self, synthesize: Synthesize | None) -> None:
        """Use an opened network, or none."""
        self._synthesize = synthesize
        self.request_soon()

    def set_document(self, document: Document) -> None:
        self._document = document
        self.request_soon()

    def on_edited(self) -> None:
        """The label map changed, perhaps in the middle of a stroke."""
        if self._document is not None and self._document.labels.array.size <= _LARGE:
            self.request_soon()

    def request_soon(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def request_now(self) -> None:
        """Order a picture of what is on the canvas at this moment."""
        self._soon.stop()
        if self._document is None or self._synthesize is None:
            return
        labels = self._document.labels
        size = None
        if max(labels.width, labels.height) > MAX_PREVIEW_SIDE:
            area = inscribe(labels.width, labels.height, MAX_PREVIEW_SIDE, MAX_PREVIEW_SIDE)
            size = (area.w, area.h)
        request = SynthesisRequest(labels.array.copy(), self._look.look(), size)
        self._scheduler.request(_Order(self._document, self._synthesize, request))

    @property
    def waiting(self) -> bool:
        """Whether a picture is being drawn or about to be asked for."""
        return self._soon.isActive() or self._scheduler.active

    def cancel(self) -> None:
        """Stop the picture that is being drawn; the last one stays."""
        self._scheduler.cancel()

    def _on_result(self, payload: object, result: object) -> None:
        order = cast(_Order, payload)
        if order.document is self._document and order.synthesize is self._synthesize:
            self.labels = order.request.labels
            self.shown.emit(cast(SynthesisResult, result))

    def _on_failed(self, error: object) -> None:
        self.failed.emit(cast(ToileError, error))
