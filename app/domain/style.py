"""Style codes: what a class looks like, drawn from real garments and kept by the person."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

MAX_SEED = 2**32 - 1


class CodeBank:
    """Style codes of real garments, sorted by class.

    ``codes`` (N, S) float32 and ``classes`` (N,) uint8, the class of each row. ValueError when
    the shapes do not agree or a code is not finite.
    """

    def __init__(self, codes: NDArray[np.float32], classes: NDArray[np.uint8]) -> None:
        if codes.ndim != 2 or classes.shape != codes.shape[:1] or not codes.size:
            raise ValueError(f"codes {codes.shape} and classes {classes.shape} do not agree")
        if not np.isfinite(codes).all():
            raise ValueError("a style code holds a number that is not finite")
        self._class_count = int(classes.max()) + 1
        self._by_class = [
            np.ascontiguousarray(codes[classes == index], dtype=np.float32)
            for index in range(self._class_count)
        ]

    @property
    def class_count(self) -> int:
        """C: one more than the highest class in the bank."""
        return self._class_count

    @property
    def dim(self) -> int:
        """S: numbers in one code."""
        return int(self._by_class[0].shape[1])

    @cached_property
    def digest(self) -> str:
        """What tells this bank from others: the same for the same codes of the same classes."""
        check = 0
        for codes in self._by_class:
            check = zlib.crc32(codes.astype("<f4").tobytes(), zlib.crc32(b"%d" % len(codes), check))
        return f"{check:08x}"

    def count(self, cls: int) -> int:
        """Codes kept for class ``cls``."""
        return len(self._by_class[cls]) if 0 <= cls < self._class_count else 0

    def code(self, cls: int, row: int) -> NDArray[np.float32]:
        """(S,) copy of row 0..count-1 of class ``cls``; IndexError when there is none."""
        if not 0 <= row < self.count(cls):
            raise IndexError(f"class {cls} has {self.count(cls)} codes, no row {row}")
        return np.array(self._by_class[cls][row], dtype=np.float32)

    def row(self, seed: int, cls: int) -> int:
        """The row that ``seed`` draws for class ``cls``; the class must have codes.

        `numpy.random.SeedSequence` mixes the two, whose output numpy keeps stable for ever, so
        that a seed means the same garment in every version.
        """
        state = np.random.SeedSequence((seed & MAX_SEED, cls)).generate_state(1)
        return int(state[0]) % self.count(cls)

    def draw(self, seed: int) -> NDArray[np.float32]:
        """(C, S) float32, one code per class; the choice for a class depends on seed and class
        alone. Classes without codes get zeros."""
        drawn = np.zeros((self._class_count, self.dim), dtype=np.float32)
        for cls in range(self._class_count):
            if self.count(cls):
                drawn[cls] = self._by_class[cls][self.row(seed, cls)]
        return drawn


@dataclass(frozen=True, eq=False)
class Look:
    """How a garment looks: a seed 0..2**32-1, and codes (S,) locked for single classes."""

    seed: int = 0
    overrides: Mapping[int, NDArray[np.float32]] = field(default_factory=dict)

    def codes(self, bank: CodeBank) -> NDArray[np.float32]:
        """(C, S) float32: the seed's draw with the locked classes put in."""
        codes = bank.draw(self.seed)
        for cls, code in self.overrides.items():
            if 0 <= cls < bank.class_count:
                codes[cls] = code
        return codes

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Look):
            return NotImplemented
        return (
            self.seed == other.seed
            and self.overrides.keys() == other.overrides.keys()
            and all(np.array_equal(code, other.overrides[k]) for k, code in self.overrides.items())
        )

    def __hash__(self) -> int:
        return hash((self.seed, frozenset(self.overrides)))
