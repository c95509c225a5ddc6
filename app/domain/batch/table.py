"""A table of pairs: CSV with person, cloth and, where wanted, category in each line."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from app.domain.batch.order import OrderError
from app.domain.files import read_bytes
from app.domain.framing import CATEGORIES, Category

Pair = tuple[Path, Path, Category | None]
_MOST_BYTES = 64 << 20
_TOLD = 10
_HEADER = ("person", "cloth", "category")
_HINT = "A line is: person,cloth or person,cloth,category."


class TableError(OrderError):
    """A table with faults; ``faults`` has a sentence for each, with the number of its line."""

    def __init__(self, path: Path, faults: Sequence[str]) -> None:
        self.faults = list(faults)
        told = " ".join(faults[:_TOLD])
        more = len(faults) - _TOLD
        count = "a fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__(
            f"The table of pairs has {count}",
            where=str(path),
            hint=f"{told} And {more} more." if more > 0 else told,
        )


class Shelf:
    """Pictures of one side, found by file name, or by the name without its ending; capitals and
    ways of writing accents matter only where names differ in nothing else."""

    def __init__(self, folder: Path, pictures: Sequence[Path], word: str) -> None:
        self._folder = (folder if folder.is_dir() else folder.parent).absolute()
        self._word = word
        self._exact = {path.name: path for path in pictures}
        self._alike: dict[str, list[Path]] = {}
        for path in pictures:
            for name in dict.fromkeys((alike(path.name), alike(path.stem))):
                self._alike.setdefault(name, []).append(path)

    def find(self, text: str) -> Path | str:
        """The picture, or a sentence that says why there is none."""
        path = self._exact.get(text)
        if path is not None:
            return path
        likely = self._alike.get(alike(text), [])
        if len(likely) == 1:
            return likely[0]
        if likely:
            names = " and ".join(path.name for path in likely)
            return f"{text} may be {names}; write the whole name."
        try:
            given = self._folder / text  # an absolute path replaces the folder
            if given.is_file():
                return given
        except (OSError, ValueError):
            pass
        return f"there is no {self._word} {text!r} in {self._folder.name}."


def alike(name: str) -> str:
    """The same for names that differ in capitals or ways of writing accents alone."""
    return unicodedata.normalize("NFC", name).casefold()


def read_table(path: Path, people: Shelf, cloths: Shelf) -> list[Pair]:
    """The pairs of a CSV file, in order; a pair that comes twice is taken once.

    UTF-8; commas, semicolons or tabs; a first line `person,cloth` is a heading; empty lines and
    lines that begin with # are passed over, unless that is how a person's file is called.
    TableError with every faulty line, OrderError for a file that cannot be read.
    """
    data = read_bytes(path, what="table of pairs", error=OrderError, limit=_MOST_BYTES)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        raise OrderError(
            "The table of pairs is not in UTF-8",
            where=str(path),
            hint="In a spreadsheet, save it as “CSV UTF-8”.",
        ) from failure
    faults: list[str] = []
    pairs: dict[Pair, None] = {}
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    begun = False
    try:
        for row in rows:
            cells = [cell.strip() for cell in row]
            if not any(cells) or _remark(cells, people):
                continue
            first, begun = not begun, True
            if first and tuple(cell.casefold() for cell in cells) in (_HEADER, _HEADER[:2]):
                continue
            pair = _pair(cells, people, cloths)
            if isinstance(pair, str):
                faults.append(f"Line {rows.line_num}: {pair}")
            else:
                pairs[pair] = None
    except csv.Error as failure:
        faults.append(f"Line {rows.line_num}: {failure}.")
    if faults:
        raise TableError(path, faults)
    if not pairs:
        raise OrderError("There are no pairs in the table", where=str(path), hint=_HINT)
    return list(pairs)


def _remark(cells: list[str], people: Shelf) -> bool:
    return cells[0].startswith("#") and isinstance(people.find(cells[0]), str)


def _delimiter(text: str) -> Literal[",", ";", "\t"]:
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    first = next(lines, "")
    marks: tuple[Literal[",", ";", "\t"], ...] = (",", ";", "\t")
    return max(marks, key=first.count)


def _pair(cells: list[str], people: Shelf, cloths: Shelf) -> Pair | str:
    while len(cells) > 2 and not cells[-1]:
        cells.pop()
    if len(cells) < 2 or not all(cells[:2]):
        return f"a person or a cloth is missing. {_HINT}"
    if len(cells) > 3:
        return f"there are {len(cells)} columns. {_HINT}"
    person, cloth = people.find(cells[0]), cloths.find(cells[1])
    if isinstance(person, str):
        return person
    if isinstance(cloth, str):
        return cloth
    category: Category | None = None
    if len(cells) == 3 and cells[2].casefold() != "auto":
        category = next((known for known in CATEGORIES if known == cells[2].casefold()), None)
        if category is None:
            return f"there is no category {cells[2]!r}; use {', '.join(CATEGORIES)} or auto."
    return person, cloth, category
