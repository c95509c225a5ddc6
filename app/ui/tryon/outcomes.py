"""The outcomes of this sitting: the history that is shown, and what spares a second run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from app.domain.errors import PictureError
from app.domain.framing import Category
from app.domain.geometry import Rect
from app.domain.requests import DeviceUse, TryOnResult
from app.ui import imaging
from app.ui.tryon.correction import Correction
from app.ui.tryon.pieces import THUMBNAIL, Piece

Pixels = NDArray[np.uint8]

BUDGET = 1 << 30
"""Bytes of outcomes kept; beyond it the oldest go."""


@dataclass(eq=False)
class Outcome:
    """What came of a person, a cloth and a choice of category (None: chosen by itself).

    Only what differs from the photo is kept: `pixels` (h, w, 4) and `region` (h, w), both uint8,
    at `box`. `turned` is whether the cloth was turned by itself, for it seemed to lie sideways;
    `saved` is the file the outcome was last saved to.
    """

    person: Piece
    cloth: Piece
    choice: Category | None
    category: Category
    correction: Correction | None
    notices: tuple[str, ...]
    turned: bool
    use: DeviceUse
    shape: tuple[int, int]
    box: Rect
    pixels: Pixels
    region: Pixels
    thumbnail: QImage
    saved: Path | None = None

    @staticmethod
    def of(
        person: Piece,
        cloth: Piece,
        choice: Category | None,
        correction: Correction | None,
        result: TryOnResult,
    ) -> Outcome:
        """Keep a result; in any thread."""
        x, y, w, h = cv2.boundingRect(result.region)
        box = Rect(x, y, w, h)
        return Outcome(
            person,
            cloth,
            choice,
            result.category,
            correction,
            result.notices,
            result.quarters > 0,
            result.use,
            (result.rgba.shape[0], result.rgba.shape[1]),
            box,
            result.rgba[box.slices].copy(),
            result.region[box.slices].copy(),
            imaging.small_image(result.rgba, THUMBNAIL),
        )

    @property
    def lies(self) -> tuple[int, int, bool]:
        """How person and cloth were turned, by a person or by itself."""
        return self.person.quarters or 0, self.cloth.quarters or 0, self.turned

    def as_it_lies(self, cloth: Piece) -> bool:
        """Whether the `cloth` is the one that is worn, put on as it lies in its picture."""
        asked_alike = cloth.quarters is not None or self.cloth.quarters is None
        return asked_alike and not self.turned and self.cloth.picture == cloth.picture

    @property
    def name(self) -> str:
        return f"{self.person.stem} in {self.cloth.stem}"

    @property
    def size(self) -> int:
        """Bytes, roughly."""
        extra = self.correction.base.nbytes if self.correction is not None else 0
        return self.pixels.nbytes + self.region.nbytes + extra

    def rgba(self, photo: Pixels) -> Pixels:
        """The whole outcome (H, W, 4) uint8 over its `photo`. PictureError for another photo."""
        if photo.shape[:2] != self.shape:
            raise PictureError(
                f"{self.person.name} has changed since it was tried on",
                hint="Choose the photo again.",
            )
        whole = photo.copy()
        whole[self.box.slices] = self.pixels
        return whole

    def whole_region(self) -> Pixels:
        """The dressed region (H, W) uint8 of the whole photo."""
        region = np.zeros(self.shape, np.uint8)
        region[self.box.slices] = self.region
        return region


class Outcomes(QObject):
    """The newest last. An outcome of the same things takes the place of the one before."""

    added = Signal(int)
    replaced = Signal(int)
    removed = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: list[Outcome] = []

    def __len__(self) -> int:
        return len(self._all)

    def __getitem__(self, row: int) -> Outcome:
        return self._all[row]

    def __iter__(self) -> Iterator[Outcome]:
        return iter(self._all)

    def row(self, outcome: Outcome | None) -> int:
        """Where it stands; -1 when it is not there."""
        return next((row for row, one in enumerate(self._all) if one is outcome), -1)

    def find(self, person: Piece, cloth: Piece, choice: Category | None) -> Outcome | None:
        """What came of these, if they were tried already."""
        for one in self._all:
            same = (one.person.picture, one.choice) == (person.picture, choice)
            if same and (one.cloth.key == cloth.key or one.as_it_lies(cloth)):
                return one
        return None

    def worn_otherwise(self, outcome: Outcome) -> bool:
        """Whether the same person also wears the same cloth as another kind of garment."""
        worn = (outcome.person.family, outcome.cloth.family)
        return any(
            (one.person.family, one.cloth.family) == worn and one.choice != outcome.choice
            for one in self._all
        )

    def put(self, outcome: Outcome) -> None:
        """Add an outcome, or have it replace the one of the same person, cloth and choice; but what
        was corrected by hand is not replaced by what pictures turned otherwise give."""
        asked = (outcome.person.family, outcome.cloth.family, outcome.choice)
        lies = outcome.lies
        for row, one in enumerate(self._all):
            same = (one.person.family, one.cloth.family, one.choice) == asked
            if same and (one.lies == lies or one.correction is None):
                self._all[row] = outcome
                self.replaced.emit(row)
                return
        self._all.append(outcome)
        self.added.emit(len(self._all) - 1)
        while len(self._all) > 1 and sum(one.size for one in self._all) > BUDGET:
            self.remove(0)

    def remove(self, row: int) -> None:
        del self._all[row]
        self.removed.emit(row)
