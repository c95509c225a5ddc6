"""The look being designed: one seed for the garment, and what was chosen for single classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRandomGenerator, Signal

from app.domain.style import MAX_SEED, CodeBank, Look

_MAX_PAST = 200


def _chance(below: int) -> int:
    """A whole number from 0, any as likely as another; Python's own generators load OpenSSL."""
    return QRandomGenerator.global_().bounded(below)


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """A code (S,) float32 that was read from a picture, and that picture's name."""

    code: NDArray[np.float32]
    name: str
    kind: Literal["photo", "swatch"]


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
class _State:
    seed: int
    choices: dict[int, Choice]

    def within(self, bank: CodeBank) -> _State:
        """The same without the choices that mean nothing in a bank."""
        kept = {
            cls: choice
            for cls, choice in self.choices.items()
            if max(choice.row or 0, choice.second or 0) < bank.count(cls)
            and (choice.taken is None or choice.taken.code.shape == (bank.dim,))
        }
        return _State(self.seed, kept)


class LookModel(QObject):
    """Seed and choices, observable. `changed` tells of every change that may alter the picture."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bank: CodeBank | None = None
        self._state = _State(0, {})
        self._past: list[_State] = []

    @property
    def bank(self) -> CodeBank | None:
        """The codes to choose from; None until the pack is open."""
        return self._bank

    def set_bank(self, bank: CodeBank | None) -> None:
        """Take the codes of an opened pack; choices that mean nothing in it are dropped, in the
        looks before as well."""
        self._bank = bank
        if bank is not None:
            self._state = self._state.within(bank)
            past = [state.within(bank) for state in self._past]
            after = [*past[1:], self._state]
            pairs = zip(past, after, strict=False)
            self._past = [state for state, following in pairs if state != following]
        self.changed.emit()

    @property
    def seed(self) -> int:
        return self._state.seed

    @property
    def can_go_back(self) -> bool:
        return bool(self._past)

    def set_seed(self, seed: int) -> None:
        """Draw every class anew from `seed` (0..2**32-1), but for the locked ones."""
        if not 0 <= seed <= MAX_SEED:
            raise ValueError(f"a seed is 0 to {MAX_SEED}, not {seed}")
        if seed == self.seed:
            return
        kept = {
            cls: replace(choice, row=self.row(cls)) if choice.row is None else choice
            for cls, choice in self._state.choices.items()
            if choice.locked
        }
        self._go(_State(seed, kept))

    def throw(self) -> None:
        """Set a new seed by chance."""
        self.set_seed(_chance(1_000_000))

    def go_back(self) -> None:
        """Return to the look before the last change."""
        if self._past:
            self._state = self._past.pop()
            self.changed.emit()

    def choice(self, cls: int) -> Choice:
        return self._state.choices.get(cls, Choice())

    def count(self, cls: int) -> int:
        """Codes to choose from for a class; 0 until the pack is open."""
        return self._bank.count(cls) if self._bank is not None else 0

    def row(self, cls: int) -> int:
        """The bank's row in use for a class, or that would be, had none been taken."""
        row = self.choice(cls).row
        if row is not None:
            return row
        return self._bank.row(self.seed, cls) if self._bank is not None and self.count(cls) else 0

    def second(self, cls: int) -> int:
        """The row that a blend leads to."""
        second = self.choice(cls).second
        count = self.count(cls)
        return second if second is not None else (self.row(cls) + 1) % count if count else 0

    def step(self, cls: int, by: int) -> None:
        """Go `by` codes forth or back in the class, round and round."""
        if count := self.count(cls):
            self.set_row(cls, (self.row(cls) + by) % count)

    def step_second(self, cls: int, by: int) -> None:
        """The same for the code that a blend leads to."""
        if count := self.count(cls):
            self._choose(cls, replace(self.choice(cls), second=(self.second(cls) + by) % count))

    def draw(self, cls: int) -> None:
        """Choose another code of the class by chance."""
        count = self.count(cls)
        if count > 1:
            self.step(cls, 1 + _chance(count - 1))

    def set_row(self, cls: int, row: int) -> None:
        """Choose a code of the bank; a code that was taken from a picture goes."""
        if 0 <= row < self.count(cls):
            self._choose(cls, replace(self.choice(cls), taken=None, row=row))

    def set_blend(self, cls: int, blend: float, *, going_on: bool = False) -> None:
        """Blend 0..1 between the class's two codes; both are held while it is not 0.

        What is `going_on` belongs to the change before: a slider on its way is one step back, not
        fifty.
        """
        if not self.count(cls):
            return
        blend = min(1.0, max(0.0, blend))
        held = replace(self.choice(cls), row=self.row(cls), second=self.second(cls), blend=blend)
        self._choose(cls, held, keep=not going_on)

    def set_locked(self, cls: int, locked: bool) -> None:
        """Keep the class as it is when the seed changes, or let it change again."""
        self._choose(cls, replace(self.choice(cls), locked=locked))

    def take(self, codes: Mapping[int, Taken]) -> None:
        """Have classes look as pictures show them: one step, however many classes.

        Classes that the pack has no styles for are left out.
        """
        taken = {
            cls: Choice(taken=code, locked=self.choice(cls).locked)
            for cls, code in codes.items()
            if self.count(cls)
        }
        if taken:
            self._go(_State(self.seed, {**self._state.choices, **taken}))

    def reset(self, cls: int) -> None:
        """Forget what was chosen for the class: it looks as the seed says."""
        if cls in self._state.choices:
            others = {key: value for key, value in self._state.choices.items() if key != cls}
            self._go(_State(self.seed, others))

    def reset_all(self) -> None:
        """Forget the choices of every class, the locked ones too."""
        if self._state.choices:
            self._go(_State(self.seed, {}))

    def code(self, cls: int) -> NDArray[np.float32]:
        """(S,) float32 in use for a class. ValueError while there is no bank."""
        if self._bank is None:
            raise ValueError("there are no style codes yet")
        choice = self.choice(cls)
        taken = choice.taken
        first = taken.code if taken is not None else self._bank.code(cls, self.row(cls))
        if choice.blend == 0.0:
            return first
        second = self._bank.code(cls, self.second(cls))
        return np.asarray((1 - choice.blend) * first + choice.blend * second, dtype=np.float32)

    def look(self) -> Look:
        """What a request needs: the seed, and a code for every class with a choice of its own."""
        own = {cls: self.code(cls) for cls in self._state.choices if self.count(cls)}
        return Look(self.seed, own)

    def _choose(self, cls: int, choice: Choice, *, keep: bool = True) -> None:
        if choice != self.choice(cls):
            self._go(_State(self.seed, {**self._state.choices, cls: choice}), keep=keep)

    def _go(self, state: _State, *, keep: bool = True) -> None:
        """Take a state; unless told otherwise, the one before can be gone back to."""
        if keep:
            self._past = [*self._past[-_MAX_PAST:], self._state]
        self._state = state
        self.changed.emit()
