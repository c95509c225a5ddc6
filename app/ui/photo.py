"""From photo: a photograph of a person becomes a label map with the colours of what is worn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from app.domain.cancel import CancelToken
from app.domain.chosen import Taken
from app.domain.errors import Cancelled, ToileError
from app.domain.label_map import LabelMap
from app.domain.palette import GROUND
from app.domain.requests import Encoded, EncodeRequest, Parsed, ParseRequest
from app.jobs.files import FilePool
from app.jobs.lane import InferenceLane
from app.settings import Settings
from app.ui import imaging
from app.ui.design.look import LookModel
from app.ui.document_files import DocumentFiles
from app.ui.network import Network
from app.ui.picture_work import PictureWork
from app.ui.pictures import Source
from app.ui.services import Services

_TITLE = "From photo"
_UNSURE = 0.45  # mean confidence of the landmarks; below it there is often no person at all
_FACING = {"back": "seen from behind", "side": "seen from the side"}


@dataclass(frozen=True, eq=False)
class _Seen:
    """What came of a photo; `encoded` is None where its colours could not be taken: `trouble`."""

    labels: LabelMap
    parsed: Parsed
    photo: QImage
    encoded: Encoded | None
    trouble: str


def _look(services: Services, rgba: NDArray[np.uint8], cancel: CancelToken) -> _Seen:
    """Parse a photo (H, W, 4) RGBA and take its style codes; in the lane."""
    parsed = services.parse(ParseRequest(rgba), cancel)
    labels = LabelMap(np.array(parsed.labels), services.palette)
    encoded, trouble = None, ""
    try:
        encoded = services.encode(EncodeRequest(rgba, parsed.labels), cancel)
    except Cancelled:
        raise
    except ToileError as error:  # a label map without its colours is still worth having
        trouble = str(error)
    photo = imaging.image_from_rgba(rgba).scaled(
        labels.width,
        labels.height,
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    return _Seen(labels, parsed, photo, encoded, trouble)


def remarks(parsed: Parsed) -> list[str]:
    """What a person should know of the photo, as parts of a sentence."""
    found = []
    if parsed.people > 1:
        found.append(f"{parsed.people} people, the largest was taken")
    if parsed.facing in _FACING:
        found.append(_FACING[parsed.facing])
    if parsed.landmarks[:, 2].mean() < _UNSURE:
        found.append("hard to make out, check it against the photo")
    return found


class PhotoImport(PictureWork):
    """Makes a document and a look of a photo, once the label map in hand is safe."""

    taken = Signal(object, str, object)  # QImage of the label map's size, name, list of remarks
    parsed_on = Signal(object)  # DeviceUse

    def __init__(
        self,
        window: QWidget,
        files: DocumentFiles,
        look: LookModel,
        lane: InferenceLane,
        pool: FilePool,
        network: Network,
        settings: Settings,
    ) -> None:
        super().__init__(window, _TITLE, lane, pool, network, settings)
        self._files = files
        self._look = look
        files.wished.connect(self.drop)

    def ask(self) -> None:
        """Let a person choose a photo."""
        files = self._files
        files.guard(lambda: self.ask_file("Label map from a photo", files.folder(), self._start))

    def open(self, source: Source) -> None:
        """Take a photo that is at hand."""
        self._files.guard(lambda: self._start(source))

    def _start(self, source: Source) -> None:
        settle = self._files.hold()
        self.begin(
            source,
            f"Finding the garments in {source.name}",
            _look,
            lambda seen: settle(lambda: self._take(source, seen)),
        )

    def _take(self, source: Source, seen: _Seen) -> None:
        stem = source.path.stem if source.path is not None else source.name
        self._files.adopt(seen.labels, f"{stem} labels")
        if seen.encoded is not None:
            codes, present = seen.encoded.codes, seen.encoded.present
            self._look.take(
                {
                    cls: Taken(codes[cls], source.name, "photo")
                    for cls in np.flatnonzero(present).tolist()
                    if cls != GROUND
                }
            )
        notes = remarks(seen.parsed)
        self.taken.emit(seen.photo, source.name, notes)
        self.notice.emit(_told(source.name, notes, seen.trouble))
        self.parsed_on.emit(seen.parsed.use)


def _told(name: str, notes: list[str], trouble: str) -> str:
    if trouble:
        return f"The label map is made from {name}, but its colours were not taken: {trouble}"
    if notes:
        return f"Made from {name}: {'; '.join(notes)}."
    return f"Made from {name}, with its colours. Shift+V lays the photo over the label map."
