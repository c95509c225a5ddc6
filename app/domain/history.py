"""Undo and redo for one array, kept as changed tiles within a budget of bytes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.geometry import EMPTY, Rect

TILE = 64
DEFAULT_BUDGET = 128 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Packed:
    """Bytes as runs, or as they are where runs would take more room."""

    values: NDArray[np.uint8]
    starts: NDArray[np.uint32] | None
    size: int

    @classmethod
    def pack(cls, data: NDArray[np.uint8]) -> _Packed:
        starts = np.flatnonzero(data[1:] != data[:-1]) + 1
        if (len(starts) + 1) * 5 >= data.size:
            return cls(data, None, data.size)
        starts = np.concatenate(([0], starts))
        return cls(data[starts], starts.astype(np.uint32), data.size)

    def unpack(self) -> NDArray[np.uint8]:
        if self.starts is None:
            return self.values
        return np.repeat(self.values, np.diff(self.starts, append=np.uint32(self.size)))

    @property
    def nbytes(self) -> int:
        return self.values.nbytes + (0 if self.starts is None else self.starts.nbytes)


@dataclass(frozen=True, slots=True)
class _Step:
    """The pixels that a step back (or forth) brings: tile keys in order, their bytes joined."""

    keys: tuple[int, ...]
    data: _Packed
    leads_to: int

    @property
    def nbytes(self) -> int:
        return self.data.nbytes + 8 * len(self.keys)


class History:
    """The past and the undone future of `array`, uint8 (H, W), edited in place by others.

    Whoever writes calls `touch` with the rectangle first; `commit` then makes one step of all that
    was touched since the last. Steps over the `budget` (bytes) are dropped, oldest first, but the
    newest step always stays.
    """

    def __init__(self, array: NDArray[np.uint8], budget: int = DEFAULT_BUDGET) -> None:
        self._array = array
        self._across = -(-array.shape[1] // TILE)
        self._open: dict[int, NDArray[np.uint8]] = {}
        self._undo: list[_Step] = []
        self._redo: list[_Step] = []
        self._state = self._newest_state = self._saved_state = 0
        self.budget = budget

    @property
    def can_undo(self) -> bool:
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        return bool(self._redo)

    @property
    def is_open(self) -> bool:
        """Whether something was touched since the last commit."""
        return bool(self._open)

    @property
    def nbytes(self) -> int:
        """Bytes held by all steps."""
        return sum(step.nbytes for step in self._undo) + sum(step.nbytes for step in self._redo)

    @property
    def modified(self) -> bool:
        """Whether the array differs from the one last marked as saved."""
        return self._state != self._saved_state or self.is_open

    @property
    def state(self) -> int:
        """A number for the pixels as of the last commit: the same number, the same pixels."""
        return self._state

    def mark_saved(self, state: int | None = None) -> None:
        """Make a `state` (None: the present one) the one that counts as unmodified."""
        self._saved_state = self._state if state is None else state

    def touch(self, rect: Rect) -> None:
        """Keep the pixels of `rect`, which must lie on the array, before they are changed."""
        if rect.empty:
            return
        for tile_y in range(rect.y // TILE, (rect.bottom - 1) // TILE + 1):
            for tile_x in range(rect.x // TILE, (rect.right - 1) // TILE + 1):
                key = tile_y * self._across + tile_x
                if key not in self._open:
                    self._open[key] = self._tile(key).copy()

    def commit(self) -> bool:
        """Close the open step. Return whether it changed anything; if not, no step is made."""
        changed = {
            key: before
            for key, before in self._open.items()
            if not np.array_equal(before, self._tile(key))
        }
        self._open = {}
        if not changed:
            return False
        data = np.concatenate([before.ravel() for before in changed.values()])
        self._redo.clear()
        self._undo.append(_Step(tuple(changed), _Packed.pack(data), self._state))
        self._newest_state += 1
        self._state = self._newest_state
        self._trim()
        return True

    def cancel(self) -> Rect:
        """Restore everything touched since the last commit. Return the rectangle that changed."""
        dirty = EMPTY
        for key, before in self._open.items():
            self._tile(key)[:] = before
            dirty = dirty.union(self._tile_rect(key))
        self._open = {}
        return dirty

    def undo(self) -> Rect:
        """Go one step back. Return the rectangle that changed; nothing to undo changes nothing.

        While a step is open, that one is cancelled.
        """
        if self._open:
            return self.cancel()
        return self._move(self._undo, self._redo)

    def redo(self) -> Rect:
        """Go one undone step forth. Return the rectangle that changed, if any.

        While a step is open there is no future to go to.
        """
        return EMPTY if self._open else self._move(self._redo, self._undo)

    def _move(self, source: list[_Step], target: list[_Step]) -> Rect:
        if not source:
            return EMPTY
        step = source.pop()
        here = np.concatenate([self._tile(key).ravel() for key in step.keys])
        target.append(_Step(step.keys, _Packed.pack(here), self._state))
        data, offset, dirty = step.data.unpack(), 0, EMPTY
        for key in step.keys:
            tile = self._tile(key)
            tile[:] = data[offset : offset + tile.size].reshape(tile.shape)
            offset += tile.size
            dirty = dirty.union(self._tile_rect(key))
        self._state = step.leads_to
        self._trim()
        return dirty

    def _trim(self) -> None:
        spare = self.nbytes - self.budget
        for steps in (self._undo, self._redo):
            # The step to go next is the last of each list.
            while spare > 0 and len(steps) > 1:
                spare -= steps.pop(0).nbytes

    def _tile(self, key: int) -> NDArray[np.uint8]:
        y, x = divmod(key, self._across)
        return self._array[y * TILE : (y + 1) * TILE, x * TILE : (x + 1) * TILE]

    def _tile_rect(self, key: int) -> Rect:
        y, x = divmod(key, self._across)
        height, width = self._array.shape
        return Rect(x * TILE, y * TILE, TILE, TILE).clip(width, height)
