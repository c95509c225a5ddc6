"""A design in one file: a label map as `app.domain.label_file` writes it, and in a text chunk of
its own the look of the garment. Every other program reads the label map and passes the look over.

The look is JSON. Its style codes are base64 of float32, little-endian. What cannot be understood
of it is never guessed at: the file then opens as one without a look.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from app.domain.chosen import Choice, Chosen, Taken
from app.domain.label_file import load_with_text, save_label_map
from app.domain.label_map import LabelMap
from app.domain.palette import Palette
from app.domain.style import MAX_SEED

LOOK_TEXT = "Toile look"
MAX_LOOK = 1 << 20
"""Bytes; a look in which every class has a code of its own takes a hundredth of it."""
_FORMAT: Final = 1
_MAX_NAME = 255
_LARGEST = 1e6  # a number far beyond any in a style code; a network makes nothing of it
_NOTICE = "The look that was saved with the label map cannot be read and is left out."

_Row = Annotated[int, Meta(ge=0, lt=1 << 31)]


class _Taken(msgspec.Struct):
    code: bytes
    name: str
    kind: Literal["photo", "swatch"]


class _Choice(msgspec.Struct, omit_defaults=True):
    taken: _Taken | None = None
    row: _Row | None = None
    second: _Row | None = None
    blend: Annotated[float, Meta(ge=0, le=1)] = 0.0
    locked: bool = False


class _Look(msgspec.Struct):
    """What the text holds; `bank` is the digest of the bank that the rows are of."""

    format: Literal[1]
    seed: Annotated[int, Meta(ge=0, le=MAX_SEED)]
    bank: Annotated[str, Meta(max_length=64)]
    choices: dict[Annotated[int, Meta(ge=0, le=255)], _Choice]


@dataclass(frozen=True)
class Design:
    """A label map and its `look`: None where the file holds none, or, with a `notice`, none that
    can be read."""

    labels: LabelMap
    look: Chosen | None = None
    notice: str = ""


def load_design(path: Path, palette: Palette) -> Design:
    """The label map and the look in a file. LabelMapError as `load_label_map` raises it; a look
    that cannot be used is no reason to refuse."""
    labels, text = load_with_text(path, palette, LOOK_TEXT)
    if text is None:
        return Design(labels)
    try:
        return Design(labels, read_look(text))
    except ValueError:
        return Design(labels, notice=_NOTICE)


def save_design(path: Path, labels: LabelMap, look: Chosen) -> None:
    """Write both. LabelMapError as `save_label_map` raises it."""
    save_label_map(path, labels, {LOOK_TEXT: look_text(look)})


def look_text(look: Chosen) -> str:
    """A look as JSON."""
    choices = {cls: _noted(choice) for cls, choice in look.choices.items()}
    return msgspec.json.encode(_Look(_FORMAT, look.seed, look.bank, choices)).decode()


def read_look(text: bytes) -> Chosen:
    """The look in a text that `look_text` made; ValueError for any other, and for a longer one than
    `MAX_LOOK`."""
    if len(text) > MAX_LOOK:
        raise ValueError(f"a look of {len(text)} bytes")
    try:
        found = msgspec.json.decode(text, type=_Look)
    except RecursionError as failure:
        raise ValueError("a look of a thousand layers") from failure
    choices = {cls: _chosen(choice) for cls, choice in found.choices.items()}
    return Chosen(found.seed, choices, found.bank)


def _noted(choice: Choice) -> _Choice:
    note, taken = None, choice.taken
    if taken is not None:
        note = _Taken(taken.code.astype("<f4").tobytes(), _plain(taken.name), taken.kind)
    return _Choice(note, choice.row, choice.second, choice.blend, choice.locked)


def _chosen(choice: _Choice) -> Choice:
    taken, note = None, choice.taken
    if note is not None:
        taken = Taken(_code(note.code), _plain(note.name), note.kind)
    return Choice(taken, choice.row, choice.second, choice.blend, choice.locked)


def _code(data: bytes) -> NDArray[np.float32]:
    code = np.frombuffer(data, dtype="<f4").astype(np.float32)
    if not code.size or not (np.abs(code) <= _LARGEST).all():
        raise ValueError("a style code holds what is no number of one")
    return code


def _plain(name: str) -> str:
    """A name as one line of text that nothing takes for markup."""
    return "".join(sign if sign.isprintable() and sign != "<" else "?" for sign in name[:_MAX_NAME])
