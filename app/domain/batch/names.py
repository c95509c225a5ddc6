"""Names of outcomes: from a template, allowed on every system, and no two alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from string import Formatter

from app.domain.batch.order import OrderError

FIELDS = ("person", "cloth", "n", "category")
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')  # on Windows; `/` anywhere
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)\s*(\.|$)", re.I)
_LONGEST = 120  # of the 255 that file systems allow, since a folder's path may come on top
_MOST_BYTES = 200


def check_template(template: str) -> None:
    """OrderError unless ``template`` is text with `{person}`, `{cloth}`, `{n}`, `{category}`."""
    known = ", ".join(f"{{{name}}}" for name in FIELDS)
    try:
        parts = list(Formatter().parse(template))
    except ValueError as failure:
        raise OrderError(
            "The name template has a brace without its partner", where=template
        ) from failure
    for _, name, spec, conversion in parts:
        if name is not None and (name not in FIELDS or spec or conversion):
            raise OrderError(
                f"The name template knows no {{{name}}}", where=template, hint=f"Use {known}."
            )
    if not any(name for _, name, _, _ in parts):
        raise OrderError(
            "Every outcome would have the same name",
            where=template,
            hint=f"Put at least one of {known} into the name template.",
        )
    if _FORBIDDEN.search(template):
        raise OrderError(
            'A name cannot have any of < > : " / \\ | ? *',
            where=template,
            hint="Take these out of the name template.",
        )


def filled(template: str, *, person: str, cloth: str, n: int, category: str) -> str:
    """The template with its fields, as a safe file name without its ending; ``n`` has four digits
    at least."""
    return safe(template.format(person=person, cloth=cloth, n=f"{n:04d}", category=category))


def safe(text: str) -> str:
    """``text`` as a file name that every system accepts, without its ending."""
    name = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", text))
    name = name[:_LONGEST]
    while len(name.encode()) > _MOST_BYTES:
        name = name[:-1]
    name = name.strip().rstrip(". ")
    if name.startswith("."):
        name = f"_{name}"
    if _DEVICES.match(name):
        name = f"_{name}"
    return name or "outcome"


class Taken:
    """The names that are used up, whatever their capitals and way of writing accents."""

    def __init__(self, names: Iterable[str]) -> None:
        self._keys = {_key(name) for name in names}
        self._next: dict[str, int] = {}

    def give(self, stem: str, ending: str) -> str:
        """``stem`` with ``ending``, numbered where that is taken; taken from now on."""
        name, number = f"{stem}{ending}", self._next.get(_key(stem), 2)
        while _key(name) in self._keys:
            name = f"{stem} ({number}){ending}"
            number += 1
        self._next[_key(stem)] = number
        self._keys.add(_key(name))
        return name


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())
