"""How a garment's look came about: one seed, and what was chosen for single classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.domain.style import CodeBank, Look


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """A code (S,) float32 that was read from a picture, and that picture's name."""

    code: NDArray[np.float32]
    name: str
    kind: Literal["photo", "swatch"]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Taken):
            return NotImplemented
        same = (self.name, self.kind) == (other.name, other.kind)
        return same and np.array_equal(self.code, other.code)

    def __hash__(self) -> int:
        return hash((self.name, self.kind))


@dataclass(frozen=True, slots=True)
class Choice:
    """How one class departs from the seed.

    `taken` comes first where there is one; else `row`. `row` and `second` are rows of the class in
    the bank (None: the seed's row, and the one after `row`); `blend` 0..1 goes from the first to
    the second; `locked` keeps all of it when the seed changes.
    """

    taken: Taken | None = None
    row: int | None = None
    second: int | None = None
    blend: float = 0.0
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """A `seed` 0..2**32-1 and the `choices` of classes that depart from it.

    `bank` is the digest of the bank whose rows they name: in another one they mean nothing.
    """

    seed: int = 0
    choices: Mapping[int, Choice] = field(default_factory=dict)
    bank: str = field(default="", compare=False)

    def choice(self, cls: int) -> Choice:
        return self.choices.get(cls, Choice())

    def choose(self, choices: Mapping[int, Choice]) -> Chosen:
        """The same with other choices for some classes; an empty one leaves its class to the
        seed."""
        return self._with({**self.choices, **choices})

    def reseeded(self, seed: int, bank: CodeBank | None) -> Chosen:
        """Every class drawn anew from another seed, but for the locked ones: they hold their row,
        as far as it is known."""
        kept = {
            cls: choice if bank is None else replace(choice, row=self.row(cls, bank))
            for cls, choice in self.choices.items()
            if choice.locked
        }
        return replace(self, seed=seed, choices=kept)

    def row(self, cls: int, bank: CodeBank) -> int:
        """The bank's row in use for a class, or that would be, had none been taken."""
        row = self.choice(cls).row
        if row is not None:
            return row
        return bank.row(self.seed, cls) if bank.count(cls) else 0

    def second(self, cls: int, bank: CodeBank) -> int:
        """The row that a blend leads to."""
        second = self.choice(cls).second
        count = bank.count(cls)
        return second if second is not None else (self.row(cls, bank) + 1) % count if count else 0

    def code(self, cls: int, bank: CodeBank) -> NDArray[np.float32]:
        """(S,) float32 in use for a class."""
        choice = self.choice(cls)
        taken = choice.taken
        first = taken.code if taken is not None else bank.code(cls, self.row(cls, bank))
        if choice.blend == 0.0:
            return first
        second = bank.code(cls, self.second(cls, bank))
        return np.asarray((1 - choice.blend) * first + choice.blend * second, dtype=np.float32)

    def look(self, bank: CodeBank) -> Look:
        """What a request needs: the seed, and a code for every class with a choice of its own."""
        own = {cls: self.code(cls, bank) for cls in self.choices if bank.count(cls)}
        return Look(self.seed, own)

    def within(self, bank: CodeBank) -> Chosen:
        """The same without what means nothing in a bank: rows of another one, codes of another
        length, classes that it has no codes for. Locks stay."""
        kept = {
            cls: self._fitting(choice, bank, cls)
            for cls, choice in self.choices.items()
            if bank.count(cls)
        }
        return replace(self._with(kept), bank=bank.digest)

    def _fitting(self, choice: Choice, bank: CodeBank, cls: int) -> Choice:
        taken = choice.taken
        if taken is not None and taken.code.shape != (bank.dim,):
            taken = None
        rows = max(choice.row or 0, choice.second or 0)
        if self.bank != bank.digest or rows >= bank.count(cls):
            return Choice(taken=taken, locked=choice.locked)
        return replace(choice, taken=taken)

    def _with(self, choices: Mapping[int, Choice]) -> Chosen:
        own = {cls: choice for cls, choice in choices.items() if choice != Choice()}
        return replace(self, choices=own)
