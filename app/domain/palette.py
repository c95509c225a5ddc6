"""The ordered garment classes of a model pack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

MAX_CLASSES = 256
GROUND = 0
CLOTHES = ("upper", "lower", "dress", "legwear")
"""Groups of what is worn on trunk and legs: what a try-on network calls `clothes`."""
_UNKNOWN_ARGB = 0xFFFF00FF


@dataclass(frozen=True, slots=True)
class GarmentClass:
    """One class: its label map index 0..255, key, display names by language, RGB, group."""

    index: int
    key: str
    names: Mapping[str, str] = field(hash=False)
    color: tuple[int, int, int]
    group: str

    def name(self, lang: str = "en") -> str:
        """The display name in ``lang``, else in English, else the key."""
        return self.names.get(lang) or self.names.get("en") or self.key


@dataclass(frozen=True)
class Palette:
    """Classes in order: position is index, index 0 is the ground.

    Raises ValueError when it is empty, longer than 256, out of order or has two classes with one
    key or one colour (label map files tell classes apart by both).
    """

    classes: tuple[GarmentClass, ...]

    def __post_init__(self) -> None:
        if not 2 <= len(self.classes) <= MAX_CLASSES:
            raise ValueError(f"a palette has 2 to {MAX_CLASSES} classes, not {len(self.classes)}")
        keys: set[str] = set()
        colors: set[tuple[int, int, int]] = set()
        for position, entry in enumerate(self.classes):
            if entry.index != position:
                raise ValueError(f"class {entry.key!r} has index {entry.index}, not {position}")
            if not entry.key or entry.key in keys:
                raise ValueError(f"class key {entry.key!r} is empty or appears twice")
            if entry.color in colors or not all(0 <= part <= 255 for part in entry.color):
                raise ValueError(f"colour {entry.color} of {entry.key!r} is taken or out of range")
            keys.add(entry.key)
            colors.add(entry.color)

    def __len__(self) -> int:
        return len(self.classes)

    def __getitem__(self, index: int) -> GarmentClass:
        return self.classes[index]

    def __iter__(self) -> Iterator[GarmentClass]:
        return iter(self.classes)

    def by_key(self, key: str) -> GarmentClass:
        """The class with this key; KeyError when there is none."""
        return self._by_key[key]

    @cached_property
    def _by_key(self) -> dict[str, GarmentClass]:
        return {entry.key: entry for entry in self.classes}

    def of(self, *groups: str) -> NDArray[np.bool_]:
        """(N,): which classes are of these groups."""
        return np.array([entry.group in groups for entry in self.classes])

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """All groups, in the order of their first classes."""
        return tuple(dict.fromkeys(entry.group for entry in self.classes))

    @cached_property
    def colors(self) -> NDArray[np.uint8]:
        """(N, 3) uint8 RGB, read-only."""
        table = np.array([entry.color for entry in self.classes], dtype=np.uint8)
        table.setflags(write=False)
        return table

    @cached_property
    def argb(self) -> NDArray[np.uint32]:
        """(256,) uint32 0xAARRGGBB, opaque; indices of no class are magenta; read-only."""
        table = np.full(MAX_CLASSES, _UNKNOWN_ARGB, dtype=np.uint32)
        rgb = self.colors.astype(np.uint32)
        table[: len(self)] = 0xFF000000 | rgb[:, 0] << 16 | rgb[:, 1] << 8 | rgb[:, 2]
        table.setflags(write=False)
        return table
