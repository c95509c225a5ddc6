"""The look being designed: one seed for the garment, and what was chosen for single classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRandomGenerator, Signal

from app.domain.chosen import Choice, Chosen, Taken
from app.domain.style import MAX_SEED, CodeBank, Look

_MAX_PAST = 200


def _chance(below: int) -> int:
    """A whole number from 0, any as likely as another; Python's own generators load OpenSSL."""
    return QRandomGenerator.global_().bounded(below)


class LookModel(QObject):
    """Seed and choices, observable. `changed` tells of every change that may alter the picture."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bank: CodeBank | None = None
        self._state = Chosen()
        self._saved: Chosen | None = None
        self._past: list[Chosen] = []

    @property
    def bank(self) -> CodeBank | None:
        """The codes to choose from; None until the pack is open."""
        return self._bank

    def set_bank(self, bank: CodeBank | None) -> None:
        """Take the codes of an opened pack; what means nothing in it is dropped, in the looks
        before as well."""
        self._bank = bank
        if bank is not None:
            self._state = self._state.within(bank)
            self.mark_saved(self._saved)
            past = [state.within(bank) for state in self._past]
            after = [*past[1:], self._state]
            pairs = zip(past, after, strict=False)
            self._past = [state for state, following in pairs if state != following]
        self.changed.emit()

    @property
    def chosen(self) -> Chosen:
        """All of the look as it can be kept, see `take_up`."""
        return self._state

    @property
    def modified(self) -> bool:
        """Whether the look differs from the one last marked as saved."""
        return self._saved is not None and self._state != self._saved

    def mark_saved(self, chosen: Chosen | None) -> None:
        """Make a look the one that counts as unmodified; with None, every look does."""
        self._saved = self._within(chosen) if chosen is not None else None

    def take_up(self, chosen: Chosen) -> None:
        """Take a look that was kept, as far as it means something in the pack: one step."""
        fitting = self._within(chosen)
        if fitting != self._state:
            self._go(fitting)

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
        self._go(self._state.reseeded(seed, self._bank))

    def throw(self) -> None:
        """Set a new seed by chance."""
        self.set_seed(_chance(1_000_000))

    def go_back(self) -> None:
        """Return to the look before the last change."""
        if self._past:
            self._state = self._past.pop()
            self.changed.emit()

    def choice(self, cls: int) -> Choice:
        return self._state.choice(cls)

    def count(self, cls: int) -> int:
        """Codes to choose from for a class; 0 until the pack is open."""
        return self._bank.count(cls) if self._bank is not None else 0

    def row(self, cls: int) -> int:
        """The bank's row in use for a class, or that would be, had none been taken."""
        return self._state.row(cls, self._bank) if self._bank is not None else 0

    def second(self, cls: int) -> int:
        """The row that a blend leads to."""
        return self._state.second(cls, self._bank) if self._bank is not None else 0

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
            self._go(self._state.choose(taken))

    def reset(self, cls: int) -> None:
        """Forget what was chosen for the class: it looks as the seed says."""
        self._choose(cls, Choice())

    def reset_all(self) -> None:
        """Forget the choices of every class, the locked ones too."""
        if self._state.choices:
            self._go(replace(self._state, choices={}))

    def code(self, cls: int) -> NDArray[np.float32]:
        """(S,) float32 in use for a class. ValueError while there is no bank."""
        if self._bank is None:
            raise ValueError("there are no style codes yet")
        return self._state.code(cls, self._bank)

    def look(self) -> Look:
        """What a request needs: the seed, and a code for every class with a choice of its own."""
        return self._state.look(self._bank) if self._bank is not None else Look(self.seed)

    def _within(self, chosen: Chosen) -> Chosen:
        return chosen.within(self._bank) if self._bank is not None else chosen

    def _choose(self, cls: int, choice: Choice, *, keep: bool = True) -> None:
        if choice != self.choice(cls):
            self._go(self._state.choose({cls: choice}), keep=keep)

    def _go(self, state: Chosen, *, keep: bool = True) -> None:
        """Take a state; unless told otherwise, the one before can be gone back to."""
        if keep:
            self._past = [*self._past[-_MAX_PAST:], self._state]
        self._state = state
        self.changed.emit()
