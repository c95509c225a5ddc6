"""The pictures that a try-on is made of: which they are, and how they are read."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from app.domain.cloth import garment_box
from app.domain.errors import ToileError
from app.domain.framing import Category
from app.domain.geometry import Rect
from app.domain.palette import Palette
from app.domain.picture import Picture, in_profile, load_picture, load_thumbnail
from app.domain.wear import garments_alone, main_category
from app.jobs.files import FilePool
from app.jobs.lane import Job
from app.ui import imaging
from app.ui.imaging import Levels
from app.ui.pictures import Source

THUMBNAIL = 320  # pixels: as large as a slot on a screen of double density
_AROUND = 0.05  # of a drawn garment, shown around it
_BUDGET = 512 << 20
_held = count(1)


@dataclass(frozen=True)
class Piece:
    """A picture in hand; two with one `key` show the same.

    `family` is the same for all states of one thing: a design goes on changing.
    """

    key: str
    family: str
    name: str
    read: Callable[[], Picture]
    path: Path | None = None
    category: Category | None = None
    """What kind of garment it is, where that is known."""
    forms: Callable[[Category | None], Piece] | None = None
    quarters: int | None = None
    """How many quarters clockwise a person turned it from how it was read; None: it was left as it
    is, and what seems to lie sideways may be turned by itself."""

    @property
    def picture(self) -> str:
        """What it shows: a full turn leads back to the same picture."""
        return self.key.removesuffix(" turned 0")

    def load(self) -> Picture:
        """The picture; in the pool. PictureError."""
        return _turned(self.read(), self.quarters)

    def turned(self) -> Piece:
        """The same, one quarter further clockwise."""
        quarters, forms = ((self.quarters or 0) + 1) % 4, self.forms
        return replace(
            self,
            key=f"{self.key.removesuffix(f' turned {self.quarters}')} turned {quarters}",
            quarters=quarters,
            forms=forms and (lambda category: forms(category).turned()),
        )

    def worn_as(self, category: Category | None) -> Piece:
        """What of it is put on as a kind of garment (None: by itself): all of a picture, but of a
        design only the garments of that kind."""
        return self if self.forms is None else self.forms(category)

    @property
    def stem(self) -> str:
        """The name to make file names of."""
        return self.path.stem if self.path is not None else self.name

    def thumbnail(self, side: int = THUMBNAIL) -> QImage:
        """A small copy, its longer side `side` at most; in the pool. PictureError."""
        small = self.read() if self.path is None else load_thumbnail(self.path, side)
        if self.category is not None:  # a drawing, which may be small on its canvas
            small = Picture(_close(small.rgba))
        small = _turned(small, self.quarters)
        return imaging.small_image(small.rgba, side)


def _close(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The part of a drawing that is not clear, and a little around it; all of it where none is."""
    box = garment_box(np.ascontiguousarray(rgba[..., 3]))
    if box.empty:
        return rgba
    margin = round(_AROUND * max(box.w, box.h))
    wider = Rect(box.x - margin, box.y - margin, box.w + 2 * margin, box.h + 2 * margin)
    return rgba[wider.clip(rgba.shape[1], rgba.shape[0]).slices]


def _turned(picture: Picture, quarters: int | None) -> Picture:
    if not quarters:
        return picture
    return Picture(np.ascontiguousarray(np.rot90(picture.rgba, -quarters)), picture.icc)


def from_file(path: Path) -> Piece:
    """A picture file as it is now: one that is written anew is another."""
    try:
        state = path.stat()
        key = f"{path}|{state.st_mtime_ns}|{state.st_size}"
    except OSError:  # reading it will say what is wrong
        key = str(path)
    return Piece(key, key, path.name, lambda: load_picture(path), path)


def from_source(source: Source) -> Piece:
    """A picture that was dropped or pasted."""
    if source.path is not None:
        return from_file(source.path)
    key = f"held {next(_held)}"
    return Piece(key, key, source.name, lambda: Picture(source.read()))


def from_design(
    rgba: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    palette: Palette,
    name: str,
    family: str = "",
) -> Piece:
    """The picture of a label map on the Design canvas: a state of `family`, or a new one.

    Worn by itself it is the kind of garment that covers most of it.
    """
    key = f"design {next(_held)}"
    main = main_category(labels, palette)

    def form(category: Category | None) -> Piece:
        kind = category or main
        return Piece(
            f"{key} {kind}",
            family or key,
            name,
            lambda: Picture(garments_alone(rgba, labels, palette, kind)),
            category=kind,
        )

    return Piece(key, family or key, name, lambda: Picture(rgba), forms=form)


@dataclass(frozen=True, eq=False)
class Loaded:
    """A picture that was read; `levels` of a person's photo, to be shown."""

    picture: Picture
    levels: Levels | None

    @property
    def size(self) -> int:
        """Bytes, roughly."""
        return self.picture.rgba.nbytes * (1 if self.levels is None else 2)


class Shelf:
    """The pictures read lately, so that going back to one reads no file."""

    def __init__(self, pool: FilePool) -> None:
        self._pool = pool
        self._loaded: OrderedDict[tuple[str, bytes | None], Loaded] = OrderedDict()

    def person(self, piece: Piece) -> Loaded | None:
        return self._get(piece.picture, b"person")

    def cloth(self, piece: Piece, icc: bytes | None) -> Loaded | None:
        """The cloth in the colours of a photo with the profile `icc`."""
        return self._get(piece.picture, icc)

    def read_person(self, piece: Piece) -> Job:
        """Read a photo; it is on the shelf when the job succeeds."""

        def read() -> Loaded:
            picture = piece.load()
            return Loaded(picture, imaging.levels_from_rgba(picture.rgba))

        return self._read(piece, read, b"person")

    def read_cloth(self, piece: Piece, icc: bytes | None) -> Job:
        """Read a cloth for a photo with the profile `icc`."""
        return self._read(piece, lambda: Loaded(in_profile(piece.load(), icc), None), icc)

    def _read(self, piece: Piece, read: Callable[[], Loaded], how: bytes | None) -> Job:
        job = self._pool.submit(read, f"Opening {piece.name}")
        job.succeeded.connect(lambda loaded: self._put((piece.picture, how), loaded))
        return job

    def _get(self, key: str, how: bytes | None) -> Loaded | None:
        loaded = self._loaded.get((key, how))
        if loaded is not None:
            self._loaded.move_to_end((key, how))
        return loaded

    def _put(self, at: tuple[str, bytes | None], loaded: Loaded) -> None:
        self._loaded[at] = loaded
        while len(self._loaded) > 2 and sum(one.size for one in self._loaded.values()) > _BUDGET:
            self._loaded.popitem(last=False)


def told(error: ToileError) -> str:
    """What failed and what to do, for a place with little room."""
    return f"{error.what}." + (f" {error.hint}" if error.hint else "")
