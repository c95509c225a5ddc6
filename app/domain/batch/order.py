"""What a person asks of a batch, and the two ways it can be refused."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

from app.domain.errors import ToileError
from app.domain.framing import Category
from app.domain.picture import QUALITY

Pairing = Literal["all", "name", "table"]
Kind = Literal["png", "jpg", "webp"]
KINDS: tuple[Kind, ...] = get_args(Kind)
TEMPLATE = "{person}_{cloth}"
KIND: Kind = "jpg"
"""As most photos are; to pack a PNG takes as long as to dress a person."""
_WORDS = {
    "people": "the people",
    "cloths": "the cloths",
    "pairing": "the pairing",
    "table": "the table of pairs",
    "category": "the category",
    "upright": "how cloths that lie sideways are put on",
    "template": "the name template",
    "kind": "the format",
    "quality": "the quality",
}


class OrderError(ToileError):
    """An order that cannot be carried out: a folder, table or template that will not do."""


class StoreError(ToileError):
    """An output folder that cannot be used, or not any more; what is done in it stays good."""


@dataclass(frozen=True, slots=True)
class Order:
    """People and cloths are folders of pictures, or one picture each.

    ``pairing`` "all" dresses everyone in everything, "name" pairs files of the same name, "table"
    takes the pairs from the CSV file ``table``. Without a ``category`` each cloth's picture
    decides; a table may say it line by line. Cloths that seem to lie sideways in their pictures are
    turned, unless all of them are said to be ``upright``. ``template`` makes the outcomes' names in
    ``out``, ``kind`` is their format and ``quality`` 1..100 that of JPEG and WebP.
    """

    people: Path
    cloths: Path
    out: Path
    pairing: Pairing = "all"
    table: Path | None = None
    category: Category | None = None
    upright: bool = False
    template: str = TEMPLATE
    kind: Kind = KIND
    quality: int = QUALITY

    def stored(self) -> str:
        """As text for the journal; the output folder is left out, since it may be moved."""
        told = {key: _plain(value) for key, value in asdict(self).items() if key != "out"}
        return json.dumps(told, sort_keys=True)

    @classmethod
    def read(cls, stored: str, out: Path) -> Order:
        """The order of such a text, for an output folder."""
        told: dict[str, Any] = json.loads(stored)
        for key in ("people", "cloths", "table"):
            told[key] = Path(told[key]) if told[key] else None
        return cls(out=out, **told)

    def differs(self, stored: str) -> list[str]:
        """What is different in another order's text, in words."""
        there: dict[str, Any] = json.loads(stored)
        here: dict[str, Any] = json.loads(self.stored())
        known = [field for field in fields(self) if field.name in here]
        return [
            _WORDS[field.name]
            for field in known
            if here[field.name] != there.get(field.name, field.default)
        ]


def _plain(value: object) -> object:
    return str(value.absolute()) if isinstance(value, Path) else value
