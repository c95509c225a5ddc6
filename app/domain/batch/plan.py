"""From an order to its items: who wears what, and under which name the outcome is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.domain.batch.names import Taken, check_template, filled
from app.domain.batch.order import Order, OrderError
from app.domain.batch.table import Pair, Shelf, alike, read_table
from app.domain.files import same, told
from app.domain.framing import Category
from app.domain.picture import SUFFIXES

MOST = 100_000
AT_ONCE = 4
"""People between whom the run changes; as many as try-on remembers."""


@dataclass(frozen=True, slots=True)
class Item:
    """One person in one cloth; ``outcome`` is a file name in the output folder, ``number`` from 1
    up its place in the plan."""

    number: int
    person: Path
    cloth: Path
    category: Category | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The pairs of an order, not yet named; ``notices`` are sentences about what is left out."""

    order: Order
    people: int
    cloths: int
    pairs: tuple[Pair, ...]
    notices: tuple[str, ...]


def plan(order: Order) -> Plan:
    """Read the folders, and the table if there is one, and pair; nothing is written.

    OrderError when there is nothing to do, more than `MOST` pairs, or a fault in the order.
    """
    check_template(order.template)
    notices: list[str] = []
    people = _pictures(order.people, "people", notices)
    cloths = _pictures(order.cloths, "cloths", notices)
    _check_places(order, people, cloths)
    if order.pairing == "table":
        if order.table is None:
            raise OrderError("There is no table of pairs", hint="Choose a CSV file.")
        shelves = Shelf(order.people, people, "person"), Shelf(order.cloths, cloths, "cloth")
        pairs = read_table(order.table, *shelves)
        pairs = [(person, cloth, own or order.category) for person, cloth, own in pairs]
        people = list(dict.fromkeys(person for person, _, _ in pairs))
        cloths = list(dict.fromkeys(cloth for _, cloth, _ in pairs))
    elif order.pairing == "name":
        pairs = _same_names(people, cloths, order.category, notices)
    else:
        _check_count(len(people) * len(cloths))
        pairs = [(person, cloth, order.category) for person in people for cloth in cloths]
    _check_count(len(pairs))
    return Plan(order, len(people), len(cloths), tuple(pairs), tuple(notices))


def name_items(order: Order, pairs: Iterable[Pair], taken: Taken, first: int = 1) -> list[Item]:
    """Items for pairs, numbered from ``first``, their names given out of ``taken``."""
    items = []
    for number, (person, cloth, category) in enumerate(pairs, first):
        stem = filled(
            order.template,
            person=person.stem,
            cloth=cloth.stem,
            n=number,
            category=category or "auto",
        )
        items.append(Item(number, person, cloth, category, taken.give(stem, f".{order.kind}")))
    return items


def in_good_order(items: Sequence[Item]) -> list[Item]:
    """Items so that people and cloths come back soon: try-on remembers the last few of them.

    A few people at a time, and for these one cloth after the other.
    """
    people: dict[Path, int] = {}
    cloths: dict[Path, int] = {}
    for item in items:
        people.setdefault(item.person, len(people))
        cloths.setdefault(item.cloth, len(cloths))
    return sorted(
        items,
        key=lambda item: (people[item.person] // AT_ONCE, cloths[item.cloth], people[item.person]),
    )


def _check_count(count: int) -> None:
    if count > MOST:
        raise OrderError(
            f"These are {count:,} pairs; one batch has at most {MOST:,}",
            hint="Split the folders, or pair by name or table.",
        )


def _check_places(order: Order, people: Sequence[Path], cloths: Sequence[Path]) -> None:
    for pictures, word in ((people, "people"), (cloths, "cloths")):
        if same(order.out, pictures[0].parent):
            raise OrderError(
                f"The outcomes would lie among the {word}",
                where=str(order.out),
                hint="Choose another output folder, such as a new one inside.",
            )


def _pictures(place: Path, word: str, notices: list[str]) -> list[Path]:
    """The picture files of a folder by name, or the one that ``place`` is."""
    try:
        if not place.is_dir():
            if place.is_file():
                return [place.absolute()]
            raise OrderError(
                f"There is no folder of {word}", where=str(place), hint="Choose another folder."
            )
        there = sorted(place.absolute().iterdir(), key=lambda path: (path.name.casefold(), path))
    except OSError as failure:
        raise told(
            failure, f"The folder of {word} cannot be read", place, OrderError, reading=True
        ) from failure
    seen = [path for path in there if not path.name.startswith(".") and _file(path)]
    pictures = [path for path in seen if path.suffix.lower() in SUFFIXES and _sayable(path)]
    if len(pictures) < len(seen):
        others = len(seen) - len(pictures)
        files = "1 file is" if others == 1 else f"{others} files are"
        kinds = "no picture of a kind that Toile reads"
        notices.append(f"{files} passed over in {place.name}: {kinds}.")
    if not pictures:
        raise OrderError(
            f"There are no pictures in the folder of {word}",
            where=str(place),
            hint=f"Pictures end in {', '.join(SUFFIXES)}.",
        )
    return pictures


def _file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # the run will say of this item what is wrong with it
        return True


def _sayable(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:  # bytes that are no text: neither journal nor report could hold it
        return False
    return True


def _same_names(
    people: Sequence[Path], cloths: Sequence[Path], category: Category | None, notices: list[str]
) -> list[Pair]:
    by_name: dict[str, list[Path]] = {}
    for cloth in cloths:
        by_name.setdefault(alike(cloth.stem), []).append(cloth)
    pairs: list[Pair] = [
        (person, cloth, category)
        for person in people
        for cloth in by_name.get(alike(person.stem), [])
    ]
    if not pairs:
        raise OrderError(
            "No person and cloth have the same name",
            hint="Name them alike, such as anna.jpg and anna.png, or choose another pairing.",
        )
    for word, side, here in (("people", 0, people), ("cloths", 1, cloths)):
        alone = len(here) - len({pair[:2][side] for pair in pairs})
        if alone:
            notices.append(f"{alone} of {len(here)} {word} have no partner of the same name.")
    return pairs
