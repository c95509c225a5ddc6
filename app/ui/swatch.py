"""The style of one class, taken from a picture of fabric or of a garment."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from app.domain.cancel import CancelToken
from app.domain.chosen import Taken
from app.domain.errors import PictureError
from app.domain.palette import GROUND, GarmentClass
from app.domain.requests import EncodeRequest
from app.jobs.files import FilePool
from app.jobs.lane import InferenceLane
from app.settings import Settings
from app.ui.design.look import LookModel
from app.ui.network import Network
from app.ui.picture_work import PictureWork
from app.ui.pictures import Source
from app.ui.services import Services

_OPAQUE = 128


class SwatchStyle(PictureWork):
    """Reads a picture as being of one class all over, and has that class look like it."""

    def __init__(
        self,
        window: QWidget,
        look: LookModel,
        lane: InferenceLane,
        pool: FilePool,
        network: Network,
        settings: Settings,
    ) -> None:
        super().__init__(window, "Style from picture", lane, pool, network, settings)
        self._look = look

    def ask(self, entry: GarmentClass | None, folder: Path) -> None:
        """Let a person choose a picture for a class."""
        if entry is not None and self._may(entry):
            title = f"Style of {entry.name().lower()} from a picture"
            self.ask_file(title, folder, lambda source: self.take(entry, source))

    def take(self, entry: GarmentClass | None, source: Source) -> None:
        """Take the style of a class from a picture that is at hand."""
        if entry is None or not self._may(entry):
            return
        cls, name = entry.index, entry.name().lower()

        def look(services: Services, rgba: NDArray[np.uint8], cancel: CancelToken) -> Taken:
            labels = np.where(rgba[..., 3] >= _OPAQUE, cls, GROUND).astype(np.uint8)
            encoded = None
            if labels.any():
                encoded = services.encode(EncodeRequest(rgba, labels), cancel)
            if encoded is None or not encoded.present[cls]:
                raise PictureError(
                    "There is too little to see in this picture",
                    where=source.name,
                    hint="Choose one that the fabric fills.",
                )
            return Taken(encoded.codes[cls], source.name, "swatch")

        def done(taken: Taken) -> None:
            self._look.take({cls: taken})
            self.notice.emit(f"The style of {name} is taken from {source.name}.")

        self.begin(source, f"Reading the style of {name} from {source.name}", look, done)

    def _may(self, entry: GarmentClass) -> bool:
        """Whether the class can have a style; says so where it cannot."""
        name = entry.name().lower()
        if entry.index == GROUND:
            self.notice.emit("The ground has no style; choose a class in the palette first.")
        elif self._look.bank is not None and not self._look.count(entry.index):
            self.notice.emit(f"This model pack has no styles for {name}.")
        else:
            return True
        return False
